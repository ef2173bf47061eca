"""Windows that meet: which one holds, until when, and why."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from routing.window import Occurrence, Rank, Window, Windows

UTC = ZoneInfo("UTC")


def windows(*occurrences: Occurrence, otherwise: str | None = "ordinary") -> Windows:
    ids = {found.window_id for found in occurrences} | ({otherwise} if otherwise else set())
    return Windows(UTC, {name: Window(name, {"en": name.title()}) for name in ids}, otherwise, occurrences)


def held(found: Windows, now: float) -> str | None:
    window = found.at(now)
    return None if window is None else window.window_id


NATIONAL_DAY = Occurrence(100, 900, "national_day", Rank(length_min=800, written=1))
MID_AUTUMN = Occurrence(500, 600, "mid_autumn", Rank(length_min=100, written=2))
WEEKEND = Occurrence(550, 1000, "weekend", Rank(comes_often=1, length_min=50, written=0))


def test_the_shorter_festival_wins_and_both_beat_the_weekend() -> None:
    greeting = windows(NATIONAL_DAY, MID_AUTUMN, WEEKEND)
    story = [(at, held(greeting, at)) for at in (0, 99, 100, 499, 500, 599, 600, 899, 900, 999, 1000)]
    assert story == [
        (0, "ordinary"), (99, "ordinary"), (100, "national_day"), (499, "national_day"), (500, "mid_autumn"),
        (599, "mid_autumn"), (600, "national_day"), (899, "national_day"), (900, "weekend"), (999, "weekend"),
        (1000, "ordinary"),
    ]  # fmt: skip
    assert [greeting.next_change(at) for at in (0, 100, 550, 600, 950, 1000)] == [100, 500, 600, 900, 1000, None]


def test_the_order_of_the_site_comes_first() -> None:
    first = NATIONAL_DAY._replace(rank=NATIONAL_DAY.rank._replace(order=0))
    others = [found._replace(rank=found.rank._replace(order=1)) for found in (MID_AUTUMN, WEEKEND)]
    assert held(windows(first, *others), 550) == "national_day"


def test_the_choice_tells_what_beat_the_others() -> None:
    choice = windows(NATIONAL_DAY, MID_AUTUMN, WEEKEND).choice(560)
    assert choice.window is not None
    assert [(window.window_id, why) for window, why in choice.passed_over] == [
        ("national_day", "length_min"), ("weekend", "comes_often"),
    ]  # fmt: skip
    assert choice.in_words("en") == (
        "Mid_Autumn until Thu 1970-01-01 00:10; before: National_Day (the shorter beats the longer), "
        "Weekend (a festival beats what comes often)"
    )


def test_without_a_window_for_the_rest_there_may_be_none() -> None:
    billing = windows(NATIONAL_DAY, otherwise=None)
    assert [held(billing, at) for at in (99, 100, 900)] == [None, "national_day", None]
    assert billing.choice(99).in_words("zh") == "无，至 1970-01-01 周四 00:01"


def test_a_window_that_others_always_cover_never_holds() -> None:
    covered = Occurrence(520, 580, "covered", Rank(length_min=100, written=3))
    assert windows(MID_AUTUMN, covered).ever_holding() == {"ordinary", "mid_autumn"}


NAMES = ["a", "b", "c", "d"]


@st.composite
def occurrences(draw: st.DrawFn) -> list[Occurrence]:
    ranks = draw(st.permutations(range(4)))
    spans = st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from(NAMES), st.integers(0, 2))
    return [
        Occurrence(begin, begin + length, name, Rank(0, often, length, ranks[NAMES.index(name)]))
        for begin, length, name, often in draw(st.lists(spans, max_size=12))
    ]


@given(occurrences(), st.sampled_from(["ordinary", None]))
def test_exactly_one_holds_at_any_time_and_it_is_the_strongest(found: list[Occurrence], otherwise: str | None) -> None:
    greeting = windows(*found, otherwise=otherwise)
    for half in range(-2, 170):
        now = half / 2
        holding = [one for one in found if one.begin <= now < one.end]
        assert held(greeting, now) == (min(holding, key=lambda one: one.rank).window_id if holding else otherwise)


@given(occurrences(), st.integers(-2, 90))
def test_the_next_change_is_one_and_nothing_changes_before(found: list[Occurrence], now: int) -> None:
    greeting = windows(*found)
    after = greeting.next_change(now)
    last = 100 if after is None else int(after)
    assert all(held(greeting, at) == held(greeting, now) for at in range(now, last))
    if after is not None:
        assert after > now
        assert held(greeting, after) != held(greeting, now)
