"""The table of memories: moments written in the transaction of their records, and read again at the next start.

The row of the kind `switch` is the newest moment: its number stands guard, so that a write that was given up on and
gets through after all never puts older memories over newer ones.
"""

import asyncio
from functools import cache

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.store.inserting import insert_into
from acd.store.journal import SWITCH
from acd.store.memory_fold import Moments
from acd.store.records import storable
from acd.store.tables import memories

# The engine gets its turn after each.
_ROWS_PER_STATEMENT = 500

_PARAMETERS = {column.name: sa.bindparam(column.name, type_=column.type) for column in memories.columns}


@cache
def _put_statement(dialect: sa.Dialect) -> str:
    """As the driver takes it: without the parameters' usual treatment it costs a third as much."""
    insert = insert_into(memories, dialect.name).values(_PARAMETERS)
    put = insert.on_conflict_do_update(
        index_elements=["kind", "id"], set_={name: insert.excluded[name] for name in ("run", "seq", "data")}
    )
    compiled = put.compile(dialect=dialect)
    if tuple(getattr(compiled, "positiontup", None) or ()) != tuple(_PARAMETERS):
        raise RuntimeError("the columns of the memories are not in the order in which rows are made")
    return str(compiled)


_FORGET = sa.delete(memories).where(
    memories.c.kind == sa.bindparam("of_kind"), memories.c.id.in_(sa.bindparam("ids", expanding=True))
)

_GUARD = sa.and_(memories.c.kind == SWITCH, memories.c.id == "")


async def _is_next(connection: AsyncConnection, moments: Moments) -> bool:
    """Whether this is the newest moment; then its number is set, and held against all other writers."""
    run, seq = moments.version
    newest = {"run": run, "seq": seq, "data": moments.switch}
    same_run = sa.update(memories).where(_GUARD, memories.c.run == run, memories.c.seq <= seq).values(newest)
    if (await connection.execute(same_run)).rowcount:
        return True
    new_run = sa.update(memories).where(_GUARD, memories.c.run < run).values(newest)
    if (await connection.execute(new_run)).rowcount:
        await connection.execute(sa.delete(memories).where(memories.c.run < run))
        return True
    insert = insert_into(memories, connection.dialect.name)
    first = insert.values(kind=SWITCH, id="", **newest).on_conflict_do_nothing()
    return bool((await connection.execute(first)).rowcount)


async def write_memories(connection: AsyncConnection, moments: Moments) -> None:
    """Within the caller's transaction; moments older than the stored ones change nothing."""
    if not moments.switch or not await _is_next(connection, moments):
        return
    put, forget = [], dict[str, list[str]]()
    run, seq = moments.version
    for (kind, subject), data in moments.memories.items():
        if data:
            put.append((kind, storable(subject), run, seq, data))
        else:
            forget.setdefault(kind, []).append(storable(subject))
    statement = _put_statement(connection.dialect)
    for first in range(0, len(put), _ROWS_PER_STATEMENT):
        await connection.exec_driver_sql(statement, put[first : first + _ROWS_PER_STATEMENT])
        await asyncio.sleep(0)
    for kind, ids in forget.items():
        for first in range(0, len(ids), _ROWS_PER_STATEMENT):
            await connection.execute(_FORGET, {"of_kind": kind, "ids": ids[first : first + _ROWS_PER_STATEMENT]})


async def read_memories(connection: AsyncConnection) -> Moments:
    """What the newest run remembered; empty (its `switch` is "") if none ever did."""
    moments = Moments()
    rows = (await connection.execute(sa.select(memories))).all()
    for row in rows:
        if row.kind == SWITCH and row.id == "":
            moments.version, moments.switch = (row.run, row.seq), row.data
    for row in rows:
        if row.kind != SWITCH and row.run == moments.version[0]:
            moments.memories[row.kind, row.id] = row.data
    return moments
