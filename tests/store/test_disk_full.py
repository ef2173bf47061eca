"""A full disk is an alarm: first the spill takes what the database can't, then memory, and all is written later."""

import json
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from acd.store.recorder import Alarm, Recorder
from acd.store.tables import calls, journal
from tests.store.conftest import Opener
from tests.store.lives import entry_count, life, lives
from tests.store.test_kill import run_child


async def test_the_databases_disk_is_full(opener: Opener, tmp_path: Path) -> None:
    store = await opener(f"sqlite:///{tmp_path}/hotline.db")
    pages_max = 60

    def limit(connection: object, *_: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA max_page_count = {pages_max}")
        cursor.close()

    event.listen(store.engine.sync_engine, "connect", limit)
    await store.disconnect()
    alarms: list[Alarm] = []
    recorder = Recorder(store, on_alarm=alarms.append)
    for now, happened, reports in lives(200):
        recorder.observe(now, happened, reports)
    assert await recorder.flush()
    assert recorder.figures().spilled > 0
    assert [(alarm.name, alarm.raised) for alarm in alarms] == [("database_away", True)]
    assert "disk is full" in alarms[0].fact
    assert "Free space" in alarms[0].remedy
    pages_max = 1_000_000
    await store.disconnect()
    assert await recorder.flush()
    assert (alarms[-1].name, alarms[-1].raised) == ("database_away", False)
    async with store.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(calls)) == 200
        seqs = list(await connection.scalars(sa.select(journal.c.seq).order_by(journal.c.run, journal.c.seq)))
    assert seqs == list(range(1, entry_count(lives(200)) + 1))


async def test_database_and_spill_are_full(opener: Opener, tmp_path: Path, state_dir: Path) -> None:
    """No file of the process may grow: neither SQLite's nor the spill. Then there is room again."""
    url = f"sqlite:///{tmp_path}/hotline.db"
    code, told = run_child(
        url, state_dir, "observe", "1", "2", "file-size-max", "100000", "observe", "3", "60",
        "file-size-max", "0", "observe", "63", "1", "close",
    )  # fmt: skip
    assert code == 0
    full, after = told[2], told[4]
    assert not full["safe"]
    assert ["spill_failed", True] in full["alarms"]
    assert ["database_away", True] in full["alarms"]
    assert full["queue_length"] > 0
    assert full["dropped_total"] == 0
    assert after["safe"]
    assert ["spill_failed", False] in after["alarms"]
    assert json.dumps(after["alarms"]).count("database_away") == 2
    assert (after["queue_length"], after["spilled"]) == (0, 0)
    store = await opener(url)
    async with store.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(calls)) == 63
        rows = list(await connection.scalars(sa.select(journal.c.seq).order_by(journal.c.seq)))
    assert rows == list(range(1, 63 * entry_count(life(1)) + 1))


async def test_a_spill_that_could_not_be_written_holds_nothing_in_part(state_dir: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/hotline.db"
    code, told = run_child(url, state_dir, "file-size-max", "5000", "observe", "1", "1")
    assert code == 0
    assert not told[1]["safe"]
    assert (state_dir / "spill" / "journal.jsonl").read_bytes() == b""
