"""The switch is killed, Asterisk is killed, the link between them is cut, while real calls are in every place: nobody
is lost, and each call's record is what caller and agent saw."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cti.models import SwitchStatus
from scripts.drill.judge import Away, judge, talks_of
from scripts.drill.people import Caller, People, Phone
from scripts.drill.records import Record, read_records
from scripts.drill.site import GREETED, MAIN, OTHER, URGENT, make_site
from scripts.drill.switch import Switch, agent_of
from scripts.drill.wire import Wire

pytestmark = pytest.mark.asterisk
LOOK_S = 0.02
WITHIN_S = 15.0
WRITTEN_S = 10.0


class Drill:
    """One hotline with its people, below `folder`; `served`: work number -> queues."""

    def __init__(self, folder: Path, served: dict[str, list[str]], *, wrap_up_s: float, ring_timeout_s: int) -> None:
        self.site = make_site(folder, served, wrap_up_s=wrap_up_s, ring_timeout_s=ring_timeout_s)
        self.people = People(self.site.pbx, self.site.phones_port, served)
        self.wire = Wire(self.site.ami_port)
        self.switch = Switch(self.site, self.wire)
        self.aways: list[Away] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Drill":
        for part in (self.people, self.wire, self.switch):
            await self._stack.enter_async_context(part)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def until(self, condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s:g} s: {await self.switch.status()}")
            await asyncio.sleep(LOOK_S)

    async def talk(self, agent_id: str, dialled: str = MAIN) -> Caller:
        """A caller whom this agent answers, and who stays."""
        await self.switch.get_ready(agent_id)
        caller = self.people.call(dialled)
        await self.until(lambda: self.people.phones[agent_id].talking)
        return caller

    async def hear(self, caller: Caller, agent_id: str) -> None:
        """Until these two hear each other."""
        phone = self.people.phones[agent_id]
        await self.until(lambda: (caller.hears, phone.hears) == (agent_id, caller.number))

    async def ring(self, agent_id: str, dialled: str = MAIN) -> Caller:
        """A caller for whom this agent's phone rings, and is not answered by itself."""
        self.people.phones[agent_id].answer_s = None
        await self.switch.get_ready(agent_id)
        caller = self.people.call(dialled)
        await self.until(lambda: self.people.phones[agent_id].ringing)
        return caller

    async def wait_in(self, *dialled: str) -> list[Caller]:
        """Callers who wait, one after another, since nobody is ready."""
        callers = []
        for number in dialled:
            callers.append(self.people.call(number))
            await self.until_places(lambda places: places.count("waiting") == len(callers))
        return callers

    async def until_places(self, condition: Callable[[list[str]], bool], within_s: float = WITHIN_S) -> SwitchStatus:
        """Until the places of all calls, as the switch tells them, are so."""
        return await self.switch.until(lambda status: condition([call.place for call in status.calls]), within_s)

    async def come_back(self, killed_at: float) -> SwitchStatus:
        await self.switch.start()
        status = await self.switch.until_ready()
        self.aways.append(Away(killed_at, time.time(), time.time()))
        return status

    async def records(self) -> dict[str, Record]:
        """By the caller's number, when all calls are over and written; judged beside what people saw."""
        for caller in self.people.on_line:
            caller.leg.hang_up()
        await self.switch.until(lambda status: not status.calls)
        called = {caller.number for caller in self.people.callers}
        database = self.site.state_dir / "hotline.db"
        await self.until(lambda: {record.number for record in read_records(database)} >= called, WRITTEN_S)
        records = read_records(database)
        verdict = judge(self.people, records, self.aways)
        assert verdict.wrong == []
        assert verdict.answered
        return {record.number: record for record in records}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def rung_at(drill: Drill, caller: Caller) -> float:
    """When the first phone rang for this caller."""
    return drill.people.legs_of(caller.number)[0][1].log.began_at


def states(status: SwitchStatus) -> dict[str, str]:
    return {agent.agent_id: agent.state for agent in status.agents}


def heard_since(phone: Phone) -> float:
    """Since when its caller's voice has come without a pause (UTC seconds)."""
    return phone.rings[-1].voice.heard[-1].first_at


async def test_killed_and_back_after_a_second(tmp_path: Path, stack: AsyncExitStack) -> None:
    """Calls are in every place when it is killed; it is back before any room has noticed."""
    both = ["main", "urgent"]
    served = {str(number): both for number in range(2001, 2012)} | {"2012": ["other"]}
    drill = await stack.enter_async_context(Drill(tmp_path, served, wrap_up_s=6.0, ring_timeout_s=15))
    people, switch = drill.people, drill.switch
    phones = people.phones

    await switch.get_ready("2012")
    for agent_id in ("2007", "2008", "2010", "2011"):
        await switch.until_phone(agent_id, "reachable")
        await switch.request(agent_id, "login")
    await switch.request("2007", "not-ready", reason="break")
    talks = await drill.talk("2001")
    talk_that_ends = await drill.talk("2002")
    wrapped_up = await drill.talk("2003")
    rings = await drill.ring("2004")
    rings_on = await drill.ring("2005")
    answered = await drill.ring("2006")
    main_1, urgent_1, main_2, urgent_2, gives_up = await drill.wait_in(MAIN, URGENT, MAIN, URGENT, MAIN)
    await drill.hear(talks, "2001")
    in_ivr = people.call(GREETED)
    await drill.until_places(lambda places: "in_ivr" in places)
    wrapped_up_at = time.time()
    phones["2003"].hang_up()
    await drill.until(lambda: not wrapped_up.on_line)
    await switch.until(lambda status: agent_of(status, "2003").state == "wrap_up")

    phones["2006"].answer()
    killed_at = await switch.kill()
    await asyncio.sleep(0.5)
    talk_ended_at = time.time()
    phones["2002"].hang_up()
    phones["2004"].answer()
    gives_up.leg.hang_up()
    await asyncio.sleep(0.5)
    status = await drill.come_back(killed_at)
    assert time.time() - killed_at < 9, "else the rooms may have noticed: the machine is too slow"

    assert states(status) == {
        "2001": "on_call", "2002": "wrap_up", "2003": "wrap_up", "2004": "on_call", "2005": "reserved",
        "2006": "on_call", "2007": "not_ready", "2008": "not_ready", "2009": "logged_out", "2010": "not_ready",
        "2011": "not_ready", "2012": "ready",
    }  # fmt: skip
    assert agent_of(status, "2007").reason == "break"
    assert [agent_of(status, "2007").reason, agent_of(status, "2008").reason] == ["break", "login"]
    assert sorted(call.place for call in status.calls) == [
        "in_ivr", "ringing", "talking", "talking", "talking", "waiting", "waiting", "waiting", "waiting",
    ]  # fmt: skip
    # Who talked heard each other all the time, and do now.
    assert (talks.hears, phones["2001"].hears) == ("2001", talks.number)
    assert heard_since(phones["2001"]) < killed_at
    phones["2005"].answer()
    await drill.until(lambda: phones["2005"].hears == rings_on.number)

    # Wrap-ups end when they would have; those who wait go on in their order.
    await drill.until(lambda: len(phones["2003"].rings) == 2)
    assert abs(phones["2003"].rings[1].log.began_at - (wrapped_up_at + 6.0)) < 0.5
    await drill.until(lambda: len(phones["2002"].rings) == 2)
    assert abs(phones["2002"].rings[1].log.began_at - (talk_ended_at + 6.0)) < 0.5
    for agent_id in ("2008", "2010", "2011"):
        await switch.request(agent_id, "ready")
    waited = [urgent_1, urgent_2, main_1, main_2, in_ivr]
    await drill.until(lambda: all(caller.leg.voice.heard for caller in waited))
    order = sorted(waited, key=lambda caller: rung_at(drill, caller))
    assert [caller.number for caller in order] == [caller.number for caller in waited]
    assert (phones["2007"].rings, phones["2012"].rings) == ([], [])

    records = await drill.records()
    assert records[gives_up.number].outcome == "abandoned"
    assert [records[c.number].agent_id for c in (talks, talk_that_ends, rings, rings_on, answered)] == [
        "2001", "2002", "2004", "2005", "2006",
    ]  # fmt: skip
    assert records[in_ivr.number].ivr_path[:1] == ("greeting",)
    assert not any(record.fell_back for record in records.values())


async def test_away_until_the_fallback_had_everybody(tmp_path: Path, stack: AsyncExitStack) -> None:
    """Away for so long that the rooms notice: the fallback takes callers, rings ready agents only, and gives back who
    still waits."""
    both = ["main", "urgent"]
    served = {"2001": both, "2002": ["other"], "2003": ["other"], "2005": both, "2006": both}
    drill = await stack.enter_async_context(Drill(tmp_path, served, wrap_up_s=1.0, ring_timeout_s=3))
    people, switch = drill.people, drill.switch
    phones = people.phones
    for agent_id in ("2005", "2006"):
        await switch.until_phone(agent_id, "reachable")
        await switch.request(agent_id, "login")
    talks = await drill.talk("2001")
    talk_that_ends = await drill.talk("2003", OTHER)
    await switch.get_ready("2002")
    main_1, urgent_1, main_2 = await drill.wait_in(MAIN, URGENT, MAIN)
    in_ivr = people.call(GREETED)
    await drill.until_places(lambda places: "in_ivr" in places)
    await drill.hear(talks, "2001")

    killed_at = await switch.kill()
    await asyncio.sleep(2)
    phones["2003"].hang_up()
    # The greeting's guard runs out, the fallback finds the one an agent.
    await drill.until(lambda: talks_of(people, in_ivr.number), 15)
    await asyncio.sleep(max(0.0, killed_at + 12 - time.time()))
    came_and_went = people.call(MAIN, talk_s=2)
    gave_up = people.call(URGENT, patience_s=0.2)
    await drill.until(lambda: not came_and_went.on_line, 15)
    came_and_stays = people.call(OTHER)
    await drill.until(lambda: came_and_stays.hears, 15)
    await asyncio.sleep(max(0.0, killed_at + 24 - time.time()))
    status = await drill.come_back(killed_at)

    found = states(status)
    assert [found[agent_id] for agent_id in served] == ["on_call", "on_call", "on_call", "not_ready", "not_ready"]
    assert (phones["2005"].rings, phones["2006"].rings) == ([], []), "the fallback rings who is ready, nobody else"
    assert talks.hears == "2001"
    assert heard_since(phones["2001"]) < killed_at
    await drill.until_places(lambda places: places.count("waiting") == 3, 30)
    phones["2006"].talk_s = 0.5
    await switch.request("2006", "ready")
    waited = [urgent_1, main_1, main_2]
    await drill.until(lambda: not any(caller.on_line for caller in waited))
    assert [leg.other_number for leg in phones["2006"].rings] == [caller.number for caller in waited]

    records = await drill.records()
    fell_back = [*waited, in_ivr, came_and_went, came_and_stays, gave_up]
    assert {r.number for r in records.values() if r.fell_back} == {caller.number for caller in fell_back}
    assert records[gave_up.number].outcome == "abandoned"
    assert records[talk_that_ends.number].agent_id == "2003"
    assert all(records[caller.number].wait_s > 24 for caller in waited)


async def test_a_link_cut_without_a_word(tmp_path: Path, stack: AsyncExitStack) -> None:
    """Nothing passes between switch and Asterisk for 5 s, and neither is told: calls go on, and what happened is known
    with its time afterwards."""
    served = {"2001": ["main", "urgent"]} | {a: ["main"] for a in ("2002", "2003", "2004", "2005", "2006")}
    served["2006"] = ["other"]
    drill = await stack.enter_async_context(Drill(tmp_path, served, wrap_up_s=6.0, ring_timeout_s=15))
    people, switch = drill.people, drill.switch
    phones = people.phones
    for agent_id in ("2005", "2006"):
        await switch.until_phone(agent_id, "reachable")
        await switch.request(agent_id, "login")
    talks = await drill.talk("2001")
    talk_that_ends = await drill.talk("2002")
    rings = await drill.ring("2003")
    rings_on = await drill.ring("2004")
    waits, gives_up, waits_on = await drill.wait_in(MAIN, URGENT, MAIN)
    await drill.hear(talks, "2001")

    cut_at = time.time()
    drill.wire.cut()
    await asyncio.sleep(0.5)
    phones["2002"].hang_up()
    hung_up_at = time.time()
    phones["2003"].answer()
    gives_up.leg.hang_up()
    comes = people.call(GREETED)
    # Told to the switch, which can't tell Asterisk: the ring begins when it can.
    await switch.request("2005", "ready")
    await asyncio.sleep(cut_at + 5 - time.time())
    drill.wire.mend()
    mended_at = time.time()
    await drill.until(lambda: waits.leg.voice.heard)
    await switch.until(lambda status: status.ready)
    drill.aways.append(Away(cut_at, mended_at, mended_at + 1))
    phones["2004"].answer()
    await drill.until(lambda: all(caller.leg.voice.heard for caller in (rings, rings_on)))
    # The wrap-up that began unseen is as long as it should be, and then the next is rung.
    await drill.until(lambda: waits_on.leg.voice.heard)
    assert abs(rung_at(drill, waits_on) - (hung_up_at + 6.0)) < 0.5
    phones["2003"].answer_s = 0.5
    phones["2003"].hang_up()
    await drill.until(lambda: comes.leg.voice.heard, 20)
    assert heard_since(phones["2001"]) < cut_at
    assert phones["2006"].rings == []
    records = await drill.records()
    found = [records[c.number].agent_id for c in (talk_that_ends, rings, rings_on, waits, waits_on, comes)]
    assert found == ["2002", "2003", "2004", "2005", "2002", "2003"]


async def test_asterisk_is_killed(tmp_path: Path, stack: AsyncExitStack) -> None:
    """Calls go down with it, nothing can change that; their records are written, their agents are free, and the next
    callers are served as soon as it is back."""
    served = {str(number): ["main", "urgent", "other"] for number in range(2001, 2005)}
    drill = await stack.enter_async_context(Drill(tmp_path, served, wrap_up_s=2.0, ring_timeout_s=15))
    people, switch = drill.people, drill.switch
    phones = people.phones
    await switch.until_phone("2004", "reachable")
    await switch.request("2004", "login")
    talks = await drill.talk("2001")
    wraps_up = await drill.talk("2002")
    rings = await drill.ring("2003")
    waits = await drill.wait_in(MAIN, URGENT)
    await drill.hear(wraps_up, "2002")
    in_ivr = people.call(GREETED)
    await drill.until_places(lambda places: "in_ivr" in places)
    phones["2002"].hang_up()
    await switch.until(lambda status: agent_of(status, "2002").state == "wrap_up")

    killed_at = time.time()
    await switch.kill_pbx()
    people.lines_died()
    status = await switch.until(lambda status: status.ready and not status.calls)
    drill.aways.append(Away(killed_at, killed_at, time.time()))
    assert agent_of(status, "2004").state == "not_ready"
    phones["2003"].answer_s = 0.5
    await switch.until(lambda s: [agent_of(s, a).state for a in ("2001", "2002", "2003")] == ["ready"] * 3)
    again = [people.call(MAIN) for _ in range(3)]
    await drill.until(lambda: all(caller.leg.voice.heard for caller in again))
    assert phones["2004"].rings == []

    records = await drill.records()
    assert (records[talks.number].outcome, records[talks.number].agent_id) == ("answered", "2001")
    assert [records[caller.number].outcome for caller in (rings, *waits, in_ivr)] == ["failed"] * 4
    assert all(abs(records[caller.number].ended_at - killed_at) < 1 for caller in (talks, rings, *waits, in_ivr))
