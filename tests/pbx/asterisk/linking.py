"""A link and a stock panoramisk Manager on a fake AMI, and what each of them saw."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from panoramisk.manager import Manager

from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import Message
from acd.pbx.asterisk.settings import AmiSettings
from tests.pbx.asterisk.fake_ami import SECRET, USERNAME, FakeAmi

WANTED = ("Newchannel", "Hangup", "UserEvent", "DeviceStateChange", "FullyBooted", "AsyncAGIStart")


class Watch:
    """What a link told its owner, and a way to wait for it."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.ups = 0
        self.reasons: list[str] = []
        self.latencies: list[tuple[str, float]] = []
        self.react: Callable[[Message], None] = lambda message: None
        self._changed = asyncio.Event()

    def on_event(self, message: Message) -> None:
        self.events.append(message)
        self._changed.set()
        self.react(message)

    def on_up(self) -> None:
        self.ups += 1
        self._changed.set()

    def on_down(self, reason: str) -> None:
        self.reasons.append(reason)
        self._changed.set()

    def observe(self, action: str, latency_s: float) -> None:
        self.latencies.append((action, latency_s))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a callback after which the condition holds; 5 s at most."""
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def names(self) -> list[str]:
        return [message.name for message in self.events]


def settings(port: int, **changes: Any) -> AmiSettings:
    values: dict[str, Any] = {
        "username": USERNAME, "secret": SECRET, "port": port, "retry_s_first": 0.01, "retry_s_max": 0.02,
        "ping_every_s": 30, "dead_after_s": 60,
    }  # fmt: skip
    return AmiSettings(**{**values, **changes})


@asynccontextmanager
async def linked(ami: FakeAmi, *, wait: bool = True, **changes: Any) -> AsyncIterator[tuple[AmiLink, Watch]]:
    """A started link, up unless `wait` is False; closed at the end."""
    watch = Watch()
    link = AmiLink(
        settings(ami.port, **changes), wanted=WANTED, on_event=watch.on_event, on_up=watch.on_up,
        on_down=watch.on_down, observe=watch.observe,
    )  # fmt: skip
    await link.start()
    try:
        if wait:
            await link.wait_up(5)
        yield link, watch
    finally:
        await link.close()


async def fence(link: AmiLink) -> None:
    """After this the link has seen all that the fake had sent before."""
    assert (await link.request({"Action": "Ping"})).ok


class Stock:
    """panoramisk's own Manager, with the exceptions that reached the event loop."""

    def __init__(self, port: int, **config: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.errors: list[BaseException] = []
        self.broke = asyncio.Event()
        self.loop.set_exception_handler(self._broke)
        defaults: dict[str, Any] = {
            "host": "127.0.0.1", "port": port, "username": USERNAME, "secret": SECRET, "loop": self.loop,
            "ping_delay": 1000, "ping_interval": 1000, "reconnect_timeout": 1000,
            "log": logging.getLogger("stock"),
        }  # fmt: skip
        self.manager = Manager(**{**defaults, **config})

    def _broke(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(context.get("exception") or RuntimeError(context["message"]))
        self.broke.set()

    async def fence(self) -> None:
        await asyncio.wait_for(self.manager.send_action({"Action": "Ping"}), 5)

    async def broken(self) -> BaseException:
        """The exception that ended its connection."""
        await asyncio.wait_for(self.broke.wait(), 5)
        return self.errors[0]


@asynccontextmanager
async def stock(ami: FakeAmi, **config: Any) -> AsyncIterator[Stock]:
    """Logged in; closed for good at the end (the Manager itself would go on reconnecting)."""
    made = Stock(ami.port, **config)
    await made.manager.connect()
    await asyncio.wait_for(made.manager.authenticated_future, 5)
    try:
        yield made
    finally:
        made.manager.connect = lambda: None
        made.manager.close()
        made.loop.set_exception_handler(None)
