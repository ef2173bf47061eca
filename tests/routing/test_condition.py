"""Conditions by hand: what each part says, when it says so, and in which words."""

from math import inf, nextafter

import pytest

from routing.bounds import Bounds
from routing.condition import All, Any, Compare, Condition, Held, InCalendar, Latched, Not, depends_on
from routing.figures import Figure
from routing.watch import Watch
from tests.routing.floor_of_facts import FloorOfFacts, Spans, floor_of


def waiting(at_least: float, *queues: str) -> Compare:
    return Compare(Figure.WAITING, queues or ("a",), Bounds(low=at_least))


def fewer_than(number: float) -> Compare:
    return Compare(Figure.WAITING, ("a",), Bounds(high=number, high_open=True))


def longest_above(seconds: float) -> Compare:
    return Compare(Figure.LONGEST_WAIT_S, ("a",), Bounds(low=seconds, low_open=True))


def with_waiting(number: int, now: float = 0.0) -> FloorOfFacts:
    floor = floor_of("ab")
    for call in range(number):
        floor.happens("entered", "a", f"c{call}", now)
    return floor


def answer(condition: Condition, floor: FloorOfFacts, now: float = 0.0) -> tuple[bool, float, str]:
    watch = Watch(condition, own="a")
    return watch.look(floor, now), watch.next_look_at, watch.explain()


# ---- figures ----


def test_a_count_changes_by_events_only() -> None:
    assert answer(waiting(3), with_waiting(3)) == (True, inf, "waiting 3 >= 3")
    assert answer(waiting(3), with_waiting(2)) == (False, inf, "waiting 2 not >= 3")


def test_the_longest_wait_says_when_it_crosses_its_bound() -> None:
    floor = with_waiting(1, now=0.1)
    holds, look_at, said = answer(longest_above(60.0), floor, 10.0)
    assert (holds, said) == (False, "longest_wait_s 10 not > 60")
    assert look_at == nextafter(60.1, inf)
    assert answer(longest_above(60.0), floor, look_at)[0]
    assert not answer(longest_above(60.0), floor, 60.1)[0]


def test_a_wait_between_bounds_begins_and_ends() -> None:
    floor = with_waiting(1)
    between = Compare(Figure.LONGEST_WAIT_S, ("a",), Bounds(10.0, 20.0))
    assert answer(between, floor, 5.0)[:2] == (False, 10.0)
    assert answer(between, floor, 10.0)[:2] == (True, nextafter(20.0, inf))
    assert answer(between, floor, nextafter(20.0, inf))[:2] == (False, inf)


def test_nobody_waits_for_no_time() -> None:
    at_most = Compare(Figure.LONGEST_WAIT_S, ("a",), Bounds(high=30.0))
    assert answer(at_most, floor_of("a")) == (True, inf, "longest_wait_s 0 <= 30")


def test_the_service_level_falls_by_time_alone() -> None:
    floor = with_waiting(2)
    floor.happens("answered", "a", "c0", 5.0)
    low = Compare(Figure.SERVICE_LEVEL, ("a",), Bounds(high=0.8, high_open=True), 900.0)
    watch = Watch(low, own="a")
    assert not watch.look(floor, 5.0)
    assert watch.next_look_at == nextafter(20.0, inf)
    assert watch.look(floor, watch.next_look_at)
    assert watch.explain() == "service_level 0.50 < 0.8 over 15 min"
    assert watch.next_look_at == 905.0


def test_of_no_calls_nothing_is_wrong() -> None:
    good = Compare(Figure.SERVICE_LEVEL, ("a",), Bounds(low=0.8), 900.0)
    lost = Compare(Figure.ABANDON_RATE, ("a",), Bounds(low=0.1), 900.0)
    assert answer(good, floor_of("a")) == (True, inf, "service_level 1.00 >= 0.8 (no calls in 15 min)")
    assert answer(lost, floor_of("a")) == (False, inf, "abandon_rate 0.00 not >= 0.1 (no calls in 15 min)")


def test_several_queues_together() -> None:
    floor = with_waiting(2)
    floor.happens("entered", "b", "x", 4.0)
    assert answer(waiting(3, "a", "b"), floor)[0]
    assert answer(waiting(3, "a", "b"), floor)[2] == "a+b waiting 3 >= 3"
    assert answer(waiting(1, "b"), floor)[2] == "b waiting 1 >= 1"
    longest = Compare(Figure.LONGEST_WAIT_S, ("a", "b"), Bounds(low=10.0))
    assert answer(longest, floor, 9.0)[:2] == (False, 10.0), "the longest of both"
    # 1 of 1 in time and 0 of 2: not the mean of 1 and 0
    floor.happens("answered", "b", "x", 5.0)
    level = Compare(Figure.SERVICE_LEVEL, ("a", "b"), Bounds(high=0.4), 900.0)
    assert answer(level, floor, 30.0) == (True, 905.0, "a+b service_level 0.33 <= 0.4 over 15 min")


def test_rates_and_abandons() -> None:
    floor = with_waiting(6)
    for call in range(3):
        floor.happens("abandoned", "a", f"c{call}", 10.0)
    many = Compare(Figure.CALLS_PER_HOUR, ("a",), Bounds(low=24.0), 900.0)
    lost = Compare(Figure.ABANDON_RATE, ("a",), Bounds(low=0.5), 900.0)
    assert answer(All((many, lost)), floor, 10.0)[:2] == (True, 900.0)
    assert answer(many, floor, 900.0) == (False, inf, "calls_per_hour 0 not >= 24 over 15 min")


def test_agents_and_the_estimate() -> None:
    floor = floor_of("a")
    long = Compare(Figure.ESTIMATE_S, ("a",), Bounds(low=300.0))
    assert answer(long, floor) == (True, inf, "estimate_s without end >= 300")
    floor.staff("a", ready=2, estimate_s=12.0)
    both = All((Compare(Figure.READY, ("a",), Bounds(low=2)), Compare(Figure.STAFFED, ("a",), Bounds(2, 2))))
    assert answer(both, floor) == (True, inf, "ready 2 >= 2; staffed 2 == 2")
    assert answer(long, floor)[0] is False


def test_calendars() -> None:
    floor = floor_of("a")
    floor.calendars["office"] = Spans(((10.0, 20.0), (20.0, 30.0)))
    assert answer(InCalendar("office"), floor, 5.0) == (False, 10.0, "calendar office closed")
    assert answer(InCalendar("office", "1"), floor, 12.0) == (False, 20.0, "calendar office not in 1")
    assert answer(InCalendar("office", "1"), floor, 20.0) == (True, 30.0, "calendar office in 1")
    assert answer(InCalendar("office"), floor, 30.0)[1] == inf


def test_what_an_answer_depends_on() -> None:
    tree = Latched(Held(All((waiting(3, "a", "b"), longest_above(60))), 9.0), Not(Any((fewer_than(2),))))
    assert depends_on(tree) == {("a", Figure.WAITING), ("b", Figure.WAITING), ("a", Figure.LONGEST_WAIT_S)}
    assert depends_on(InCalendar("office")) == frozenset()


# ---- joints ----


def test_all_waits_for_the_last_of_those_that_fail() -> None:
    """No timer for a figure that can't decide: a calm queue costs no looks."""
    floor = with_waiting(2)
    level = Compare(Figure.SERVICE_LEVEL, ("a",), Bounds(high=0.8), 900.0)
    assert answer(All((waiting(10), level)), floor)[:2] == (False, inf)
    assert answer(All((level, longest_above(60))), floor)[1] == nextafter(60.0, inf), "not at 20 s"
    assert answer(Any((waiting(2), level)), floor)[:2] == (True, inf)


def test_only_what_decides_is_told() -> None:
    floor = with_waiting(5)
    tree = All((waiting(3), Any((waiting(9), longest_above(1)))))
    assert answer(tree, floor, 1.0)[2] == "waiting 5 not >= 9; longest_wait_s 1 not > 1"
    assert answer(tree, floor, 2.0)[2] == "waiting 5 >= 3; longest_wait_s 2 > 1"
    assert answer(Not(waiting(9)), floor)[2] == "waiting 5 not >= 9"


@pytest.mark.parametrize("late_by", [0.0, 0.5])
def test_for_is_neither_early_nor_late(late_by: float) -> None:
    floor = with_waiting(10, now=7.0)
    watch = Watch(Held(waiting(10), 300.0), own="a")
    assert not watch.look(floor, 7.0 + late_by)
    due = watch.next_look_at
    assert due == 307.0 + late_by, "from when it was seen"
    assert not watch.look(floor, due - 0.25)
    assert watch.explain() == "waiting 10 >= 10 for 4 min 59 s of 5 min"
    assert not watch.look(floor, nextafter(due, 0.0))
    assert watch.look(floor, due)
    assert watch.look(floor, due + 3.0)
    assert (watch.explain(), watch.next_look_at) == ("waiting 10 >= 10 for 5 min 3 s", inf)


def test_a_break_begins_for_anew() -> None:
    floor = with_waiting(10)
    watch = Watch(Held(waiting(10), 300.0))
    watch.look(floor, 0.0)
    changed = floor.happens("answered", "a", "c0", 299.0)
    assert changed & watch.depends_on
    watch.look(floor, 299.0)
    floor.happens("entered", "a", "c10", 299.5)
    assert not watch.look(floor, 299.5)
    assert not watch.look(floor, 300.0)
    assert watch.next_look_at == 599.5


def test_for_of_a_figure_that_moves_by_time_alone() -> None:
    watch = Watch(Held(longest_above(60.0), 30.0), own="a")
    floor = with_waiting(1)
    seen = []
    watch.look(floor, 0.0)
    while watch.next_look_at < inf:
        seen.append(watch.next_look_at)
        watch.look(floor, seen[-1])
    assert seen == [nextafter(60.0, inf), nextafter(60.0, inf) + 30.0]
    assert watch.holds
    assert watch.explain() == "longest_wait_s 90 > 60 for 30 s"


def test_until_leaves_a_band_in_which_nothing_changes() -> None:
    watch = Watch(Latched(waiting(10), fewer_than(5)), own="a")
    answers = {n: watch.look(with_waiting(n), 0.0) for n in (4, 9, 10, 9, 5)}
    assert answers == {4: False, 9: True, 10: True, 5: True}
    assert watch.explain() == "on for 0 s: waiting 5 not >= 10; until waiting 5 not < 5"
    assert [watch.look(with_waiting(n), 1.0) for n in (4, 5, 9, 10)] == [False, False, False, True]


def test_the_way_out_wins_where_both_hold() -> None:
    floor = with_waiting(10)
    watch = Watch(Latched(waiting(10), Compare(Figure.READY, ("a",), Bounds(low=1))))
    floor.staff("a", ready=1)
    assert [watch.look(floor, now) for now in (0.0, 1.0, 2.0)] == [False, False, False]
    floor.staff("a", ready=0)
    assert watch.look(floor, 3.0)


def test_the_ladder_of_the_shipped_site() -> None:
    """In by ten who wait for five minutes, out by fewer than five for five minutes."""
    watch = Watch(Latched(Held(waiting(10), 300.0), Held(fewer_than(5), 300.0)), own="a")
    floor = with_waiting(12)
    watch.look(floor, 0.0)
    assert watch.look(floor, watch.next_look_at)
    for call in range(8):
        floor.happens("answered", "a", f"c{call}", 400.0 + call)
        watch.look(floor, 400.0 + call)
    assert watch.holds
    assert watch.next_look_at == 707.0, "the eighth left four"
    watch.look(floor, 500.0)
    assert watch.explain() == "on for 3 min 20 s: waiting 4 not >= 10; until waiting 4 < 5 for 1 min 33 s of 5 min"
    assert not watch.look(floor, 707.0)


def test_a_watch_goes_on_with_the_memory_of_another() -> None:
    tree = Latched(Held(waiting(10), 300.0), fewer_than(5))
    floor = with_waiting(10)
    first = Watch(tree)
    first.look(floor, 0.0)
    second = Watch(tree, memory=first.memory)
    assert second.look(floor, 300.0)
    third = Watch(tree, memory=second.memory)
    assert third.look(with_waiting(7), 301.0), "still latched"
    assert third.memory == (300.0, None)
    with pytest.raises(ValueError, match="another condition"):
        Watch(waiting(1), memory=third.memory)


def test_before_the_first_look() -> None:
    watch = Watch(waiting(1))
    assert watch.next_look_at == -inf
    assert watch.explain() == "not looked at yet"
