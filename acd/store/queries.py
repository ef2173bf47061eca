"""What people ask of the records: a list of calls, and one call's whole story."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.core.events import Event
from acd.store.journal import Entry, steps_of
from acd.store.tables import calls, journal, queue_visits, rings, wrap_ups

LIMIT_DEFAULT = 50

Mapping = sa.RowMapping


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Empty fields filter nothing. `queue_id` and `agent_id` find every call that visited or rang them.

    `since` and `until` bound the arrival (UTC seconds, until is excluded); `number` is any part of the caller's
    number. The newest `limit` calls are meant.
    """

    since: float | None = None
    until: float | None = None
    queue_id: str = ""
    agent_id: str = ""
    outcome: str = ""
    number: str = ""
    limit: int = LIMIT_DEFAULT


@dataclass(frozen=True, slots=True)
class CallStory:
    """All that is known of one call, each part in time order. `record` is None while the call goes on."""

    call_id: str
    record: Mapping | None
    visits: Sequence[Mapping]
    rings: Sequence[Mapping]
    wrap_ups: Sequence[Mapping]
    entries: Sequence[Entry]


def _conditions(wanted: CallFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(calls.c.arrived_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(calls.c.arrived_at < wanted.until)
    if wanted.queue_id:
        visited = sa.select(queue_visits.c.call_id).where(queue_visits.c.queue_id == wanted.queue_id)
        conditions.append(sa.or_(calls.c.queue_id == wanted.queue_id, calls.c.call_id.in_(visited)))
    if wanted.agent_id:
        rung = sa.select(rings.c.call_id).where(rings.c.agent_id == wanted.agent_id)
        conditions.append(sa.or_(calls.c.agent_id == wanted.agent_id, calls.c.call_id.in_(rung)))
    if wanted.outcome:
        conditions.append(calls.c.outcome == wanted.outcome)
    if wanted.number:
        conditions.append(calls.c.caller_number.contains(wanted.number, autoescape=True))
    return conditions


async def list_calls(connection: AsyncConnection, wanted: CallFilter) -> Sequence[Mapping]:
    """Rows of `calls`, the newest first."""
    statement = (
        sa.select(calls)
        .where(*_conditions(wanted))
        .order_by(calls.c.arrived_at.desc(), calls.c.call_id.desc())
        .limit(wanted.limit)
    )
    return (await connection.execute(statement)).mappings().all()


async def count_calls(connection: AsyncConnection, wanted: CallFilter) -> dict[str, int]:
    """How many calls the filter finds by outcome, without its limit."""
    statement = sa.select(calls.c.outcome, sa.func.count()).where(*_conditions(wanted)).group_by(calls.c.outcome)
    return {row[0]: row[1] for row in await connection.execute(statement)}


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.run, row.seq, row.now_s, row.kind, row.type, row.call_id, row.agent_id, row.data)


async def call_story(connection: AsyncConnection, call_id: str) -> CallStory | None:
    """None if nothing is known of such a call."""

    async def rows(table: sa.Table, *order: sa.Column[Any]) -> Sequence[Mapping]:
        statement = sa.select(table).where(table.c.call_id == call_id).order_by(*order)
        return (await connection.execute(statement)).mappings().all()

    record = await rows(calls)
    found = await connection.execute(
        sa.select(journal).where(journal.c.call_id == call_id).order_by(journal.c.run, journal.c.seq)
    )
    entries = [_entry(row) for row in found]
    if not record and not entries:
        return None
    return CallStory(
        call_id,
        record[0] if record else None,
        await rows(queue_visits, queue_visits.c.visit),
        await rows(rings, rings.c.ring),
        await rows(wrap_ups, wrap_ups.c.run, wrap_ups.c.seq),
        entries,
    )


async def list_runs(connection: AsyncConnection) -> list[int]:
    """The runs of the switch that the journal knows, oldest first."""
    return list(await connection.scalars(sa.select(journal.c.run).distinct().order_by(journal.c.run)))


async def read_run(connection: AsyncConnection, run: int) -> list[tuple[float, Event | None]]:
    """What the engine was told in that run, to be told again: (now, event), None where only time passed.

    Raises `acd.store.journal.JournalHoleError`, `acd.store.codec.DecodeError`.
    """
    found = await connection.stream(sa.select(journal).where(journal.c.run == run).order_by(journal.c.seq))
    entries = [_entry(row) async for row in found]
    return [(now, event) for now, event, _ in steps_of(entries)]
