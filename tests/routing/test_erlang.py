"""Erlang's formulas: published values, closed forms, what they must agree with, and which way each figure must go."""

from collections.abc import Callable
from math import exp, inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.erlang import ErlangA, ErlangC, erlang_b, offered_load

LOADS = st.floats(0.05, 300.0)
AGENTS = st.integers(1, 400)
SECONDS = st.floats(1.0, 1200.0)
AHTS_S = st.floats(20.0, 1200.0)
# What rounding may leave where two figures are equal in truth.
ROUNDING = 1e-9
# A heavy overload of patient callers costs a long sum: on a busy machine more than Hypothesis would wait.
unhurried = settings(deadline=None)


# ---- published values ----


def test_a_published_row_of_erlang_c() -> None:
    """100 calls in 30 minutes, 180 s each, 14 agents."""
    load = offered_load(100, 1800.0, 180.0)
    row = ErlangC(load, 14, 180.0)
    assert load == 10.0
    assert row.wait_probability == pytest.approx(0.174132, abs=5e-7)
    assert row.service_level(20.0) == pytest.approx(0.888350, abs=5e-7)
    assert row.asa_s == pytest.approx(7.8359, abs=5e-5)
    assert row.occupancy == pytest.approx(10 / 14)


def test_the_example_by_which_erlang_a_is_introduced() -> None:
    """50 agents, 48 calls a minute of a minute each, two minutes of patience: with and without those who give up."""
    patient, impatient = ErlangC(48.0, 50, 60.0), ErlangA(48.0, 50, 60.0, 120.0)
    assert (round(patient.asa_s, 1), round(impatient.abandon_share, 3)) == (20.8, 0.031)
    assert (round(patient.occupancy, 2), round(impatient.occupancy, 2)) == (0.96, 0.93)
    # One caller in ten waits for longer than 58.1 s.
    assert patient.wait_above(58.05) > 0.1 > patient.wait_above(58.15)
    # Little's law: the mean line of 17 and 3 callers; patience times those who give up is the mean wait, 3.7 s.
    assert round(patient.asa_s * 48 / 60) == 17
    assert round(impatient.abandon_share * 120.0, 1) == 3.7
    assert round(impatient.abandon_share * 120.0 * 48 / 60) == 3


@pytest.mark.parametrize(("load", "agents", "blocked"), [(1.0, 1, 0.5), (2.0, 2, 0.4), (5.0, 10, 0.018385)])
def test_erlang_b_as_in_the_tables(load: float, agents: int, blocked: float) -> None:
    assert erlang_b(load, agents) == pytest.approx(blocked, abs=5e-7)


# ---- closed forms and other ways to the same figures ----


@unhurried
@given(st.floats(0.01, 0.99), AHTS_S, SECONDS)
def test_one_agent_has_a_closed_form(load: float, aht_s: float, seconds: float) -> None:
    queue = ErlangC(load, 1, aht_s)
    assert queue.wait_probability == pytest.approx(load)
    assert queue.asa_s == pytest.approx(load * aht_s / (1.0 - load))
    assert queue.wait_above(seconds) == pytest.approx(load * exp(-(1.0 - load) * seconds / aht_s))


@unhurried
@given(LOADS, AGENTS, AHTS_S)
def test_patience_like_a_talk_is_a_crowd_without_line(load: float, agents: int, aht_s: float) -> None:
    """With patience as long as talks, callers leave at one rate wherever they are: their number is Poisson's."""
    queue = ErlangA(load, agents, aht_s, patience_s=aht_s)
    term, below, carried = exp(-load), 0.0, 0.0
    for present in range(agents):
        below, carried = below + term, carried + present * term
        term *= load / (present + 1)
    assert queue.wait_probability == pytest.approx(1.0 - below, abs=1e-9)
    assert queue.occupancy * agents == pytest.approx(carried + agents * (1.0 - below), rel=1e-9)


@unhurried
@given(st.floats(0.05, 0.98), st.integers(1, 200), AHTS_S, SECONDS)
def test_endless_patience_is_erlang_c(occupancy: float, agents: int, aht_s: float, seconds: float) -> None:
    load = occupancy * agents
    patient, c = ErlangA(load, agents, aht_s, patience_s=aht_s * 1e8), ErlangC(load, agents, aht_s)
    for figure in ("wait_probability", "asa_s", "abandon_share", "occupancy"):
        assert getattr(patient, figure) == pytest.approx(getattr(c, figure), rel=1e-3, abs=1e-6)
    assert patient.wait_above(seconds) == pytest.approx(c.wait_above(seconds), rel=1e-3, abs=1e-6)
    assert patient.service_level(seconds) == pytest.approx(c.service_level(seconds), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    "queue",
    [
        ErlangA(22.0, 20, 180.0, 120.0), ErlangA(10.0, 14, 180.0, 60.0), ErlangA(2.0, 1, 60.0, 300.0),
        ErlangA(310.0, 300, 200.0, 90.0), ErlangA(600.0, 300, 200.0, 900.0), ErlangA(0.3, 5, 180.0, 20.0),
    ],
)  # fmt: skip
def test_erlang_a_is_what_its_states_say(queue: ErlangA) -> None:
    """The same figures from the number of callers present, state by state, without Palm's sum."""
    arrivals_per_s = queue.load_erlangs / queue.aht_s
    weights = [1.0]
    while len(weights) < 2000:
        present = len(weights)
        leaving = min(present, queue.agents) / queue.aht_s + max(0, present - queue.agents) / queue.patience_s
        weights.append(weights[-1] * arrivals_per_s / leaving)
        if weights[-1] > 1e200:
            weights = [weight / 1e200 for weight in weights]
    total = sum(weights)
    in_line = sum((present - queue.agents) * weight for present, weight in enumerate(weights) if present > queue.agents)
    assert queue.wait_probability == pytest.approx(sum(weights[queue.agents :]) / total)
    assert queue.abandon_share == pytest.approx(in_line / total / queue.patience_s / arrivals_per_s)
    # Little's law: those in line are the wait of all, each moment of the distribution counted once.
    assert integral(queue.wait_above, 40 * queue.patience_s) == pytest.approx(
        in_line / total / arrivals_per_s, rel=1e-4
    )
    answered_wait_s = integral(queue.answered_after, 40 * queue.patience_s)
    assert queue.asa_s * (1.0 - queue.abandon_share) == pytest.approx(answered_wait_s, rel=1e-4)


def integral(function: Callable[[float], float], end: float, steps: int = 4000) -> float:
    """Simpson's rule from 0 to `end`."""
    width = end / steps
    inner = sum((4 if step % 2 else 2) * function(step * width) for step in range(1, steps))
    return (function(0.0) + inner + function(end)) * width / 3


# ---- which way the figures go ----


@unhurried
@given(LOADS, AGENTS, AHTS_S, SECONDS, SECONDS)
def test_one_more_agent_makes_every_figure_better(
    load: float, agents: int, aht_s: float, patience_s: float, threshold_s: float
) -> None:
    for few, more in (
        (ErlangC(load, agents, aht_s), ErlangC(load, agents + 1, aht_s)),
        (ErlangA(load, agents, aht_s, patience_s), ErlangA(load, agents + 1, aht_s, patience_s)),
    ):
        assert more.wait_probability <= few.wait_probability + ROUNDING
        assert more.abandon_share <= few.abandon_share + ROUNDING
        assert more.service_level(threshold_s) >= few.service_level(threshold_s) - ROUNDING
        assert more.asa_s <= few.asa_s * (1.0 + ROUNDING)
        assert more.occupancy <= few.occupancy + ROUNDING


@unhurried
@given(LOADS, st.floats(1.01, 3.0), AGENTS, AHTS_S, SECONDS)
def test_more_patience_means_fewer_who_give_up_and_more_who_wait(
    load: float, factor: float, agents: int, aht_s: float, patience_s: float
) -> None:
    hasty, patient = ErlangA(load, agents, aht_s, patience_s), ErlangA(load, agents, aht_s, patience_s * factor)
    assert patient.abandon_share <= hasty.abandon_share + ROUNDING
    assert patient.wait_probability >= hasty.wait_probability - ROUNDING
    assert patient.asa_s >= hasty.asa_s * (1.0 - ROUNDING)


@unhurried
@given(LOADS, st.floats(1.01, 3.0), AGENTS, AHTS_S, SECONDS)
def test_more_load_means_more_who_wait(
    load: float, factor: float, agents: int, aht_s: float, patience_s: float
) -> None:
    assert ErlangC(load, agents, aht_s).asa_s <= ErlangC(load * factor, agents, aht_s).asa_s
    calm, busy = ErlangA(load, agents, aht_s, patience_s), ErlangA(load * factor, agents, aht_s, patience_s)
    assert busy.abandon_share >= calm.abandon_share - ROUNDING
    assert busy.wait_probability >= calm.wait_probability - ROUNDING


@unhurried
@given(LOADS, AGENTS, AHTS_S, SECONDS, SECONDS, SECONDS)
def test_shares_are_shares_and_fall_with_time(
    load: float, agents: int, aht_s: float, patience_s: float, early_s: float, later_s: float
) -> None:
    for queue in (ErlangC(load, agents, aht_s), ErlangA(load, agents, aht_s, patience_s)):
        assert 0.0 <= queue.wait_above(early_s + later_s) <= queue.wait_above(early_s) + ROUNDING
        assert queue.wait_above(0.0) == pytest.approx(queue.wait_probability)
        assert (
            0.0
            <= queue.service_level(early_s)
            <= queue.service_level(early_s + later_s) + ROUNDING
            <= 1.0 + 2 * ROUNDING
        )
        assert 0.0 <= queue.abandon_share < 1.0
        assert 0.0 <= queue.occupancy <= 1.0 + ROUNDING
        # Who is not answered within the time has waited for longer or has given up within it.
        assert 1.0 - queue.service_level(early_s) >= queue.wait_above(early_s) - ROUNDING


# ---- the edges ----


def test_thousands_of_agents_neither_overflow_nor_vanish() -> None:
    assert 0.0 < erlang_b(5000.0, 5000) < 0.02
    assert erlang_b(1.0, 5000) == 0.0
    assert 0.0 < ErlangC(4950.0, 5000, 180.0).wait_probability < 1.0
    crowd = ErlangA(20_000.0, 5000, 180.0, 3600.0)
    assert crowd.abandon_share == pytest.approx(0.75)
    assert crowd.service_level(20.0) == 0.0


def test_an_overload_that_nobody_leaves_grows_for_ever() -> None:
    overload = ErlangC(14.0, 14, 180.0)
    assert (overload.wait_probability, overload.asa_s, overload.occupancy) == (1.0, inf, 1.0)
    assert (overload.wait_above(1e6), overload.service_level(1e6)) == (1.0, 0.0)


def test_no_load_no_wait() -> None:
    for queue in (ErlangC(0.0, 3, 180.0), ErlangA(0.0, 3, 180.0, 60.0)):
        assert (queue.wait_probability, queue.asa_s, queue.abandon_share, queue.occupancy) == (0.0, 0.0, 0.0, 0.0)
        assert queue.service_level(0.0) == 1.0


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: erlang_b(-1.0, 3), "load_erlangs"),
        (lambda: erlang_b(1.0, -1), "agents"),
        (lambda: ErlangC(1.0, 0, 180.0), "agents"),
        (lambda: ErlangC(nan, 2, 180.0), "load_erlangs"),
        (lambda: ErlangC(1.0, 2, 0.0), "aht_s"),
        (lambda: ErlangA(1.0, 2, 180.0, inf), "patience_s"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        make()
