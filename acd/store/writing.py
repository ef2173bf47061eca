"""A batch of entries into the database, in one transaction, so that writing it again changes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.store.inserting import insert_into
from acd.store.journal import MEMORY, Entry
from acd.store.memory_fold import fold
from acd.store.memory_table import write_memories
from acd.store.records import Row, Rows, add_records, storable
from acd.store.tables import agent_states, calls, journal, queue_visits, rings, utc_datetime, utc_text, wrap_ups

SAME_ARRIVAL_S = 2.0
"""A call that is recorded twice is the same if it arrived within so much: a switch that began anew may know of its
arrival only in the PBX's whole seconds."""

# The engine gets its turn after each.
ROWS_PER_STATEMENT = 100


@dataclass(slots=True)
class Written:
    """What the writer should hear about: facts in words on entries that the journal holds but no record shows."""

    oddities: list[str] = field(default_factory=list)


@cache
def _journal_statement(dialect: sa.Dialect) -> tuple[str, bool]:
    """The journal's insert as the driver takes it, and whether it takes a time as text.

    Thousands of rows a second go this way; without the parameters' usual treatment that costs a third as much.
    """
    compiled = _insert(dialect.name, journal).values(_JOURNAL_PARAMETERS).compile(dialect=dialect)
    if tuple(getattr(compiled, "positiontup", None) or ()) != tuple(_JOURNAL_PARAMETERS):
        raise RuntimeError("the journal's columns are not in the order in which rows are made")
    return str(compiled), dialect.name == "sqlite"


_JOURNAL_PARAMETERS = {column.name: sa.bindparam(column.name, type_=column.type) for column in journal.columns}


def _journal_row(entry: Entry, time_as_text: bool) -> tuple[object, ...]:
    at = utc_text(entry.now) if time_as_text else utc_datetime(entry.now)
    call_id = storable(entry.call_id) if entry.call_id else None
    agent_id = storable(entry.agent_id) if entry.agent_id else None
    return entry.run, entry.seq, at, entry.now, entry.kind, entry.type, call_id, agent_id, entry.data


async def _write_journal(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    statement, time_as_text = _journal_statement(connection.dialect)
    for first in range(0, len(entries), ROWS_PER_STATEMENT):
        rows = [_journal_row(entry, time_as_text) for entry in entries[first : first + ROWS_PER_STATEMENT]]
        await connection.exec_driver_sql(statement, rows)


async def _rows_of(entries: Sequence[Entry]) -> Rows:
    rows = Rows()
    for number, entry in enumerate(entries):
        add_records(rows, entry)
        if number % ROWS_PER_STATEMENT == 0:
            await asyncio.sleep(0)
    return rows


@cache
def _insert(dialect: str, table: sa.Table) -> sa.Insert:
    statement: sa.Insert = insert_into(table, dialect).on_conflict_do_nothing()
    return statement


_SUM_WRAP_UPS = (
    sa.update(calls)
    .where(calls.c.call_id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        wrap_up_s=sa.select(sa.func.sum(wrap_ups.c.wrap_up_s))
        .where(wrap_ups.c.call_id == calls.c.call_id)
        .scalar_subquery()
    )
)

_ARRIVALS = sa.select(calls.c.call_id, calls.c.arrived_at).where(
    calls.c.call_id.in_(sa.bindparam("ids", expanding=True))
)

_IDS_PER_STATEMENT = 500


async def _without_recorded(connection: AsyncConnection, rows: Rows, written: Written) -> None:
    """Take out the calls that have a record: the first one stays. A different call under the same id is odd."""
    recorded: dict[str, float] = {}
    ids = [row["call_id"] for row in rows.calls]
    for first in range(0, len(ids), _IDS_PER_STATEMENT):
        found = await connection.execute(_ARRIVALS, {"ids": ids[first : first + _IDS_PER_STATEMENT]})
        recorded.update((row.call_id, row.arrived_at) for row in found)
    fresh: dict[str, Row] = {}
    for row in rows.calls:
        call_id, arrived_at = row["call_id"], row["arrived_at"]
        before = recorded[call_id] if call_id in recorded else fresh.setdefault(call_id, row)["arrived_at"]
        if abs(before - arrived_at) > SAME_ARRIVAL_S:
            written.oddities.append(f"a second call ended under the id {call_id}; the first one's record stays")
    if len(fresh) < len(rows.calls):
        rows.calls = list(fresh.values())
        kept: set[tuple[str, int]] = set()
        rows.queue_visits = [row for row in rows.queue_visits if _first(row, "visit", recorded, kept)]
        kept = set()
        rows.rings = [row for row in rows.rings if _first(row, "ring", recorded, kept)]


def _first(row: Row, number: str, recorded: dict[str, float], kept: set[tuple[str, int]]) -> bool:
    key = (row["call_id"], row[number])
    if row["call_id"] in recorded or key in kept:
        return False
    kept.add(key)
    return True


async def write_entries(connection: AsyncConnection, given: Sequence[Entry]) -> Written:
    """Within the caller's transaction. Raises `sqlalchemy.exc.SQLAlchemyError`, `ValueError` for an impossible row."""
    entries = [entry for entry in given if entry.kind != MEMORY]
    await _write_journal(connection, entries)
    rows = await _rows_of(entries)
    written = Written([f"{entry.type} {entry.run}/{entry.seq}: {error}" for entry, error in rows.unreadable])
    if rows.calls:
        await _without_recorded(connection, rows, written)
    for table, table_rows in (
        (calls, rows.calls),
        (queue_visits, rows.queue_visits),
        (rings, rows.rings),
        (agent_states, rows.agent_states),
        (wrap_ups, rows.wrap_ups),
    ):
        statement = _insert(connection.dialect.name, table)
        for first in range(0, len(table_rows), ROWS_PER_STATEMENT):
            await connection.execute(statement, table_rows[first : first + ROWS_PER_STATEMENT])
    ids = sorted(rows.wrapped_up)
    for first in range(0, len(ids), _IDS_PER_STATEMENT):
        await connection.execute(_SUM_WRAP_UPS, {"ids": ids[first : first + _IDS_PER_STATEMENT]})
    if len(entries) < len(given):
        await write_memories(connection, fold(given))
    return written
