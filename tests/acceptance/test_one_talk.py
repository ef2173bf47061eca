"""An agent has one talk: should switch and fallback ring the same phone in the same moment, and it answers both, only
the first is connected. The other caller waits on where they were."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from scripts.drill.leg import Leg
from scripts.drill.people import People
from tests.acceptance.ami_desk import Desk, desk
from tests.acceptance.asterisk_fixture import RunningAsterisk

pytestmark = pytest.mark.asterisk
AGENT = "2001"
LOOK_S, WITHIN_S = 0.01, 5.0


@pytest.fixture
async def at_desk(asterisk: RunningAsterisk) -> AsyncIterator[Desk]:
    async with desk(asterisk) as sitting:
        yield sitting
        await sitting.clear()
        await sitting.ask("QueueRemove", Queue="default", Interface=f"PJSIP/{AGENT}")


@pytest.fixture
async def people(asterisk: RunningAsterisk) -> AsyncIterator[People]:
    pbx, port = f"{asterisk.sip_host}:{asterisk.sip_port}", asterisk.contacts[AGENT][1]
    async with People(pbx, port, [AGENT]) as people:
        people.phones[AGENT].answer_s = None
        yield people


async def ring_twice(asterisk: RunningAsterisk, at_desk: Desk, people: People) -> tuple[str, str]:
    """The agent's phone rings for one caller of the fallback and then for one of the switch: their call ids."""
    await at_desk.ask("QueueAdd", Queue="default", Interface=f"PJSIP/{AGENT}")
    async with at_desk.heartbeat():
        people.call("10086")
        channel, waits = await at_desk.wait_in_room()
    await at_desk.no_heartbeat()
    people.call("10086")
    falls = (await at_desk.told("AcdFallback"))["call"]
    begins = await at_desk.until(lambda message: message.name == "DialState" and message["DialStatus"] == "RINGING")
    await at_desk.ring(channel, f"{waits}.1", AGENT)
    await at_desk.until(
        lambda message: message.name == "DialState" and message["DestChannel"] != begins["DestChannel"]
    )
    assert len(people.phones[AGENT].rings) == 2
    return falls, waits


async def over(leg: Leg) -> None:
    """The phone has been hung up on; of that it learns a moment later than the desk."""
    for _ in range(round(WITHIN_S / LOOK_S)):
        if leg.over:
            return
        await asyncio.sleep(LOOK_S)
    raise AssertionError(f"the phone still talks after {WITHIN_S:g} s")


async def test_the_switch_is_late(asterisk: RunningAsterisk, at_desk: Desk, people: People) -> None:
    falls, waits = await ring_twice(asterisk, at_desk, people)
    of_fallback, of_switch = people.phones[AGENT].rings
    of_fallback.answer()
    await at_desk.told("AcdFallbackAnswered", call=falls)
    mark = at_desk.mark()
    of_switch.answer()
    await at_desk.told("AcdDone", call=waits, since=mark)
    assert not at_desk.all_told("AcdAnswered", call=waits)
    await over(of_switch)
    # Not in the room for ringing any more, and nobody but the first is connected.
    await at_desk.until(lambda m: m.get("UserEvent", "") in ("AcdWaiting", "AcdFallback") and m["call"] == waits,
                        since=mark)  # fmt: skip
    assert (of_fallback.over, of_switch.over) == (False, True)
    assert len(people.on_line) == 2


async def test_the_fallback_is_late(asterisk: RunningAsterisk, at_desk: Desk, people: People) -> None:
    falls, waits = await ring_twice(asterisk, at_desk, people)
    of_fallback, of_switch = people.phones[AGENT].rings
    of_switch.answer()
    await at_desk.told("AcdAnswered", call=waits)
    mark = at_desk.mark()
    of_fallback.answer()
    await at_desk.until(lambda m: m.name == "Hangup" and m["Channel"].startswith(f"PJSIP/{AGENT}"), since=mark)
    await over(of_fallback)
    assert not at_desk.all_told("AcdFallbackAnswered", call=falls)
    assert (of_fallback.over, of_switch.over) == (True, False)
    # It is free again: the caller of the fallback, who waited on, has the next turn.
    people.phones[AGENT].hang_up()
    await at_desk.told("AcdAfterCall", call=waits)
    people.phones[AGENT].answer_s = 0.1
    answered = await at_desk.told("AcdFallbackAnswered", call=falls, within_s=15)
    assert answered["agent"] == AGENT
    assert len(people.on_line) == 1
