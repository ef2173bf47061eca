"""The runtime: one inbox, the engine, and one timer. Knows no PBX, no loop and no clock of its own, so that the same
runtime lives on asyncio in service and on virtual time in simulations."""

from collections import deque
from collections.abc import Callable, Sequence

import structlog

from acd.core.commands import Command, Reply
from acd.core.engine import Engine
from acd.core.events import Event
from acd.core.observer import Observer

log = structlog.get_logger()

Cancel = Callable[[], None]
Arm = Callable[[float, Callable[[], None]], Cancel]
"""Call the function at a time of the runtime's clock; returns what calls it off."""


class Runtime:
    """Takes events in, one at a time and in order; performs the engine's commands; tells the observers.

    `perform` must not wait. An event that the engine fails on is logged with its traceback and counted in
    `failures`: one bad event must not stop every other call. `on_reply` gets the engine's answers to agents.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float],
        arm: Arm,
        perform: Callable[[Command], None],
        on_reply: Callable[[Reply], None],
        observers: Sequence[Observer] = (),
    ) -> None:
        self.engine = engine
        self.failures = 0
        self._clock, self._arm = clock, arm
        self._perform, self._on_reply = perform, on_reply
        self._observers = tuple(observers)
        self._inbox: deque[Event] = deque()
        self._draining = False
        self._now = 0.0
        self._armed_at: float | None = None
        self._disarm: Cancel | None = None

    @property
    def inbox_length(self) -> int:
        return len(self._inbox)

    def now(self) -> float:
        """The clock, never going back."""
        self._now = max(self._now, self._clock())
        return self._now

    def post(self, event: Event) -> None:
        """Hand the engine an event. What commands cause at once is handled after it, never inside it."""
        self._inbox.append(event)
        if not self._draining:
            self._drain()

    def _drain(self) -> None:
        self._draining = True
        try:
            while self._inbox:
                event = self._inbox.popleft()
                now = self.now()
                self._pass_time(now)
                self._step(event, now)
        finally:
            self._draining = False
        self._rearm()

    def _pass_time(self, now: float) -> None:
        due = self.engine.next_deadline()
        if due is not None and due <= now:
            self._step(None, now)

    def _on_time(self) -> None:
        self._armed_at = None
        self._draining = True
        try:
            self._pass_time(self.now())
        finally:
            self._draining = False
        self._drain()

    def _step(self, event: Event | None, now: float) -> None:
        try:
            commands = self.engine.advance(now) if event is None else self.engine.handle(event, now)
        except Exception:
            self.failures += 1
            # The type alone: events carry personal data. The journal holds the rest.
            log.exception("engine failed on an event", event_type=type(event).__name__)
            commands = []
        reports = self.engine.take_reports()
        for observer in self._observers:
            observer.observe(now, event, reports)
        for command in commands:
            if isinstance(command, Reply):
                self._on_reply(command)
            else:
                self._perform(command)

    def _rearm(self) -> None:
        due = self.engine.next_deadline()
        if due == self._armed_at:
            return
        if self._disarm is not None:
            self._disarm()
            self._disarm = None
        self._armed_at = due
        if due is not None:
            self._disarm = self._arm(due, self._on_time)
