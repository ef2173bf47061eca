"""The short chaos: three faults under a crowd of real calls; nobody is lost, nobody talks to two."""

from pathlib import Path

import pytest

from scripts.chaos import run, table

pytestmark = pytest.mark.asterisk
SEED = 1


def test_nobody_is_lost_and_nobody_talks_to_two(tmp_path: Path) -> None:
    outcomes = run(quick=True, keep=tmp_path, seed=SEED)
    shown = table(outcomes)
    assert [outcome.verdict.wrong for outcome in outcomes] == [[]] * len(outcomes), shown
    assert all(outcome.running and outcome.verdict.answered for outcome in outcomes), shown
    assert [outcome.fault.name for outcome in outcomes if outcome.verdict.with_pbx] == ["Asterisk killed (-9)"]
