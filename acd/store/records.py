"""From reports to rows: one call's record, its visits and rings, the agents' states and wrap-ups."""

from dataclasses import dataclass, field
from typing import Any

from acd.core.reports import AgentMoved, CallEnded, CallRecord, RingRecord, VisitRecord, WrapUpFinished
from acd.store.codec import DecodeError, encode
from acd.store.journal import RECORD_TYPE_NAMES, Entry, report_of

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows that a batch of the journal adds to the other tables.

    `wrapped_up` are calls whose wrap-up time is to be summed; `unreadable` entries could not be made into records
    (a newer program wrote them): the journal keeps them.
    """

    calls: list[Row] = field(default_factory=list)
    queue_visits: list[Row] = field(default_factory=list)
    rings: list[Row] = field(default_factory=list)
    agent_states: list[Row] = field(default_factory=list)
    wrap_ups: list[Row] = field(default_factory=list)
    wrapped_up: set[str] = field(default_factory=set)
    unreadable: list[tuple[Entry, DecodeError]] = field(default_factory=list)


def storable(text: str) -> str:
    """Without what no database takes as text: NUL, and halves of surrogate pairs. The journal keeps it exactly."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


def _clean(row: Row) -> Row:
    return {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}


def _call_row(record: CallRecord) -> Row:
    return {
        "call_id": record.call_id,
        "dialled": record.dialled,
        "caller_number": record.caller_number,
        "caller_name": record.caller_name,
        "language": record.language,
        "topic": record.topic,
        "arrived_at": record.arrived_at,
        "answered_at": record.answered_at or None,
        "ended_at": record.ended_at,
        "outcome": record.outcome.value,
        "reason": record.reason,
        "place": record.place,
        "hung_up_by": record.hung_up_by.value,
        "queue_id": record.queue_id,
        "agent_id": record.agent_id,
        "ivr_s": record.ivr_s,
        "wait_s": record.wait_s,
        "ring_s": record.ring_s,
        "talk_s": record.talk_s,
        "hold_s": record.hold_s,
        "wrap_up_s": None,
        "ivr_path": encode(record.ivr_path),
        "unwatched_s": record.unwatched_s,
        "fell_back": record.fell_back,
    }


def _visit_row(call_id: str, number: int, visit: VisitRecord) -> Row:
    return {
        "call_id": call_id,
        "visit": number,
        "queue_id": visit.queue_id,
        "entered_at": visit.entered_at,
        "left_at": visit.left_at or None,
        "outcome": visit.outcome.value,
        "wait_s": visit.wait_s,
        "agent_id": visit.agent_id,
        "flowed_out_to": visit.flowed_out_to,
    }


def _ring_row(call_id: str, number: int, ring: RingRecord) -> Row:
    return {
        "call_id": call_id,
        "ring": number,
        "reservation_id": ring.reservation_id,
        "agent_id": ring.agent_id,
        "queue_id": ring.queue_id,
        "created_at": ring.created_at,
        "ringing_at": ring.ringing_at or None,
        "ended_at": ring.ended_at or None,
        "outcome": ring.outcome,
        "reason": ring.reason,
        "decision": ring.decision,
    }


def _state_row(entry: Entry, moved: AgentMoved) -> Row:
    return {
        "run": entry.run,
        "seq": entry.seq,
        "agent_id": moved.agent_id,
        "at": moved.at,
        "state": moved.before,
        "seconds": moved.seconds,
        "next_state": moved.after,
        "cause": moved.trigger,
        "reason": moved.reason,
        "call_id": moved.call_id,
    }


def _wrap_up_row(entry: Entry, finished: WrapUpFinished) -> Row:
    return {
        "run": entry.run,
        "seq": entry.seq,
        "call_id": finished.call_id,
        "agent_id": finished.agent_id,
        "queue_id": finished.queue_id,
        "ended_at": finished.at,
        "wrap_up_s": finished.wrap_up_s,
    }


def _add_call(rows: Rows, record: CallRecord) -> None:
    rows.calls.append(_clean(_call_row(record)))
    rows.queue_visits += [_clean(_visit_row(record.call_id, i, visit)) for i, visit in enumerate(record.visits, 1)]
    rows.rings += [_clean(_ring_row(record.call_id, i, ring)) for i, ring in enumerate(record.rings, 1)]
    # A wrap-up can end before the call does: the caller may still answer the survey.
    rows.wrapped_up.add(storable(record.call_id))


def _add_record(rows: Rows, entry: Entry) -> None:
    match report_of(entry):
        case CallEnded(record=record):
            _add_call(rows, record)
        case AgentMoved() as moved:
            rows.agent_states.append(_clean(_state_row(entry, moved)))
        case WrapUpFinished() as finished:
            rows.wrap_ups.append(_clean(_wrap_up_row(entry, finished)))
            rows.wrapped_up.add(storable(finished.call_id))


def add_records(rows: Rows, entry: Entry) -> None:
    """Add what is made from the entry, if anything is."""
    if entry.kind == "report" and entry.type in RECORD_TYPE_NAMES:
        try:
            _add_record(rows, entry)
        except DecodeError as error:
            rows.unreadable.append((entry, error))
