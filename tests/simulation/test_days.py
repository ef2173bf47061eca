"""Two hundred days without a broken invariant. Each is replayed with `hotline simulate --seed N`."""

import pytest

from acd.simulation.broken import INVARIANTS
from acd.simulation.day import CALLS, make_day
from acd.simulation.run import play
from acd.simulation.script import count_faults

SEEDS = 200
CHUNK = 10


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_days(first: int) -> None:
    """In chunks, so that several processes share them; a day's calls and faults are counted as they struck."""
    for seed in range(first, first + CHUNK):
        script = make_day(seed)
        assert count_faults(script) >= 20
        result = play(script)
        assert result.broken is None, f"hotline simulate --seed {seed}: {result.broken}\n{INVARIANTS}"
        assert (result.calls, result.lost) == (CALLS, 0)
        assert result.struck >= 20
        assert result.talked > CALLS / 2
