"""The estimated wait: by hand, and beside what callers really wait in a hall by chance."""

from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.estimate import (
    REGAINED_AT,
    SCORED_MIN,
    Announced,
    Estimate,
    EstimateSettings,
    Score,
    WaitRange,
    agents_share,
)
from tests.routing.hall import Hall, Stream, Waited

SETTINGS = EstimateSettings(aht_start_s=120.0)


# ---- the formula ----


def test_the_wait_of_a_caller() -> None:
    estimate = Estimate(SETTINGS)
    assert estimate.wait_s(ahead=0, ready=1, share=4.0) == 0.0
    assert estimate.wait_s(ahead=3, ready=4, share=4.0) == 0.0, "more are ready than are ahead"
    assert estimate.wait_s(ahead=0, ready=0, share=4.0) == 30.0, "all busy: one of four must finish"
    assert estimate.wait_s(ahead=9, ready=0, share=4.0) == 300.0
    assert estimate.wait_s(ahead=4, ready=4, share=4.0) == 30.0, "four are served at once, then one must finish"
    assert estimate.wait_s(ahead=0, ready=0, share=0.0) == inf


def test_the_start_gives_way_to_what_calls_show() -> None:
    estimate = Estimate(EstimateSettings(aht_start_s=600.0, recent_calls=100))
    shown = []
    for _ in range(200):
        estimate.handled(120.0)
        shown.append(estimate.aht_s)
    assert shown == sorted(shown, reverse=True)
    assert shown[9] == pytest.approx(360.0), "ten calls weigh as much as the start"
    assert shown[-1] < 130.0
    for _ in range(200):
        estimate.handled(240.0)
    assert estimate.aht_s > 230.0, "it follows a change"


def test_those_ahead_who_will_give_up_shorten_the_wait() -> None:
    estimate = Estimate(SETTINGS)
    patient = estimate.wait_s(ahead=19, ready=0, share=10.0)
    for _ in range(50):
        estimate.waited(90.0, gave_up=False)
        estimate.waited(90.0, gave_up=True)
    assert estimate.give_up_rate == pytest.approx(1 / 180, rel=0.02)
    exact = sum(1 / (10 / 120 + i / 180) for i in range(20))  # the sum that the logarithm stands for
    assert estimate.wait_s(ahead=19, ready=0, share=10.0) == pytest.approx(exact, rel=0.04)
    assert estimate.wait_s(ahead=19, ready=0, share=10.0) < 0.75 * patient


def test_agents_count_for_a_queue_by_its_demand() -> None:
    agents = [(("a",), 2), (("a", "b"), 6), (("b",), 5)]
    assert agents_share("a", agents, {"a": 100.0, "b": 0.0}) == 8.0
    assert agents_share("a", agents, {"a": 100.0, "b": 100.0}) == 5.0
    assert agents_share("a", agents, {"a": 100.0, "b": 500.0}) == 3.0
    assert agents_share("c", agents, {"c": 1.0}) == 0.0
    with pytest.raises(ValueError, match="count the caller"):
        agents_share("a", agents, {"b": 100.0})


# ---- beside what callers really wait ----


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[int(part * (len(values) - 1))]


def gap(waited: list[Waited], part: float) -> float:
    """By how much predictions lie above the waits, as a part of them."""
    actual_s = quantile([one.actual_s for one in waited], part)
    return quantile([one.predicted_s for one in waited], part) / actual_s - 1.0


ALONE = [(("a",), 10)]
SHARED = [(("a",), 4), (("a", "b"), 6), (("b",), 3)]
HALLS = [
    pytest.param({"a": Stream(240, 120)}, ALONE, 20.0, id="ten agents"),
    pytest.param({"a": Stream(1290, 120)}, [(("a",), 45)], 6.0, id="forty-five agents"),
    pytest.param({"a": Stream(400, 120, patience_s=180)}, ALONE, 10.0, id="callers give up"),
    pytest.param({"a": Stream(1500, 120, patience_s=180)}, [(("a",), 45)], 4.0, id="surge"),
    pytest.param({"a": Stream(200, 120), "b": Stream(60, 240)}, [(("a", "b"), 12)], 20.0, id="all serve both"),
    pytest.param({"a": Stream(220, 120), "b": Stream(80, 200)}, SHARED, 20.0, id="some serve both"),
    pytest.param({"a": Stream(200, 120), "b": Stream(60, 240, weight=3)}, [(("a", "b"), 11)], 20.0, id="weights"),
]


@pytest.mark.parametrize(("streams", "agents", "hours"), HALLS)
def test_waits_are_as_predicted(
    streams: dict[str, Stream], agents: list[tuple[tuple[str, ...], int]], hours: float
) -> None:
    hall = Hall(streams, agents, seed=1)
    hall.run(hours)
    for waited in hall.waited.values():
        assert len(waited) > 500
        assert abs(gap(waited, 0.5)) < 0.15
        assert abs(gap(waited, 0.9)) < 0.15
        assert sum(one.trusted for one in waited) > 0.9 * len(waited)
        told = [one for one in waited if one.announced is not None]
        within = sum(w.low_min * 60 <= one.actual_s <= w.high_min * 60 for one in told if (w := one.announced))
        assert within > 0.85 * len(told)


def test_without_the_caller_the_estimate_would_be_too_short() -> None:
    """Why the caller counts with those ahead: AHT x ahead / agents lies too low, and most where waits are short."""
    hall = Hall({"a": Stream(240, 120)}, ALONE, seed=1)
    hall.run(20.0)
    waited = hall.waited["a"]
    without_them = [Waited(one.predicted_s - 12.0, one.actual_s, None, True) for one in waited]
    assert abs(gap(waited, 0.5)) < 0.05
    assert gap(without_them, 0.5) < -0.15


def test_trust_is_lost_by_wrong_predictions_and_regained() -> None:
    hall = Hall({"a": Stream(280, 120)}, ALONE, seed=4)
    hall.run(4.0)
    estimate, told = hall.estimates["a"], hall.waited["a"]
    assert estimate.trusted
    hall.believed = 0.4  # most of the agents that there are, are not known of
    so_far = len(told)
    hall.run(3.0)
    assert not estimate.trusted
    assert estimate.score.error > SETTINGS.error_max
    assert all(one.announced is None for one in told[so_far:] if not one.trusted)
    hall.believed = 1.0
    hall.run(3.0)
    assert estimate.trusted
    assert estimate.score.error <= SETTINGS.error_max


# ---- the score ----


def test_predicted_beside_actual() -> None:
    score = Score(calls=100, error_max=0.5)
    for wait_s in range(100, 200):
        score.add(wait_s * 1.2, float(wait_s))
    assert (score.predicted_s(0.5), score.actual_s(0.5)) == pytest.approx((178.8, 149.0))
    assert (score.predicted_s(0.9), score.actual_s(0.9)) == pytest.approx((226.8, 189.0))
    assert score.off_s(0.5) == pytest.approx(29.8)
    assert score.error == pytest.approx(0.2)
    assert score.spread() == pytest.approx((1 / 1.2, 1 / 1.2))


def test_only_the_last_are_scored() -> None:
    score = Score(calls=30, error_max=0.5)
    for wait_s in [500.0] * 40 + [100.0] * 30:
        score.add(wait_s, wait_s)
    assert (len(score), score.predicted_s(0.9), score.actual_s(0.9)) == (30, 100.0, 100.0)


def test_what_is_not_announced_is_not_scored() -> None:
    score = Score(calls=30, error_max=0.5)
    score.add(0.0, 300.0)
    score.add(inf, 300.0)
    assert (len(score), score.error, score.trusted) == (0, 0.0, True)


def test_trust_needs_some_calls_to_be_lost_and_a_margin_to_come_back() -> None:
    score = Score(calls=20, error_max=0.5)
    for _ in range(SCORED_MIN - 1):
        score.add(300.0, 100.0)
    assert score.trusted
    score.add(300.0, 100.0)
    assert not score.trusted
    for _ in range(20):
        score.add(145.0, 100.0)
    assert 0.5 * REGAINED_AT < score.error < 0.5
    assert not score.trusted
    for _ in range(20):
        score.add(139.0, 100.0)
    assert score.trusted


def test_seconds_do_not_count_where_minutes_are_announced() -> None:
    score = Score(calls=20, error_max=0.5)
    for _ in range(20):
        score.add(30.0, 5.0)
    assert score.error == pytest.approx(25 / 60)
    assert score.trusted


# ---- what callers are told ----


def test_a_range_in_minutes() -> None:
    assert Announced().update(0.0, (0.7, 1.5)) == WaitRange(0, 1)
    assert Announced().update(130.0, (0.7, 1.5)) == WaitRange(1, 4)
    assert Announced().update(600.0, (0.8, 1.2)) == WaitRange(7, 15)
    assert Announced().update(60.0, (1.0, 1.0)) == WaitRange(1, 2)
    assert Announced().update(3000.0, (0.8, 1.5)) == WaitRange(30, inf)
    assert Announced().update(inf, (0.7, 1.5)) is None
    assert Announced().update(130.0, (0.7, 1.5), trusted=False) is None


def test_it_never_grows_for_a_caller() -> None:
    told = Announced()
    assert told.update(300.0, (0.8, 1.3)) == WaitRange(4, 7)
    assert told.update(900.0, (0.8, 1.3)) == WaitRange(4, 7), "the line grew: it is not taken back"
    assert told.update(900.0, (0.8, 1.3), trusted=False) is None
    assert told.update(230.0, (0.3, 1.3)) == WaitRange(2, 5), "sooner, and no wider"
    assert told.update(20.0, (0.3, 1.3)) == WaitRange(0, 1)


@given(st.lists(st.tuples(st.floats(0, 8000), st.floats(0.1, 1.0), st.floats(1.0, 3.0)), min_size=2))
def test_no_range_lies_later_or_is_wider_than_the_last(estimates: list[tuple[float, float, float]]) -> None:
    told = Announced()
    ranges = [told.update(wait_s, (low, high)) for wait_s, low, high in estimates]
    for before, after in pairwise(ranges):
        assert before is not None
        assert after is not None
        assert after.low_min <= before.low_min
        assert after.high_min <= before.high_min
        assert after.low_min < after.high_min
        assert before.high_min == inf or after.high_min - after.low_min <= before.high_min - before.low_min
