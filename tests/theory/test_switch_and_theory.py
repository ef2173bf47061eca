"""The switch against queueing theory: M/M/c days through the real engine and runtime agree with Erlang C, and with
callers who give up, with Erlang A; and a switch that does not is found out.

A right switch would be refuted with about one choice of seeds in a hundred, see `comparison`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from routing.erlang import ErlangA, ErlangC, offered_load
from routing.line import Key, Line
from tests.theory.comparison import Days, figures, refuted
from tests.theory.traffic import Traffic


def test_the_golden_row_is_reached_by_formula_and_by_switch() -> None:
    """100 calls in half an hour, 3 minutes each, 14 agents: a published row of Erlang C."""
    load = offered_load(100, 1800.0, 180.0)
    theory = ErlangC(load, 14, 180.0)
    assert theory.wait_probability == pytest.approx(0.174132, abs=5e-7)
    assert theory.service_level(20.0) == pytest.approx(0.888350, abs=5e-7)
    assert theory.asa_s == pytest.approx(7.8359, abs=5e-5)
    days = Days(Traffic(load / 180.0, 180.0, 14), calls=2000, settling=200, pairs=15, ideals=600)
    compared = figures(10.0, 40.0, 80.0, 120.0)
    seen = days.intervals(compared)
    assert refuted(theory, seen, compared) == {}
    # How sharp that is: one agent, or one call in fifty, makes a difference.
    for other in (ErlangC(load, 13, 180.0), ErlangC(load, 15, 180.0), ErlangC(load * 1.02, 14, 180.0)):
        assert {"waits at all", "service level", "ASA, s"} <= refuted(other, seen, compared).keys()


def test_every_caller_waits_as_long_as_in_the_ideal_queue() -> None:
    """No luck left: the same callers wait equally long, each of them, but for the phones' few milliseconds."""
    days = Days(Traffic(10.0 / 180.0, 180.0, 14), calls=2000, settling=0, pairs=3, ideals=0)
    for switch, twin in zip(days.switch, days.twins, strict=True):
        lags_s = [wait.seconds - ideal.seconds for wait, ideal in zip(switch, twin, strict=True)]
        assert min(lags_s) >= 0.0
        assert max(lags_s) < 0.1


def test_impatient_callers_make_it_erlang_a() -> None:
    """More load than the agents can carry: without those who give up the line would grow for ever."""
    days = Days(Traffic(22.0 / 180.0, 180.0, 20, patience_s=120.0), calls=1000, settling=200, pairs=25, ideals=600)
    compared = figures(10.0, 20.0, 40.0, 60.0)
    seen = days.intervals(compared)
    assert refuted(ErlangA(22.0, 20, 180.0, 120.0), seen, compared) == {}
    for agents, patience_s in ((19, 120.0), (21, 120.0), (20, 110.0), (20, 130.0)):
        assert refuted(ErlangA(22.0, agents, 180.0, patience_s), seen, compared)


def test_a_line_in_the_wrong_order_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a caller waits, and how long on average, does not depend on the order; how long each waits does.

    One agent, so that few calls are enough.
    """
    traffic, theory = Traffic(0.7 / 180.0, 180.0, 1), ErlangC(0.7, 1, 180.0)
    compared = figures(90.0, 360.0, 1200.0)
    right = Days(traffic, calls=300, settling=100, pairs=21, ideals=400).intervals(compared)
    assert refuted(theory, right, compared) == {}
    with last_come_first_served(monkeypatch):
        wrong = Days(traffic, calls=300, settling=100, pairs=21, ideals=400).intervals(compared)
    assert {"waits above 90 s", "waits above 360 s"} <= refuted(theory, wrong, compared).keys()
    assert "waits at all" not in refuted(theory, wrong, compared)


@contextmanager
def last_come_first_served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def last(line: Line) -> Key | None:
        return line[len(line) - 1] if len(line) else None

    with monkeypatch.context() as planted:
        planted.setattr(Line, "first", last)
        yield
