"""Opening hours on the wall clock: days with their own rule, spans past midnight, days on which the clocks change."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing.calendar import Calendar
from routing.opening_hours import ALL_DAY, DayPlan, OpeningHours, Rule, Span
from routing.wall_clock import local_day, moment
from routing.window import Occurrence, Rank, Window, Windows

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
CLOSED = DayPlan(())
NATIONAL_DAY = {"zh": "国庆节", "en": "National Day"}
HOUR_S = 3600


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    """The UTC second of a wall-clock time; where it comes twice, the first."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def plan(*hours: str) -> DayPlan:
    """Spans such as "08:00-12:00"; an end that is not later is on the next day."""
    spans = []
    for text in hours:
        opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
        spans.append((opens, closes if closes > opens else closes + 1440))
    return DayPlan(tuple(sorted(spans)))


def office(days: dict[date, DayPlan] | None = None, zone: ZoneInfo = SHANGHAI) -> OpeningHours:
    """Monday to Friday in two spans, Saturday mornings."""
    workday = plan("08:30-12:00", "14:00-17:30")
    return OpeningHours(zone, (*[workday] * 5, plan("09:00-12:00"), CLOSED), days or {})


def every_day(*hours: str, zone: ZoneInfo = SHANGHAI, days: dict[date, DayPlan] | None = None) -> OpeningHours:
    return OpeningHours(zone, (plan(*hours),) * 7, days or {})


def changes(hours: OpeningHours, begin: float, count: int) -> list[str]:
    """The wall-clock times of the next changes."""
    found = []
    for _ in range(count):
        after = hours.next_change(begin)
        assert after is not None
        found.append(f"{datetime.fromtimestamp(after, hours.zone):%a %d %H:%M}")
        begin = after
    return found


# ---- what holds ----


def test_a_week_opens_and_closes_as_written() -> None:
    hours = office()
    assert not hours.is_open(at("2026-11-24T08:29:59"))
    assert hours.is_open(at("2026-11-24T08:30"))
    assert not hours.is_open(at("2026-11-24T12:00"))
    assert changes(hours, at("2026-11-27T10:00"), 6) == [
        "Fri 27 12:00", "Fri 27 14:00", "Fri 27 17:30", "Sat 28 09:00", "Sat 28 12:00", "Mon 30 08:30",
    ]  # fmt: skip


def test_a_day_with_its_own_rule_beats_the_week() -> None:
    days = {date(2026, 10, 1): DayPlan((), Rule.OFFICIAL_DAY_OFF, NATIONAL_DAY), date(2026, 10, 4): plan("09:00-10:00")}
    hours = office(days)
    assert not hours.is_open(at("2026-10-01T09:00"))  # a Thursday
    assert hours.is_open(at("2026-10-04T09:30"))  # a Sunday
    assert changes(hours, at("2026-09-30T17:30"), 1) == ["Fri 02 08:30"]


def test_a_span_past_midnight_belongs_to_the_day_it_begins_on() -> None:
    hours = every_day("20:00-02:00", days={date(2026, 11, 25): CLOSED})
    assert hours.is_open(at("2026-11-25T01:59"))  # since Tuesday, though Wednesday is closed
    assert not hours.is_open(at("2026-11-25T20:00"))
    assert not hours.is_open(at("2026-11-26T01:00"))
    assert changes(hours, at("2026-11-24T21:00"), 2) == ["Wed 25 02:00", "Thu 26 20:00"]


def test_spans_that_touch_at_midnight_are_one() -> None:
    hours = OpeningHours(SHANGHAI, (plan("00:00-24:00"),) * 2 + (plan("00:00-02:00"),) + (CLOSED,) * 4)
    assert changes(hours, at("2026-11-23T12:00"), 2) == ["Wed 25 02:00", "Mon 30 00:00"]


def test_what_never_changes_says_so() -> None:
    now = at("2026-11-24T10:00")
    assert every_day("00:00-24:00").next_change(now) is None
    assert every_day("20:00-08:00", "08:00-20:00").next_change(now) is None
    assert OpeningHours(SHANGHAI, (CLOSED,) * 7).next_change(now) is None


def test_a_change_years_ahead_is_found() -> None:
    now = at("2026-11-24T10:00")
    closed_once = every_day("00:00-24:00", days={date(2032, 5, 1): CLOSED})
    assert closed_once.next_change(now) == at("2032-05-01T00:00")
    assert closed_once.next_change(at("2032-05-01T10:00")) == at("2032-05-02T00:00")
    assert closed_once.next_change(at("2032-05-02T00:00")) is None
    open_once = OpeningHours(SHANGHAI, (CLOSED,) * 7, {date(2032, 5, 1): plan("08:00-20:00")})
    assert open_once.next_change(now) == at("2032-05-01T08:00")
    assert open_once.next_change(at("2032-05-01T08:00")) == at("2032-05-01T20:00")
    assert open_once.next_change(at("2032-05-01T20:00")) is None


# ---- days on which the clocks change ----


def test_a_night_that_loses_an_hour() -> None:
    # Berlin, 29 March 2026: the clock goes from 02:00 to 03:00.
    night = every_day("02:30-04:00", zone=BERLIN)
    assert night.next_change(at("2026-03-29T01:00", BERLIN)) == at("2026-03-29T03:00", BERLIN)
    assert night.is_open(at("2026-03-29T03:10", BERLIN))
    assert not night.is_open(at("2026-03-29T04:00", BERLIN))
    swallowed = every_day("02:00-03:00", zone=BERLIN)
    assert changes(swallowed, at("2026-03-28T12:00", BERLIN), 2) == ["Mon 30 02:00", "Mon 30 03:00"]


def test_a_night_that_gains_an_hour() -> None:
    # Berlin, 25 October 2026: at 03:00 the clock goes back to 02:00. A time that comes twice is its first coming.
    early = every_day("01:00-02:30", zone=BERLIN)
    late = every_day("02:30-04:00", zone=BERLIN)
    first_0230 = at("2026-10-25T02:30", BERLIN)
    assert early.next_change(first_0230 - HOUR_S) == first_0230
    assert late.next_change(first_0230 - HOUR_S) == first_0230
    assert late.next_change(first_0230) == first_0230 + 2.5 * HOUR_S
    assert all(late.is_open(first_0230 + minute * 60) for minute in range(150))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 1), 24)])
def test_a_whole_day_has_all_its_hours(day: date, hours: int) -> None:
    opening = OpeningHours(BERLIN, (CLOSED,) * 7, {day: DayPlan(ALL_DAY)})
    opens = opening.next_change(at("2026-01-01T00:00", BERLIN))
    assert opens is not None
    assert opening.next_change(opens) == opens + hours * HOUR_S


def test_a_midnight_that_does_not_exist() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # on 4 November 2018 the day began at 01:00
    hours = every_day("00:00-12:00", zone=zone)
    opens = hours.next_change(at("2018-11-03T13:00", zone))
    assert opens == at("2018-11-04T01:00", zone)
    assert not hours.is_open(opens - 1)
    assert hours.next_change(opens) == at("2018-11-04T12:00", zone)


def test_a_midnight_that_comes_twice() -> None:
    zone = ZoneInfo("America/St_Johns")  # on 7 November 2010 the clock went from 00:01 back to 23:01 of the day before
    hours = every_day("00:00-12:00", zone=zone)
    opens = hours.next_change(at("2010-11-06T20:00", zone))
    assert opens == at("2010-11-06T23:59", zone) + 60
    assert all(hours.is_open(opens + minute * 60) for minute in range(13 * 60))
    assert hours.next_change(opens + 30 * 60) == opens + 13 * HOUR_S


# ---- in words ----


def test_the_rule_that_won_is_told() -> None:
    hours = office({date(2026, 10, 1): DayPlan((), Rule.OFFICIAL_DAY_OFF, NATIONAL_DAY)})
    calendar = Calendar("cases", {"zh": "申告处理", "en": "Case handling"}, hours)
    assert calendar.in_words(at("2026-10-01T09:00"), "zh") == (
        "申告处理：休息，至 2026-10-02 周五 08:30（国家放假：国庆节，休息）"
    )
    assert calendar.in_words(at("2026-10-01T09:00"), "en") == (
        "Case handling: closed until Fri 2026-10-02 08:30 (official day off: National Day, closed)"
    )
    assert calendar.in_words(at("2026-10-02T13:00"), "en") == (
        "Case handling: closed until Fri 2026-10-02 14:00 (weekly hours: 08:30-12:00, 14:00-17:30)"
    )


def test_past_midnight_the_day_before_is_named() -> None:
    eve = DayPlan(((1200, 1560),), Rule.SPECIAL_DAY, {"en": "Eve"})
    hours = every_day("08:00-10:00", days={date(2026, 12, 31): eve})
    opening = hours.at(at("2027-01-01T01:00"))
    assert (opening.is_open, opening.day) == (True, date(2026, 12, 31))
    assert opening.in_words("en") == "open until Fri 2027-01-01 02:00 (special day: Eve, 20:00-02:00)"


def test_a_calendar_changes_with_its_hours_and_with_its_windows() -> None:
    morning = Occurrence(at("2026-11-24T06:00"), at("2026-11-24T11:00"), "morning", Rank())
    calendar = Calendar("both", {}, office(), Windows(SHANGHAI, {"morning": Window("morning")}, None, (morning,)))
    now = at("2026-11-24T05:00")
    assert (calendar.is_open(now), calendar.window(now)) == (False, None)
    seen = []
    for _ in range(4):
        now = calendar.next_change(now) or 0.0
        seen.append((f"{datetime.fromtimestamp(now, SHANGHAI):%H:%M}", calendar.is_open(now), calendar.window(now)))
    assert seen == [
        ("06:00", False, "morning"), ("08:30", True, "morning"), ("11:00", True, None), ("12:00", False, None),
    ]  # fmt: skip


def test_a_calendar_without_hours_is_always_open_and_without_windows_has_none() -> None:
    calendar = Calendar("nothing")
    assert (calendar.is_open(0.0), calendar.window(0.0), calendar.next_change(0.0)) == (True, None, None)


# ---- whatever is written ----

ZONES = [
    "Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "America/St_Johns", "Africa/Cairo", "Australia/Lord_Howe",
    "Pacific/Apia", "UTC",
]  # fmt: skip
CLOCK_CHANGES = [
    date(2010, 11, 7), date(2011, 12, 30), date(2018, 11, 4), date(2026, 3, 29), date(2026, 10, 25),
]  # fmt: skip
MINUTES = st.integers(0, 48).map(lambda half_hours: half_hours * 30)


@st.composite
def day_spans(draw: st.DrawFn) -> tuple[Span, ...]:
    bounds = sorted(draw(st.sets(MINUTES, max_size=6)))
    spans = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False) if a < 1440]
    if spans and draw(st.booleans()):
        spans[-1] = (spans[-1][0], 1440 + draw(MINUTES) // 2)
    return tuple(span for span in spans if span[0] < span[1])


PLANS = st.one_of(st.just(CLOSED), st.just(DayPlan(ALL_DAY)), day_spans().map(DayPlan))


@st.composite
def opening_hours(draw: st.DrawFn, zones: list[str] = ZONES) -> tuple[OpeningHours, float]:
    """Hours in some zone, and a moment near the days that have their own, some of them near a change of the clocks."""
    zone = ZoneInfo(draw(st.sampled_from(zones)))
    around = draw(st.one_of(st.dates(date(2005, 1, 1), date(2030, 1, 1)), st.sampled_from(CLOCK_CHANGES)))
    near = st.integers(-4, 40).map(lambda days: around + timedelta(days))
    week = draw(st.one_of(st.tuples(*[PLANS] * 7), PLANS.map(lambda plan: (plan,) * 7)))
    days = draw(st.dictionaries(near, PLANS, max_size=6))
    now = moment(around, 0, zone) + draw(st.integers(-2 * 86400, 3 * 86400)) + draw(st.sampled_from([0.0, 0.5]))
    return OpeningHours(zone, week, days), now


def boundaries(hours: OpeningHours, first: date, last: date) -> list[float]:
    """All moments at which anything could change from `first` to `last`."""
    count = (last - first).days + 1
    spans = [(day, span) for n in range(count) for day in (first + timedelta(n),) for span in hours.plan(day).spans]
    return sorted({moment(day, minute, hours.zone) for day, span in spans for minute in span})


@given(opening_hours())
def test_the_next_change_is_a_change_and_nothing_changes_before(drawn: tuple[OpeningHours, float]) -> None:
    hours, now = drawn
    is_open, after = hours.is_open(now), hours.next_change(now)
    today = local_day(now, hours.zone)
    if after is None:
        last = today + timedelta(60)
    else:
        assert after > now
        assert hours.is_open(after) is not is_open
        last = local_day(after, hours.zone)
    between = [b for b in boundaries(hours, today - timedelta(3), last) if now < b and (after is None or b < after)]
    assert all(hours.is_open(b + more) is is_open for b in between for more in (0.0, 0.5))


@given(opening_hours())
def test_what_is_said_agrees_with_what_holds(drawn: tuple[OpeningHours, float]) -> None:
    hours, now = drawn
    opening = hours.at(now)
    assert opening.is_open is hours.is_open(now)
    assert opening.until == hours.next_change(now)
    spans = [(moment(opening.day, a, hours.zone), moment(opening.day, b, hours.zone)) for a, b in opening.plan.spans]
    assert any(a <= now < b for a, b in spans) is opening.is_open
    assert opening.in_words("zh")
    assert opening.in_words("en")


@given(opening_hours(["Asia/Shanghai"]))  # whose clocks have not changed since 1991
def test_open_is_what_the_clock_on_the_wall_says(drawn: tuple[OpeningHours, float]) -> None:
    hours, now = drawn
    wall = datetime.fromtimestamp(now, hours.zone)
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.date(), wall.date() - timedelta(1)
    expected = any(a <= minute < b for a, b in hours.plan(today).spans) or any(
        a <= minute + 1440 < b for a, b in hours.plan(yesterday).spans
    )
    assert hours.is_open(now) is expected


@given(
    st.sampled_from(ZONES).map(ZoneInfo),
    st.dates(date(2005, 1, 1), date(2030, 1, 1)),
    st.integers(0, 2880),
    st.integers(0, 600),
)
@example(BERLIN, date(2026, 3, 29), 90, 60)
@example(BERLIN, date(2026, 10, 25), 120, 60)
def test_wall_clock_times_keep_their_order(zone: ZoneInfo, day: date, minute: int, more: int) -> None:
    assert moment(day, minute, zone) <= moment(day, minute + more, zone)
    shown = datetime.fromtimestamp(moment(day, minute, zone), zone).replace(tzinfo=None)
    wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    assert shown >= wanted  # later only where the clock jumps over it
    if shown > wanted:
        one_before = datetime.fromtimestamp(moment(day, minute, zone) - 1, zone).replace(tzinfo=None)
        assert one_before < wanted
