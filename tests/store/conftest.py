import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from acd.store.store import Store, open_store
from tests.store.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


def new_database(server: PostgresServer) -> str:
    """The URL of an empty database: the same one each time, emptied, which is much faster than a new one."""

    async def empty() -> None:
        connection = await asyncpg.connect(server.url("postgres"))
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'"
            " AND pid <> pg_backend_pid()"
        )
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(empty())
    return server.url("postgres")


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    return new_database(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        (tmp_path / "database").mkdir()
        return f"sqlite:///{tmp_path}/database/hotline.db"
    given: str = request.getfixturevalue("postgres_url")
    return given


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


Opener = Callable[..., Awaitable[Store]]


@pytest.fixture
async def opener(state_dir: Path) -> AsyncIterator[Opener]:
    """Opens stores on one state folder and closes what is still open at the end."""
    opened: list[Store] = []

    async def open_one(url: str | None, **options: Any) -> Store:
        store = await open_store(url, state_dir, **options)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        await store.close()


class Outage:
    """Takes the database away and brings it back."""

    def __init__(self, url: str, server: PostgresServer | None) -> None:
        self._server = server
        self._folder = None if server else Path(url.removeprefix("sqlite:///")).parent

    def begin(self) -> None:
        if self._server:
            self._server.stop()
        else:
            assert self._folder is not None
            os.rename(self._folder, self._folder.with_suffix(".away"))

    def end(self) -> None:
        if self._server:
            self._server.start()
        else:
            assert self._folder is not None
            os.rename(self._folder.with_suffix(".away"), self._folder)


@pytest.fixture
def outage(url: str, request: pytest.FixtureRequest) -> Outage:
    return Outage(url, request.getfixturevalue("postgres") if url.startswith("postgresql") else None)
