"""The calendars of a site: what is written in the YAML is what holds, on published dates."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.calendar_checks import Reference, check_calendars, check_references, official_notices
from config.calendars import CalendarPart, calendar_values, covered_years
from config.document import Document, parse_document
from config.holidays import decreed_until, lunar_date, official_days, statutory_days
from config.problems import Problem
from config.schema import Identifier, Part
from config.validation import validate
from routing.calendar import Calendar
from tests.config.folder import HERE

SHANGHAI = ZoneInfo("Asia/Shanghai")
SITE = (Path(__file__).parent / "site_calendars.yaml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 24)


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


# ---- the site's greeting, on published dates ----

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


def festivals() -> Iterator[tuple[float, float, str]]:
    """Begin, end and name of every festival by the published dates, the shorter before the longer."""
    for year, (spring, lantern, autumn) in PUBLISHED.items():
        new_year = date.fromisoformat(spring)
        yield at(f"{autumn}T07:00"), at(autumn) + 86400, "mid_autumn"
        yield at(f"{lantern}T07:00"), at(lantern) + 86400, "lantern_festival"
        eve, last = new_year - timedelta(1), new_year + timedelta(7)
        yield at(f"{eve}T15:00"), at(f"{last}"), "spring_festival"
        for before in (year - 1, year):
            yield at(f"{before}-12-31T16:00"), at(f"{before + 1}-01-02"), "new_year"
        yield at(f"{year}-04-30T16:00"), at(f"{year}-05-04"), "may_day"
        yield at(f"{year}-09-30T16:00"), at(f"{year}-10-04"), "national_day"
        yield at(f"{year}-12-24T16:00"), at(f"{year}-12-26"), "christmas"


def expected(now: float) -> str:
    for begin, end, name in festivals():
        if begin <= now < end:
            return name
    wall = datetime.fromtimestamp(now, SHANGHAI)
    friday = wall.weekday() == 4 and wall.hour >= 13
    return "weekend" if friday or wall.weekday() == 5 or (wall.weekday() == 6 and wall.hour < 20) else "ordinary"


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_greeting_at_the_edges_of_every_window(year: int) -> None:
    greeting = calendars(SITE)["greeting"]
    edges = {edge for begin, end, _ in festivals() for edge in (begin, end)}
    first, last = at(f"{year}-01-01"), at(f"{year + 1}-01-01")
    friday = first + 86400 * ((4 - date(year, 1, 1).weekday()) % 7)
    for week in range(52):
        edges |= {friday + week * 7 * 86400 + 13 * 3600, friday + week * 7 * 86400 + (2 * 24 + 20) * 3600}
    looked_at = [edge + off for edge in edges for off in (-1, 0, 1) if first <= edge < last]
    assert len(looked_at) > 3 * 100
    assert {now: greeting.window(now) for now in looked_at} == {now: expected(now) for now in looked_at}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_greeting_changes_when_the_next_change_says_so(year: int) -> None:
    greeting = calendars(SITE)["greeting"]
    now, changes = at(f"{year}-01-01"), 0
    while now < at(f"{year}-12-31"):
        after = greeting.next_change(now)
        assert after is not None
        assert greeting.window(after - 1) == greeting.window(now) == expected(now)
        assert greeting.window(after) == expected(after) != expected(now)
        now, changes = after, changes + 1
    assert changes > 100


def test_mid_autumn_within_national_day() -> None:
    greeting = calendars(SITE)["greeting"]
    for day in ("2028-10-03", "2031-10-01"):
        assert [greeting.window(at(f"{day}T{clock}")) for clock in ("06:59", "07:00", "23:59")] == [
            "national_day", "mid_autumn", "mid_autumn",
        ]  # fmt: skip
    assert greeting.window(at("2031-10-02T00:00")) == "national_day"
    turned = SITE.replace("# order: [national_day, mid_autumn]", "order: [national_day, mid_autumn]")
    assert turned != SITE
    assert calendars(turned)["greeting"].window(at("2028-10-03T12:00")) == "national_day"


def test_the_openings_of_the_manual() -> None:
    windows = calendars(SITE)["greeting"].windows
    assert windows is not None
    assert {name: window.opening["zh"] for name, window in windows.by_id.items()} == {
        "ordinary": "您好！", "weekend": "周末好！", "new_year": "新年快乐！", "spring_festival": "新春快乐！",
        "lantern_festival": "元宵节快乐！", "may_day": "五一节快乐！", "mid_autumn": "中秋快乐！",
        "national_day": "节日快乐！", "christmas": "圣诞快乐！",
    }  # fmt: skip


def test_the_choice_of_the_greeting_is_told() -> None:
    greeting = calendars(SITE)["greeting"]
    assert greeting.in_words(at("2031-10-01T12:00"), "zh") == (
        "问候语：中秋节，至 2031-10-02 周四 00:00；优先于：国庆节（较短的优先）"
    )
    assert greeting.in_words(at("2026-10-03T12:00"), "en") == (
        "Greeting: National Day until Sun 2026-10-04 00:00; before: Weekend (a festival beats what comes often)"
    )


# ---- the site's other calendars ----


def test_the_hours_of_the_site() -> None:
    site = calendars(SITE)
    assert hours_of(site["day_shift"], "2026-11-24") == "08:00-20:00"
    assert hours_of(site["callback"], "2026-11-29") == "08:00-21:00"
    assert site["service"].next_change(at("2026-11-24")) is None
    assert site["service"].is_open(at("2026-11-24T03:00"))
    assert [site["billing"].window(at(day)) for day in ("2026-11-30", "2026-12-01", "2026-12-05", "2026-12-06")] == [
        None, "run", "run", None,
    ]  # fmt: skip


def test_case_handling_follows_the_decree_of_2026() -> None:
    cases = calendars(SITE)["case_handling"]
    workday = "08:30-12:00, 14:00-17:30"
    assert {day: hours_of(cases, day) for day in (
        "2026-09-19", "2026-09-20", "2026-09-24", "2026-09-25", "2026-09-27", "2026-09-28", "2026-09-30",
        "2026-10-01", "2026-10-07", "2026-10-08", "2026-10-10", "2026-10-11", "2026-05-17",
    )} == {
        "2026-09-19": "09:00-12:00",  # a Saturday
        "2026-09-20": workday,  # a Sunday on which people work
        "2026-09-24": workday,
        "2026-09-25": "",  # Mid-Autumn, a Friday
        "2026-09-27": "",
        "2026-09-28": workday,
        "2026-09-30": workday,
        "2026-10-01": "",
        "2026-10-07": "",
        "2026-10-08": workday,
        "2026-10-10": workday,  # a Saturday on which people work
        "2026-10-11": "",
        "2026-05-17": "00:00-",  # Telecom Day, a Sunday: a holiday of the site beats the week
    }  # fmt: skip


def test_emergency_seats_on_the_days_of_the_manual() -> None:
    seats = calendars(SITE)["emergency_seats"]
    day, open_days = date(2027, 1, 1), []
    while day.year == 2027:
        open_days += [f"{day:%m-%d}"] if seats.is_open(at(f"{day}T12:00")) else []
        day += timedelta(1)
    assert open_days == ["05-01", "05-02", "05-03", "05-17", "10-01", "10-02", "10-03"]


# ---- which rule wins ----

RULES = """
hours:
  mon-tue, thu-fri: 08:00-20:00
  wed: 12:00-16:00
official: {country: china}
holidays:
  - {days: lunar 12/last - lunar 1/3, hours: 09:00-12:00, names: {zh: 春节, en: Spring Festival}}
  - {days: "1 Oct", hours: 10:00-11:00, names: {zh: 国庆, en: National Day}}
special_days:
  - {days: 2026-02-17 - 2026-02-25, hours: 10:00-18:00, names: {zh: 支援, en: Support}}
  - {days: 2026-02-18, hours: closed, names: {zh: 割接, en: Cut-over}}
  - {days: "2026-02-28, 2026-03-07", hours: as wed, names: {zh: 值班, en: On duty}}
"""


@pytest.mark.parametrize(
    ("day", "hours", "rule"),
    [
        ("2026-02-13", "08:00-20:00", "weekly hours"),
        ("2026-02-14", "08:00-20:00", "official working weekend: Spring Festival"),  # a Saturday
        ("2026-02-15", "", "official day off: Spring Festival"),
        ("2026-02-16", "09:00-12:00", "holiday: Spring Festival"),  # New Year's Eve: beats the day off
        ("2026-02-17", "10:00-18:00", "special day: Support"),  # beats the holiday
        ("2026-02-18", "", "special day: Cut-over"),  # the shorter of two special days
        ("2026-02-19", "10:00-18:00", "special day: Support"),
        ("2026-02-28", "12:00-16:00", "special day: On duty"),  # the hours of a Wednesday
        ("2026-03-07", "12:00-16:00", "special day: On duty"),  # a Saturday
        ("2026-10-01", "10:00-11:00", "holiday: National Day"),
        ("2026-10-02", "", "official day off: National Day"),
    ],
)
def test_the_stronger_rule_wins_and_is_told(day: str, hours: str, rule: str) -> None:
    found = calendar(RULES)
    assert hours_of(found, day) == hours
    assert f"({rule}" in found.in_words(at(f"{day}T12:30"), "en")


def test_spans_of_all_kinds() -> None:
    found = calendar("""
hours:
  mon, wed: 08:00-12:00, 13:00-17:00
  thu-fri: [20:00-02:00]
  sat: 24h
  sun: closed
""")
    assert [hours_of(found, f"2026-11-{day}") for day in range(23, 30)] == [
        "08:00-12:00, 13:00-17:00", "", "08:00-12:00, 13:00-17:00", "20:00-", "00:00-02:00, 20:00-", "00:00-", "",
    ]  # fmt: skip


def test_without_weekly_hours_it_is_open_but_for_the_days_that_say_otherwise() -> None:
    found = calendar("special_days: [{days: 2027-03-01, hours: 06:00-24:00, names: {zh: 割接, en: Cut-over}}]")
    assert found.next_change(at("2026-11-24")) == at("2027-03-01")
    assert hours_of(found, "2027-03-01") == "06:00-"


WINDOWS = """
windows:
  morning: {names: {zh: 早上, en: Morning}, when: "daily 06:00-11:00"}
  night: {names: {zh: 夜里, en: Night}, when: daily 22:00-06:00}
  late: {names: {zh: 周五晚, en: Friday night}, when: Friday 23:00-02:00}
  maintenance: {names: {zh: 维护, en: Maintenance}, when: Sunday 21:00 - Monday 02:00}
  month_end: {names: {zh: 月末, en: Month's end}, when: [day last 10:00-11:00, "2027-02-05 08:00 - 2027-02-06 09:00"]}
"""


def test_windows_of_all_kinds() -> None:
    found = calendar(WINDOWS)
    assert [found.window(at(text)) for text in (
        "2026-11-24T05:59", "2026-11-24T06:00", "2026-11-24T11:00", "2026-11-24T22:00",
        "2026-11-27T22:59", "2026-11-27T23:00", "2026-11-28T01:59", "2026-11-28T02:00",
        "2026-11-29T20:59", "2026-11-29T21:00", "2026-11-30T01:59", "2026-11-30T02:00",
        "2027-02-28T10:59", "2028-02-29T10:00", "2027-02-05T08:00", "2027-02-06T08:59", "2027-02-06T09:00",
    )] == [
        "night", "morning", None, "night", "night", "late", "late", "night", None, "maintenance",
        "maintenance", "night", "month_end", "month_end", "month_end", "month_end", "morning",
    ]  # fmt: skip


def test_what_began_before_the_years_covered_still_holds() -> None:
    assert calendars(SITE, years=range(2027, 2028))["greeting"].window(at("2027-01-01T10:00")) == "new_year"


# ---- the tables ----


def test_known_lunar_dates() -> None:
    known = {2024: "2024-02-10", 2025: "2025-01-29"} | {year: days[0] for year, days in PUBLISHED.items()}
    assert {year: str(lunar_date(year, 1, 1)) for year in known} == known
    assert str(lunar_date(2028, 8, 15)) == "2028-10-03"
    assert str(lunar_date(2031, 8, 15)) == "2031-10-01"


def test_new_years_eve_is_the_29th_or_the_30th() -> None:
    assert str(lunar_date(2023, 12, 0)) == "2024-02-09"  # the 30th
    assert lunar_date(2023, 12, 0) == lunar_date(2023, 12, 29) + timedelta(1)
    assert str(lunar_date(2024, 12, 0)) == "2025-01-28"  # the 29th
    assert lunar_date(2024, 12, 0) == lunar_date(2024, 12, 29)


def test_leap_months_move_what_follows_and_repeat_nothing() -> None:
    # 2025 has a second 6th month, 2033 a second 11th (and its Mid-Autumn is early).
    assert (str(lunar_date(2025, 6, 1)), str(lunar_date(2025, 7, 1))) == ("2025-06-25", "2025-08-23")
    assert (str(lunar_date(2033, 11, 1)), str(lunar_date(2033, 12, 1))) == ("2033-11-22", "2034-01-20")


def test_lunar_years_follow_each_other() -> None:
    for year in range(1901, 2100):
        assert lunar_date(year + 1, 1, 1) == lunar_date(year, 12, 0) + timedelta(1)
        assert date(year, 1, 20) < lunar_date(year, 1, 1) < date(year, 2, 22)


def test_years_beyond_the_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="not for 2101"):
        lunar_date(2101, 1, 1)
    assert covered_years(date(2099, 5, 1)) == range(2097, 2100)
    assert covered_years(TODAY) == range(2024, 2032)


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_days_that_the_law_fixes_are_in_every_decree(year: int) -> None:
    fixed = statutory_days(year)
    decreed = official_days(range(year, year + 1))
    assert len(fixed) == 13
    assert {day: decreed[day].kind for day in fixed} == dict.fromkeys(fixed, "day_off")


# ---- years that are not decreed ----


def unknown_year(special_days: str = "") -> tuple[int, dict[str, CalendarPart]]:
    """The first year without a decree, and a calendar that asks for it."""
    year = decreed_until() + 1
    text = "calendars:\n  cases:\n    names: {zh: 申告, en: Cases}\n    hours: {mon-fri: 08:00-17:00}\n"
    text += "    official: {country: china}\n" + special_days.replace("YEAR", str(year))
    return year, read(text)[1]


def test_a_year_without_a_decree_is_said() -> None:
    year, parts = unknown_year()
    (notice,) = official_notices(parts, date(year - 1, 11, 24))
    assert f"'cases': China's days off and working weekends of {year} are not known yet" in notice
    assert f"end with {year - 1}" in notice
    assert f"Special days of {year} so far: 0" in notice
    assert len(official_notices(parts, date(year, 3, 1))) == 2
    assert official_notices(parts, date(year - 2, 11, 24)) == ()
    assert official_notices({"day": parts["cases"].model_copy(update={"official": None})}, date(year, 3, 1)) == ()


def test_special_days_fill_in() -> None:
    year, parts = unknown_year("""\
    special_days:
      - {days: YEAR-10-04 - YEAR-10-07, names: {zh: 国庆节, en: National Day}}
""")
    (notice,) = official_notices(parts, date(year - 1, 11, 24))
    assert notice.endswith(f"Special days of {year} so far: 4")
    cases = calendar_values(parts, "Asia/Shanghai", range(year, year + 1))["cases"]
    assert all(not cases.is_open(at(f"{year}-10-0{day}T12:00")) for day in range(1, 8))
    assert "法定假日，当年放假安排尚未收录：国庆节" in cases.in_words(at(f"{year}-10-01T12:00"), "zh")


# ---- what is wrong ----

IT = "  it:\n    names: {zh: 某, en: It}\n"
DAY = "names: {zh: 某日, en: Some day}}"
# what is wrong, the calendar with ▶ before the place of the problem, message, suggestion
SLIPS = [
    ("no day of the week", "hours:\n  ▶mon-fry: 08:00-20:00", "'fry' is not a day of the week", "mon, tue"),
    ("a long name", "hours:\n  ▶Wendesday: 08:00-20:00", "'wendesday' is not a day", "did you mean 'Wednesday'?"),
    ("a day twice", "hours:\n  mon-fri: 08:00-20:00\n  ▶fri: 08:00-12:00", "Friday stands in 'mon-fri' and in 'fri'",
     "take it out"),
    ("no span", "hours:\n  daily: ▶8-20", "'8-20' is not a span of time", "write it as 08:00-20:00"),
    ("no time of day", "hours:\n  daily: ▶08:00-25:00", "25:00 is not a time of day", "00:00 to 24:00"),
    ("no length", "hours:\n  daily: ▶08:00-08:00", "begins and ends at the same time", "00:00-24:00"),
    ("spans that overlap", "hours:\n  daily: ▶08:00-14:00, 13:00-20:00", "begin at 08:00 and at 13:00 overlap", ""),
    ("borrowed hours in the week", "hours:\n  mon: 24h\n  tue: ▶as mon", "can't borrow", "write them out"),
    ("no hours", "hours:\n  daily:▶", "must be a list, not empty", ""),
    ("hours of days off", "official: {country: china, days_off: ▶shut}", "'shut' is not a span", "closed"),
    ("another country", "hours: {daily: 24h}\nofficial: {country: ▶chine}", "can't be 'chine'", "china"),
    ("an unknown setting", "hours: {daily: 24h}\n▶holydays: []", "unknown setting 'holydays'", "'holidays'"),
    ("a holiday without day", "holidays:\n  - ▶{" + DAY, "'days' of", "add 'days"),
    ("a time among days", "holidays:\n  - {days: ▶1 May 08:00-20:00, " + DAY, "has a time of day", "under `hours`"),
    ("a day that is not in every year", "holidays:\n  - {days: ▶lunar 12/30, " + DAY, "29 or 30 days", "12/last"),
    ("29 February", "holidays:\n  - {days: ▶29 Feb, " + DAY, "not in every year", "28 Feb or 1 Mar"),
    ("no such day", "holidays:\n  - {days: ▶31 Jun, " + DAY, "there is no 31 Jun", "1 to 30"),
    ("no month", "holidays:\n  - {days: ▶1 Mai, " + DAY, "'mai' is not a month", "'May'"),
    ("a year among holidays", "holidays:\n  - {days: ▶2027-02-05, " + DAY, "has no place here", "`special_days`"),
    ("a weekday among holidays", "holidays:\n  - {days: ▶Friday, " + DAY, "has no place here", "lunar 8/15"),
    ("a holiday among special days", "special_days:\n  - {days: ▶1 May, " + DAY, "has no place here", "`holidays`"),
    ("no such date", "special_days:\n  - {days: ▶2027-02-30, " + DAY, "there is no 2027-02-30", "2027-02-05"),
    ("dates turned round", "special_days:\n  - {days: ▶2027-03-02 - 2027-03-01, " + DAY, "ends before it begins", ""),
    ("a date twice", "special_days:\n  - {days: 2027-02-05 - 2027-02-07, " + DAY
     + "\n  - {days: ▶2027-02-06 - 2027-02-08, " + DAY, "names a day that '2027-02-05 - 2027-02-07' names already",
     "keep one"),
    ("a holiday twice", "holidays:\n  - {days: 1 May, " + DAY + "\n  - {days: ▶May 1, " + DAY, "names already", ""),
    ("a text missing", "holidays:\n  - {days: 1 May, names: ▶{zh: 五一}}", "'1 May' has no text in 'en'", "add 'en"),
    ("no day at all", "windows:\n  w: {when: ▶Firday 13:00 - Sunday 20:00, " + DAY, "'Firday' is not a day",
     "did you mean 'Friday'?"),
    ("no end", "windows:\n  w: {when: ▶Friday 13:00, " + DAY, "has no end", "Friday 13:00-24:00"),
    ("two kinds of dates", "windows:\n  w: {when: ▶Friday 13:00 - 1 May 20:00, " + DAY, "different kinds", ""),
    ("spaces forgotten", "windows:\n  w: {when: ▶1 May-3 May, " + DAY, "'1 May-3 May' is not a day", "' - '"),
    ("the same moment", "windows:\n  w: {when: ▶Friday 13:00 - Friday 13:00, " + DAY, "never holds", "a later end"),
    ("ends before it begins", "windows:\n  w: {when: ▶Friday 20:00 - Friday 02:00, " + DAY, "ends before",
     "Friday 20:00-02:00"),
    ("two for the rest", "windows:\n  a: {" + DAY + "\n  ▶b: {" + DAY, "'b' has no `when`, as 'a' has none", "when"),
    ("an unknown window in the order", "windows:\n  w: {when: 1 May, " + DAY + "\norder: [▶x]", "no window 'x'", "w"),
    ("a window twice in the order", "windows:\n  w: {when: 1 May, " + DAY + "\norder: [w, ▶w]", "named twice", ""),
    ("the rest in the order", "windows:\n  w: {when: 1 May, " + DAY + "\n  r: {" + DAY + "\norder: [▶r]",
     "only where no other", "take it out"),
    ("a window that never holds", "windows:\n  w: {when: 30 Apr - 2 May, " + DAY
     + "\n  ▶v: {when: 1 May, " + DAY + "\norder: [w]",
     "the window 'v' never holds: before it always comes w", "`order`"),
    ("an opening missing", "windows:\n  w: {when: 1 May, opening: ▶{en: Hi}, " + DAY,
     "the opening of 'w' has no text in 'zh'", "add 'zh"),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "text", "message", "suggestion"), SLIPS, ids=[slip[0] for slip in SLIPS])
def test_a_slip_is_found_at_its_place_alone(_name: str, text: str, message: str, suggestion: str) -> None:
    marked = "calendars:\n" + IT + "".join(f"    {line}\n" for line in text.splitlines())
    before, _, after = marked.partition(HERE)
    place = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    (problem,) = read(before + after)[2]
    assert ((problem.line, problem.column), problem.file) == (place, "routing.yaml")
    assert message in problem.message
    assert suggestion in problem.suggestion


def test_a_calendar_that_never_opens() -> None:
    text = "calendars:\n  it:\n    names: {zh: 某, en: It}\n    hours: {daily: closed}\n"
    (problem,) = read(text)[2]
    assert (problem.line, problem.message) == (2, "the calendar 'it' is never open")


def test_what_is_asked_exists_and_what_exists_is_asked() -> None:
    document, parts, _ = read(SITE)
    place = ("calendars", "greeting")
    asked = [Reference(document, place, name) for name in parts if name not in ("greeting", "billing", "callback")]
    asked += [Reference(document, place, "greeting", "weekend"), Reference(document, place, "billing", "run")]
    asked += [Reference(document, place, "calback"), Reference(document, place, "greeting", "weekends")]
    asked += [Reference(document, place, "greeting")]
    said = [(problem.message, problem.suggestion) for problem in check_references(document, parts, asked)]
    assert said == [
        ("the calendar 'calback' does not exist", "did you mean 'callback'?"),
        ("the calendar 'greeting' has no window 'weekends'", "did you mean 'weekend'?"),
        ("the calendar 'greeting' has no opening hours: it is always open",
         "give it `hours`, or name one of its windows"),
        ("nothing asks the calendar 'callback'", "name it in a condition, a queue or a tree, or remove it"),
    ]  # fmt: skip


# ---- for editors, and for a quick start ----


def test_editors_accept_one_text_or_a_list() -> None:
    hours = CalendarPart.model_json_schema()["properties"]["hours"]["patternProperties"]
    assert {kind["type"] for values in hours.values() for kind in values["anyOf"]} == {"string", "array"}


def test_a_keyboard_for_chinese_is_understood() -> None:
    found = calendar("hours:\n  mon–fri: 08：00—12：00，14：00～18：00")
    assert hours_of(found, "2026-11-24") == "08:00-12:00, 14:00-18:00"


def test_tables_are_loaded_only_when_they_are_needed() -> None:
    script = "import sys, config.calendar_checks; print({'borax', 'chinese_calendar'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"
