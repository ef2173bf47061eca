"""kill -9 at the worst moments: what was committed or spilled is there exactly once, and nothing is there in part."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from acd.store.journal import Entry, Step, entries_of
from acd.store.recorder import Recorder
from acd.store.spill import Spill
from acd.store.store import Store
from acd.store.tables import calls, journal, queue_visits, rings, wrap_ups
from tests.store.conftest import Opener
from tests.store.lives import START, entry_count, life, lives
from tests.store.lives import Step as LifeStep

ROOT = Path(__file__).parents[2]


def run_child(url: str, state_dir: Path, *words: str) -> tuple[int, list[dict[str, object]]]:
    command = [sys.executable, "-m", "tests.store.writing_child", url, str(state_dir), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    if done.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(done.stderr.decode())
    return done.returncode, told


async def count(store: Store) -> dict[str, int]:
    async with store.reading() as connection:
        return {
            table.name: await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (journal, calls, queue_visits, rings, wrap_ups)
        }


def whole(number: int) -> dict[str, int]:
    """The rows of so many lives."""
    parts = ("calls", "queue_visits", "rings", "wrap_ups")
    return {"journal": number * entry_count(life(1))} | dict.fromkeys(parts, number)


@pytest.mark.parametrize(("moment", "written"), [("die-before-commit", 3), ("die-after-commit", 4)])
async def test_killed_in_a_commit(url: str, opener: Opener, state_dir: Path, moment: str, written: int) -> None:
    code, _ = run_child(url, state_dir, "observe", "1", "2", moment, "2", "observe", "3", "10")
    assert code == -signal.SIGKILL
    store = await opener(url)
    assert await count(store) == whole(written)


@pytest.mark.parametrize("moment", ["die-before-commit", "die-after-commit"])
async def test_killed_while_the_spill_is_written_to_the_database(
    url: str, opener: Opener, state_dir: Path, moment: str
) -> None:
    # More than two batches' worth of entries wait in the spill.
    number = 100
    spill = Spill(state_dir / "spill")
    steps = lives(number)
    _spill_steps(spill, steps)
    spill.close()
    # The first commit is of the drain's first batch.
    code, _ = run_child(url, state_dir, moment, "2", "observe", "101", "1")
    assert code == -signal.SIGKILL
    store = await opener(url)
    assert store.spill.count >= entry_count(steps), "until the last batch the file is kept"
    partly = await count(store)
    assert 0 < partly["calls"] < number
    assert await Recorder(store).flush()
    after = await count(store)
    # The call that was observed meanwhile came to the spill behind the others.
    assert (after["calls"], after["rings"], after["wrap_ups"]) == (number + 1, number + 1, number + 1)
    async with store.reading() as connection:
        rows = await connection.execute(sa.select(journal.c.seq).where(journal.c.run == 1).order_by(journal.c.seq))
        assert [row.seq for row in rows] == list(range(1, entry_count(steps) + 1))


def _spill_steps(spill: Spill, steps: Sequence[LifeStep]) -> None:
    seq = 1
    entries: list[Entry] = []
    for now, event, reports in steps:
        entries += entries_of(1, Step(seq, now, event, tuple(reports)))
        seq += 1 + len(reports)
    spill.append(entries)


async def test_a_line_that_was_cut_off_is_no_entry_and_the_next_ones_are_whole(
    url: str, opener: Opener, state_dir: Path
) -> None:
    spill = Spill(state_dir / "spill")
    entries = [Entry(5, seq, START, "event", "TimePassed", None, None, "{}") for seq in range(1, 6)]
    spill.append(entries[:3])
    spill.close()
    spill.path.write_bytes(spill.path.read_bytes() + b'deadbeef [5,4,1790000000.0,"event","Time' + b"P" * 5000)
    spill = Spill(state_dir / "spill")
    assert (spill.count, spill.last_run, spill.oldest_now) == (3, 5, START)
    spill.append(entries[3:])
    assert spill.read(100) == entries
    spill.close()
    # Nothing of the longer line is left behind the shorter ones.
    spill = Spill(state_dir / "spill")
    assert (spill.count, spill.damaged) == (5, 0)
    spill.close()
    store = await opener(url)
    await Recorder(store).flush()
    async with store.reading() as connection:
        assert list(await connection.scalars(sa.select(journal.c.seq).order_by(journal.c.seq))) == [1, 2, 3, 4, 5]


def test_a_damaged_line_is_counted_and_costs_no_other(state_dir: Path) -> None:
    spill = Spill(state_dir / "spill")
    entries = [Entry(5, seq, START, "event", "TimePassed", None, None, "{}") for seq in range(1, 4)]
    spill.append(entries)
    spill.close()
    lines = spill.path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"TimePassed", b"TimePaused")
    spill.path.write_bytes(b"".join(lines))
    spill = Spill(state_dir / "spill")
    assert (spill.count, spill.damaged) == (2, 1)
    taken = spill.read(10)
    assert [entry.seq for entry in taken] == [1, 3]
    spill.advance(taken)
    assert (spill.count, spill.path.read_bytes()) == (0, b"")
    spill.close()


def test_the_child_counts_what_it_says(state_dir: Path, tmp_path: Path) -> None:
    code, told = run_child(f"sqlite:///{tmp_path}/h.db", state_dir, "observe", "1", "3", "close")
    assert code == 0
    assert Counter(line["done"] for line in told) == {"observe": 1, "close": 1}
    assert told[0]["written_total"] == entry_count(lives(3))
