"""The tables, as SQLAlchemy Core values.

The journal is what happened, in order, and is only ever appended to. All other tables are made from it: a `calls` row
from each `CallEnded`, with its `queue_visits` and `rings`; an `agent_states` row from each `AgentMoved`; a
`wrap_ups` row from each `WrapUpFinished`. Every key comes from what is stored and not from a counter of the
database, so that writing the same thing twice changes nothing.

Only `memories` change: they are what the switch must know of open calls and of agents if it is killed, as of the last
batch that was written, and are void when a later run has written its own.

Rows of the journal are keyed by the run of the switch that wrote them (its start, in microseconds since the epoch)
and a number that counts up from 1 within the run. A hole in the numbers means that entries were dropped.

Times are UTC: `timestamp with time zone` in PostgreSQL, `2026-01-31T08:00:00.000000Z` in SQLite (which sorts as time).
Durations are seconds. In Python a time is a float, seconds since the epoch; NULL is the reports' 0, not known.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

SCHEMA_VERSION = "0002"
"""The newest migration; what the tables below describe."""


def utc_datetime(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def utc_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat("T", "microseconds")[:-6] + "Z"


class UtcTime(TypeDecorator[float]):
    """Seconds since the epoch in Python, a UTC time of microseconds in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return String(27) if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: float | None, dialect: Dialect) -> str | datetime | None:
        if value is None:
            return None
        return utc_text(value) if dialect.name == "sqlite" else utc_datetime(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).timestamp()
        moment: datetime = value
        return moment.timestamp()


metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    # The engine's own clock, exact: a replay must be given the same floats.
    Column("now_s", Double, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("type", String(64), nullable=False),
    Column("call_id", Text),
    Column("agent_id", Text),
    # JSON and not JSONB: the order of keys is part of an event, and a replay must see the same.
    Column("data", JSON, nullable=False),
    sqlite_with_rowid=False,
)
# Of entries about a call alone, as its migration says in the words of either database.
Index("journal_by_call", journal.c.call_id, journal.c.run, journal.c.seq)

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("dialled", Text, nullable=False),
    Column("caller_number", Text, nullable=False),
    Column("caller_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("arrived_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("ended_at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("hung_up_by", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("ivr_s", Double, nullable=False),
    Column("wait_s", Double, nullable=False),
    Column("ring_s", Double, nullable=False),
    Column("talk_s", Double, nullable=False),
    Column("hold_s", Double, nullable=False),
    # The sum of the call's wrap_ups; NULL until the first of them ended.
    Column("wrap_up_s", Double),
    Column("ivr_path", JSON, nullable=False),
    Column("unwatched_s", Double, nullable=False, server_default=text("0")),
    Column("fell_back", Boolean, nullable=False, server_default=false()),
)
Index("calls_by_arrival", calls.c.arrived_at)
Index("calls_by_end", calls.c.ended_at)
Index("calls_by_queue", calls.c.queue_id, calls.c.arrived_at)
Index("calls_by_agent", calls.c.agent_id, calls.c.arrived_at)

queue_visits = Table(
    "queue_visits",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("visit", Integer, primary_key=True, autoincrement=False),
    Column("queue_id", Text, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
    Column("left_at", UtcTime),
    Column("outcome", Text, nullable=False),
    Column("wait_s", Double, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("flowed_out_to", Text, nullable=False),
)
Index("queue_visits_by_queue", queue_visits.c.queue_id, queue_visits.c.entered_at)

rings = Table(
    "rings",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("ring", Integer, primary_key=True, autoincrement=False),
    Column("reservation_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ringing_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decision", Text, nullable=False),
)
Index("rings_by_agent", rings.c.agent_id, rings.c.created_at)

agent_states = Table(
    "agent_states",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("agent_id", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    # The state that ended then, and how long it had lasted.
    Column("state", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("next_state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("call_id", Text, nullable=False),
)
Index("agent_states_by_agent", agent_states.c.agent_id, agent_states.c.at)

wrap_ups = Table(
    "wrap_ups",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("call_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("queue_id", Text, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("wrap_up_s", Double, nullable=False),
)
Index("wrap_ups_by_call", wrap_ups.c.call_id)

memories = Table(
    "memories",
    metadata,
    # `call`, `agent`, or `switch` (id ""): the last sign of life, and the number of the newest moment.
    Column("kind", String(8), primary_key=True),
    Column("id", Text, primary_key=True),
    # The run that remembers it, and the last entry of its journal that it then knew of.
    Column("run", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
