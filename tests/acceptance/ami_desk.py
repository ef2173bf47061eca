"""The switch's side of AMI for tests of the rooms: hears events, waits for them, beats its heart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import Message, Response
from acd.pbx.asterisk.settings import AmiSettings
from config.asterisk.render import EVENTS
from config.asterisk.settings import AmiUser
from tests.acceptance.asterisk_fixture import RunningAsterisk

BEAT_S = 2.0


class Desk:
    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._news = asyncio.Event()
        self.link: AmiLink

    def hear(self, message: Message) -> None:
        self.heard.append(message)
        self._news.set()

    def mark(self) -> int:
        """A place in what was heard, for `until` and `said` to begin at."""
        return len(self.heard)

    async def until(self, test: Callable[[Message], bool], within_s: float = 10, since: int = 0) -> Message:
        """The first message since `since` that passes; AssertionError with what was heard if none comes in time."""
        position = since
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for message in self.heard[position:]:
                        position += 1
                        if test(message):
                            return message
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = [f"{m.name} {m.get('UserEvent', '')} {m.get('Channel', '')}" for m in self.heard[since:]]
            raise AssertionError(f"not heard within {within_s} s; heard: {heard}") from None

    async def told(self, name: str, within_s: float = 10, since: int = 0, **headers: str) -> Message:
        """The UserEvent `name` with these headers."""
        return await self.until(lambda message: _is(message, name, headers), within_s, since)

    def all_told(self, name: str, since: int = 0, **headers: str) -> list[Message]:
        return [message for message in self.heard[since:] if _is(message, name, headers)]

    async def ask(self, action: str, **headers: str) -> Response:
        return await self.link.request({"Action": action, **headers})

    async def set(self, channel: str, **variables: str) -> None:
        for name, value in variables.items():
            await self.ask("Setvar", Channel=channel, Variable=name, Value=value)

    async def ring(self, channel: str, reservation: str, agent: str, ring_timeout_s: float = 5) -> Response:
        extension = f"{reservation}*{agent}*{ring_timeout_s}"
        return await self.ask("Redirect", Channel=channel, Context="ring", Exten=extension, Priority="1")

    async def channels(self) -> list[str]:
        """Names of all channels there are."""
        response = await self.ask("CoreShowChannels")
        return [event["Channel"] for event in response.events]

    async def get(self, channel: str, name: str) -> str:
        response = await self.ask("Getvar", Channel=channel, Variable=name)
        return response.headers["Value"]

    async def clear(self) -> None:
        """Hang up whatever is left, and wait until it is gone."""
        for channel in await self.channels():
            if (await self.ask("Hangup", Channel=channel)).ok:
                await self.hung_up(channel)

    async def hung_up(self, channel: str, within_s: float = 10) -> Message:
        return await self.until(lambda message: message.name == "Hangup" and message["Channel"] == channel, within_s)

    @asynccontextmanager
    async def heartbeat(self) -> AsyncIterator[None]:
        """The switch lives within this block; after it the last beat ages, as in life."""

        async def beat() -> None:
            while True:
                await self.ask("Setvar", Variable="ACD_HEARTBEAT", Value=str(int(time.time())))
                await asyncio.sleep(BEAT_S)

        await self.ask("Setvar", Variable="ACD_HEARTBEAT", Value=str(int(time.time())))
        task = asyncio.create_task(beat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def no_heartbeat(self) -> None:
        await self.ask("Setvar", Variable="ACD_HEARTBEAT", Value="")

    async def wait_in_room(self, after: str = "", **variables: str) -> tuple[str, str]:
        """Send a caller (not the one on channel `after`) from the IVR to the waiting room: (channel, call id)."""
        start = await self.until(lambda m: m.name == "AsyncAGIStart" and m["Channel"] != after)
        channel = start["Channel"]
        await self.set(channel, ACD_QUEUE="default", ACD_JOINED=f"{time.time():.3f}", **variables)
        await self.link.agi(channel, "ASYNCAGI BREAK", deadline_s=5)
        waiting = await self.told("AcdWaiting", Channel=channel)
        return channel, waiting["call"]


def _is(message: Message, name: str, headers: dict[str, str]) -> bool:
    return (
        message.name == "UserEvent"
        and message.get("UserEvent") == name
        and all(message.get(header) == value for header, value in headers.items())
    )


@asynccontextmanager
async def desk(pbx: RunningAsterisk, user: AmiUser | None = None) -> AsyncIterator[Desk]:
    """A link as the switch's own AMI user, or as `user`."""
    account = user or pbx.ami.live
    sitting = Desk()
    sitting.link = AmiLink(
        AmiSettings(username=account.name, secret=account.secret, port=pbx.ami.port, boot_wait_s=0),
        wanted=EVENTS,
        on_event=sitting.hear,
        on_up=lambda: None,
        on_down=lambda reason: None,
    )
    await sitting.link.start()
    try:
        await sitting.link.wait_up(10)
        yield sitting
    finally:
        await sitting.link.close()
