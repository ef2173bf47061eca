"""Whatever happens to the database, the disk, the process or the clock while callers come and go: each of them has one
record, and it says what they lived through. Their own logs are held against it, call by call."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.clock import DRIFT_S_MAX
from acd.store.database import parse_url
from acd.store.memory_recall import recall
from acd.store.spill import Spill
from acd.store.store import Store
from tests.store.conftest import Opener, Outage
from tests.store.load import TICK_S, Load
from tests.store.test_kill import ROOT

HOUR_S = 3600.0


async def test_the_database_is_away_for_five_minutes(url: str, opener: Opener, state_dir: Path, outage: Outage) -> None:
    store = await opener(url)
    load = Load()
    load.boot(store, state_dir)
    load.staff()
    await load.live(60.0)
    outage.begin()
    try:
        await load.live(300.0)
        figures = load.recorder.figures()
        assert load.alarms_of("database_away") == [True]
        assert figures.spilled > 3000
        assert figures.lag_s > 295.0
    finally:
        outage.end()
    await load.come_to_rest()
    assert load.alarms_of("database_away") == [True, False]
    assert store.spill.count == 0
    await load.judge(store)


async def test_the_clock_is_stepped_an_hour_both_ways_during_calls_and_between_runs(
    url: str, opener: Opener, state_dir: Path
) -> None:
    store = await opener(url)
    load = Load()
    load.boot(store, state_dir)
    load.staff()
    with capture_logs() as logs:
        for step_s in (0.0, HOUR_S, -HOUR_S):
            load.step_s = step_s
            load.watch.look()
            await load.live(60.0)
            assert load.clock.drift_s == pytest.approx(step_s, abs=1e-3)
    assert len([entry for entry in logs if "away from the one" in entry["event"]]) == 1
    for step_s in (HOUR_S, -HOUR_S):
        load.switch.kill()
        load.step_s = step_s
        load.switch.run(3.0)
        await store.close()
        store = await opener(url)
        load.boot(store, state_dir, await recall(store))
        with capture_logs() as logs:
            load.watch.look()
        assert len(logs) == (abs(load.clock.drift_s) > DRIFT_S_MAX) == 1
        await load.live(60.0)
    await load.come_to_rest()
    records = await load.judge(store)
    assert any(record.unwatched_s > 2.9 for record in records.values())


@pytest.mark.parametrize(("moment", "commit"), [("die-before-commit", 150), ("die-after-commit", 900)])
async def test_killed_in_a_commit_and_begun_again(
    url: str, opener: Opener, state_dir: Path, tmp_path: Path, moment: str, commit: int
) -> None:
    """The child is killed; its callers live on in a twin of it that was told the same until then."""
    command = [sys.executable, "-m", "tests.store.load_child", url, str(state_dir), moment, str(commit)]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    lived = [line for line in done.stdout.decode().splitlines() if line.startswith("tick")]
    load = Load()
    with closing(Spill(tmp_path / "unused")) as unused:
        load.boot(Store(parse_url(url), unused), tmp_path)
        load.staff()
        await load.live(len(lived) * TICK_S, write=False)
    open_calls = len(load.switch.pbx.channels)
    assert open_calls > 15
    load.switch.kill()
    load.switch.run(3.0)
    store = await opener(url)
    restored = await recall(store)
    assert restored is not None
    # The last tenth of a second is lost, and the PBX knows it.
    assert abs(len(restored.calls) - open_calls) <= 5
    load.boot(store, state_dir, restored)
    await load.come_to_rest()
    records = await load.judge(store)
    assert sum(record.unwatched_s > 2.9 for record in records.values()) > 10


def test_the_disk_is_full(state_dir: Path, tmp_path: Path) -> None:
    """Neither the database nor the spill can be written to; then there is room again."""
    url = f"sqlite:///{tmp_path}/hotline.db"
    command = [sys.executable, "-m", "tests.store.load_child", url, str(state_dir), "disk-full"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (told,) = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    assert told["full"]["in_memory"] > 500
    assert told["full"]["alarms"] == [["database_away", True], ["spill_failed", True]]
    assert sorted(told["after"][2:]) == [["database_away", False], ["spill_failed", False]]
    assert told["records"] == 400
