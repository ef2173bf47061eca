"""The tree of an IVR as values: named nodes and where each leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Play:
    """Say `prompts`, then go on to `then`."""

    prompts: tuple[str, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Say `prompts` and let the caller press a key of `keys` (key -> node).

    No key, or a wrong one, repeats the menu after `no_key` or `wrong_key`; after `tries` the caller goes to
    `default`. `first_timeout_s` is the time for the first key once the prompts have ended.
    """

    prompts: tuple[str, ...]
    keys: Mapping[str, str]
    default: str
    tries: int = 2
    first_timeout_s: float = 5.0
    wrong_key: str = ""
    no_key: str = ""


@dataclass(frozen=True, slots=True)
class EnterQueue:
    """Hand the caller to a queue; `topic` goes with the call to the agent."""

    queue_id: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say `prompt` and end the call, which served itself."""

    prompt: str = ""


Node = Play | Menu | EnterQueue | HangUp


@dataclass(frozen=True, slots=True)
class Tree:
    """`nodes` by name; the walk begins at `root`."""

    root: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
    language: str = "zh"
