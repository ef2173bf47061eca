"""A queue's live figures: by hand where the formula matters, and beside a slow recount of a random history."""

from dataclasses import dataclass
from math import inf, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.figures import KEPT_S, Figure, Figures, Formula, Ratio

OVER_S = 900.0


def test_a_call_past_the_threshold_counts_while_it_waits_on() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 100.0)
    figures.entered("b", 100.0)
    figures.answered("a", 105.0)
    assert figures.service_level(OVER_S, 120.0) == Ratio(1, 1)
    due = figures.next_change(Figure.SERVICE_LEVEL, OVER_S, 120.0)
    assert due == nextafter(120.0, inf), "exactly T is still within it"
    assert figures.service_level(OVER_S, due) == Ratio(1, 2)
    figures.answered("b", 150.0)
    assert figures.service_level(OVER_S, 150.0) == Ratio(1, 2), "it counts once"


def test_an_answer_at_the_threshold_is_in_time_also_after_a_look() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 100.0)
    assert figures.service_level(OVER_S, 120.0).value is None
    figures.answered("a", 120.0)
    assert figures.service_level(OVER_S, 120.0) == Ratio(1, 1)


def test_the_three_formulas() -> None:
    figures = Figures(threshold_s=20.0)
    for number in range(10):
        figures.entered(f"c{number}", 0.0)
    for number in range(5):
        figures.answered(f"c{number}", 10.0)
    for number in (5, 6):
        figures.abandoned(f"c{number}", 15.0)
    figures.flowed_out("c7", 16.0)
    # c8 and c9 wait on: N is 5 + 2 + 2
    assert figures.service_level(OVER_S, 30.0) == Ratio(5, 9)
    assert figures.service_level(OVER_S, 30.0, Formula.ABANDONS_IGNORED) == Ratio(5, 7)
    assert figures.service_level(OVER_S, 30.0, Formula.ABANDONS_GOOD) == Ratio(7, 9)


def test_who_flowed_out_after_the_threshold_was_late() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 0.0)
    figures.flowed_out("a", 21.0)
    assert figures.service_level(OVER_S, 21.0) == Ratio(0, 1)


def test_short_abandons_do_not_count_and_the_rate_never_exceeds_one() -> None:
    figures = Figures(short_abandon_s=5.0)
    for number in range(6):
        figures.entered(f"c{number}", 0.0)
    figures.abandoned("c0", 5.0)
    figures.abandoned("c1", 5.5)
    assert figures.abandon_rate(OVER_S, 6.0) == Ratio(1, 5)
    # Those who came within the last 10 s: one, who is still there. Older ones who give up now are not of them.
    figures.entered("c6", 20.0)
    figures.abandoned("c2", 21.0)
    assert figures.abandon_rate(10.0, 21.0) == Ratio(0, 1)
    assert figures.abandon_rate(OVER_S, 21.0) == Ratio(2, 6)


def test_asa_and_calls_per_hour() -> None:
    figures = Figures()
    assert figures.asa_s(OVER_S, 0.0) is None
    figures.entered("a", 0.0)
    figures.entered("b", 0.0, waits_since=-30.0)
    figures.answered("a", 10.0)
    figures.answered("b", 10.0)
    assert figures.asa_s(OVER_S, 10.0) == 25.0
    assert figures.calls_per_hour(OVER_S, 10.0) == 8.0
    assert figures.calls_per_hour(OVER_S, 900.0) == 0.0
    assert figures.asa_s(OVER_S, 909.9) == 25.0
    assert figures.asa_s(OVER_S, 910.0) is None


def test_a_caller_who_has_waited_elsewhere_is_late_at_once_and_overtakes_nobody() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 100.0)
    figures.entered("b", 101.0, waits_since=10.0)
    assert figures.service_level(OVER_S, 101.0) == Ratio(0, 1)
    figures.entered("c", 102.0, waits_since=90.0)
    assert figures.next_change(Figure.SERVICE_LEVEL, OVER_S, 102.0) == nextafter(110.0, inf), "c before a"
    assert figures.service_level(OVER_S, 119.0) == Ratio(0, 2)


def test_a_window_asked_for_later_begins_full() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 0.0)
    figures.abandoned("a", 10.0)
    figures.entered("b", 5.0)
    figures.answered("b", 12.0)
    assert figures.service_level(60.0, 30.0) == Ratio(1, 2)
    assert figures.abandon_rate(60.0, 30.0) == Ratio(1, 2)
    assert figures.asa_s(60.0, 30.0) == 7.0


def test_other_bounds_apply_to_those_who_wait() -> None:
    figures = Figures(threshold_s=20.0)
    figures.entered("a", 0.0)
    figures.entered("b", 8.0)
    figures.set_bounds(10.0, 3.0, Formula.ABANDONS_GOOD, 12.0)
    assert figures.service_level(OVER_S, 12.0) == Ratio(0, 1)
    figures.abandoned("b", 17.0)
    assert figures.service_level(OVER_S, 17.0) == Ratio(1, 2)
    assert figures.abandon_rate(OVER_S, 17.0) == Ratio(1, 2)


def test_what_was_told_wrong_is_said() -> None:
    figures = Figures()
    with pytest.raises(KeyError, match="never entered"):
        figures.answered("a", 1.0)
    figures.entered("a", 1.0)
    with pytest.raises(ValueError, match="in the queue already"):
        figures.entered("a", 2.0)


# ---- beside a recount ----


@dataclass(slots=True)
class _Told:
    """A call as it was told: when it came and began to wait, how and when it ended ("" while it has not)."""

    entered_at: float
    waits_since: float
    ended: str = ""
    ended_at: float = inf


THRESHOLD_S, SHORT_S = 4.0, 1.0
WINDOWS = (2.0, 7.0, 30.0)


def _recount(told: list[_Told], over_s: float, now: float) -> dict[str, Ratio | float | None]:
    served = given_up = late = 0
    for call in told:
        due = call.waits_since + THRESHOLD_S
        in_time = call.ended_at <= due
        at = call.ended_at if in_time else max(nextafter(due, inf), call.entered_at)
        if at <= now < at + over_s:
            served += in_time and call.ended == "answered"
            given_up += in_time and call.ended == "abandoned"
            late += not in_time
    came = [call for call in told if now < call.entered_at + over_s]
    lost = [call for call in came if call.ended == "abandoned"]
    short = sum(call.ended_at <= call.waits_since + SHORT_S for call in lost)
    waits = [c.ended_at - c.waits_since for c in told if c.ended == "answered" and now < c.ended_at + over_s]
    every = served + given_up + late
    return {
        "count": Ratio(served, every),
        "ignored": Ratio(served, every - given_up),
        "good": Ratio(served + given_up, every),
        "abandon_rate": Ratio(len(lost) - short, len(came) - short),
        "asa_s": sum(waits) / len(waits) if waits else None,
        "calls_per_hour": len(came) * 3600.0 / over_s,
    }


def _read(figures: Figures, over_s: float, now: float) -> dict[str, Ratio | float | None]:
    return {
        "count": figures.service_level(over_s, now),
        "ignored": figures.service_level(over_s, now, Formula.ABANDONS_IGNORED),
        "good": figures.service_level(over_s, now, Formula.ABANDONS_GOOD),
        "abandon_rate": figures.abandon_rate(over_s, now),
        "asa_s": figures.asa_s(over_s, now),
        "calls_per_hour": figures.calls_per_hour(over_s, now),
    }


_FIGURE_OF = {
    "count": Figure.SERVICE_LEVEL,
    "abandon_rate": Figure.ABANDON_RATE,
    "calls_per_hour": Figure.CALLS_PER_HOUR,
}
# Times are whole eighths of a second, so that sums are exact and what must be equal is.
EIGHTHS = st.integers(0, 40).map(lambda n: n / 8)
STEPS = st.lists(
    st.tuples(
        EIGHTHS,
        st.sampled_from(["entered", "entered", "entered", "answered", "abandoned", "flowed_out", "look"]),
        EIGHTHS,
        st.integers(0, 99),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS)
def test_the_figures_are_those_of_a_recount_at_every_moment(
    steps: list[tuple[float, str, float, int]],
) -> None:
    figures = Figures(THRESHOLD_S, SHORT_S)
    told: list[_Told] = []
    now = 0.0
    for wait_s, what, waited_s, which in steps:
        now += wait_s
        open_calls = [number for number, call in enumerate(told) if not call.ended]
        if what == "entered":
            told.append(_Told(now, now - waited_s))
            figures.entered(str(len(told) - 1), now, now - waited_s)
        elif what != "look" and open_calls:
            number = open_calls[which % len(open_calls)]
            told[number].ended, told[number].ended_at = what, now
            getattr(figures, what)(str(number), now)
        over_s = WINDOWS[which % len(WINDOWS)]
        assert _read(figures, over_s, now) == pytest.approx(_recount(told, over_s, now))
        for name, figure in _FIGURE_OF.items():
            changes_at = figures.next_change(figure, over_s, now)
            assert changes_at > now
            # Until then, and no longer, the recount stays what it is.
            before = nextafter(min(changes_at, now + 100.0), -inf)
            assert _recount(told, over_s, before)[name] == _recount(told, over_s, now)[name]
            if changes_at < inf and figure is Figure.CALLS_PER_HOUR:
                assert _recount(told, over_s, changes_at)[name] != _recount(told, over_s, now)[name]


def test_what_has_left_every_window_is_forgotten() -> None:
    """Two hours of a call every second, each answered after eight: an hour's worth is held, and then nothing."""
    figures = Figures()
    for second in range(7200):
        figures.entered(str(second), float(second))
        if second >= 8:
            figures.answered(str(second - 8), float(second))
    assert figures.calls_per_hour(KEPT_S, 7199.0) == 3600.0
    assert figures.service_level(KEPT_S, 7199.0) == Ratio(3600, 3600)
    for second in range(7192, 7200):
        figures.flowed_out(str(second), 7200.0)
    assert figures.next_change(Figure.CALLS_PER_HOUR, KEPT_S, 7200.0) == 3601.0 + KEPT_S
    assert figures.service_level(KEPT_S, 20_000.0) == figures.abandon_rate(KEPT_S, 20_000.0) == Ratio(0, 0)
    assert figures.next_change(Figure.SERVICE_LEVEL, KEPT_S, 20_000.0) == inf
