"""What an earlier run of the switch remembered, for the one that begins now."""

import asyncio
import json
import math
from collections.abc import Iterable
from typing import TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.core.events import Restored
from acd.core.memory import AgentMemory, CallMemory
from acd.store.codec import DecodeError, decode_memory
from acd.store.errors import StoreError
from acd.store.journal import AGENT, CALL
from acd.store.memory_fold import ENDED_SINCE_S, Moments
from acd.store.memory_table import read_memories
from acd.store.store import Store
from acd.store.tables import calls

READ_TIMEOUT_S = 10.0
"""A database that does not answer by then is away."""

_REMEDY = "Agents who are missing log in again; calls are taken up as the PBX shows them."

_IDS_PER_STATEMENT = 500

log = structlog.get_logger("acd.store")

Memory = TypeVar("Memory", CallMemory, AgentMemory)


async def recall(store: Store) -> Restored | None:
    """The last moment that came to the database or the spill; None if there is none.

    Call it before a recorder of this run is started. A memory that can't be read is left out, with a warning.
    """
    left = store.take_left()
    moments, ended = Moments(), set(left.ended)
    try:
        async with store.reading() as connection, asyncio.timeout(READ_TIMEOUT_S):
            moments = await read_memories(connection)
            moments.add(left.moments)
            watched_until = _last_sign(moments)
            if watched_until is None:
                return None
            ended.update(await _recorded(connection, moments, watched_until))
    except StoreError as error:
        log.warning("only what the spill holds of calls and agents is taken up again", fact=error.fact, remedy=_REMEDY)
        moments.add(left.moments)
        watched_until = _last_sign(moments)
        if watched_until is None:
            return None
    return Restored(
        watched_until,
        tuple(call for call in _read(moments, CALL, CallMemory) if call.call_id not in ended),
        tuple(_read(moments, AGENT, AgentMemory)),
        tuple(sorted(ended)),
    )


def _last_sign(moments: Moments) -> float | None:
    if not moments.switch:
        return None
    try:
        at = json.loads(moments.switch)["at"]
        if isinstance(at, int | float) and math.isfinite(at):
            return float(at)
    except (ValueError, TypeError, KeyError):
        pass
    log.warning("the switch's last sign of life can't be read: nothing is taken up again", stored=moments.switch[:100])
    return None


async def _recorded(connection: AsyncConnection, moments: Moments, last_sign: float) -> set[str]:
    """The calls that have their record: those of late, and any that is remembered."""
    late = sa.select(calls.c.call_id).where(calls.c.ended_at >= last_sign - ENDED_SINCE_S)
    found = set(await connection.scalars(late))
    ids = [subject for kind, subject in moments.memories if kind == CALL]
    for first in range(0, len(ids), _IDS_PER_STATEMENT):
        some = ids[first : first + _IDS_PER_STATEMENT]
        found.update(await connection.scalars(sa.select(calls.c.call_id).where(calls.c.call_id.in_(some))))
    return found


def _read(moments: Moments, kind: str, cls: type[Memory]) -> Iterable[Memory]:
    for (of_kind, subject), data in moments.memories.items():
        if of_kind != kind or not data:
            continue
        try:
            memory = decode_memory(cls, data)
        except DecodeError as error:
            log.warning(f"the memory of the {kind} {subject} can't be read, it is left out", fact=str(error))
            continue
        yield memory
