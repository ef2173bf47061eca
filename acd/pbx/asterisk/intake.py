"""Messages of one AMI connection -> whoever waits for them.

An event's first line tells its name, so one nobody wants costs a look at that line and no more.

| first line | goes to |
|---|---|
| `Response: ...` | the request with its ActionID |
| `Event: ...` with the ActionID of an open list | that list |
| `Event: AsyncAGIExec` with the CommandID of an open command | that command |
| `Event: AsyncAGIEnd`, `Hangup` | the channel's open commands, and `on_event` if wanted |
| `Event: ...`, wanted | `on_event`, once `begin_delivery` was called |
| anything else | counted; reading goes on at the next message |
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog

from acd.pbx.asterisk.agi import AGI_EVENTS, AgiCommands
from acd.pbx.asterisk.message import Message, parse_message
from acd.pbx.asterisk.requests import Requests

_log = structlog.get_logger(__name__)
_EVENT = b"Event: "
_RESPONSE = b"Response: "
BOOTED = b"Event: FullyBooted"
SHUTDOWN = b"Event: Shutdown"


@dataclass(slots=True)
class Counters:
    """What came in since the link was made; for metrics."""

    delivered: int = 0
    dropped: int = 0
    unreadable: int = 0
    callback_errors: int = 0


class Intake:
    """Sorts what one connection receives."""

    def __init__(
        self,
        *,
        wanted: Collection[str],
        on_event: Callable[[Message], None],
        requests: Requests,
        commands: AgiCommands,
        id_prefix: str,
        counters: Counters,
        on_sign: Callable[[bytes], None],
    ) -> None:
        self._on_event = on_event
        self._requests = requests
        self._commands = commands
        self._list_mark = b"\r\nActionID: " + id_prefix.encode()
        self._counters = counters
        self._on_sign = on_sign
        self._wanted_later = frozenset(_EVENT + name.encode() for name in wanted)
        self._agi_lines = frozenset(_EVENT + name.encode() for name in AGI_EVENTS)
        self._wanted: frozenset[bytes] = frozenset()
        self._plain: frozenset[bytes] = frozenset()

    def begin_delivery(self) -> None:
        """From now on wanted events go to `on_event`."""
        self._wanted = self._wanted_later
        self._plain = self._wanted - self._agi_lines - {BOOTED, SHUTDOWN}

    def take(self, messages: list[bytes]) -> None:
        """No message, and no callback, keeps the rest from being read."""
        plain, requests, counters = self._plain, self._requests, self._counters
        for raw in messages:
            line = raw.partition(b"\r\n")[0]
            if line in plain and not requests.lists_open:
                message = parse_message(raw)
                try:
                    self._on_event(message)
                except Exception:
                    self._callback_failed(message)
                counters.delivered += 1
            else:
                try:
                    self._sort(line, raw)
                except Exception:  # ours to repair, but no reason to lose the link
                    _log.exception("ami_message_failed", first_bytes=len(line), length=len(raw))

    def _sort(self, line: bytes, raw: bytes) -> None:
        if line.startswith(_RESPONSE):
            self._requests.answered(parse_message(raw))
        elif line.startswith(_EVENT):
            self._sort_event(line, raw)
        elif line:
            self._resynchronise(raw)
        elif raw.strip(b"\r\n"):  # one line break too many before the message
            self.take([raw.lstrip(b"\r\n")])

    def _sort_event(self, line: bytes, raw: bytes) -> None:
        message: Message | None = None
        if self._requests.lists_open and self._list_mark in raw:
            message = parse_message(raw)
            if self._requests.collected(message):
                return
        if line in self._agi_lines and len(self._commands):
            message = message or parse_message(raw)
            if self._commands.take(message):
                return
        if line in self._wanted:
            self._deliver(message or parse_message(raw))
        else:
            self._counters.dropped += 1
        if line in (BOOTED, SHUTDOWN):
            self._on_sign(line)

    def _deliver(self, message: Message) -> None:
        self._counters.delivered += 1
        try:
            self._on_event(message)
        except Exception:
            self._callback_failed(message)

    def _callback_failed(self, message: Message) -> None:
        self._counters.callback_errors += 1
        _log.exception("ami_event_callback_failed", ami_event=message.name)

    def _resynchronise(self, raw: bytes) -> None:
        """Bytes before a message are cut off; without a message in them they are left out whole."""
        self._counters.unreadable += 1
        count = self._counters.unreadable
        if count & (count - 1) == 0:  # 1st, 2nd, 4th, 8th ...: garbage doesn't fill the log
            _log.warning("ami_unreadable", length=len(raw), unreadable_so_far=count)
        starts = [at for at in (raw.find(b"\n" + _EVENT), raw.find(b"\n" + _RESPONSE)) if at >= 0]
        if starts:
            self.take([raw[min(starts) + 1 :]])
