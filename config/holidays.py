"""Dates that only tables know: the lunar calendar, and China's official days off with their working weekends.

The libraries are loaded when the first such date is asked for, since most starts of the switch need neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

LUNAR_YEARS = range(1900, 2101)  # what the tables know
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OfficialDay:
    """A day off, or a weekend day on which people work; `names` is the festival, by language.

    `statutory`: by law alone, in a year whose decree is not known yet.
    """

    kind: Literal["day_off", "working_weekend", "statutory"]
    names: Names


def lunar_date(year: int, month: int, day: int) -> date:
    """The date of a day in an ordinary month of the lunar `year`; day 0 is the month's last.

    Raises ValueError for years that the tables do not know.
    """
    from borax.calendars.lunardate import LCalendars, LunarDate

    if year not in LUNAR_YEARS:
        raise ValueError(f"lunar dates are known from {LUNAR_YEARS[0]} to {LUNAR_YEARS[-1]}, not for {year}")
    found: date = LunarDate(year, month, day or LCalendars.ndays(year, month)).to_solar_date()
    return found


def decreed_until() -> int:
    """The last year whose days off and working weekends are known."""
    from chinese_calendar import holidays

    last: int = max(day.year for day in holidays)
    return last


def official_days(years: range) -> dict[date, OfficialDay]:
    """China's days off and working weekends in `years`.

    In a year that is not decreed yet: the days off that the law fixes.
    """
    from chinese_calendar import Holiday, holidays, workdays

    names = {festival.value: {"zh": festival.chinese, "en": festival.value} for festival in Holiday}
    found = {day: OfficialDay("day_off", names[word]) for day, word in holidays.items() if day.year in years}
    found |= {day: OfficialDay("working_weekend", names[word]) for day, word in workdays.items() if day.year in years}
    last = decreed_until()
    for year in years:
        if year > last:
            found |= {day: OfficialDay("statutory", named) for day, named in statutory_days(year).items()}
    return found


# The State Council's regulation on holidays, in force since 2025: the days that every decree contains.
_BY_DATE: tuple[tuple[int, int, Names], ...] = (
    (1, 1, {"zh": "元旦", "en": "New Year's Day"}),
    (5, 1, {"zh": "劳动节", "en": "Labour Day"}),
    (5, 2, {"zh": "劳动节", "en": "Labour Day"}),
    (10, 1, {"zh": "国庆节", "en": "National Day"}),
    (10, 2, {"zh": "国庆节", "en": "National Day"}),
    (10, 3, {"zh": "国庆节", "en": "National Day"}),
)
_SPRING_FESTIVAL: Names = {"zh": "春节", "en": "Spring Festival"}
_TOMB_SWEEPING: Names = {"zh": "清明", "en": "Tomb-sweeping Day"}
_DRAGON_BOAT: Names = {"zh": "端午", "en": "Dragon Boat Festival"}
_MID_AUTUMN: Names = {"zh": "中秋", "en": "Mid-autumn Festival"}


def statutory_days(year: int) -> dict[date, Names]:
    """The thirteen days off that the law fixes: the least that the year's decree will bring."""
    from borax.calendars.lunardate import TermUtils

    new_year = lunar_date(year, 1, 1)
    found = {new_year + timedelta(days=n): _SPRING_FESTIVAL for n in (-1, 0, 1, 2)}
    found[TermUtils.nth_term_day(year, term_name="清明")] = _TOMB_SWEEPING
    found[lunar_date(year, 5, 5)] = _DRAGON_BOAT
    found[lunar_date(year, 8, 15)] = _MID_AUTUMN
    return found | {date(year, month, day): names for month, day, names in _BY_DATE}
