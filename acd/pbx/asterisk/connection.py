"""One connection to Asterisk's manager, from dialling to its end. It never comes back: the link makes a new one.

panoramisk's Manager gives the configuration, connecting, TLS and the login. Its framing, matching of answers,
replay, dispatch and ping are replaced: nothing of its own protocol class is used.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from panoramisk.manager import Manager

from acd.pbx.asterisk.action import Action, action_name, encode_action
from acd.pbx.asterisk.agi import AgiCommands, AgiResult
from acd.pbx.asterisk.errors import AmiBusy, AmiDown, AmiError, AmiTimeout
from acd.pbx.asterisk.framing import Framer
from acd.pbx.asterisk.intake import BOOTED, SHUTDOWN, Counters, Intake
from acd.pbx.asterisk.message import Message, Response
from acd.pbx.asterisk.protocol import AmiProtocol
from acd.pbx.asterisk.requests import Observe, Requests
from acd.pbx.asterisk.settings import AmiSettings

_log = structlog.get_logger(__name__)


class ConnectFailed(Exception):  # noqa: N818
    """The connection didn't come up. `refused`: Asterisk said no, so trying again soon is of no use."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class AmiConnection(Manager):  # type: ignore[misc]  # panoramisk has no types
    """`on_lost(reason)` is called once, as soon as an open connection ends, after every request has failed."""

    protocol: AmiProtocol | None

    def __init__(
        self,
        settings: AmiSettings,
        *,
        id_prefix: str,
        wanted: frozenset[str],
        on_event: Callable[[Message], None],
        on_lost: Callable[[str], None],
        observe: Observe,
        counters: Counters,
    ) -> None:
        self._settings = settings
        self._on_lost = on_lost
        self.lost_reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        super().__init__(
            host=settings.host,
            port=settings.port,
            ssl=settings.ssl or False,
            username=settings.username,
            secret=settings.secret,
            events=settings.events,
            encoding="utf8",
            protocol_factory=self._make_protocol,
            loop=asyncio.get_running_loop(),
            log=_log,
        )
        self.requests = Requests(self.loop, id_prefix, settings.list_events_max, observe)
        self.commands = AgiCommands(self.loop, id_prefix, self.request)
        self._intake = Intake(
            wanted=wanted, on_event=on_event, requests=self.requests, commands=self.commands,
            id_prefix=id_prefix, counters=counters, on_sign=self._saw_sign,
        )  # fmt: skip
        self._booted = asyncio.Event()
        self._shutting_down = False
        self._silent_s = 0.0
        self._blocked_s = 0.0
        self._sent_bytes = 0

    def _make_protocol(self) -> AmiProtocol:
        return AmiProtocol(
            Framer(self._settings.message_bytes_max),
            self._settings.write_buffer_bytes_max,
            self._settings.dead_after_s,
            self._intake.take,
            self._lost,
        )

    # -- coming up ------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, log in, set filters, wait until Asterisk is booted. Raises ConnectFailed."""
        await self._dial()
        await self._log_in()
        self._watch()
        for pattern in self._settings.filters:
            await self._set_filter(pattern)
        if self._settings.boot_wait_s > 0 and not self._booted.is_set():
            await self._wait_booted()
        if self.lost_reason.done():
            raise ConnectFailed(self.lost_reason.result())

    def begin_delivery(self) -> None:
        self._intake.begin_delivery()

    async def _dial(self) -> None:
        where = self._settings.address
        try:
            async with asyncio.timeout(self._settings.connect_deadline_s):
                await self.connect()
        except TimeoutError:
            raise ConnectFailed(
                f"no connection to {where} within {self._settings.connect_deadline_s:g} s: is the host up and the "
                "port let through?"
            ) from None
        except ssl.SSLError as problem:
            raise ConnectFailed(
                f"TLS with {where} failed: {problem.reason or problem}: compare tlsenable, tlsbindaddr and the "
                "certificate in manager.conf with the switch's settings"
            ) from None
        except OSError as problem:
            raise ConnectFailed(
                f"no connection to {where}: {problem.strerror or problem}: is Asterisk running, with enabled=yes and "
                "this address in manager.conf?"
            ) from None

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """panoramisk's, for success only: it logs in. A failure is `open`'s to report, and nothing retries here."""
        if f.cancelled() or f.exception() is not None:
            return
        super().connection_made(f)
        self.pinger.cancel()  # its ping has no deadline; ours begins after the login

    def send_action(self, action: Mapping[str, str], as_list: Any = None, **kwargs: str) -> asyncio.Future[Response]:
        """panoramisk sends its Login by this; ours then has the login's deadline."""
        return self.request({**action, **kwargs}, self._settings.login_deadline_s)

    def login(self, future: asyncio.Future[Response]) -> bool:
        """panoramisk's callback for the login's answer; `open` looks at the answer itself."""
        self.authenticated = not future.cancelled() and future.exception() is None and future.result().ok
        return self.authenticated

    async def _log_in(self) -> None:
        where, user = self._settings.address, self._settings.username
        if self.authenticated_future is None:
            raise ConnectFailed(f"the connection to {where} ended before the login")
        try:
            answer: Response = await self.authenticated_future
        except AmiTimeout:
            raise ConnectFailed(
                f"{where} did not answer the login within {self._settings.login_deadline_s:g} s: is it an Asterisk "
                "Manager port (bindaddr and port in manager.conf), and does Asterisk respond?"
            ) from None
        except AmiDown:
            if self.protocol is not None and self.protocol.fault is not None:
                raise ConnectFailed(f"{where}: {self.protocol.fault}") from None
            raise ConnectFailed(
                f"{where} ended the connection during the login: check that manager.conf's permit and deny "
                "let this address in"
            ) from None
        if not answer.ok:
            raise ConnectFailed(
                f"{where} refused the login of user '{user}' ({answer.message}): check the user's name, its secret and "
                "its permit and deny in manager.conf, then `manager reload`",
                refused=True,
            )

    async def _set_filter(self, pattern: str) -> None:
        try:
            answer = await self.request(
                {"Action": "Filter", "Operation": "Add", "Filter": pattern}, self._settings.login_deadline_s
            )
        except AmiError as problem:
            raise ConnectFailed(f"the event filter could not be set: {problem}") from None
        if not answer.ok:
            _log.warning("ami_filter_refused", filter=pattern, answer=answer.message,
                         remedy="write=system for this user, or eventfilter lines in manager.conf")  # fmt: skip

    async def _wait_booted(self) -> None:
        try:
            async with asyncio.timeout(self._settings.boot_wait_s):
                await self._booted.wait()
        except TimeoutError:
            _log.warning("ami_not_fully_booted", waited_s=self._settings.boot_wait_s,
                         remedy="Asterisk is still starting, or this user lacks read=system")  # fmt: skip

    def _saw_sign(self, line: bytes) -> None:
        if line == BOOTED:
            self._booted.set()
        elif line == SHUTDOWN:
            self._shutting_down = True

    # -- sending --------------------------------------------------------------------------------------

    def request(self, action: Action, deadline_s: float) -> asyncio.Future[Response]:
        """Write the action now. ValueError for what may not be sent; any other failure is the future's."""
        action_id = self.requests.next_id()
        data = encode_action(action, action_id)
        future = self.requests.add(action_id, action_name(action), deadline_s)
        try:
            if self.protocol is None:
                raise AmiDown("the AMI connection isn't open yet")
            self.protocol.write(data)
        except (AmiDown, AmiBusy) as problem:
            self.requests.fail(action_id, problem)
        return future

    def agi(self, channel: str, command: str, deadline_s: float) -> asyncio.Future[AgiResult]:
        return self.commands.begin(channel, command, deadline_s)

    # -- staying up -----------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self.protocol is not None:
            self.protocol.late_after_s = max(self._settings.late_after_s, 1.5 * self._settings.ping_every_s)
        self.pinger = self.loop.call_later(self._settings.ping_every_s, self.ping)

    def ping(self) -> None:
        """Every `ping_every_s`: end a connection that is silent, or doesn't take what is written; else ping.

        Silence is counted in pings, not by the clock: after a pause of this whole process what arrived
        meanwhile is read before silence is found.
        """
        protocol = self.protocol
        if protocol is None or self.lost_reason.done():
            return
        every_s, dead_after_s = self._settings.ping_every_s, self._settings.dead_after_s
        self._silent_s = 0.0 if protocol.received else self._silent_s + every_s
        blocked = protocol.waiting_bytes > 0 and protocol.sent_bytes == self._sent_bytes
        self._blocked_s = self._blocked_s + every_s if blocked else 0.0
        protocol.received, self._sent_bytes = False, protocol.sent_bytes
        if self._silent_s >= dead_after_s:
            protocol.abort(f"no byte from Asterisk for {self._silent_s:g} s, pings unanswered")
        elif self._blocked_s >= dead_after_s:
            protocol.abort(f"Asterisk read nothing of what was sent for {self._blocked_s:g} s")
        else:
            self.request({"Action": "Ping"}, max(dead_after_s, self._settings.request_deadline_s))
            self._watch()

    # -- going down -----------------------------------------------------------------------------------

    def _lost(self, reason: str) -> None:
        """The protocol's word that the connection ended."""
        if self.pinger is not None:
            self.pinger.cancel()
            self.pinger = None
        if self._shutting_down:
            reason = "Asterisk shut down"
        self._booted.set()
        error = AmiDown(reason)
        self.commands.fail_all(error)
        self.requests.fail_all(error)
        if not self.lost_reason.done():
            self.lost_reason.set_result(reason)
            self._on_lost(reason)

    async def log_off(self, deadline_s: float) -> None:
        """End it politely: what waits is still written, for at most the deadline."""
        if self.protocol is not None and not self.lost_reason.done():
            self.request({"Action": "Logoff"}, deadline_s)
            self.protocol.close()
            try:
                async with asyncio.timeout(deadline_s):
                    await asyncio.shield(self.lost_reason)
            except TimeoutError:
                self.abort("closed by the switch")

    def abort(self, reason: str) -> None:
        if self.pinger is not None:
            self.pinger.cancel()
            self.pinger = None
        if self.protocol is not None:
            self.protocol.abort(reason)
