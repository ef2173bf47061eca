"""Times of day and days of the week, also where the clocks change."""

from datetime import datetime
from math import nextafter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.local_time import TimeOfDay, Weekday

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
# Havana changes its clocks at midnight: an hour of Sunday's is skipped in spring, one of Saturday's comes twice.
HAVANA = ZoneInfo("America/Havana")


def at(text: str, zone: ZoneInfo) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


DAY = TimeOfDay(8 * 60, 20 * 60, SHANGHAI)
NIGHT = TimeOfDay(22 * 60, 30 * 60, SHANGHAI)


@pytest.mark.parametrize(
    ("when", "now", "holds", "changes_at"),
    [
        (DAY, "2026-03-02 07:59:59", False, "2026-03-02 08:00"),
        (DAY, "2026-03-02 08:00", True, "2026-03-02 20:00"),
        (DAY, "2026-03-02 20:00", False, "2026-03-03 08:00"),
        (NIGHT, "2026-03-02 05:59:59", True, "2026-03-02 06:00"),
        (NIGHT, "2026-03-02 06:00", False, "2026-03-02 22:00"),
        (NIGHT, "2026-03-02 23:00", True, "2026-03-03 06:00"),
        (Weekday(frozenset({5, 6}), SHANGHAI), "2026-03-06 23:59:59", False, "2026-03-07 00:00"),
        (Weekday(frozenset({5, 6}), SHANGHAI), "2026-03-07 00:00", True, "2026-03-08 00:00"),
        (Weekday(frozenset({6}), HAVANA), "2026-03-08 01:00", True, "2026-03-09 00:00"),
    ],
)
def test_what_holds_and_until_when(when: TimeOfDay | Weekday, now: str, holds: bool, changes_at: str) -> None:
    assert when.holds(at(now, when.zone)) is holds
    assert when.next_change(at(now, when.zone)) == at(changes_at, when.zone)


def test_a_skipped_beginning_is_the_moment_of_the_change() -> None:
    early = TimeOfDay(2 * 60 + 30, 5 * 60, BERLIN)
    change = at("2026-03-29 03:00", BERLIN)  # 02:00 becomes 03:00
    assert early.next_change(change - 60.0) == change
    assert not early.holds(change - 60.0)
    assert early.holds(change)


def test_a_day_lasts_until_the_very_last_moment_and_begins_once() -> None:
    sunday = Weekday(frozenset({6}), SHANGHAI)
    midnight = at("2026-03-09 00:00", SHANGHAI)
    assert sunday.holds(nextafter(midnight, 0.0))
    assert sunday.next_change(nextafter(midnight, 0.0)) == midnight
    assert not sunday.holds(midnight)
    # In 2010 St. John's set its clocks back at 00:01, to 23:01 of the day before.
    zone = ZoneInfo("America/St_Johns")
    first = at("2010-11-07 00:00", zone)
    assert Weekday(frozenset({6}), zone).holds(first + 600.0), "the wall shows Saturday again"
    assert Weekday(frozenset({6}), zone).next_change(first + 600.0) == at("2010-11-08 00:00", zone)


def test_in_words() -> None:
    assert DAY.words(at("2026-03-02 07:00", SHANGHAI)) == "time not in 08:00-20:00"
    assert NIGHT.words(at("2026-03-02 03:00", SHANGHAI)) == "time in 22:00-06:00"
    weekend = Weekday(frozenset({6, 5}), SHANGHAI)
    assert weekend.words(at("2026-03-07 07:00", SHANGHAI)) == "weekday sat in sat sun"


YEAR = st.floats(at("2026-01-01 00:00", BERLIN), at("2027-01-01 00:00", BERLIN))
SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda span: (span[0], span[0] + span[1]))
ZONES = st.sampled_from([SHANGHAI, BERLIN, HAVANA])


@settings(deadline=None)
@given(ZONES, SPANS, st.frozensets(st.integers(0, 6)), YEAR, st.floats(0, 1))
def test_nothing_changes_until_then(
    zone: ZoneInfo, span: tuple[int, int], days: frozenset[int], now: float, part: float
) -> None:
    for when in (TimeOfDay(*span, zone), Weekday(days, zone)):
        changes_at = when.next_change(now)
        assert now < changes_at <= now + 26 * 3600
        between = min(now + part * (changes_at - now), nextafter(changes_at, 0.0))
        assert when.holds(between) == when.holds(now)
