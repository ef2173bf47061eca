"""The calendars of routing.yaml: their schema, and the values made of them for the years around today.

Which rule says what holds on a date, the strongest first: a special day, a holiday, an official day off or working
weekend, the weekly hours. Of two special days or holidays on one date the shorter counts, then the one written first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from config.holidays import LUNAR_YEARS, official_days
from config.recurrence import comes_often, days_of, occurrences
from config.schema import Identifier, Part, Text, Texts
from config.when import SameAs, Span, read_hours, read_period, read_weekdays
from routing.calendar import Calendar
from routing.opening_hours import ALL_DAY, DAY_MINUTES, DayPlan, OpeningHours, Rule
from routing.wall_clock import moment
from routing.window import Occurrence, Rank, Window, Windows

YEARS_BEHIND, YEARS_AHEAD = 2, 5


def _one_or_more(value: object) -> object:
    """One text, or several in a list or with commas between."""
    if isinstance(value, str):
        return [part.strip() for part in value.replace("，", ",").split(",")]
    return value


Written = Annotated[list[Text], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]


class DaysPart(Part):
    """Days with hours of their own."""

    days: Written = Field(min_length=1)
    """Holidays: such as 1 May, 1 Oct - 3 Oct, lunar 8/15, lunar 12/last - lunar 1/6. Special days: 2027-02-05, or
    2027-02-05 - 2027-02-12."""
    hours: Written = Field(["closed"])
    """closed, 24h, 09:00-17:00, or as mon: the hours of a Monday."""
    names: Texts
    """What people read."""


class OfficialPart(Part):
    """A country's official days off, and the weekends on which people work in their stead."""

    country: Literal["china"]
    days_off: Written = Field(["closed"])
    """The hours on days off."""
    working_weekends: Written = Field(["as mon"])
    """The hours on weekend days that are working days."""


class WindowPart(Part):
    """A time with a name, such as a festival."""

    names: Texts
    """What people read."""
    when: Written = Field(default_factory=list)
    """Such as Friday 13:00 - Sunday 20:00, 31 Dec 16:00 - 1 Jan 24:00, lunar 1/15 07:00-24:00, day 1 - day 5. Empty: it
    holds where no other window of this calendar does."""
    opening: Texts = Field(default_factory=dict)
    """The words a talk begins with."""


class CalendarPart(Part):
    """Opening hours, windows, or both."""

    names: Texts
    """What people read."""
    hours: dict[Text, Written] = Field(default_factory=dict)
    """Open in the week, such as mon-fri: 08:00-20:00. Days not named are closed; without `hours` it is always open."""
    official: OfficialPart | None = None
    holidays: list[DaysPart] = Field(default_factory=list)
    """Days that come every year."""
    special_days: list[DaysPart] = Field(default_factory=list)
    """Days that come once."""
    windows: dict[Identifier, WindowPart] = Field(default_factory=dict)
    order: list[Identifier] = Field(default_factory=list)
    """Windows that win over all others where several meet, the first over the second."""

    @property
    def has_opening(self) -> bool:
        """Whether there is anything that can open or close it."""
        return bool(self.hours or self.official or self.holidays or self.special_days)


def covered_years(today: date) -> range:
    """The years for which dates are worked out: a few back, for calls of the past, and a few ahead."""
    first, last = today.year - YEARS_BEHIND, today.year + YEARS_AHEAD
    return range(max(first, LUNAR_YEARS[0] + 1), min(last, LUNAR_YEARS[-1] - 1) + 1)


def calendar_values(parts: Mapping[str, CalendarPart], time_zone: str, years: range) -> dict[str, Calendar]:
    """The calendars as decisions need them, with the dates of `years` worked out. Total for what `checks` let pass."""
    zone = ZoneInfo(time_zone)
    return {
        calendar_id: Calendar(
            calendar_id,
            _named(part.names),
            opening_hours(part, zone, years) if part.has_opening else None,
            windows(part, zone, years) if part.windows else None,
        )
        for calendar_id, part in parts.items()
    }


# ---- opening hours ----


def opening_hours(part: CalendarPart, zone: ZoneInfo, years: range) -> OpeningHours:
    week = _week(part.hours)

    def spans(written: Iterable[str]) -> tuple[Span, ...]:
        hours = read_hours(written)
        return week[hours.weekday].spans if isinstance(hours, SameAs) else hours

    days = dict(_official(part.official, spans, years)) if part.official is not None else {}
    days |= _own(part.holidays, Rule.HOLIDAY, spans, years)
    days |= _own(part.special_days, Rule.SPECIAL_DAY, spans, years)
    return OpeningHours(zone, week, days)


_Spans = Callable[[Iterable[str]], tuple[Span, ...]]


def _week(hours: Mapping[str, list[str]]) -> tuple[DayPlan, ...]:
    spans = dict.fromkeys(range(7), () if hours else ALL_DAY)
    for days, written in hours.items():
        read = read_hours(written)
        spans |= dict.fromkeys(read_weekdays(days), () if isinstance(read, SameAs) else read)
    return tuple(DayPlan(spans[weekday]) for weekday in range(7))


def _official(part: OfficialPart, spans: _Spans, years: range) -> Iterator[tuple[date, DayPlan]]:
    off, working = spans(part.days_off), spans(part.working_weekends)
    plans = {
        "day_off": (off, Rule.OFFICIAL_DAY_OFF),
        "statutory": (off, Rule.STATUTORY_DAY_OFF),
        "working_weekend": (working, Rule.WORKING_WEEKEND),
    }
    for day, official in official_days(years).items():
        yield day, DayPlan(*plans[official.kind], official.names)


def _own(parts: list[DaysPart], rule: Rule, spans: _Spans, years: range) -> dict[date, DayPlan]:
    found: dict[date, tuple[int, DayPlan]] = {}
    for part in parts:
        plan = DayPlan(spans(part.hours), rule, _named(part.names))
        for text in part.days:
            for day, length in days_of(read_period(text), years):
                if day not in found or length < found[day][0]:
                    found[day] = (length, plan)
    return {day: plan for day, (_, plan) in found.items()}


# ---- windows ----


def windows(part: CalendarPart, zone: ZoneInfo, years: range) -> Windows:
    by_id = {
        window_id: Window(window_id, _named(window.names), _named(window.opening))
        for window_id, window in part.windows.items()
    }
    otherwise = next((window_id for window_id, window in part.windows.items() if not window.when), None)
    return Windows(zone, by_id, otherwise, tuple(_occurrences(part, zone, years)))


def _occurrences(part: CalendarPart, zone: ZoneInfo, years: range) -> Iterator[Occurrence]:
    around = range(years.start - 1, years.stop)  # what began in December may hold in January
    for written, (window_id, window) in enumerate(part.windows.items()):
        order = part.order.index(window_id) if window_id in part.order else len(part.order)
        for period in map(read_period, window.when):
            often = int(comes_often(period.first))
            for first, last in occurrences(period, around):
                begin, end = moment(first, period.begins, zone), moment(last, period.ends, zone)
                length_min = (last - first).days * DAY_MINUTES + period.ends - period.begins
                yield Occurrence(begin, end, window_id, Rank(order, often, length_min, written))


def _named(texts: Texts) -> dict[str, str]:
    return {str(language): text for language, text in texts.items()}
