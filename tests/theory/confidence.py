"""Confidence intervals from independent replications: one figure from each, Student's t over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, sin, sqrt
from statistics import fmean, variance


@dataclass(frozen=True, slots=True)
class Interval:
    middle: float
    half: float

    def __contains__(self, figure: float) -> bool:
        return abs(figure - self.middle) <= self.half

    def __str__(self) -> str:
        return f"{self.middle:.4f} ± {self.half:.4f}"


def interval_of_mean(confidence: float, *samples: Sequence[float]) -> Interval:
    """Where the mean lies that the sample is drawn around; of several independent samples, where the sum of their
    means lies. The first is to be the smallest and odd in number: t is taken with its degrees of freedom, which is on
    the safe side."""
    spread = sqrt(sum(variance(sample) / len(sample) for sample in samples))
    return Interval(sum(map(fmean, samples)), student_t(confidence, len(samples[0]) - 1) * spread)


def student_t(confidence: float, freedom: int) -> float:
    """The t that |T| stays below with probability `confidence`, for an even number of degrees of freedom."""
    assert freedom > 0, "no freedom at all"
    assert freedom % 2 == 0, "the closed form below is the one for even degrees of freedom"
    low, high = 0.0, 1e3
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| < t): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.4."""
    angle = atan(t / sqrt(freedom))
    term = total = 1.0
    for k in range(2, freedom, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    return sin(angle) * total
