"""A check that can't fail is no check: every planted bug is caught, and every invariant catches one."""

from collections.abc import Iterator

import pytest
import structlog

from acd.simulation.broken import INVARIANTS
from acd.simulation.day import make_day
from acd.simulation.run import play
from tests.simulation import planted, planted_routing
from tests.simulation.bug import Planted

SEEDS = 200
PLANTED = [*planted.BUGS, *planted_routing.BUGS]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """An engine that fails says so in the log; here that is what is wanted."""
    with structlog.testing.capture_logs():
        yield


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)
    for seed in range(1, SEEDS + 1):
        broken = play(make_day(seed)).broken
        if broken is not None:
            print(f"seed {seed}: {broken}")
            assert broken.invariant in bug.caught_by, str(broken)
            return
    pytest.fail(f"not caught in {SEEDS} days")


def test_every_invariant_has_a_planted_bug_of_its_own() -> None:
    assert {invariant for bug in PLANTED if len(bug.caught_by) == 1 for invariant in bug.caught_by} == set(INVARIANTS)
