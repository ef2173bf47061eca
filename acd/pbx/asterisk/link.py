"""The AMI link: one connection to Asterisk, kept alive; requests with deadlines; wanted events.

Rules:
- Nothing is ever sent twice. A request that a lost connection leaves open fails with AmiDown; whether
  Asterisk acted on it is unknown. After `on_up` the owner reads the PBX's state and decides.
- `on_event` is called between `on_up` and `on_down` only. Events lost while down do not come again.
- One attempt to connect at a time; waits between attempts grow and are jittered; a refused login is
  tried again after `refused_retry_s`, and each cause is logged once.
- Everything runs in the event loop's thread; callbacks are plain functions and must not block.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Collection
from math import isfinite
from typing import Any

import structlog

from acd.pbx.asterisk.action import Action, encode_action
from acd.pbx.asterisk.agi import AgiResult
from acd.pbx.asterisk.backoff import Backoff
from acd.pbx.asterisk.connection import AmiConnection, ConnectFailed
from acd.pbx.asterisk.errors import AmiDown
from acd.pbx.asterisk.intake import Counters
from acd.pbx.asterisk.message import Message, Response
from acd.pbx.asterisk.requests import Observe
from acd.pbx.asterisk.settings import AmiSettings

_log = structlog.get_logger(__name__)
_LOG_OFF_DEADLINE_S = 1.0


class AmiLink:
    """Keeps one logged-in connection to an Asterisk.

    `wanted`: exact event names (`UserEvent` for all of the dialplan's own). `on_down(reason)` is called when
    the link goes down and for each new cause that keeps it down; not for `close`. `observe(action, latency_s)`
    is called for each answer. Exceptions from callbacks are logged and change nothing.
    `silent_s` says how long nothing had come when the link was last found to be down, 0 if it was told at once.
    `up`, `down_reason`, `counters`, `connects`, `late_answers` and `timeouts` may be read at any time.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        wanted: Collection[str],
        on_event: Callable[[Message], None],
        on_up: Callable[[], None],
        on_down: Callable[[str], None],
        observe: Observe | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._wanted = frozenset(wanted)
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._observe = observe
        self._backoff = Backoff(settings.retry_s_first, settings.retry_s_max, chance)
        # Ids of another process, or of an earlier connection, are never taken for ours.
        self._id_prefix = secrets.token_hex(4)
        self._connection: AmiConnection | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._closed = False
        self.down_reason: str | None = "not started"
        self.silent_s = 0.0
        self.counters = Counters()
        self.connects = 0
        self._late_answers = 0
        self._timeouts = 0

    @property
    def up(self) -> bool:
        return self._up.is_set()

    @property
    def late_answers(self) -> int:
        """Answers that came after their request's deadline."""
        return self._late_answers + (self._connection.requests.late_answers if self._connection else 0)

    @property
    def timeouts(self) -> int:
        """Requests that had no answer within their deadline."""
        return self._timeouts + (self._connection.requests.timeouts if self._connection else 0)

    @property
    def waiting(self) -> int:
        """Requests and AGI commands without an answer yet."""
        connection = self._connection
        return len(connection.requests) + len(connection.commands) if connection else 0

    # -- life -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect, and keep connected until `close`; doesn't wait until the link is up."""
        if self._supervisor is not None or self._closed:
            raise RuntimeError("an AMI link starts once: make a new one")
        self.down_reason = "connecting"
        if self._settings.ssl is None and not self._settings.on_loopback:
            _log.warning("ami_secret_in_clear", address=self._settings.address,
                         remedy="use TLS (tlsenable in manager.conf), or run Asterisk on this host")  # fmt: skip
        self._supervisor = asyncio.get_running_loop().create_task(self._keep_connected(), name="ami-link")

    async def wait_up(self, deadline_s: float) -> None:
        """Raises AmiDown, with the reason, if the link isn't up within the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._up.wait()
        except TimeoutError:
            raise AmiDown(f"the AMI link isn't up after {deadline_s:g} s: {self.down_reason}") from None

    async def close(self) -> None:
        """Log off and end, in any state, within about a second. Open requests fail with AmiDown."""
        self._closed = True
        connection, was_up = self._connection, self.up
        self._up.clear()
        self.down_reason = "closed by the switch"
        try:
            if connection is not None and was_up:
                await connection.log_off(_LOG_OFF_DEADLINE_S)
        finally:
            if self._supervisor is not None:
                self._supervisor.cancel()
                await asyncio.wait([self._supervisor])
        if connection is not None and connection.protocol is not None:
            await asyncio.wait([connection.lost_reason], timeout=_LOG_OFF_DEADLINE_S)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closed:
            connection = self._new_connection()
            refused = False
            try:
                await connection.open()
                self._came_up(connection)
                up_at = loop.time()
                await connection.lost_reason
                if loop.time() - up_at >= self._settings.stable_after_s:
                    self._backoff.reset()
            except ConnectFailed as problem:
                refused = problem.refused
                self._stays_down(str(problem))
            except Exception:  # ours to repair; the link tries again all the same
                _log.exception("ami_connection_failed")
                self._stays_down("an error inside the switch: see its log")
            finally:
                connection.abort("closed by the switch")
                self._late_answers += connection.requests.late_answers
                self._timeouts += connection.requests.timeouts
                self._connection = None
            if not self._closed:
                await asyncio.sleep(self._settings.refused_retry_s if refused else self._backoff.next_s())

    def _new_connection(self) -> AmiConnection:
        self.connects += 1
        self._connection = AmiConnection(
            self._settings,
            id_prefix=f"{self._id_prefix}-{self.connects}-",
            wanted=self._wanted,
            on_event=self._on_event,
            on_lost=self._lost,
            observe=self._observed,
            counters=self.counters,
        )
        return self._connection

    def _came_up(self, connection: AmiConnection) -> None:
        _log.info("ami_up", address=self._settings.address, attempt=self.connects)
        self.down_reason = None
        self._up.set()
        connection.begin_delivery()
        try:
            self._on_up()
        except Exception:
            _log.exception("ami_up_callback_failed")

    def _lost(self, reason: str) -> None:
        """An open connection ended; while it came up, that is the attempt's failure and told there."""
        if self.up:
            self._up.clear()
            protocol = self._connection.protocol if self._connection else None
            self.silent_s = protocol.silent_s if protocol else 0.0
            self._stays_down(f"{reason} ({self._settings.address})")

    def _stays_down(self, reason: str) -> None:
        if reason == self.down_reason:
            return
        self.down_reason = reason
        _log.warning("ami_down", reason=reason)
        try:
            self._on_down(reason)
        except Exception:
            _log.exception("ami_down_callback_failed")

    def _observed(self, action: str, latency_s: float) -> None:
        if self._observe is not None:
            try:
                self._observe(action, latency_s)
            except Exception:
                _log.exception("ami_observe_callback_failed", action=action)

    # -- asking ---------------------------------------------------------------------------------------

    def request(self, action: Action, *, deadline_s: float | None = None) -> asyncio.Future[Response]:
        """Write an action now and return the future of its answer.

        Asterisk's refusal is an answer (`ok` False). A list is answered when it is complete, its items in
        `events`. The future fails with AmiDown (link down, or lost meanwhile), AmiTimeout, or AmiBusy.
        Raises ValueError at once for an action that may not be sent (see `action.encode_action`).
        """
        deadline_s = self._bounded(deadline_s)
        connection = self._connection
        if connection is None or not self.up:
            encode_action(action, "0")
            return self._down_future()
        return connection.request(action, deadline_s)

    def agi(self, channel: str, command: str, *, deadline_s: float) -> asyncio.Future[AgiResult]:
        """Run one AGI command on a channel in AsyncAGI and return the future of its result.

        The future fails with AgiFailed (refused, ended, hung_up, unreadable), AmiDown or AmiTimeout; the
        deadline spans the whole command, a prompt's playing included. Raises ValueError like `request`.
        """
        deadline_s = self._bounded(deadline_s)
        connection = self._connection
        if connection is None or not self.up:
            encode_action({"Action": "AGI", "Channel": channel, "Command": command}, "0")
            return self._down_future()
        return connection.agi(channel, command, deadline_s)

    def _bounded(self, deadline_s: float | None) -> float:
        if deadline_s is None:
            return self._settings.request_deadline_s
        if not isfinite(deadline_s) or deadline_s <= 0:
            raise ValueError(f"a deadline of {deadline_s} s: give a number above 0")
        return deadline_s

    def _down_future(self) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(AmiDown(f"the AMI link is down: {self.down_reason}"))
        future.exception()  # a caller who doesn't wait for it isn't told of it a second time by the event loop
        return future
