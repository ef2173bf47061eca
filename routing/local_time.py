"""Conditions on the time of day and the day of the week, on the wall of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from routing.wall_clock import local_day, moment

DAY_MINUTES = 1440
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Every day from `begins` until before `ends`, minutes from midnight; a span past midnight ends after 1440."""

    begins: int
    ends: int
    zone: ZoneInfo

    def holds(self, now: float) -> bool:
        return any(begin <= now < end for begin, end in self._spans(now))

    def next_change(self, now: float) -> float:
        return min(edge for span in self._spans(now) for edge in span if edge > now)

    def words(self, now: float) -> str:
        said = f"{_clock(self.begins)}-{_clock(self.ends)}"
        return f"time {'in' if self.holds(now) else 'not in'} {said}"

    def _spans(self, now: float) -> Iterator[tuple[float, float]]:
        """Those of the days around `now`; that of yesterday may still hold."""
        today = local_day(now, self.zone)
        for day in (today - _ONE_DAY, today, today + _ONE_DAY, today + 2 * _ONE_DAY):
            yield moment(day, self.begins, self.zone), moment(day, self.ends, self.zone)


@dataclass(frozen=True, slots=True)
class Weekday:
    """On these days of the week, 0 is Monday."""

    days: frozenset[int]
    zone: ZoneInfo

    def holds(self, now: float) -> bool:
        return self._day(now).weekday() in self.days

    def next_change(self, now: float) -> float:
        """The next midnight."""
        return moment(self._day(now) + _ONE_DAY, 0, self.zone)

    def words(self, now: float) -> str:
        today, days = DAYS[self._day(now).weekday()], " ".join(DAYS[day] for day in sorted(self.days))
        return f"weekday {today} {'in' if self.holds(now) else 'not in'} {days}"

    def _day(self, now: float) -> date:
        """The day that began with the last midnight, also where a change of the clocks shows an hour of it twice."""
        shown = local_day(now, self.zone)
        around = (shown, shown - _ONE_DAY, shown + _ONE_DAY)
        return next(day for day in around if moment(day, 0, self.zone) <= now < moment(day + _ONE_DAY, 0, self.zone))


def _clock(minute: int) -> str:
    """1440 is 24:00; what lies past midnight is the clock of the next day."""
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"
