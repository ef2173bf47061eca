"""What phones tell, kept in order, and waited for with a deadline."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class PhoneTimeoutError(AssertionError):
    """What a test or demo waited for did not happen in time; the message says what did."""


class PhoneGoneError(RuntimeError):
    """The process of a phone ended, or refused an order."""


@dataclass(frozen=True)
class PhoneEvent:
    """One thing that happened on a phone. `at` is in seconds of CLOCK_MONOTONIC; `call` is None for the line's own.

    Kinds of a line: registered, unregistered, registration_failed. Kinds of a call: incoming (caller, headers),
    ringing (code), answered (code), confirmed, media (codec, remote), dtmf (digit, method), disconnected
    (code, reason, by: here or there, answered, talk_s, rx_packets, tx_packets).
    """

    kind: str
    line: str
    call: int | None
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]


class EventLog:
    """Events in the order they came. Waiting never consumes: an event that has happened is found at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[PhoneEvent] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self._broken = ""

    def add(self, event: PhoneEvent) -> None:
        self.events.append(event)
        self._wake()

    def break_off(self, why: str) -> None:
        """No event will come any more: everyone who waits gets `PhoneGoneError`."""
        self._broken = why
        self._wake()

    def all(self, kind: str) -> list[PhoneEvent]:
        return [event for event in self.events if event.kind == kind]

    def has(self, kind: str) -> bool:
        return any(event.kind == kind for event in self.events)

    async def first(
        self,
        *kinds: str,
        timeout_s: float,
        start: int = 0,
        match: Callable[[PhoneEvent], bool] = lambda event: True,
    ) -> PhoneEvent:
        """Return the first event of one of `kinds` at or after position `start` that `match` accepts.

        Raises PhoneTimeoutError after `timeout_s`, PhoneGoneError when the phone's process ended.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            while start < len(self.events):
                event = self.events[start]
                start += 1
                if event.kind in kinds and match(event):
                    return event
            if self._broken:
                raise PhoneGoneError(f"{self.name}: {self._broken}")
            if not await self._more(deadline):
                seen = ", ".join(event.kind for event in self.events[-12:]) or "nothing"
                raise PhoneTimeoutError(f"{self.name}: no {' or '.join(kinds)} within {timeout_s:g} s; seen: {seen}")

    async def _more(self, deadline: float) -> bool:
        loop = asyncio.get_running_loop()
        change: asyncio.Future[None] = loop.create_future()
        self._waiting.add(change)
        try:
            await asyncio.wait_for(change, deadline - loop.time())
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(change)
        return True

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)
        self._waiting.clear()
