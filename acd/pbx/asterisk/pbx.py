"""Asterisk behind the port: events in by the link, commands out by actions, a heartbeat every two seconds."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection

import structlog

from acd.core.commands import Command
from acd.core.events import Event, PbxLost
from acd.pbx.asterisk.errors import AmiError
from acd.pbx.asterisk.inbound import WANTED, Inbound
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import Message
from acd.pbx.asterisk.outbound import Outbound
from acd.pbx.asterisk.settings import AmiSettings
from acd.pbx.asterisk.status import DEVICES, MEMBERS, STATUS, read_members, read_phones, read_status, synced
from acd.pbx.asterisk.tracks import IVR, Tracks

log = structlog.get_logger()

HEARTBEAT_S = 2.0
# The guard of the IVR (TIMEOUT(absolute)) is rolled on with each heartbeat by this much.
IVR_GUARD_S = 10
SYNC_DEADLINE_S = 10.0
SYNC_RETRY_S = 1.0


class AsteriskPbx:
    """One Asterisk. `agents` are the work numbers whose phones are endpoints there; set it anew when they change.

    From link up until Asterisk's whole state has been read, events are kept; then `PbxSynced` is posted, then
    what was kept. What the state already showed comes twice, which the engine counts and otherwise ignores.
    """

    def __init__(
        self,
        settings: AmiSettings,
        agents: Collection[str],
        post: Callable[[Event], None],
        observe: Callable[[str, float], None] | None = None,
    ) -> None:
        self._post = post
        self._tracks = Tracks()
        self._kept: deque[Message] | None = deque()
        self._syncing: asyncio.Task[None] | None = None
        self._beating: asyncio.TimerHandle | None = None
        self.link = AmiLink(
            settings,
            wanted=WANTED,
            on_event=self._take,
            on_up=self._came_up,
            on_down=self._went_down,
            observe=observe,
        )
        self._inbound = Inbound(self._tracks, frozenset(agents), post, self._end_late_leg)
        self._outbound = Outbound(self.link, self._tracks, post)

    def set_agents(self, agents: Collection[str]) -> None:
        self._inbound.agents = frozenset(agents)

    async def start(self) -> None:
        await self.link.start()

    async def close(self) -> None:
        """Leave Asterisk to itself: its rooms notice within seconds and serve the callers."""
        self._stop_beating()
        if self._syncing is not None:
            self._syncing.cancel()
        await self.link.close()

    def perform(self, command: Command) -> None:
        if self.link.up:
            self._outbound.perform(command)
        else:
            log.warning("command_while_link_down", command=type(command).__name__)

    def _take(self, message: Message) -> None:
        if self._kept is not None:
            self._kept.append(message)
            return
        try:
            self._inbound.take(message)
        except (KeyError, ValueError):
            log.exception("event_not_understood", event_name=message.name)

    def _end_late_leg(self, channel: str) -> None:
        self._outbound.end_channel(channel)

    # ---- up and down ----

    def _came_up(self) -> None:
        self._kept = deque()
        self._beat()
        self._syncing = asyncio.get_running_loop().create_task(self._sync(), name="pbx-sync")

    def _went_down(self, reason: str) -> None:
        self._stop_beating()
        if self._syncing is not None:
            self._syncing.cancel()
        self._kept = deque()
        self._post(PbxLost(reason))

    async def _sync(self) -> None:
        """Read Asterisk's state, tell the core, then let in what happened meanwhile. Tried until it succeeds."""
        while True:
            status = self.link.request(STATUS, deadline_s=SYNC_DEADLINE_S)
            devices = self.link.request(DEVICES, deadline_s=SYNC_DEADLINE_S)
            members = self.link.request(MEMBERS, deadline_s=SYNC_DEADLINE_S)
            try:
                calls, phones, fallback = await status, await devices, await members
                refused = [answer.message for answer in (calls, phones, fallback) if not answer.ok]
                if not refused:
                    break
                problem = ", ".join(refused)
            except AmiError as error:
                if not self.link.up:
                    return
                problem = str(error)
            log.error("sync_failed", reason=problem, remedy="no call is taken before it succeeds: look at Asterisk")
            await asyncio.sleep(SYNC_RETRY_S)
        agents = self._inbound.agents
        seen = read_status(calls.events, agents, self._tracks)
        self._inbound.phones = read_phones(phones.events, agents)
        self._outbound.forget_mirror()
        self._outbound.remove_strangers(read_members(fallback.events), agents)
        self._post(synced(seen, self._inbound.phones, self._tracks))
        kept, self._kept = self._kept or (), None
        for message in kept:
            self._take(message)

    # ---- heartbeat ----

    def _beat(self) -> None:
        """Tell the rooms that the core lives, and keep the guard of every caller in the IVR from running out."""
        self._outbound.set_variable("", "ACD_HEARTBEAT", str(int(time.time())))
        for track in self._tracks.by_call.values():
            if track.room == IVR:
                self._outbound.act(
                    (("Action", "AbsoluteTimeout"), ("Channel", track.channel), ("Timeout", str(IVR_GUARD_S)))
                )
        self._beating = asyncio.get_running_loop().call_later(HEARTBEAT_S, self._beat)

    def _stop_beating(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
