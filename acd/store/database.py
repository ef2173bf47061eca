"""The database by URL: SQLite or PostgreSQL, with every way it can be wrong said plainly."""

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from acd.store.errors import StoreAwayError, StoreError, StoreUnusableError

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
CONNECT_TIMEOUT_S = 5
# Longer, and the spill is the better place; a stop of the switch may have to wait for it, too.
BUSY_TIMEOUT_MS = 2000

EXAMPLES = "Write sqlite:////var/lib/hotline/hotline.db or postgresql://user:password@host/hotline."


def default_url(state_dir: Path) -> str:
    return f"sqlite:///{state_dir.absolute() / 'hotline.db'}"


def parse_url(text: str) -> sa.URL:
    """The URL with the driver that this program uses. Raises `StoreUnusableError`."""
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError):
        # The text may hold a password, so it is not repeated.
        raise StoreUnusableError("the database URL can't be read", EXAMPLES) from None
    name = url.drivername.partition("+")[0]
    if name not in DRIVERS:
        raise StoreUnusableError(f"the database URL names {url.drivername!r}, which the switch can't use", EXAMPLES)
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreUnusableError("the database URL names no file, so all records would be gone at a restart", EXAMPLES)
    return url.set(drivername=DRIVERS[name])


def sqlite_path(url: sa.URL) -> Path | None:
    """The file of an SQLite database."""
    if not url.drivername.startswith("sqlite") or not url.database:
        return None
    return Path(url.database.removeprefix("file:").partition("?")[0])


def connect(url: sa.URL, *, read_only: bool = False) -> AsyncEngine:
    """An engine; nothing is opened yet. JSON columns take and give text. Raises `StoreUnusableError`."""
    arguments: dict[str, Any] = {}
    if url.drivername.startswith("postgresql"):
        arguments["timeout"] = CONNECT_TIMEOUT_S
        if read_only:
            arguments["server_settings"] = {"default_transaction_read_only": "on"}
    path = sqlite_path(url)
    if path is not None and read_only:
        url = url.set(database=f"file:{path.absolute()}", query={"mode": "ro", "uri": "true"})
    try:
        engine = create_async_engine(
            url,
            connect_args=arguments,
            # An error must not spread personal data.
            hide_parameters=True,
            json_serializer=str,
            json_deserializer=str,
            # One writer; the readers are pages and reports.
            pool_size=3,
            max_overflow=2,
            pool_timeout=CONNECT_TIMEOUT_S,
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreUnusableError(
            f"the driver for {url.drivername} is missing: {error}",
            "Install the program's locked dependencies (requirements.lock).",
        ) from error
    if path is not None:
        event.listen(engine.sync_engine, "connect", _set_reader_pragmas if read_only else _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    """WAL: readers don't stop the writer. FULL: a commit is on the disk before it returns.

    FULL costs one fsync a commit, and commits come in batches, ten a second; with NORMAL a power cut would take the
    last commits along, though the records in them were held to be safe.
    """
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _set_reader_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()


def explain(error: BaseException, url: sa.URL) -> StoreError:
    """The driver's error as fact and remedy."""
    if isinstance(error, StoreError):
        return error
    where = url.render_as_string(hide_password=True)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = (str(cause) or type(cause).__name__).splitlines()[0]
    for words, kind, fact, remedy in _KNOWN:
        if any(re.search(word, said.lower()) for word in words):
            return kind(f"{fact} ({where}: {said})", remedy)
    if isinstance(error, TimeoutError):
        said = "no answer in time"
    return StoreAwayError(f"the database can't be used now ({where}: {said})", "See that it runs and can be reached.")


_KNOWN: Sequence[tuple[tuple[str, ...], type[StoreError], str, str]] = (
    (("readonly", "read-only", "read only"), StoreAwayError, "the database is read-only",
     "Give the switch's user the right to write to it and to its folder."),
    (("database or disk is full", "no space left", "disk full"), StoreAwayError, "the database's disk is full",
     "Free space on it; what was not written is kept and written then."),
    (("unable to open database file", "no such file", "permission denied: ", "permission denied for", "is a directory"),
     StoreAwayError, "the database can't be opened",
     "See that its folder exists and that the switch's user may write to it."),
    (("not a database", "malformed"), StoreUnusableError, "the database file is damaged or is no database",
     "Move it aside and start again, or restore a copy."),
    (("password authentication failed", "no password supplied", r'role ".*" does not exist'), StoreUnusableError,
     "the database refused the user", "Put the right user and password into the URL."),
    ((r'database ".*" does not exist',), StoreUnusableError, "the database does not exist",
     "Create it (createdb), or correct the URL."),
    (("database is locked", "database table is locked"), StoreAwayError, "another program holds the database locked",
     "End what writes to it; the switch tries again by itself."),
)  # fmt: skip


def is_about_a_row(error: BaseException) -> bool:
    """Whether the database refused a value, so that to try again would be in vain."""
    if isinstance(error, sa.exc.DataError | sa.exc.IntegrityError):
        return True
    if isinstance(error, DBAPIError):
        return isinstance(error.orig, sqlite3.InterfaceError | OverflowError)
    # A value that could not even be handed over: a time beyond the calendar, an integer beyond 64 bits.
    return isinstance(error, sa.exc.StatementError | ValueError | OverflowError | TypeError)
