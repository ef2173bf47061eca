"""A run of the real engine, told again from its journal, makes the same commands and reports."""

import pytest
import sqlalchemy as sa

from acd.core.commands import Command, RingAgent
from acd.core.engine import Engine
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallArrived,
    CallerHungUp,
    CallInAfterCall,
    CallWaiting,
    Event,
    LoginRequested,
    PbxSynced,
    PromptEnded,
    ReadyRequested,
    RingEnded,
    SiteChanged,
    TalkEnded,
)
from acd.core.reports import Report
from acd.core.site import AgentProfile, Site
from acd.core.words import Phone, RingEnd, Side
from acd.store.journal import JournalHoleError
from acd.store.queries import list_runs, read_run
from acd.store.recorder import Recorder
from acd.store.tables import journal
from ivr.tree import EnterQueue, Menu, Tree
from routing.queue import Queue
from tests.store.conftest import Opener
from tests.store.lives import START

AGENTS = ("1001", "1002")


def make_site(wrap_up_s: float) -> Site:
    tree = Tree("root", {"root": Menu(("welcome",), {"1": "mobile"}, "mobile"), "mobile": EnterQueue("mobile", "话费")})
    return Site(
        queues={"mobile": Queue("mobile", {"zh": "移动"}, wrap_up_s=wrap_up_s)},
        agents={agent: AgentProfile(agent, "", {"mobile": 50}) for agent in AGENTS},
        entries={"10086": tree},
        no_answer_recovery_s=30.0,
    )


class Desk:
    """Drives the engine as the runtime does, and keeps what it said."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.engine = Engine(make_site(20.0))
        self.commands: list[Command] = []
        self.reports: list[Report] = []
        self._recorder = recorder

    def step(self, now: float, event: Event | None) -> list[Command]:
        commands = self.engine.advance(now) if event is None else self.engine.handle(event, now)
        reports = self.engine.take_reports()
        self.commands += commands
        self.reports += reports
        if self._recorder:
            self._recorder.observe(now, event, reports)
        return commands

    def at(self, now: float, event: Event) -> list[Command]:
        while (due := self.engine.next_deadline()) is not None and due <= now:
            self.step(due + 0.0123, None)
        return self.step(now, event)


def play(desk: Desk) -> None:
    """Agents log in; a ring is not answered, the next is; a wrap-up and a recovery end; the site changes."""
    now = START
    desk.at(now, PbxSynced(phones=dict.fromkeys(AGENTS, Phone.REACHABLE)))
    for agent in AGENTS:
        desk.at(now + 0.1, LoginRequested(agent, "phone"))
        desk.at(now + 0.2, ReadyRequested(agent))
    desk.at(now + 1 / 3, CallArrived("1.1", "10086", "13912341234", "张三"))
    desk.at(now + 3, PromptEnded("1.1", 1, "1"))
    (first,) = (c for c in desk.at(now + 3.1, CallWaiting("1.1")) if isinstance(c, RingAgent))
    desk.at(now + 3.2, AgentRinging("1.1", first.reservation_id, first.agent_id))
    desk.at(now + 15, RingEnded("1.1", first.reservation_id, first.agent_id, RingEnd.NO_ANSWER))
    (second,) = (c for c in desk.at(now + 15.1, CallWaiting("1.1")) if isinstance(c, RingAgent))
    assert second.agent_id != first.agent_id
    desk.at(now + 15.2, AgentRinging("1.1", second.reservation_id, second.agent_id))
    desk.at(now + 18, AgentAnswered("1.1", second.reservation_id, second.agent_id))
    desk.at(now + 20, SiteChanged(make_site(5.0)))
    desk.at(now + 60, TalkEnded("1.1", second.reservation_id, second.agent_id, Side.CALLER))
    desk.at(now + 60.1, CallInAfterCall("1.1"))
    desk.at(now + 63, CallerHungUp("1.1"))
    desk.at(now + 100, CallArrived("1.2", "10086", "anonymous"))


async def test_a_run_is_told_again_from_its_journal(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    desk = Desk(recorder)
    play(desk)
    await recorder.flush()
    async with store.reading() as connection:
        assert await list_runs(connection) == [recorder.run]
        steps = await read_run(connection, recorder.run)
    assert any(event is None for _, event in steps), "timers fired, too"
    again = Desk()
    for now, event in steps:
        again.step(now, event)
    assert again.commands == desk.commands
    assert again.reports == desk.reports
    assert len(desk.reports) > 30


async def test_a_run_with_a_hole_is_not_told_again(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    play(Desk(recorder))
    await recorder.flush()
    async with store.engine.begin() as connection:
        await connection.execute(sa.delete(journal).where(journal.c.seq == 12))
    async with store.reading() as connection:
        with pytest.raises(JournalHoleError, match="lacks the entries 12 to 12"):
            await read_run(connection, recorder.run)
