"""The migrations make exactly the tables that the program writes, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from acd.store import schema
from acd.store.database import connect, parse_url
from acd.store.errors import StoreUnusableError
from acd.store.tables import SCHEMA_VERSION, metadata, utc_datetime, utc_text


def test_the_newest_migration_is_the_one_that_the_program_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_VERSION]


async def test_migrations_and_tables_agree(url: str) -> None:
    engine = connect(parse_url(url))
    await schema.upgrade(engine)

    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    def shape(connection: sa.Connection) -> dict[str, Any]:
        inspector = sa.inspect(connection)
        return {
            table: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)],
                inspector.get_pk_constraint(table)["constrained_columns"],
            )
            for table in metadata.tables
        }

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        migrated = await connection.run_sync(shape)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(shape) == migrated
    await engine.dispose()


async def test_an_upgrade_of_what_is_up_to_date_changes_nothing(url: str) -> None:
    engine = connect(parse_url(url))
    await schema.upgrade(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("INSERT INTO wrap_ups VALUES (1, 1, 'c', 'a', 'q', :at, 1.5)"),
                                 {"at": _moment(url)})  # fmt: skip
    await schema.upgrade(engine)
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM wrap_ups")) == 1
    await engine.dispose()


def _moment(url: str) -> Any:
    return utc_text(1.5) if url.startswith("sqlite") else utc_datetime(1.5)


async def test_a_record_of_an_older_schema_is_kept(url: str) -> None:
    engine = connect(parse_url(url))
    columns = [column for column in metadata.tables["calls"].columns if column.name not in ("unwatched_s", "fell_back")]
    moments = {"arrived_at", "answered_at", "ended_at"}
    values = {
        column.name: _moment(url) if column.name in moments else "[]" if column.name == "ivr_path" else
        1.5 if column.name.endswith("_s") else column.name
        for column in columns
    }  # fmt: skip

    def make_first(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    async with engine.begin() as connection:
        await connection.run_sync(make_first)
        names = ", ".join(values)
        held = ", ".join(f":{name}" for name in values)
        await connection.execute(sa.text(f"INSERT INTO calls ({names}) VALUES ({held})"), values)
    await schema.upgrade(engine)
    async with engine.connect() as connection:
        (call,) = (await connection.execute(sa.select(metadata.tables["calls"]))).all()
    assert (call.call_id, call.talk_s, call.unwatched_s, call.fell_back) == ("call_id", 1.5, 0.0, False)
    await engine.dispose()


async def test_a_newer_schema_is_left_alone(url: str) -> None:
    engine = connect(parse_url(url))
    await schema.upgrade(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusableError, match="schema 9999, newer than this program's") as caught:
        await schema.upgrade(engine)
    assert "newer program" in caught.value.remedy
    with pytest.raises(StoreUnusableError, match="9999"):
        await schema.require(engine)
    await engine.dispose()


async def test_a_reader_makes_no_tables(url: str) -> None:
    engine = connect(parse_url(url))
    with pytest.raises(StoreUnusableError, match="has no tables of the switch") as caught:
        await schema.require(engine)
    assert "hotline serve" in caught.value.remedy
    await engine.dispose()


async def test_times_are_utc_to_the_microsecond(url: str) -> None:
    engine = connect(parse_url(url))
    await schema.upgrade(engine)
    table = metadata.tables["wrap_ups"]
    row = {"run": 1, "seq": 1, "call_id": "c", "agent_id": "a", "queue_id": "q", "wrap_up_s": 1.0}
    async with engine.begin() as connection:
        await connection.execute(sa.insert(table), row | {"ended_at": 1790000000.123457})
        assert await connection.scalar(sa.select(table.c.ended_at)) == pytest.approx(1790000000.123457, abs=1e-6)
        as_text = sa.text("SELECT CAST(ended_at AS TEXT) FROM wrap_ups")
        stored = (await connection.scalar(as_text)).replace(" ", "T").replace("+00", "Z")
    assert stored == "2026-09-21T14:13:20.123457Z"
    await engine.dispose()
