"""The store: one database and one spill, opened together."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from acd.store import schema
from acd.store.database import connect, default_url, explain, is_about_a_row, parse_url, sqlite_path
from acd.store.errors import StoreAwayError, StoreError, StoreUnusableError
from acd.store.journal import Entry
from acd.store.memory_fold import Left
from acd.store.spill import Spill
from acd.store.tables import journal
from acd.store.writing import Written, write_entries

WRITE_TIMEOUT_S = 10.0

Answer = TypeVar("Answer")


class EntryRefusedError(Exception):
    """The database will never take something in this batch."""


class Store:
    """`ready`: the database was reached, has the right schema, and could be written to."""

    def __init__(
        self, url: sa.URL, spill: Spill, left: Left | None = None, *, write_timeout_s: float = WRITE_TIMEOUT_S
    ) -> None:
        """Opens nothing. Raises `StoreUnusableError` if the driver is missing."""
        self.url = url
        self.spill = spill
        self._left = left or Left()
        self.engine: AsyncEngine = connect(url)
        self.ready = False
        self.last_run = spill.last_run
        self._write_timeout_s = write_timeout_s
        self._inode: tuple[int, int] | None = None
        self._abandoned: set[asyncio.Task[None]] = set()

    def take_left(self) -> Left:
        """What an earlier run left in the spill; once."""
        left, self._left = self._left, Left()
        return left

    async def prepare(self) -> None:
        """Reach the database, migrate it, see that it can be written to. Raises `StoreError`."""
        await self._in_time(self._prepare())

    async def _prepare(self) -> None:
        path = sqlite_path(self.url)
        try:
            if path is not None:
                _make_private(path)
            await schema.upgrade(self.engine)
            async with self.engine.begin() as connection:
                # Changes nothing, but a read-only database says so.
                await connection.execute(sa.delete(journal).where(journal.c.run == -1))
                last_run = await connection.scalar(sa.select(sa.func.max(journal.c.run)))
        except Exception as error:
            await self.disconnect()
            raise explain(error, self.url) from error
        self.last_run = max(self.last_run, last_run or 0)
        self._inode = _inode(path)
        self.ready = True

    async def write(self, entries: Sequence[Entry]) -> Written:
        """Add the entries in one transaction; what is there already stays as it is.

        Raises `StoreError` when none was written (or it is not known whether), `EntryRefusedError` when one of them is
        why.
        """
        return await self._in_time(self._write(entries))

    async def _write(self, entries: Sequence[Entry]) -> Written:
        if self.ready and _inode(sqlite_path(self.url)) != self._inode:
            # An open SQLite file can be written to when nobody will ever find it again.
            await self.disconnect()
            raise StoreAwayError(f"the database file {sqlite_path(self.url)} was moved or deleted",
                            "Put it back; without it a new one is begun.")  # fmt: skip
        if not self.ready:
            await self._prepare()
        try:
            async with self.engine.begin() as connection:
                return await write_entries(connection, entries)
        except Exception as error:
            if is_about_a_row(error):
                raise EntryRefusedError(str(error).splitlines()[0]) from error
            await self.disconnect()
            raise explain(error, self.url) from error

    async def _in_time(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """What `work` brings, within the time for a write; then, or when cancelled, it is left to itself.

        A database that does not answer does not answer a rollback either, so nobody may wait for that. Should the
        abandoned write succeed after all, nothing is harmed: it will be tried again, and changes nothing then.
        """
        task = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._write_timeout_s)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if done:
            return task.result()
        self._abandon(task)
        raise explain(TimeoutError(), self.url)

    def _abandon(self, task: asyncio.Task[Answer]) -> None:
        """Go on with new connections; those of the task are closed when it ends.

        SQLite always answers, at the latest when its busy timeout is over, so its task is not disturbed.
        """
        engine, self.engine, self.ready = self.engine, connect(self.url), False
        if sqlite_path(self.url) is None:
            task.cancel()

        async def bury() -> None:
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
            await engine.dispose()

        burial = asyncio.create_task(bury())
        self._abandoned.add(burial)
        burial.add_done_callback(self._abandoned.discard)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for the functions of `acd.store.queries`. Raises `StoreError`."""
        try:
            async with self.engine.connect() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, OSError, TimeoutError) as error:
            raise explain(error, self.url) from error

    async def disconnect(self) -> None:
        """Drop all connections; the next write makes new ones."""
        self.ready = False
        await self.engine.dispose()

    async def close(self) -> None:
        if self._abandoned and sqlite_path(self.url) is not None:
            await asyncio.wait(self._abandoned)
        for burial in self._abandoned:
            burial.cancel()
        await self.disconnect()
        self.spill.close()


def _make_private(path: Path) -> None:
    """Records hold personal data; SQLite's own files beside it take its rights.

    One that is there is never opened: to close it again would drop SQLite's own locks on it (POSIX), and the next
    program that looks at the records would take the file for nobody's and delete the log that is being written.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _inode(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def open_store(
    url: str | None, state_dir: Path, *, allow_away: bool = False, write_timeout_s: float = WRITE_TIMEOUT_S
) -> Store:
    """The store for one switch: `url` None means `hotline.db` in the state folder; the spill is in it, too.

    Raises `StoreUnusableError` if the database can't be used as configured, and `StoreAwayError` if it can't be
    reached or written to now. With `allow_away` a database that is away is no error: entries spill until it is back.
    """
    parsed = parse_url(url or default_url(state_dir))
    left = Left()
    try:
        spill = Spill(state_dir / "spill", left.take)
    except OSError as error:
        raise StoreUnusableError(
            f"the spill folder {state_dir / 'spill'} can't be used: {error.strerror}",
            "Give the switch's user the right to write to the state folder, or name another with --state.",
        ) from error
    try:
        store = Store(parsed, spill, left, write_timeout_s=write_timeout_s)
    except StoreError:
        spill.close()
        raise
    try:
        await store.prepare()
    except StoreAwayError:
        await store.engine.dispose()
        if not allow_away:
            spill.close()
            raise
    except BaseException:
        await store.close()
        raise
    return store
