"""The rooms on the real Asterisk: what each tells the switch, and that nobody in them is ever left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.acceptance.ami_desk import Desk, desk
from tests.acceptance.asterisk_fixture import RunningAsterisk, asterisk
from tests.acceptance.sipp import caller, hang_up_after, phone

__all__ = ["asterisk"]
pytestmark = pytest.mark.asterisk


@pytest.fixture
async def at_desk(asterisk: RunningAsterisk) -> AsyncIterator[Desk]:
    """A living switch's desk; afterwards no channel is left in any room."""
    async with desk(asterisk) as sitting:
        async with sitting.heartbeat():
            yield sitting
        for channel in await sitting.channels():
            await sitting.ask("Hangup", Channel=channel)
            await sitting.hung_up(channel)


async def test_a_caller_reaches_an_agent_who_hangs_up_first(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with phone(asterisk, "2001", talk_ms=300) as agent, caller(asterisk) as customer:
        channel, call = await at_desk.wait_in_room()
        await at_desk.ring(channel, f"{call}.1", "2001")
        ring = await at_desk.told("AcdRing", call=call, reservation=f"{call}.1", agent="2001")
        answered = await at_desk.told("AcdAnswered", call=call, reservation=f"{call}.1", agent="2001")
        done = await at_desk.told("AcdDone", call=call, reservation=f"{call}.1", agent="2001")
        assert await customer.ended() == 0
        assert await agent.ended() == 0
    assert ring["Channel"] == channel
    assert answered["Channel"].startswith("PJSIP/2001-")
    assert (done["status"], done["cause"]) == ("ANSWER", "16")
    assert at_desk.all_told("AcdAfterCall", call=call)
    assert len(at_desk.all_told("AcdWaiting", call=call)) == 1


async def test_the_caller_hangs_up_first(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with phone(asterisk, "2001") as agent, caller(asterisk, hang_up_after(1500)) as customer:
        channel, call = await at_desk.wait_in_room()
        await at_desk.ring(channel, f"{call}.1", "2001")
        await at_desk.told("AcdAnswered", call=call)
        assert await customer.ended() == 0
        assert await agent.ended() == 0
        await at_desk.hung_up(channel)
    assert not at_desk.all_told("AcdDone")
    assert await at_desk.channels() == []


async def test_a_phone_that_is_not_there(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        mark = at_desk.mark()
        await at_desk.ring(channel, f"{call}.1", "1001")
        done = await at_desk.told("AcdDone", reservation=f"{call}.1")
        assert (done["status"], done["cause"]) == ("CHANUNAVAIL", "3")
        await at_desk.told("AcdWaiting", since=mark, call=call)
