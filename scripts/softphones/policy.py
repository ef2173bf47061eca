"""How a phone treats calls that come in, without its user being asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """What the phone does by itself when a call comes in.

    `mode`: `answer` after `after_s`, then hang up after `hangup_after_s` if that is set; `reject` with `code`
    after `after_s`; `ring` until the caller or PBX gives up; `ask`: ring and wait for the parent's orders;
    `silent`: not even ring. A call beyond `calls_max` is refused with 486.
    """

    mode: str = "ask"
    after_s: float = 0.0
    hangup_after_s: float | None = None
    code: int = 486
    play: str = ""
    calls_max: int = 1
