"""SQLite's locks outlive every other use that the switch makes of the file: POSIX drops all locks a process holds on a
file as soon as it closes any descriptor of it (sqlite.org/howtocorrupt.html, 2.2)."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from acd.store.store import open_store


def locks_on(path: Path) -> int:
    """How many locks this process holds on the file, by the kernel's own list."""
    inode, pid = os.stat(path).st_ino, str(os.getpid())
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return sum(row[4] == pid and row[5].endswith(f":{inode}") for row in rows if "POSIX" in row)


@pytest.mark.parametrize("times", [1, 3])
async def test_reaching_the_database_again_drops_no_lock(tmp_path: Path, times: int) -> None:
    store = await open_store(None, tmp_path)
    path = tmp_path / "hotline.db"
    async with store.engine.connect() as connection:
        await connection.execute(sa.text("SELECT count(*) FROM calls"))
        held = locks_on(path)
        assert held > 0
        for _ in range(times):
            await store.prepare()
        assert locks_on(path) >= held
    await store.close()
