"""What the switch wrote down: the records of its SQLite database, read by themselves."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Visit:
    queue_id: str
    entered_at: float
    left_at: float
    outcome: str
    wait_s: float


@dataclass(frozen=True)
class Ring:
    reservation_id: str
    agent_id: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class Record:
    """Times in UTC seconds, 0 for none."""

    call_id: str
    number: str
    dialled: str
    outcome: str
    reason: str
    place: str
    hung_up_by: str
    queue_id: str
    agent_id: str
    arrived_at: float
    answered_at: float
    ended_at: float
    wait_s: float
    talk_s: float
    unwatched_s: float
    fell_back: bool
    ivr_path: tuple[str, ...]
    visits: tuple[Visit, ...]
    rings: tuple[Ring, ...]


def read_records(database: Path) -> list[Record]:
    """All calls, in the order of their arrival."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        visits = connection.execute("SELECT * FROM queue_visits ORDER BY call_id, visit").fetchall()
        rings = connection.execute("SELECT * FROM rings ORDER BY call_id, ring").fetchall()
        calls = connection.execute("SELECT * FROM calls ORDER BY arrived_at, call_id").fetchall()
    return [_record(call, visits, rings) for call in calls]


def _record(call: sqlite3.Row, visits: Sequence[sqlite3.Row], rings: Sequence[sqlite3.Row]) -> Record:
    call_id = call["call_id"]
    return Record(
        call_id, call["caller_number"], call["dialled"], call["outcome"], call["reason"], call["place"],
        call["hung_up_by"], call["queue_id"], call["agent_id"], _seconds(call["arrived_at"]),
        _seconds(call["answered_at"]), _seconds(call["ended_at"]), call["wait_s"], call["talk_s"], call["unwatched_s"],
        bool(call["fell_back"]), tuple(json.loads(call["ivr_path"])),
        tuple(Visit(v["queue_id"], _seconds(v["entered_at"]), _seconds(v["left_at"]), v["outcome"], v["wait_s"])
              for v in visits if v["call_id"] == call_id),
        tuple(Ring(r["reservation_id"], r["agent_id"], r["outcome"], r["reason"])
              for r in rings if r["call_id"] == call_id),
    )  # fmt: skip


def _seconds(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0
