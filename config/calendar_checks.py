"""What is wrong with the calendars of routing.yaml, and what the operator should know of the years to come."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from types import UnionType
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from config.calendars import CalendarPart, DaysPart, covered_years, opening_hours, windows
from config.document import Document, Place
from config.holidays import decreed_until
from config.problems import Problem, did_you_mean
from config.recurrence import days_of
from config.schema import Texts
from config.when import (
    WEEKDAY_NAMES,
    Lunar,
    Once,
    SameAs,
    UnclearError,
    Yearly,
    read_days,
    read_hours,
    read_period,
    read_weekdays,
)  # fmt: skip

SECTION = "calendars"
# How windows meet does not depend on the zone; the site's may be what is wrong.
_UTC = ZoneInfo("UTC")
_EVERY_YEAR = "holidays come every year: write 1 May or lunar 8/15, and days with a year under `special_days`"
_ONE_YEAR = "special days come once: write 2027-02-05, and days of every year under `holidays`"
_Text = TypeVar("_Text")
_Read = TypeVar("_Read")


def check_calendars(
    document: Document, calendars: Mapping[str, CalendarPart], languages: Iterable[str], today: date
) -> Iterator[Problem]:
    """All problems within calendars. `document` has them under `calendars`; `today` is the site's date."""
    years = covered_years(today)
    for calendar_id, part in calendars.items():
        here = (SECTION, calendar_id)
        found = [
            *_check_week(document, here, part),
            *_check_official(document, here, part),
            *_check_days(document, (*here, "holidays"), part.holidays, Yearly | Lunar, _EVERY_YEAR, years),
            *_check_days(document, (*here, "special_days"), part.special_days, Once, _ONE_YEAR, years),
            *_check_windows(document, here, part),
        ]
        yield from found
        if not found:  # else what follows may be but a consequence
            yield from _check_never_open(document, here, part, years)
            yield from _check_never_holding(document, here, part, years)
        yield from _check_texts(document, here, part, tuple(languages))


class Reference(NamedTuple):
    """A place that asks a calendar: whether `window` holds, or, where that is empty, whether it is open."""

    document: Document
    place: Place
    calendar_id: str
    window_id: str = ""


def check_references(
    document: Document, calendars: Mapping[str, CalendarPart], references: Iterable[Reference]
) -> Iterator[Problem]:
    """What is asked must exist, and what exists must be asked somewhere."""
    asked = set()
    for found, place, calendar_id, window_id in references:
        asked.add(calendar_id)
        part = calendars.get(calendar_id)
        if part is None:
            message = f"the calendar '{calendar_id}' does not exist"
            yield found.problem(place, message, did_you_mean(calendar_id, calendars))
        elif window_id and window_id not in part.windows:
            message = f"the calendar '{calendar_id}' has no window '{window_id}'"
            yield found.problem(place, message, did_you_mean(window_id, part.windows))
        elif not window_id and not part.has_opening:
            message = f"the calendar '{calendar_id}' has no opening hours: it is always open"
            remedy = "give it `hours`" + (", or name one of its windows" if part.windows else "")
            yield found.problem(place, message, remedy)
    for calendar_id in calendars:
        if calendar_id not in asked:
            message = f"nothing asks the calendar '{calendar_id}'"
            remedy = "name it in a condition, a queue or a tree, or remove it"
            yield document.problem((SECTION, calendar_id), message, remedy, at_key=True)


def official_notices(calendars: Mapping[str, CalendarPart], today: date) -> tuple[str, ...]:
    """For the operator: this year or the next has no decree yet in the tables, and what stands in for it."""
    using = {calendar_id: part for calendar_id, part in calendars.items() if part.official is not None}
    if not using:
        return ()
    last = decreed_until()
    return tuple(
        _notice(year, last, calendar_id, part)
        for year in (today.year, today.year + 1)
        for calendar_id, part in using.items()
        if year > last
    )


def _notice(year: int, last: int, calendar_id: str, part: CalendarPart) -> str:
    periods = [read_period(text) for days in part.special_days for text in days.days]
    given = {day for period in periods for day, _ in days_of(period, range(0)) if day.year == year}
    return (
        f"calendar '{calendar_id}': China's days off and working weekends of {year} are not known yet (the tables of "
        f"chinese-calendar end with {last}). Only the days off that the law fixes count; write the others under "
        "`special_days`, a working weekend with `hours: as mon`, or install a release that knows the year. "
        f"Special days of {year} so far: {len(given)}"
    )


# ---- what is written ----


def _read(
    found: list[Problem],
    document: Document,
    place: Place,
    read: Callable[[_Text], _Read],
    text: _Text,
    *,
    at_key: bool = False,
) -> _Read | None:
    """What `read` makes of the text at `place`; a text that can't be read is a problem."""
    try:
        return read(text)
    except UnclearError as error:
        found.append(document.problem(place, error.message, error.remedy, at_key=at_key))
        return None


def _check_week(document: Document, here: Place, part: CalendarPart) -> list[Problem]:
    found: list[Problem] = []
    named: dict[int, str] = {}
    for key, written in part.hours.items():
        place = (*here, "hours", key)
        days = _read(found, document, place, read_weekdays, key, at_key=True) or []
        hours = _read(found, document, place, read_hours, written)
        if isinstance(hours, SameAs):
            found.append(document.problem(place, f"'{key}' can't borrow the hours of another day", "write them out"))
        if twice := [day for day in days if day in named]:
            message = f"{WEEKDAY_NAMES[twice[0]]} stands in '{named[twice[0]]}' and in '{key}'"
            found.append(document.problem(place, message, "take it out of one of them", at_key=True))
        named |= dict.fromkeys(days, key)
    return found


def _check_official(document: Document, here: Place, part: CalendarPart) -> list[Problem]:
    found: list[Problem] = []
    if part.official is not None:
        for name in ("days_off", "working_weekends"):
            _read(found, document, (*here, "official", name), read_hours, getattr(part.official, name))
    return found


def _check_days(
    document: Document, here: Place, parts: list[DaysPart], kinds: UnionType | type, remedy: str, years: range
) -> list[Problem]:
    """Days of one of `kinds`, none of them given twice."""
    found: list[Problem] = []
    given: dict[object, str] = {}
    for index, part in enumerate(parts):
        _read(found, document, (*here, index, "hours"), read_hours, part.hours)
        for number, text in enumerate(part.days):
            place = (*here, index, "days", number)
            period = _read(found, document, place, read_days, text)
            if period is None:
                continue
            if not isinstance(period.first, kinds):
                found.append(document.problem(place, f"'{text}' has no place here", remedy))
                continue
            # Of two special days on one date the shorter counts; equally long ones contradict each other.
            named: list[object] = [*days_of(period, years)] if isinstance(period.first, Once) else [period]
            if twice := [day for day in named if day in given]:
                message = f"'{text}' names a day that '{given[twice[0]]}' names already"
                found.append(document.problem(place, message, "keep one of them"))
            given |= dict.fromkeys(named, text)
    return found


def _check_windows(document: Document, here: Place, part: CalendarPart) -> list[Problem]:
    found: list[Problem] = []
    otherwise = ""
    for window_id, window in part.windows.items():
        place = (*here, "windows", window_id)
        if not window.when and otherwise:
            message = f"'{window_id}' has no `when`, as '{otherwise}' has none: only one window can hold otherwise"
            found.append(document.problem(place, message, "add 'when: ...' to one of them", at_key=True))
        otherwise = otherwise or ("" if window.when else window_id)
        for number, text in enumerate(window.when):
            _read(found, document, (*place, "when", number), read_period, text)
    for index, window_id in enumerate(part.order):
        place = (*here, "order", index)
        if window_id not in part.windows:
            message = f"there is no window '{window_id}'"
            found.append(document.problem(place, message, did_you_mean(window_id, part.windows)))
        elif window_id == otherwise:
            message = f"'{window_id}' holds only where no other window does"
            found.append(document.problem(place, message, "take it out of `order`, or give it a `when`"))
        elif window_id in part.order[:index]:
            found.append(document.problem(place, f"'{window_id}' is named twice", "keep one of them"))
    return found


# ---- what it comes to ----


def _check_never_open(document: Document, here: Place, part: CalendarPart, years: range) -> Iterator[Problem]:
    if not part.has_opening:
        return
    hours = opening_hours(part, _UTC, years)
    if not any(plan.spans for plan in (*hours.week, *hours.days.values())):
        remedy = "give it `hours`, such as mon-fri: 08:00-20:00"
        yield document.problem(here, f"the calendar '{here[-1]}' is never open", remedy, at_key=True)


def _check_never_holding(document: Document, here: Place, part: CalendarPart, years: range) -> Iterator[Problem]:
    """Windows that others always cover."""
    made = windows(part, _UTC, years)
    holding = made.ever_holding()
    for window_id in part.windows:
        if window_id in holding:
            continue
        comes = [found.begin for found in made.occurrences if found.window_id == window_id]
        others = sorted({found.window_id for at in comes if (found := made.at(at)) is not None})
        why = f": before it always comes {' or '.join(others)}" if others else ""
        message, remedy = f"the window '{window_id}' never holds{why}", "name it in `order`, or give it other times"
        yield document.problem((*here, "windows", window_id), message, remedy, at_key=True)


def _check_texts(
    document: Document, here: Place, part: CalendarPart, languages: tuple[str, ...]
) -> Iterator[Problem]:
    """What people read or hear exists in each language."""
    texts: list[tuple[Place, Texts, str]] = [((*here, "names"), part.names, f"'{here[-1]}'")]
    for section, parts in (("holidays", part.holidays), ("special_days", part.special_days)):
        texts += [((*here, section, n, "names"), days.names, f"'{days.days[0]}'") for n, days in enumerate(parts)]
    for window_id, window in part.windows.items():
        place = (*here, "windows", window_id)
        texts.append(((*place, "names"), window.names, f"'{window_id}'"))
        if window.opening:
            texts.append(((*place, "opening"), window.opening, f"the opening of '{window_id}'"))
    for place, given, what in texts:
        for language in languages:
            if language not in given:
                yield document.problem(place, f"{what} has no text in '{language}'", f"add '{language}: ...'")
