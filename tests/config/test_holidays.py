"""The tables: lunar dates beside published ones, China's decrees beside the law, and years that no table knows."""

from datetime import date, timedelta

import pytest

from config.calendar_checks import official_notices
from config.calendars import CalendarPart, calendar_values, covered_years
from config.holidays import decreed_until, lunar_date, official_days, statutory_days
from tests.config.calendar_texts import PUBLISHED, TODAY, at, read

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
