"""How fast a figure grows, and how sure that is: a line through samples at even distances. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SURE_ERRORS = 2.0
"""So many standard errors to either side hold the true slope in 19 of 20 runs."""


@dataclass(frozen=True, slots=True)
class Slope:
    """In percent of the mean an hour; `error` is the standard error. `start`, `end`: means of the first and the last
    tenth of the samples. `needed_h`: how long a run would have to be to tell a growth of `limit` from none."""

    percent_per_h: float
    error: float
    start: float
    end: float
    needed_h: float


def fit(values: Sequence[float], every_s: float, limit_percent_per_h: float = 1.0) -> Slope:
    """The least-squares line. Memory comes and goes in waves, so samples that follow each other are no independent
    witnesses: the error is made larger by as much as neighbours agree (a first-order autoregression of what the line
    leaves over). At least 3 values.
    """
    count = len(values)
    mean, middle = sum(values) / count, (count - 1) / 2
    spread = sum((number - middle) ** 2 for number in range(count))
    slope = sum((number - middle) * (value - mean) for number, value in enumerate(values)) / spread
    rest = [value - mean - slope * (number - middle) for number, value in enumerate(values)]
    variance = sum(each * each for each in rest) / (count - 2)
    error = math.sqrt(variance / spread * _inflation(rest))
    per_h = 100 * 3600 / every_s / mean if mean else 0.0
    percent, percent_error = slope * per_h, error * per_h
    tenth = max(1, count // 10)
    # The error falls with the length of the run to the power of 3/2.
    needed = count * every_s / 3600 * (SURE_ERRORS * percent_error / limit_percent_per_h) ** (2 / 3)
    start, end = sum(values[:tenth]) / tenth, sum(values[-tenth:]) / tenth
    return Slope(percent, percent_error, start, end, needed)


def _inflation(rest: Sequence[float]) -> float:
    """By how much neighbours' agreement makes the variance larger."""
    total = sum(each * each for each in rest)
    # A straight line's leftovers are rounding, and agree about nothing.
    if total < 1e-12:
        return 1.0
    agreement = sum(one * two for one, two in pairwise(rest)) / total
    agreement = min(0.95, max(0.0, agreement))
    return (1 + agreement) / (1 - agreement)
