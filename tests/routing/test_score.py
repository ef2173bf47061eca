"""The choice of a call: minutes waited times the queue's weight, plus priority, until one has been overtaken enough."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.pool import Pool, choose_call
from routing.requirement import Requirement
from routing.score import OVERTAKEN_S_MAX, Claim, overdue_place_of, place_of

MINUTE = 60.0


def line_up(*claims: Claim, overdue: tuple[str, ...] = ()) -> Pool:
    pool = Pool(Requirement(), "longest_idle")
    for claim in claims:
        pool.add(claim, overdue=claim.call_id in overdue)
    return pool


def serve_all(pool: Pool, now: float) -> list[str]:
    """The order in which one agent takes them all at `now`."""
    served = []
    while (call_id := choose_call([pool], now)) is not None:
        served.append(call_id)
        for line in (pool.overdue, *pool.waiting.values()):
            for key in [key for key in line if key[-1] == call_id]:
                line.remove(key)
    return served


@pytest.mark.parametrize(
    ("waited_min", "weight", "priority", "score"),
    [(0.0, 1.0, 0, 0.0), (2.0, 1.0, 0, 2.0), (2.0, 1.0, 3, 5.0), (2.0, 1.5, 0, 3.0), (2.0, 0.5, 3, 4.0),
     (10.0, 10.0, 200, 300.0), (1.0, 1.0, -2, -1.0)],
)  # fmt: skip
def test_the_score_is_minutes_waited_times_weight_plus_priority(
    waited_min: float, weight: float, priority: int, score: float
) -> None:
    assert Claim("c", 1000.0, priority, weight).score(1000.0 + waited_min * MINUTE) == pytest.approx(score)


def test_who_waited_longest_comes_first_all_else_alike() -> None:
    assert serve_all(line_up(Claim("b", 20.0), Claim("a", 30.0), Claim("c", 10.0)), 60.0) == ["c", "b", "a"]


def test_a_point_of_priority_is_worth_a_minute_at_weight_one() -> None:
    pool = line_up(Claim("early", 0.0), Claim("just", 59.0, priority=1), Claim("not", 61.0, priority=1))
    assert serve_all(pool, 300.0) == ["just", "early", "not"]


def test_a_heavier_queue_gains_on_a_lighter_one_while_both_wait() -> None:
    """Weight 3 from minute 2: score 3 against 3 at minute 3, and more from then on."""
    light, heavy = Claim("light", 0.0), Claim("heavy", 2 * MINUTE, weight=3.0)
    assert serve_all(line_up(light, heavy), 2.9 * MINUTE) == ["light", "heavy"]
    assert serve_all(line_up(light, heavy), 3.1 * MINUTE) == ["heavy", "light"]


def test_priority_weighs_less_the_longer_a_heavier_queue_waits() -> None:
    vip, heavy = Claim("vip", 0.0, priority=5), Claim("heavy", 0.0, weight=2.0)
    assert serve_all(line_up(vip, heavy), 4.9 * MINUTE) == ["vip", "heavy"]
    assert serve_all(line_up(vip, heavy), 5.1 * MINUTE) == ["heavy", "vip"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_who_joined_first_comes_first_in_a_tie_then_the_lower_id(order: tuple[int, ...]) -> None:
    """All score 5 at minute 5; `x` and `y` joined together."""
    claims = [Claim("z", 0.0), Claim("y", MINUTE, priority=1), Claim("x", MINUTE, priority=1)]
    assert serve_all(line_up(*(claims[n] for n in order)), 5 * MINUTE) == ["z", "x", "y"]


def test_a_tie_between_weights_goes_to_who_joined_first() -> None:
    """Both score 4 at minute 4."""
    assert serve_all(line_up(Claim("a", 2 * MINUTE, weight=2.0), Claim("b", 0.0)), 4 * MINUTE) == ["b", "a"]


def test_overdue_calls_come_first_in_the_order_in_which_they_joined() -> None:
    claims = [
        Claim("vip", 700.0, priority=200), Claim("late", 90.0, priority=50, weight=10.0),
        Claim("first", 10.0, priority=-5, weight=0.1), Claim("next", 50.0),
    ]  # fmt: skip
    overdue = ("first", "next", "late")
    assert serve_all(line_up(*claims, overdue=overdue), 700.0) == ["first", "next", "late", "vip"]


def test_the_bound_is_ten_minutes_unless_the_site_says_otherwise() -> None:
    assert OVERTAKEN_S_MAX == 600.0


def test_the_best_of_several_pools_is_taken_wherever_it_stands() -> None:
    one, other = line_up(Claim("a", 30.0), Claim("b", 10.0)), line_up(Claim("c", 20.0), Claim("d", 40.0, priority=1))
    assert choose_call([one, other], 60.0) == choose_call([other, one], 60.0) == "d"
    assert choose_call([], 60.0) is None
    assert choose_call([line_up(), line_up()], 60.0) is None


def test_an_overdue_call_is_found_in_whichever_pool_it_stands() -> None:
    fresh = line_up(Claim("vip", 590.0, priority=200))
    overdue, longer = line_up(Claim("o", 5.0), overdue=("o",)), line_up(Claim("l", 3.0), overdue=("l",))
    for pools in ([fresh, overdue], [overdue, fresh]):
        assert choose_call(pools, 700.0) == "o"
    for pools in ([fresh, overdue, longer], [longer, fresh, overdue], [overdue, longer, fresh]):
        assert choose_call(pools, 700.0) == "l"


# ---- properties ----

CLAIMS = st.lists(
    st.builds(
        Claim,
        st.integers(0, 999).map(str),
        st.floats(0.0, 3600.0).map(lambda at: round(at, 3)),
        st.integers(-5, 200),
        st.sampled_from([0.1, 0.5, 1.0, 1.5, 10.0]),
    ),
    max_size=30,
    unique_by=lambda claim: claim.call_id,
)


@given(CLAIMS, st.floats(3600.0, 1e5), st.integers(1, 4))
def test_nobody_with_a_higher_score_is_left_behind(claims: list[Claim], now: float, pools: int) -> None:
    spread = [line_up(*claims[n::pools]) for n in range(pools)]
    chosen = choose_call(spread, now)
    assert (chosen is None) == (not claims)
    if chosen is not None:
        scores = {claim.call_id: claim.score(now) for claim in claims}
        assert scores[chosen] >= max(scores.values()) - 1e-9


@given(CLAIMS, st.floats(0.0, 1e5))
def test_two_calls_of_one_weight_never_change_places_by_waiting(claims: list[Claim], later_s: float) -> None:
    """Why a line need not be sorted again as time passes."""
    for one, other in pairwise(claims):
        if one.weight == other.weight:
            sooner = one.score(3600.0) - other.score(3600.0)
            assert one.score(3600.0 + later_s) - other.score(3600.0 + later_s) == pytest.approx(sooner, abs=1e-6)
            if abs(sooner) > 1e-6:
                assert (place_of(one) < place_of(other)) == (sooner > 0)


@given(CLAIMS)
def test_among_overdue_calls_only_the_time_of_joining_counts(claims: list[Claim]) -> None:
    expected = [claim.call_id for claim in sorted(claims, key=lambda claim: (claim.joined_at, claim.call_id))]
    assert [key[-1] for key in sorted(overdue_place_of(claim) for claim in claims)] == expected
