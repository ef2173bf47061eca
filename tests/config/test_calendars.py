"""The calendars of a site: what is written in the YAML is what holds, on published dates."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from config.calendars import CalendarPart
from tests.config.calendar_texts import PUBLISHED, SHANGHAI, SITE, at, calendar, calendars, hours_of

# ---- the site's greeting, on published dates ----

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
