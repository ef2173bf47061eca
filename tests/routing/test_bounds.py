"""Ranges of numbers that figures are compared with."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.bounds import Bounds

NUMBERS = st.integers(-4, 4).map(lambda n: n / 2)
BOUNDS = st.builds(Bounds, NUMBERS | st.just(-inf), NUMBERS | st.just(inf), st.booleans(), st.booleans())
HALVES = [n / 4 for n in range(-12, 13)]


@given(BOUNDS, BOUNDS)
def test_what_is_within_both_is_within_each(one: Bounds, other: Bounds) -> None:
    both = one.meet(other)
    assert all((x in both) == (x in one and x in other) for x in HALVES)
    assert not both.empty or not any(x in both for x in HALVES)


@given(BOUNDS)
def test_of_whole_numbers_the_same_are_within(bounds: Bounds) -> None:
    whole = bounds.whole()
    assert all((float(n) in whole) == (float(n) in bounds) for n in range(-5, 6))
    assert not whole.empty or not any(float(n) in bounds for n in range(-5, 6))


@pytest.mark.parametrize(
    ("bounds", "written"),
    [
        (Bounds(10), ">= 10"),
        (Bounds(10, low_open=True), "> 10"),
        (Bounds(high=0.8), "<= 0.8"),
        (Bounds(high=0.8, high_open=True), "< 0.8"),
        (Bounds(3, 3), "== 3"),
        (Bounds(5, 10), "between 5 and 10"),
    ],
)
def test_they_read_as_they_are_written(bounds: Bounds, written: str) -> None:
    assert str(bounds) == written


def test_empty_ones() -> None:
    assert Bounds(3, 2).empty
    assert Bounds(3, 3, low_open=True).empty
    assert not Bounds(3, 3).empty
