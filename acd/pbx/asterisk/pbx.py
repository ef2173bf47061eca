"""Asterisk behind the port: events in by the link, commands out by actions, a heartbeat every two seconds, and every
few seconds a look at all that Asterisk holds."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

import structlog

from acd.core.commands import Command
from acd.core.events import Diverged, Event, PbxCaughtUp, PbxLost, PbxState, PbxSynced, PhoneChanged
from acd.pbx.asterisk.errors import AmiError
from acd.pbx.asterisk.inbound import WANTED, Inbound
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import Message, Response
from acd.pbx.asterisk.outbound import Outbound
from acd.pbx.asterisk.settings import AmiSettings
from acd.pbx.asterisk.status import (
    DEVICES,
    ENDED,
    MEMBERS,
    STATUS,
    read_ended,
    read_members,
    read_minutes,
    read_phones,
    read_state,
)
from acd.pbx.asterisk.tracks import IVR, Tracks

log = structlog.get_logger()

HEARTBEAT_S = 2.0
# The guard of the IVR (TIMEOUT(absolute)) is rolled on with each heartbeat by this much.
IVR_GUARD_S = 10
SYNC_DEADLINE_S = 10.0
SYNC_RETRY_S = 1.0
# How long to wait between two looks at the whole state; where one takes long, so much longer than it took.
SURVEY_S = 5.0
SURVEY_SHARE = 20.0
MINUTE_S = 60.0
# Asterisk forgets the ends of calls after so long: a switch that dies has stored all it had heard of before.
ENDS_KEPT_S = 120.0


class AsteriskPbx:
    """One Asterisk. `agents` are the work numbers whose phones are endpoints there; set it anew when they change.
    `compare` is shown all that Asterisk holds every few seconds and says what is to be healed.

    From link up until Asterisk's whole state has been read, events are kept; then `PbxSynced` is posted, then
    what was kept. What the state already showed comes twice, which the engine counts and otherwise ignores.
    """

    def __init__(
        self,
        settings: AmiSettings,
        agents: Collection[str],
        post: Callable[[Event], None],
        observe: Callable[[str, float], None] | None = None,
        compare: Callable[[PbxState], Diverged | None] = lambda state: None,
    ) -> None:
        self._post, self._compare = post, compare
        self._tracks = Tracks()
        self._kept: deque[Message] | None = deque()
        self._watching: asyncio.Task[None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._minutes: set[str] = set()
        self._audited = ""
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
        """The phones of those who are new may have been there for long: Asterisk is asked."""
        new = frozenset(agents).difference(self._inbound.agents)
        self._inbound.agents = frozenset(agents)
        if new and self.link.up:
            self._learning = asyncio.get_running_loop().create_task(self._learn_phones(new), name="pbx-phones")

    async def start(self) -> None:
        await self.link.start()

    async def close(self) -> None:
        """Leave Asterisk to itself: its rooms notice within seconds and serve the callers."""
        self._stop()
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
        self._watching = asyncio.get_running_loop().create_task(self._watch(), name="pbx-watch")

    def _went_down(self, reason: str) -> None:
        self._stop()
        self._kept = deque()
        self._post(PbxLost(reason, self.link.silent_s))

    def _stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    # ---- all that Asterisk holds ----

    async def _watch(self) -> None:
        """Learn it, tell the core, let in what happened meanwhile; then look again and again whether both agree.

        Once a minute that includes the calls that ended in the minute before: each must have been heard of.
        """
        await self._persevere(self._sync)
        loop = asyncio.get_running_loop()
        spent_s = 0.0
        while True:
            await asyncio.sleep(max(SURVEY_S, SURVEY_SHARE * spent_s))
            began = loop.time()
            await self._persevere(self._survey)
            spent_s = loop.time() - began

    async def _persevere(self, read: Callable[[], Awaitable[None]]) -> None:
        """Until it succeeds: Asterisk may be busy. When the link falls, all this is begun anew."""
        while True:
            try:
                return await read()
            except AmiError as error:
                if not self.link.up:
                    return
                problem = str(error)
            log.error("sync_failed", reason=problem, remedy="no call is taken before it succeeds: look at Asterisk")
            await asyncio.sleep(SYNC_RETRY_S)

    async def _sync(self) -> None:
        calls, phones, members, ended = await self._ask(STATUS, DEVICES, MEMBERS, ENDED)
        agents = self._inbound.agents
        tracks = Tracks()
        state = read_state(calls, phones, members, agents, tracks)
        self._tracks.replace(tracks)
        self._inbound.phones = dict(state.phones)
        self._outbound.forget_mirror()
        self._outbound.remove_strangers(read_members(members), agents)
        held = (state.calls, state.phones, state.busy_phones, state.members)
        self._post(PbxSynced(*held, read_ended(ended), more=True))
        self._minutes |= read_minutes(ended)
        kept, self._kept = self._kept or (), None
        for message in kept:
            self._take(message)
        self._post(PbxCaughtUp())

    async def _learn_phones(self, agents: Collection[str]) -> None:
        try:
            (phones,) = await self._ask(DEVICES)
        except AmiError:
            return  # the link is down, and all phones are asked for when it is up
        for agent_id, phone in read_phones(phones, agents).items():
            self._inbound.phones[agent_id] = phone
            self._post(PhoneChanged(agent_id, phone))

    async def _survey(self) -> None:
        calls, phones, members = await self._ask(STATUS, DEVICES, MEMBERS)
        fresh = Tracks()
        state = read_state(calls, phones, members, self._inbound.agents, fresh)
        minute = minute_of(time.time() - MINUTE_S)
        if minute != self._audited:
            (ended,) = await self._ask((*ENDED, ("Key", minute)))
            state, self._audited = replace(state, ended=read_ended(ended)), minute
        diverged = self._compare(state)
        if diverged is None:
            return
        for difference in diverged.differences:
            subject = difference.subject
            log.warning(
                "diverged", kind=difference.kind, subject=subject, core=difference.core, pbx=difference.pbx,
                remedy="healed as the PBX shows it",
            )  # fmt: skip
            if difference.kind == "phone":
                self._inbound.phones[subject] = difference.phone
                self._tracks.phone_channels[subject] = fresh.phone_channels.get(subject, set())
            elif difference.kind == "member":
                self._outbound.forget_mirror(subject)
            else:
                self._tracks.correct(subject, fresh)
        self._post(diverged)

    async def _ask(self, *actions: Sequence[tuple[str, str]]) -> list[list[Message]]:
        """The lists that answer the actions. Raises AmiError."""
        asked = [self.link.request(action, deadline_s=SYNC_DEADLINE_S) for action in actions]
        answers: list[Response | BaseException] = await asyncio.gather(*asked, return_exceptions=True)
        lists = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            if not answer.ok:
                raise AmiError(answer.message)
            lists.append(list(answer.events))
        return lists

    def _forget_ends(self, now: float) -> None:
        """Have Asterisk forget the ends of calls, minute by minute, that were long heard of."""
        last = minute_of(now - ENDS_KEPT_S)
        for minute in sorted(minute for minute in self._minutes if minute <= last):
            self._minutes.remove(minute)
            self._outbound.run_dialplan("forget", minute)
        self._minutes.add(minute_of(now))

    # ---- heartbeat ----

    def _beat(self) -> None:
        """Tell the rooms that the core lives, and keep the guard of every caller in the IVR from running out."""
        now = time.time()
        self._outbound.set_variable("", "ACD_HEARTBEAT", str(int(now)))
        self._forget_ends(now)
        for track in self._tracks.by_call.values():
            if track.room == IVR:
                self._outbound.act(
                    (("Action", "AbsoluteTimeout"), ("Channel", track.channel), ("Timeout", str(IVR_GUARD_S)))
                )
        self._beating = asyncio.get_running_loop().call_later(HEARTBEAT_S, self._beat)


def minute_of(at: float) -> str:
    """As the dialplan names it: 202612310859."""
    return time.strftime("%Y%m%d%H%M", time.gmtime(at))
