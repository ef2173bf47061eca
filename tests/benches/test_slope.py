"""The line through a soak's samples: what it calls growth, and how sure it says it is."""

import math
import random

import pytest

from scripts.soak.slope import SURE_ERRORS, fit

EVERY_S = 5.0
HOUR = 720


def test_a_straight_line_is_found_without_error() -> None:
    # 100 at the middle of the hour, 2 an hour more.
    found = fit([99 + 2 * number / HOUR for number in range(HOUR)], EVERY_S)
    assert found.percent_per_h == pytest.approx(2.0, rel=0.01)
    assert found.error == pytest.approx(0, abs=1e-6)
    assert found.start == pytest.approx(99.1, abs=0.01)
    assert found.end == pytest.approx(100.9, abs=0.01)


def test_what_does_not_change_grows_by_nothing() -> None:
    found = fit([7.0] * 10, EVERY_S)
    assert (found.percent_per_h, found.error, found.needed_h) == (0, 0, 0)


@pytest.mark.parametrize("agreement", [0.0, 0.8])
def test_the_error_holds_the_truth_as_often_as_it_says(agreement: float) -> None:
    """300 runs without any growth, in noise whose neighbours agree: about 19 of 20 are within the error."""
    chance = random.Random(1)
    within = 0
    for _ in range(300):
        noise, values = 0.0, []
        for _ in range(240):
            noise = agreement * noise + chance.gauss(0, 1) * math.sqrt(1 - agreement**2)
            values.append(100 + noise)
        found = fit(values, EVERY_S)
        within += abs(found.percent_per_h) <= SURE_ERRORS * found.error
    assert 0.88 <= within / 300 <= 0.99


def test_a_run_as_long_as_it_asks_for_is_sure_enough() -> None:
    chance = random.Random(2)

    def run(hours: float) -> float:
        return fit([100 + chance.gauss(0, 1) for _ in range(round(hours * HOUR))], EVERY_S).needed_h

    needed = run(0.25)
    longer = fit([100 + chance.gauss(0, 1) for _ in range(round(needed * HOUR))], EVERY_S)
    assert longer.error * SURE_ERRORS == pytest.approx(1.0, rel=0.25)
