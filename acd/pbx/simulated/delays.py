"""How long things take on the simulated PBX and around it."""

from collections.abc import Callable
from dataclasses import dataclass


def _unvaried(seconds: float) -> float:
    return seconds


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds; the defaults are near what a real Asterisk on loopback shows.

    `vary` turns each figure into the one used this time: pass a seeded random one for life-like variety.
    `qualify_s`: how long a dead phone goes unnoticed. `media_lost_s`: how long a talk with one goes on.
    `heartbeat_s_max`, `ivr_guard_s`, `turn_s`: when the waiting room, the IVR and the fallback find the core gone
    or back. `fallback_ring_s` and `fallback_retry_s` are the native queue's own.
    """

    link_s: float = 0.0004
    phone_s: float = 0.001
    refusal_s: float = 0.0015
    prompt_s: float = 3.0
    closing_s: float = 2.0
    after_call_s: float = 0.001
    qualify_s: float = 3.0
    media_lost_s: float = 30.0
    heartbeat_s_max: float = 10.0
    ivr_guard_s: float = 8.0
    turn_s: float = 4.0
    fallback_turn_s: float = 35.0
    fallback_ring_s: float = 20.0
    fallback_retry_s: float = 1.0
    vary: Callable[[float], float] = _unvaried
