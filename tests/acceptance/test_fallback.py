"""The switch is away: callers find an agent all the same, in their order, and come back when it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.acceptance.ami_desk import Desk, desk
from tests.acceptance.asterisk_fixture import RunningAsterisk
from tests.acceptance.sipp import caller, hang_up_after, phone

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def at_desk(asterisk: RunningAsterisk) -> AsyncIterator[Desk]:
    """A desk without a heartbeat; afterwards no channel and no member is left."""
    async with desk(asterisk) as sitting:
        await sitting.no_heartbeat()
        yield sitting
        await sitting.clear()
        for agent in asterisk.contacts:
            await sitting.ask("QueueRemove", Queue="default", Interface=f"PJSIP/{agent}")


async def add(at_desk: Desk, agent: str, *, paused: bool = False) -> None:
    member = {"Queue": "default", "Interface": f"PJSIP/{agent}", "Paused": "true" if paused else "false"}
    response = await at_desk.ask("QueueAdd", **member)
    assert response.ok, response


async def test_a_new_caller_is_answered_within_15_s(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    await add(at_desk, "2001")
    began = time.monotonic()
    async with phone(asterisk, "2001", talk_ms=300) as agent, caller(asterisk) as customer:
        fallback = await at_desk.told("AcdFallback")
        answered = await at_desk.told("AcdFallbackAnswered", call=fallback["call"], agent="2001", within_s=15)
        assert time.monotonic() - began < 15
        assert answered["Channel"].startswith("PJSIP/2001-")
        await at_desk.told("AcdFallbackDone", call=fallback["call"], agent="2001")
        await at_desk.told("AcdAfterCall", call=fallback["call"])
        assert await customer.ended() == 0
        assert await agent.ended() == 0


async def test_a_waiting_caller_moves_within_40_s_of_the_last_beat(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    await add(at_desk, "2001")
    async with caller(asterisk), phone(asterisk, "2001"):
        async with at_desk.heartbeat():
            _, call = await at_desk.wait_in_room()
        began = time.monotonic()
        await at_desk.told("AcdFallbackAnswered", call=call, within_s=40)
        assert time.monotonic() - began >= 6  # it had to age, so it was the heartbeat


async def test_a_switch_that_dies_in_the_ivr_leaves_nobody_in_silence(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    """It beats still when the call comes, and then never rolls the guard on."""
    async with at_desk.heartbeat(), caller(asterisk):
        await at_desk.until(lambda message: message.name == "AsyncAGIStart")
        await at_desk.told("AcdFallback", within_s=asterisk.settings.ivr_guard_s + 2)


async def test_paused_members_are_not_rung_and_the_caller_stays_with_music(
    asterisk: RunningAsterisk, at_desk: Desk
) -> None:
    await add(at_desk, "2001", paused=True)
    async with phone(asterisk, "2001"), caller(asterisk) as customer:
        fallback = await at_desk.told("AcdFallback")
        await customer.hears(within_s=3)
        # Ready at last, while the caller waits: the mirror works in the middle of a turn.
        await at_desk.ask("QueuePause", Interface="PJSIP/2001", Paused="false")
        await at_desk.told("AcdFallbackAnswered", call=fallback["call"], within_s=10)


async def test_who_joined_first_is_answered_first(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    """The second to reach the fallback has waited longer: it comes first."""
    now = int(time.time())
    async with caller(asterisk), caller(asterisk):
        async with at_desk.heartbeat():
            first, call_late = await at_desk.wait_in_room()
            second, call_early = await at_desk.wait_in_room(after=first)
        await at_desk.set(first, ACD_JOINED=str(now - 10))
        await at_desk.set(second, ACD_JOINED=f"{now - 100}.5")
        await at_desk.no_heartbeat()
        await asyncio.gather(at_desk.told("AcdFallback", call=call_late), at_desk.told("AcdFallback", call=call_early))
        async with phone(asterisk, "2001"):
            await add(at_desk, "2001")
            answered = await at_desk.told("AcdFallbackAnswered", within_s=10)
        assert answered["call"] == call_early


async def test_the_switch_comes_back(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    """After the turn the caller is in the waiting room again, or with the IVR if no queue was chosen yet."""
    turn_s = asterisk.settings.fallback_turn_s
    async with caller(asterisk), caller(asterisk):
        async with at_desk.heartbeat():
            first, call = await at_desk.wait_in_room()
        await at_desk.no_heartbeat()
        await at_desk.told("AcdFallback", call=call)
        other = next(m for m in at_desk.heard if m.name == "AsyncAGIStart" and m["Channel"] != first)
        await at_desk.told("AcdFallback", Channel=other["Channel"], within_s=10)
        mark = at_desk.mark()
        async with at_desk.heartbeat():
            await at_desk.told("AcdWaiting", call=call, since=mark, within_s=turn_s + 5)
            await at_desk.until(
                lambda m: m.name == "AsyncAGIStart" and m["Channel"] == other["Channel"], turn_s + 5, mark
            )


async def test_a_caller_who_talks_in_the_fallback_goes_on_when_the_switch_is_back(
    asterisk: RunningAsterisk, at_desk: Desk
) -> None:
    await add(at_desk, "2001")
    async with phone(asterisk, "2001") as agent, caller(asterisk, hang_up_after(4000)) as customer:
        answered = await at_desk.told("AcdFallbackAnswered")
        async with at_desk.heartbeat():
            assert await customer.ended() == 0
            assert await agent.ended() == 0
        assert not at_desk.all_told("AcdWaiting", call=answered["call"])
