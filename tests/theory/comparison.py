"""Days of the switch beside theory: the figures compared, and which of them the days contradict.

The switch's days alone would leave wide intervals: luck with the callers moves every figure of a day. So the switch and
the ideal queue get the same callers, and luck cancels in their difference; what the ideal queue does on average comes
from many more days, which cost little. The switch's mean is the ideal queue's and the mean difference, each with its
uncertainty: control variates, or a multilevel estimate with two levels (M. B. Giles, "Multilevel Monte Carlo path
simulation", 2008). Nothing is assumed of the switch: one that differs shows it in the difference.
"""

from collections.abc import Callable, Mapping, Sequence

from routing.erlang import ErlangA, ErlangC
from tests.theory.confidence import Interval, interval_of_mean
from tests.theory.ideal_queue import ideal_day
from tests.theory.switch_day import switch_day
from tests.theory.traffic import Traffic, Wait

CONFIDENCE = 0.99
# The simulated PBX and its phones need about 4 ms to connect a caller with an agent who is free: those have not waited.
AT_ONCE_S = 0.01
THRESHOLD_S = 20.0

Theory = ErlangC | ErlangA
Waits = Sequence[Wait]
Figure = tuple[Callable[[Theory], float], Callable[[Waits], float]]
"""A figure as the theory has it, and as it is counted in a day."""


def waits_above(seconds: float) -> Figure:
    limit_s = seconds + AT_ONCE_S
    return (
        lambda theory: theory.wait_above(seconds),
        lambda waits: sum(wait.seconds > limit_s for wait in waits) / len(waits),
    )


def answered_in_time(waits: Waits) -> float:
    return sum(wait.answered and wait.seconds <= THRESHOLD_S for wait in waits) / len(waits)


def mean_of_answered(waits: Waits) -> float:
    answered = [wait.seconds for wait in waits if wait.answered]
    return sum(answered) / len(answered)


def given_up(waits: Waits) -> float:
    return sum(not wait.answered for wait in waits) / len(waits)


FIGURES: Mapping[str, Figure] = {
    "waits at all": waits_above(0.0),
    "service level": (lambda theory: theory.service_level(THRESHOLD_S), answered_in_time),
    "ASA, s": (lambda theory: theory.asa_s, mean_of_answered),
    "abandoned": (lambda theory: theory.abandon_share, given_up),
}


def figures(*points_s: float) -> dict[str, Figure]:
    """All that is compared: the daily figures, and these points of the distribution of waits."""
    return {**FIGURES, **{f"waits above {point:g} s": waits_above(point) for point in points_s}}


class Days:
    """`pairs` days of switch and ideal queue with the same callers, and `ideals` of the ideal queue alone.

    All intervals together hold with probability `CONFIDENCE` at least: each is made wider by the number of comparisons
    (Bonferroni). Seeds are counted from 1: they are nobody's choice.
    """

    def __init__(self, traffic: Traffic, calls: int, settling: int, pairs: int, ideals: int) -> None:
        seeds = range(1, pairs + 1)
        self.switch = [switch_day(traffic, seed, calls, settling) for seed in seeds]
        self.twins = [ideal_day(traffic, seed, calls, settling) for seed in seeds]
        self._ideals = [ideal_day(traffic, pairs + number, calls, settling) for number in range(1, ideals + 1)]

    def intervals(self, compared: Mapping[str, Figure]) -> dict[str, Interval]:
        """Where each figure of the switch lies."""
        each = 1.0 - (1.0 - CONFIDENCE) / len(compared)
        return {name: self._interval(measure, each) for name, (_, measure) in compared.items()}

    def _interval(self, measure: Callable[[Waits], float], confidence: float) -> Interval:
        differences = [measure(switch) - measure(twin) for switch, twin in zip(self.switch, self.twins, strict=True)]
        return interval_of_mean(confidence, differences, [measure(waits) for waits in self._ideals])


def refuted(theory: Theory, intervals: Mapping[str, Interval], compared: Mapping[str, Figure]) -> dict[str, str]:
    """The figures in which the switch contradicts the theory: what it says, and what was seen."""
    return {
        name: f"{compared[name][0](theory):.4f} is not within {interval}"
        for name, interval in intervals.items()
        if compared[name][0](theory) not in interval
    }
