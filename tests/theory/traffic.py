"""Random traffic as queueing theory wants it, caller by caller, so that two queues may be given the very same."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from random import Random
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes in and who is there. `aht_s` and `patience_s` are means; patience without end: nobody gives up."""

    calls_per_s: float
    aht_s: float
    agents: int
    patience_s: float = inf

    @property
    def load_erlangs(self) -> float:
        return self.calls_per_s * self.aht_s


class Caller(NamedTuple):
    """Comes `gap_s` after the one before, will talk for `talk_s`, and waits no longer than `patience_s`."""

    gap_s: float
    talk_s: float
    patience_s: float


class Wait(NamedTuple):
    """How long a caller waited, until the answer or until they gave up."""

    seconds: float
    answered: bool


def draw_callers(traffic: Traffic, seed: int) -> Iterator[Caller]:
    """Callers without end. All that is random about them is exponentially distributed and independent."""
    draw = Random(seed).expovariate
    talk, giving_up = 1.0 / traffic.aht_s, 1.0 / traffic.patience_s
    while True:
        gap_s, talk_s = draw(traffic.calls_per_s), draw(talk)
        yield Caller(gap_s, talk_s, draw(giving_up) if giving_up else inf)
