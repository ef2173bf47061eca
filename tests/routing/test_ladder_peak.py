"""The shipped ladder's numbers on the floor they are for: 45 agents, 1,000 calls an hour, and 40 minutes of 1,500.

Ten minutes of one day are 250 calls, and their service level differs from day to day by twenty points for no reason
but chance: what is asked of the ladder is asked of the average of the same twenty days with and without it.
"""

from functools import cache

import pytest

from routing.erlang import ErlangA, offered_load
from tests.routing.peak import (
    AGENTS,
    AHT_S,
    PATIENCE_S,
    PEAK_PER_H,
    PEAK_S,
    SEATS,
    THRESHOLD_S,
    Condition,
    Day,
    Held,
    Latched,
    Now,
    Peak,
    mean,
)

SEEDS = range(20)


def ten_wait(now: Now) -> bool:
    return now.waiting >= 10


def under_five_wait(now: Now) -> bool:
    return now.waiting < 5


def somebody_is_free(now: Now) -> bool:
    return now.ready >= 1


class Both:
    def __init__(self, *parts: Condition) -> None:
        self._parts = parts

    def __call__(self, now: Now) -> bool:
        answers = [part(now) for part in self._parts]  # each remembers: all must see the moment
        return all(answers)


def shipped() -> tuple[Condition, Condition]:
    """Ten, and not under five for two minutes since, for five minutes; under five, and not ten since, and all the time
    somebody free, for five minutes."""
    opens = Held(Latched(ten_wait, Held(under_five_wait, 120.0)), 300.0)
    return opens, Held(Both(Latched(under_five_wait, ten_wait), somebody_is_free), 300.0)


def to_the_letter() -> tuple[Condition, Condition]:
    """Ten without a break for five minutes; under five without a break for five minutes."""
    return Held(ten_wait, 300.0), Held(under_five_wait, 300.0)


@cache
def days(ladder: str, ring_s: float) -> list[Day]:
    conditions = {"none": lambda: None, "shipped": shipped, "to the letter": to_the_letter}[ladder]
    return [Peak(seed, conditions(), ring_s).run() for seed in SEEDS]


def level(ladder: str, ring_s: float = 0.0) -> float:
    return mean([day.service_level for day in days(ladder, ring_s)])


def test_without_a_ladder_the_model_is_what_theory_says() -> None:
    theory = ErlangA(offered_load(PEAK_PER_H, 3600.0, AHT_S), AGENTS, AHT_S, PATIENCE_S)

    # Each of these averages of ten minutes is some twenty points off by chance.
    assert level("none") == pytest.approx(theory.service_level(THRESHOLD_S), abs=3 * 0.2 / len(SEEDS) ** 0.5)


@pytest.mark.parametrize("ring_s", [0.0, 3.0])
def test_the_ladder_brings_the_service_level_back_within_the_peak(ring_s: float) -> None:
    assert level("shipped", ring_s) >= 0.75
    assert level("shipped", ring_s) >= level("none", ring_s) + 0.30


def test_everybody_is_back_within_twenty_minutes_of_the_peaks_end() -> None:
    for day in days("shipped", 0.0):
        assert day.home_at is not None
        assert day.home_at <= PEAK_S + 1200.0


def test_phones_that_ring_do_not_keep_people_lent() -> None:
    """Who is rung for counts as waiting. One of them too many now and then does not keep a surge going: all are back
    at once or nearly so, the longest last talk included."""
    late = [day for day in days("shipped", 3.0) if day.home_at is None or day.home_at > PEAK_S + 1200.0]

    assert len(late) <= len(SEEDS) // 10


def test_an_ordinary_load_opens_nothing() -> None:
    assert [at for day in days("shipped", 0.0) for at, _ in day.steps if at < 0.0] == []


def test_steps_are_taken_one_by_one_each_given_time() -> None:
    for day in days("shipped", 0.0):
        changes = [(0.0, 0), *day.steps]
        for (_, before), (at, here), (later, after) in zip(changes, changes[1:], changes[2:], strict=False):
            assert abs(after - here) == 1
            assert later - at >= (240.0 if here > before else 90.0)
    assert max(one for day in days("shipped", 0.0) for _, one in day.steps) == len(SEATS)


def test_to_the_letter_the_ladder_would_hardly_ever_begin() -> None:
    """With 45 agents some nine wait on average in this peak: ten without a break for five minutes are rare, and the
    service level stays within ten points of none at all. That is why a short dip is forgiven."""
    assert level("to the letter") <= level("none") + 0.10
