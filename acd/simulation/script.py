"""A day as a script: a plain list of items, each with its moment in seconds since the day began.

The run of a day is a function of its script alone, and every item stands for itself: taking one away changes nothing of
what the others say, so that the script of a failing day can be cut down to the few items that matter.
"""

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# ---- callers ----


@dataclass(frozen=True, slots=True)
class CallIn:
    """A caller. `keys` are pressed one at each question (`-` lets it pass).

    They wait `patience_s` from their arrival for somebody to talk to. The agent who is rung lets it ring `answer_s`;
    the talk lasts `talk_s` and is ended by `ends`: caller, agent, or both in the same moment. `gives_up` names the
    event or command at which they hang up, `after_s` later ("" for none). `wrap_up_s` after the talk the agent ends
    the wrap-up by hand; 0: lets it run; negative: has it extended by so much.
    """

    at: float
    dialled: str
    keys: str
    patience_s: float
    answer_s: float
    talk_s: float
    ends: str = "caller"
    gives_up: str = ""
    after_s: float = 0.0
    wrap_up_s: float = 0.0


# ---- agents ----


@dataclass(frozen=True, slots=True)
class AgentAsks:
    """`ask`: login, ready, not_ready, logout, decline (the call that rings), state."""

    at: float
    agent_id: str
    ask: str


@dataclass(frozen=True, slots=True)
class PhoneTakes:
    """From now on the phone takes rings in this `manner`: answers, rings_on, rejects (with SIP `code`), gives_no_sign,
    vanishes; the last three `after_s` after the ring began, where that means anything."""

    at: float
    agent_id: str
    manner: str
    after_s: float = 0.0
    code: int = 486


@dataclass(frozen=True, slots=True)
class PhoneDoes:
    """`act`: vanish, unplug, plug_in, begin_own_call, end_own_call, hang_up."""

    at: float
    agent_id: str
    act: str


# ---- supervisors ----


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """The supervisors save version `version` of the site."""

    at: float
    version: int


# ---- faults ----


@dataclass(frozen=True, slots=True)
class Spoil:
    """The `nth` `kind` that is sent after `at` on a `wire` (events or commands) arrives as `copies`: one extra delay in
    seconds each. () loses it, (0.0, 0.0) doubles it, (3.0,) lets others overtake it. A command goes at most once, and
    a late one keeps back those behind it."""

    at: float
    wire: str
    kind: str
    nth: int
    copies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A moment after a fault's `at`: `after_s` after the `nth` `kind` was `sent` (an event on the wire), `handled` (by
    the engine, none of its commands performed yet) or `asked` (a command, sent)."""

    when: str
    kind: str
    nth: int = 1
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The link is cut, noticed by the core `noticed_s` later, and back after `down_s`."""

    at: float
    down_s: float
    noticed_s: float = 0.0
    on: Trigger | None = None


@dataclass(frozen=True, slots=True)
class PbxRestarts:
    at: float
    down_s: float
    on: Trigger | None = None


@dataclass(frozen=True, slots=True)
class CoreDies:
    """The core is killed, begun anew `down_s` later, and has the link `link_s` after that."""

    at: float
    down_s: float
    link_s: float = 0.01
    on: Trigger | None = None


Outage = LinkLost | PbxRestarts | CoreDies
Fault = Spoil | Outage
Item = CallIn | AgentAsks | PhoneTakes | PhoneDoes | SiteChanges | Spoil | LinkLost | PbxRestarts | CoreDies
Script = list[Item]

_TYPES: dict[str, type] = {
    cls.__name__: cls
    for cls in (CallIn, AgentAsks, PhoneTakes, PhoneDoes, SiteChanges, Spoil, LinkLost, PbxRestarts, CoreDies)
}
OUTAGES = (LinkLost, PbxRestarts, CoreDies)


def count_faults(script: Iterable[Item]) -> int:
    """Faults of link, PBX and core, bad phones, and callers who give up at the worst moment."""
    bad_manners = ("gives_no_sign", "vanishes")
    return sum(
        isinstance(item, (Spoil, *OUTAGES))
        or (isinstance(item, PhoneTakes) and item.manner in bad_manners)
        or (isinstance(item, PhoneDoes) and item.act == "vanish")
        or (isinstance(item, CallIn) and bool(item.gives_up))
        for item in script
    )


# ---- as text ----


def _as_json(item: Item) -> list[Any]:
    """The type's name and the fields that differ from their defaults."""
    values = {
        field.name: value
        for field in dataclasses.fields(item)
        if (value := getattr(item, field.name)) != field.default
    }
    if "on" in values:
        values["on"] = dataclasses.asdict(values["on"])
    return [type(item).__name__, values]


def _from_json(entry: list[Any]) -> Item:
    name, values = entry
    if name not in _TYPES:
        raise ValueError(f"a script has no item {name!r}; there are {', '.join(_TYPES)}")
    if "on" in values:
        values["on"] = Trigger(**values["on"])
    if "copies" in values:
        values["copies"] = tuple(values["copies"])
    item: Item = _TYPES[name](**values)
    return item


def write_script(path: Path, script: Script, seed: int) -> None:
    """One item a line, so that a person can read and cut it."""
    lines = ",\n".join(json.dumps(_as_json(item), ensure_ascii=False) for item in script)
    path.write_text(f'{{"seed": {seed}, "items": [\n{lines}\n]}}\n', encoding="utf-8")


def read_script(path: Path) -> tuple[Script, int]:
    """The script and the seed it came from. Raises OSError, ValueError."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return [_from_json(entry) for entry in stored["items"]], int(stored["seed"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a script written by `hotline simulate`: {error!r}") from error
