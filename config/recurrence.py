"""When what is written comes: days and windows, year by year."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from config.holidays import lunar_date
from config.when import Anchor, Daily, Lunar, Monthly, Once, Period, Weekly, Yearly

_ONE_DAY = timedelta(days=1)


def occurrences(period: Period, years: range) -> Iterator[tuple[date, date]]:
    """First and last day of each time the period comes that begins in `years`; dates with a year come in any case.

    Lunar dates belong to the lunar year, which begins in January or February.
    """
    first, last = period.first, period.last
    if isinstance(first, Once) and isinstance(last, Once):
        yield first.day, last.day
        return
    for year in years:
        for begins in _days(first, year):
            yield begins, _end(last, begins, year)


def days_of(period: Period, years: range) -> Iterator[tuple[date, int]]:
    """Each day of the period, and how many days there are that time."""
    for first, last in occurrences(period, years):
        length = (last - first).days + 1
        for n in range(length):
            yield first + n * _ONE_DAY, length


def comes_often(anchor: Anchor) -> bool:
    """Whether it comes every day, week or month, unlike a festival."""
    return isinstance(anchor, Daily | Weekly | Monthly)


def _end(last: Anchor, begins: date, year: int) -> date:
    """The first day of `last` that is not before `begins`."""
    if isinstance(last, Weekly):
        return begins + ((last.weekday - begins.weekday()) % 7) * _ONE_DAY
    if isinstance(last, Daily):
        return begins
    return next(day for around in (year, year + 1) for day in _days(last, around) if day >= begins)


def _days(anchor: Anchor, year: int) -> Iterator[date]:
    """The days of a year on which the anchor comes, in order."""
    match anchor:
        case Once(day):
            yield day
        case Yearly(month, day_number):
            yield date(year, month, day_number)
        case Lunar(month, day_number):
            yield lunar_date(year, month, day_number)
        case Monthly(day_number):
            for month in range(1, 13):
                yield date(year, month, day_number or monthrange(year, month)[1])
        case Daily() | Weekly():
            day = date(year, 1, 1)
            step = _ONE_DAY
            if isinstance(anchor, Weekly):
                day += ((anchor.weekday - day.weekday()) % 7) * _ONE_DAY
                step = 7 * _ONE_DAY
            while day.year == year:
                yield day
                day += step
