"""The log: one line an event, with the call's id, no personal data in clear, and never in the way of a call.

Lines are made and written on a thread of their own behind a bounded queue: a terminal that is held or a full pipe
stops the log, not the switch. What no longer fits is dropped and counted, and the count is logged.
"""

import atexit
import logging
import queue
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from acd.core.events import Event, Restored
from acd.core.masking import mask_name, mask_number
from acd.core.reports import (
    AgentMoved,
    AgentPhone,
    AgentRestored,
    CallEnded,
    CallEstablished,
    CallMoved,
    CallOpened,
    CallQueued,
    CallRestored,
    Decided,
    NoTransition,
    PbxLink,
    Report,
    ReservationEnded,
)

LogFormat = Literal["auto", "json", "console"]
LOG_FORMATS: tuple[LogFormat, ...] = ("auto", "json", "console")
LOG_LEVELS = ("debug", "info", "warning", "error")
LINES_WAITING_MAX = 10_000

NUMBER_KEYS = frozenset({"caller_number", "number", "callerid", "caller_id", "caller"})
NAME_KEYS = frozenset({"caller_name", "name_of_caller"})
MOBILE_NUMBER = re.compile(r"(?<!\d)(?:\+?86|0086|0)?1[3-9]\d{9}(?!\d)")
# A caller's name may hold anything: shown raw it could forge lines or command the reader's terminal.
CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


# ---- what a line may show ----


def mask_personal_data(logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    """Mask callers' numbers and names by the field's name, and mobile numbers wherever they stand in a text."""
    for key, value in fields.items():
        if key in NUMBER_KEYS and isinstance(value, str):
            fields[key] = mask_number(value).translate(CONTROL)
        elif key in NAME_KEYS and isinstance(value, str):
            fields[key] = mask_name(value).translate(CONTROL)
        elif key == "exception":
            fields[key] = _mask_mobiles(value)
        elif not key.startswith("_"):
            fields[key] = _mask_value(value)
    return fields


def _mask_value(value: Any) -> Any:
    if isinstance(value, str):
        return _mask_mobiles(value).translate(CONTROL)
    if isinstance(value, dict):
        return dict(mask_personal_data(None, "", {str(key): inner for key, inner in value.items()}))
    if isinstance(value, list | tuple | set | frozenset):
        return [_mask_value(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _mask_mobiles(str(value)).translate(CONTROL)


def _mask_mobiles(text: str) -> str:
    return MOBILE_NUMBER.sub(lambda found: mask_number(found.group()), text)


# ---- how it is written ----


class LogQueue(QueueHandler):
    """Hands records over as they are; drops what does not fit."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord]") -> None:
        super().__init__(lines)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
            return
        if self.dropped and not self.queue.full():  # type: ignore[attr-defined]
            dropped, self.dropped = self.dropped, 0
            structlog.get_logger("log").warning("log_lines_dropped", count=dropped)


def set_up(
    log_format: LogFormat = "auto", level: str = "info", stream: TextIO | None = None
) -> Callable[[], None]:
    """Log to `stream` (standard error): JSON, or for people's eyes if it is a terminal. Returns what ends it.

    Other libraries' records go the same way and are masked the same; below warning they are left out.
    """
    out = stream if stream is not None else sys.stderr
    console = log_format == "console" or (log_format == "auto" and out.isatty())
    lines: queue.Queue[logging.LogRecord] = queue.Queue(LINES_WAITING_MAX)
    writer = logging.StreamHandler(out)
    writer.setFormatter(_make_formatter(console, out.isatty()))
    listener = QueueListener(lines, writer)
    root = logging.getLogger()
    root.handlers[:] = [LogQueue(lines)]
    root.setLevel(logging.WARNING)
    logging.getLogger("hotline").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_make_logger,
    )
    listener.start()

    def end() -> None:
        atexit.unregister(end)
        listener.stop()

    atexit.register(end)
    return end


def _make_logger(*names: str) -> logging.Logger:
    return logging.getLogger(".".join(("hotline", *names)))


def _make_formatter(console: bool, colours: bool) -> logging.Formatter:
    renderers: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=24)]
        if console
        else [structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            _add_origin,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            mask_personal_data,
            *renderers,
        ]
    )


def _add_origin(logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    record: logging.LogRecord = fields["_record"]
    fields["level"] = record.levelname.lower()
    fields["logger"] = record.name.removeprefix("hotline.")
    fields["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return fields


# ---- what the engine did ----


# An agent's states while a call is theirs: leaving one of these for no reason of its own is a step of that call.
CALL_STATES = frozenset({"reserved", "on_call", "wrap_up"})


class LogReports:
    """An observer. At info: each call once, at its end, and what agents do beside calls; each step at debug; what
    should not be as a warning. The journal keeps every step in any case."""

    def __init__(self) -> None:
        # Bound once: it is asked many times a call, and mostly says nothing.
        log = structlog.get_logger("engine").bind()
        self._log = log
        self._tell_by_type: dict[type, Callable[[Any], None]] = {
            CallOpened: lambda r: log.debug(
                "call_opened", call_id=r.call_id, dialled=r.dialled, caller_number=r.caller_number
            ),
            CallQueued: lambda r: log.debug(
                "call_queued", call_id=r.call_id, queue_id=r.queue_id, position=r.position
            ),
            CallEstablished: lambda r: log.debug(
                "call_established", call_id=r.call_id, reservation_id=r.reservation_id, agent_id=r.agent_id,
                queue_id=r.queue_id, wait_s=round(r.wait_s, 3),
            ),
            CallEnded: self._tell_call_ended,
            AgentMoved: self._tell_agent_moved,
            ReservationEnded: self._tell_reservation_ended,
            PbxLink: self._tell_link,
            CallRestored: lambda r: log.debug("call_restored", call_id=r.call_id, place=r.place, agent_id=r.agent_id),
            AgentRestored: lambda r: log.debug("agent_restored", agent_id=r.agent_id, state=r.state, reason=r.reason),
            NoTransition: lambda r: log.warning(
                "no_transition", machine=r.machine, subject=r.subject, state=r.state, trigger=r.trigger
            ),
            CallMoved: lambda r: log.debug(
                "call_moved", call_id=r.call_id, before=r.before, trigger=r.trigger, after=r.after
            ),
            Decided: self._tell_decision,
            AgentPhone: lambda r: log.debug("agent_phone", agent_id=r.agent_id, phone=r.phone, busy=r.busy),
        }  # fmt: skip

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if isinstance(event, Restored):
            self._log.warning(
                "switch_restored", calls=len(event.calls), agents=len(event.agents),
                away_s=round(now - event.watched_until, 3),
            )  # fmt: skip
        for report in reports:
            tell = self._tell_by_type.get(type(report))
            if tell is not None:
                tell(report)

    def _tell_call_ended(self, report: CallEnded) -> None:
        record = report.record
        self._log.info(
            "call_ended", call_id=record.call_id, outcome=record.outcome, reason=record.reason, place=record.place,
            queue_id=record.queue_id, agent_id=record.agent_id, hung_up_by=record.hung_up_by,
            wait_s=round(record.wait_s, 3), talk_s=round(record.talk_s, 3),
        )  # fmt: skip

    def _tell_agent_moved(self, report: AgentMoved) -> None:
        steps_of_a_call = (report.before in CALL_STATES and not report.reason) or report.trigger == "reserve"
        tell = self._log.debug if steps_of_a_call else self._log.info
        tell(
            "agent_moved", agent_id=report.agent_id, before=report.before, trigger=report.trigger,
            after=report.after, reason=report.reason, call_id=report.call_id,
        )  # fmt: skip

    def _tell_reservation_ended(self, report: ReservationEnded) -> None:
        tell = self._log.debug if report.outcome == "accepted" else self._log.info
        tell(
            "reservation_ended", call_id=report.call_id, reservation_id=report.reservation_id,
            agent_id=report.agent_id, outcome=report.outcome, reason=report.reason, ring_s=round(report.ring_s, 3),
        )  # fmt: skip

    def _tell_link(self, report: PbxLink) -> None:
        if report.up:
            self._log.info("pbx_link_up")
        else:
            self._log.warning("pbx_link_down", reason=report.reason)

    def _tell_decision(self, report: Decided) -> None:
        if self._log.is_enabled_for(logging.DEBUG):
            self._log.debug(
                "decided", call_id=report.call_id, queue_id=report.queue_id, decision=str(report.decision)
            )
