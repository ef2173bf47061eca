"""The journal's entries: what the engine was told and what it made of it, in order.

A step is one call of the engine. Its first entry is the event (`TimePassed` if there was none), the reports follow.
Entries are numbered through, so that a hole shows that some were dropped.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from acd.core.events import Event
from acd.core.reports import AgentMoved, CallEnded, NoTransition, Report, WrapUpFinished
from acd.store.codec import decode_event, decode_report, encode

TIME_PASSED = "TimePassed"
"""The type of the event entry of a step without an event: the engine was only told the time."""

MEMORY = "memory"
"""The kind of entries that are not of the journal: they travel with it to the table of memories."""

CALL, AGENT, SWITCH = "call", "agent", "switch"
"""The types of entries of the memory: of a call, of an agent, and the one that ends a moment."""

RECORD_TYPES = (CallEnded, WrapUpFinished, AgentMoved)
"""The reports from which records are made. They are kept when all else must go."""

RECORD_TYPE_NAMES = frozenset(cls.__name__ for cls in RECORD_TYPES)


class Step(NamedTuple):
    """One call of the engine. `seq` is the number of its first entry. `partial`: only reports are left of it."""

    seq: int
    now: float
    event: Event | None
    reports: tuple[Report, ...]
    partial: bool = False

    @property
    def entry_count(self) -> int:
        return len(self.reports) + (not self.partial)


class Entry(NamedTuple):
    """One row of the journal. `now` is the engine's clock in the step; `data` is JSON text."""

    run: int
    seq: int
    now: float
    kind: str
    type: str
    call_id: str | None
    agent_id: str | None
    data: str


def journal_count(entries: Iterable[Entry]) -> int:
    """How many of them are of the journal."""
    return sum(entry.kind != MEMORY for entry in entries)


def _about(item: Event | Report) -> tuple[str | None, str | None]:
    """The call and the agent that an event or report is about."""
    if isinstance(item, NoTransition):
        subject = item.subject or None
        match item.machine:
            case "agent":
                return None, subject
            case "reservation":  # named <call id>.<attempt>
                return item.subject.rpartition(".")[0] or None, None
            case _:
                return subject, None
    if isinstance(item, CallEnded):
        return item.record.call_id, item.record.agent_id or None
    return getattr(item, "call_id", None) or None, getattr(item, "agent_id", None) or None


def text_of(item: object) -> str:
    """As JSON; an item with something in it that can't be stored must not stop all others."""
    try:
        return encode(item)
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"$unstorable": repr(item), "error": str(error)})


def entries_of(run: int, step: Step) -> Iterator[Entry]:
    seq = step.seq
    if not step.partial:
        if step.event is None:
            yield Entry(run, seq, step.now, "event", TIME_PASSED, None, None, "{}")
        else:
            yield Entry(
                run, seq, step.now, "event", type(step.event).__name__, *_about(step.event), text_of(step.event)
            )
        seq += 1
    for report in step.reports:
        yield Entry(run, seq, step.now, "report", type(report).__name__, *_about(report), text_of(report))
        seq += 1


def records_only(step: Step) -> Iterator[Step]:
    """What must be kept of a step when the rest is dropped: the reports that records are made from."""
    first = step.seq + (not step.partial)
    for index, report in enumerate(step.reports):
        if isinstance(report, RECORD_TYPES):
            yield Step(first + index, step.now, None, (report,), partial=True)


def event_of(entry: Entry) -> Event | None:
    """None: time passed. Raises `DecodeError`."""
    return None if entry.type == TIME_PASSED else decode_event(entry.type, entry.data)


def report_of(entry: Entry) -> Report:
    """Raises `DecodeError`."""
    return decode_report(entry.type, entry.data)


class JournalHoleError(ValueError):
    """Entries of a run are missing, so it can't be replayed past this point."""


def steps_of(entries: Iterable[Entry]) -> Iterator[tuple[float, Event | None, Sequence[Report]]]:
    """The steps that ordered entries of one run hold, each as an `Observer` was given it.

    Raises `JournalHoleError` where entries were dropped, `DecodeError` where one can't be read.
    """
    now, event, reports, last_seq = 0.0, None, list[Report](), 0
    for entry in entries:
        if last_seq and entry.seq != last_seq + 1:
            raise JournalHoleError(f"run {entry.run} lacks the entries {last_seq + 1} to {entry.seq - 1}")
        if entry.kind == "event":
            if last_seq:
                yield now, event, reports
            now, event, reports = entry.now, event_of(entry), []
        else:
            reports.append(report_of(entry))
        last_seq = entry.seq
    if last_seq:
        yield now, event, reports
