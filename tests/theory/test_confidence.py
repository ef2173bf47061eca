"""The intervals themselves: Student's t as printed tables have it, and how often an interval holds the truth."""

from random import Random

import pytest

from tests.theory.confidence import interval_of_mean, student_t


@pytest.mark.parametrize(
    ("confidence", "freedom", "t"),
    [(0.95, 2, 4.303), (0.95, 10, 2.228), (0.99, 40, 2.704), (0.999, 20, 3.850), (0.999, 60, 3.460)],
)
def test_students_t_is_that_of_the_tables(confidence: float, freedom: int, t: float) -> None:
    assert student_t(confidence, freedom) == pytest.approx(t, abs=0.0006)


def test_an_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    random, held, trials = Random(1), 0, 4000
    for _ in range(trials):
        held += 3.0 in interval_of_mean(0.9, [random.gauss(3.0, 2.0) for _ in range(5)])
    # Three standard deviations of a binomial share: 0.014.
    assert held / trials == pytest.approx(0.9, abs=0.0142)


def test_the_sum_of_two_means_is_held_at_least_as_often_as_it_says() -> None:
    random, held, trials = Random(2), 0, 2000
    for _ in range(trials):
        few, many = [random.gauss(3.0, 2.0) for _ in range(5)], [random.gauss(-1.0, 4.0) for _ in range(20)]
        held += 2.0 in interval_of_mean(0.9, few, many)
    assert 0.88 < held / trials < 0.98
