"""A database that can't be used says what is wrong and what to do, and never a password."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from acd.store import database
from acd.store.errors import StoreAwayError, StoreUnusableError
from acd.store.recorder import Recorder
from acd.store.store import open_store
from tests.store.conftest import Opener
from tests.store.lives import lives
from tests.store.postgres import PostgresServer

ROOT = Path(__file__).parents[2]


async def test_by_default_the_database_is_a_private_file_in_the_state_folder(opener: Opener, state_dir: Path) -> None:
    await opener(None)
    assert (state_dir / "hotline.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("url", "fact"),
    [
        ("hotline.db", "can't be read"),
        ("postgresql://user:secret-word@host:port/hotline", "can't be read"),
        ("mysql://user:secret-word@host/hotline", "'mysql'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
async def test_a_wrong_url(url: str, fact: str, state_dir: Path) -> None:
    with pytest.raises(StoreUnusableError) as caught:
        await open_store(url, state_dir)
    assert fact in caught.value.fact
    assert "sqlite:////var/lib/hotline/hotline.db" in caught.value.remedy
    assert "secret-word" not in str(caught.value)


async def test_a_missing_driver(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreUnusableError, match=r"driver for postgresql\+asyncpg is missing") as caught:
        await open_store("postgresql://hotline@127.0.0.1/hotline", state_dir)
    assert "requirements.lock" in caught.value.remedy


async def test_no_server_at_that_port(state_dir: Path) -> None:
    # Port 1 of loopback: nothing ever listens there.
    url = "postgresql://hotline:secret-word@127.0.0.1:1/hotline"
    with pytest.raises(StoreAwayError) as caught:
        await open_store(url, state_dir)
    assert "secret-word" not in str(caught.value)
    store = await open_store(url, state_dir, allow_away=True)
    assert not store.ready
    await store.close()


async def test_a_wrong_password_and_a_missing_database(postgres: PostgresServer, state_dir: Path) -> None:
    with pytest.raises(StoreUnusableError, match="refused the user") as caught:
        await open_store(postgres.url("postgres").replace(postgres.password, "secret-word"), state_dir)
    assert "secret-word" not in str(caught.value)
    with pytest.raises(StoreUnusableError, match="does not exist") as caught:
        await open_store(postgres.url("nowhere"), state_dir)
    assert "createdb" in caught.value.remedy


async def test_no_such_folder(state_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreAwayError, match="can't be opened") as caught:
        await open_store(f"sqlite:///{tmp_path}/nowhere/hotline.db", state_dir)
    assert "folder exists" in caught.value.remedy


async def test_a_file_that_is_no_database(state_dir: Path) -> None:
    (state_dir / "hotline.db").write_text("Dear diary, today the database was replaced by prose. " * 100)
    with pytest.raises(StoreUnusableError, match="is no database"):
        await open_store(None, state_dir)


async def test_a_database_that_is_read_only_from_the_start(
    opener: Opener, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root writes to any file, so the database itself is told to refuse."""
    _refuse_writes(monkeypatch)
    store = await opener(None)
    await store.close()
    _refuse_writes(monkeypatch, refuse=True)
    with pytest.raises(StoreAwayError, match="read-only") as caught:
        await open_store(None, state_dir)
    assert "right to write" in caught.value.remedy


async def test_a_database_that_becomes_read_only_and_writable_again(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_writes(monkeypatch)
    store = await opener(None)
    recorder = Recorder(store)
    _refuse_writes(monkeypatch, refuse=True)
    await store.disconnect()
    for step in lives(3):
        recorder.observe(*step)
    assert await recorder.flush()
    assert "read-only" in recorder.figures().last_error
    assert recorder.figures().spilled > 0
    _refuse_writes(monkeypatch)
    await store.disconnect()
    await recorder.flush()
    async with store.reading() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM calls")) == 3


_original = database._set_pragmas


def _refuse_writes(monkeypatch: pytest.MonkeyPatch, *, refuse: bool = False) -> None:
    monkeypatch.setattr(_switchable, "refuse", refuse)
    monkeypatch.setattr(database, "_set_pragmas", _switchable)


class _Switchable:
    """Every new connection as always, and then read-only if so switched."""

    refuse = False

    def __call__(self, connection: object, record: object) -> None:
        _original(connection, record)
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA query_only = {int(self.refuse)}")
        cursor.close()


_switchable = _Switchable()


WITHOUT_RIGHTS = """
import asyncio, os, sys
from pathlib import Path
import aiosqlite, alembic.command, sqlalchemy.dialects.sqlite.aiosqlite, acd.store.schema
from acd.store.errors import StoreError
from acd.store.store import open_store

# Root writes everywhere; what it may import is imported by now.
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.chown("state", 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    asyncio.run(open_store("sqlite:///database/hotline.db", Path("state")))
except StoreError as error:
    print(type(error).__name__, error.fact, error.remedy, sep=" | ")
"""


async def test_a_file_and_a_folder_without_the_right_to_write(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "database").mkdir()
    store = await opener(f"sqlite:///{tmp_path}/database/hotline.db")
    await store.close()
    (tmp_path / "state" / "spill").rename(tmp_path / "spill")
    (tmp_path / "database" / "hotline.db").chmod(0o444)
    (tmp_path / "database").chmod(0o555)
    os.chmod(tmp_path, 0o755)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WITHOUT_RIGHTS, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    (tmp_path / "database").chmod(0o755)
    kind, fact, remedy = done.stdout.split(" | ")
    assert kind == "StoreAwayError"
    assert "database can't be opened" in fact
    assert "may write to it" in remedy
