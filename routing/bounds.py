"""What a figure is compared with: a range of numbers, each end included or not."""

from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, nextafter


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers from `low` to `high`. An end that is `open` does not belong to them; one that is infinite is no end.

    ">= 10" is Bounds(low=10), "< 5" is Bounds(high=5, high_open=True), "== 3" is Bounds(3, 3), "between 5 and 10" is
    Bounds(5, 10).
    """

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    @property
    def empty(self) -> bool:
        """Whether no number is within them."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def meet(self, other: "Bounds") -> "Bounds":
        """The numbers that are within both."""
        low = max((self.low, self.low_open), (other.low, other.low_open))
        high = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Bounds(low[0], high[0], low[1], not high[1])

    def whole(self) -> "Bounds":
        """The same for a figure that counts: > 5 is >= 6, >= 2.5 is >= 3."""
        low, high = self.low, self.high
        if isfinite(low):
            low = floor(low) + 1.0 if self.low_open else float(ceil(low))
        if isfinite(high):
            high = ceil(high) - 1.0 if self.high_open else float(floor(high))
        return Bounds(low, high)

    def while_growing_from(self, start: float) -> tuple[float, float]:
        """When a figure that is the time since `start` is within them: from the first moment until before the second.

        Moments are compared with moments, not durations with bounds: `start + bound` is then the same number wherever
        it is worked out, and a deadline set for it is neither early nor late by a rounding.
        """
        first, last = start + self.low, start + self.high
        return (nextafter(first, inf) if self.low_open else first, last if self.high_open else nextafter(last, inf))

    def __str__(self) -> str:
        """As it is written in the site's files."""
        if self.low == self.high:
            return f"== {self.low:g}"
        if isfinite(self.low) and isfinite(self.high):
            return f"between {self.low:g} and {self.high:g}"
        if isfinite(self.low):
            return f"{'>' if self.low_open else '>='} {self.low:g}"
        return f"{'<' if self.high_open else '<='} {self.high:g}"
