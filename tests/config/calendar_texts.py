"""Calendars written as YAML, read as the switch reads them."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.calendar_checks import check_calendars
from config.calendars import CalendarPart, calendar_values
from config.document import Document, parse_document
from config.problems import Problem
from config.schema import Identifier, Part
from config.validation import validate
from routing.calendar import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
SITE = (Path(__file__).parent / "site_calendars.yaml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 24)

# Year: Spring Festival (lunar 1/1), Lantern Festival (1/15), Mid-Autumn (8/15).
PUBLISHED = {
    2026: ("2026-02-17", "2026-03-03", "2026-09-25"),
    2027: ("2027-02-06", "2027-02-20", "2027-09-15"),
    2028: ("2028-01-26", "2028-02-09", "2028-10-03"),
    2029: ("2029-02-13", "2029-02-27", "2029-09-22"),
    2030: ("2030-02-03", "2030-02-17", "2030-09-12"),
    2031: ("2031-01-23", "2031-02-06", "2031-10-01"),
    2032: ("2032-02-11", "2032-02-25", "2032-09-19"),
    2033: ("2033-01-31", "2033-02-14", "2033-09-08"),
    2034: ("2034-02-19", "2034-03-05", "2034-09-27"),
}


class CalendarsFile(Part):
    calendars: dict[Identifier, CalendarPart]


def read(text: str) -> tuple[Document, dict[str, CalendarPart], list[Problem]]:
    """The calendars of a YAML text, as far as they are sound, and all problems."""
    document, problems = parse_document(text.encode(), "routing.yaml")
    value, more = validate(document, CalendarsFile)
    parts = {} if value is None else value.calendars
    found = check_calendars(document, parts, ("zh", "en"), TODAY)
    return document, parts, [*problems, *more, *found]


def calendars(text: str, *, years: range = range(2025, 2036)) -> dict[str, Calendar]:
    _, parts, problems = read(text)
    assert problems == []
    return calendar_values(parts, "Asia/Shanghai", years)


def calendar(text: str) -> Calendar:
    """The only calendar of a text that gives its lines alone."""
    lines = "".join(f"    {line}\n" for line in text.strip().splitlines())
    return calendars(f"calendars:\n  it:\n    names: {{zh: 某, en: It}}\n{lines}")["it"]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


def hours_of(found: Calendar, day: str) -> str:
    """The open times of a date on the wall, "08:30-12:00, 14:00-17:30"; what goes on past midnight is "20:00-"."""
    said, is_open = [], found.is_open(at(day))
    now, end, begin = at(day), at(day) + 86400, "00:00"
    while (after := found.next_change(now)) is not None and after < end:
        clock = f"{datetime.fromtimestamp(after, SHANGHAI):%H:%M}"
        if is_open:
            said.append(f"{begin}-{clock}")
        begin, is_open, now = clock, not is_open, after
    return ", ".join([*said, f"{begin}-"] if is_open else said)
