"""The rooms on the real Asterisk: what each tells the switch, and that nobody in them is ever left alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from tests.acceptance.ami_desk import Desk, desk
from tests.acceptance.asterisk_fixture import RunningAsterisk
from tests.acceptance.sipp import caller, feature_call, hang_up_after, phone

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def at_desk(asterisk: RunningAsterisk) -> AsyncIterator[Desk]:
    """A living switch's desk; afterwards no channel is left in any room."""
    async with desk(asterisk) as sitting:
        async with sitting.heartbeat():
            yield sitting
        await sitting.clear()


# --- ring ------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [(486, "BUSY", "17"), (603, "CHANUNAVAIL", "21"), (480, "NOANSWER", "19"), (503, "CONGESTION", "34")],
)
async def test_a_phone_that_refuses(
    asterisk: RunningAsterisk, at_desk: Desk, code: int, status: str, cause: str
) -> None:
    async with phone(asterisk, "2001", code=code) as agent, caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        mark = at_desk.mark()
        await at_desk.ring(channel, f"{call}.1", "2001")
        done = await at_desk.told("AcdDone", reservation=f"{call}.1")
        assert (done["status"], done["cause"]) == (status, cause)
        await at_desk.told("AcdWaiting", since=mark, call=call)
        assert await agent.ended() == 0


async def test_a_phone_that_is_not_there(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        mark = at_desk.mark()
        await at_desk.ring(channel, f"{call}.1", "1001")
        done = await at_desk.told("AcdDone", reservation=f"{call}.1")
        assert (done["status"], done["cause"]) == ("CHANUNAVAIL", "3")
        await at_desk.told("AcdWaiting", since=mark, call=call)


async def test_nobody_answers(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with phone(asterisk, "2001", ring_ms=30_000), caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        mark = at_desk.mark()
        await at_desk.ring(channel, f"{call}.1", "2001", ring_timeout_s=1.0)
        done = await at_desk.told("AcdDone", reservation=f"{call}.1")
        assert done["status"] == "NOANSWER"
        await at_desk.told("AcdWaiting", since=mark, call=call)


async def test_several_phones_ring_and_the_first_answer_wins(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with (
        phone(asterisk, "2001", ring_ms=30_000),
        phone(asterisk, "2002", ring_ms=500) as quick,
        caller(asterisk, hang_up_after(2500)) as customer,
    ):
        channel, call = await at_desk.wait_in_room()
        await at_desk.ring(channel, f"{call}.1", "2001&2002")
        answered = await at_desk.told("AcdAnswered", reservation=f"{call}.1")
        assert answered["agent"] == "2002"
        assert await customer.ended() == 0
        assert await quick.ended() == 0


async def test_a_late_answer_to_a_rescinded_reservation_is_not_connected(
    asterisk: RunningAsterisk, at_desk: Desk
) -> None:
    async with phone(asterisk, "2001", ring_ms=800) as agent, caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        mark = at_desk.mark()
        await at_desk.ring(channel, f"{call}.1", "2001")
        await at_desk.told("AcdRing", call=call)
        await at_desk.set(channel, ACD_RESCINDED=f"{call}.1")
        done = await at_desk.told("AcdDone", reservation=f"{call}.1")
        await at_desk.told("AcdWaiting", since=mark, call=call)
        assert await agent.ended() == 0  # it had its BYE
        assert done["status"] == "ANSWER"
        assert not at_desk.all_told("AcdAnswered")
        assert not [message for message in at_desk.heard if message.name == "BridgeEnter"]
        assert not at_desk.all_told("AcdAfterCall")
        # The next reservation of the same caller is another: it connects.
        async with phone(asterisk, "2002"):
            await at_desk.ring(channel, f"{call}.2", "2002")
            await at_desk.told("AcdAnswered", reservation=f"{call}.2")


async def test_the_legs_remember_who_they_are(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with phone(asterisk, "2001"), caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        await at_desk.ring(channel, f"{call}.1", "2001")
        answered = await at_desk.told("AcdAnswered", call=call)
        names = ("ACD_CALL", "ACD_RES", "ACD_AGENT", "ACD_ANS", "ACD_DIALLED", "ACD_ARRIVED")
        status = await at_desk.ask("Status", Variables=",".join(names))
        legs = {event["Channel"]: event.variables("Variable") for event in status.events}
    of_caller, of_agent = legs[channel], legs[answered["Channel"]]
    assert (of_caller["ACD_CALL"], of_caller["ACD_RES"]) == (call, f"{call}.1")
    for name, seconds in (("ACD_ANS", 5), ("ACD_ARRIVED", 10)):
        assert abs(datetime.fromisoformat(f"{of_caller[name]}+00:00").timestamp() - time.time()) < seconds
    assert of_caller["ACD_DIALLED"] == "10086"
    assert (of_agent["ACD_CALL"], of_agent["ACD_RES"], of_agent["ACD_AGENT"]) == (call, f"{call}.1", "2001")


async def test_the_caller_alone_hears_the_work_number(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    """Neither side sends sound, so what arrives is the announcement."""
    async with phone(asterisk, "2001") as agent, caller(asterisk) as customer:
        channel, call = await at_desk.wait_in_room()
        await at_desk.ring(channel, f"{call}.1", "2001", ring_timeout_s=5)
        await at_desk.told("AcdAnswered", call=call)
        customer.forget()
        await customer.hears(within_s=2)
        assert agent.loud_packets() == 0


async def test_a_place_that_does_not_exist_leads_back_to_waiting(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk):
        channel, call = await at_desk.wait_in_room()
        for room in ("ring", "waiting-room"):
            mark = at_desk.mark()
            await at_desk.ask("Redirect", Channel=channel, Context=room, Exten="nonsense", Priority="1")
            await at_desk.told("AcdWaiting", since=mark, call=call)


# --- waiting-room ----------------------------------------------------------------------------------------------------


async def test_waiting_is_music_turn_after_turn_and_an_announcement_between(
    asterisk: RunningAsterisk, at_desk: Desk
) -> None:
    async with caller(asterisk) as customer:
        channel, _ = await at_desk.wait_in_room(ACD_MUSIC="no-such-music")
        await customer.hears(within_s=3)
        await at_desk.set(channel, ACD_ANNOUNCE="busy")
        while await at_desk.get(channel, "ACD_ANNOUNCE"):
            await customer.hears(within_s=3)
        assert len(at_desk.all_told("AcdWaiting")) == 1
        assert channel in await at_desk.channels()


async def test_closing_says_a_last_word_and_hangs_up(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk) as customer:
        start = await at_desk.until(lambda message: message.name == "AsyncAGIStart")
        await at_desk.set(start["Channel"], ACD_NEXT="closing", ACD_CLOSING="system/queue-full")
        await at_desk.link.agi(start["Channel"], "ASYNCAGI BREAK", deadline_s=5)
        await customer.hears(within_s=3)
        assert await customer.ended() == 0


# --- entry -----------------------------------------------------------------------------------------------------------


async def test_a_caller_whose_number_is_an_agents_is_a_caller(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk, hang_up_after(300, user="1001"), user="1001") as customer:
        start = await at_desk.until(lambda message: message.name == "AsyncAGIStart")
        assert start["Channel"].startswith("PJSIP/trunk-test-")
        assert await customer.ended() == 0


async def test_an_unknown_number_is_said_to_be_one_and_costs_nothing(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk, number="4711", code=404) as customer:
        await customer.hears(within_s=5)
        assert await customer.ended() == 0


async def test_a_stranger_is_refused_without_a_channel(asterisk: RunningAsterisk, at_desk: Desk) -> None:
    async with caller(asterisk, host="127.0.0.9", code=401) as stranger:
        assert await stranger.ended() == 0
    assert not [message for message in at_desk.heard if message.name == "Newchannel"]


# --- agents' phones --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["11", "12", "13", "135", "14", "15", "16", "19"])
async def test_a_feature_code_is_told_and_confirmed(asterisk: RunningAsterisk, at_desk: Desk, code: str) -> None:
    async with feature_call(asterisk, "2001", f"*{code}") as agent:
        told = await at_desk.told("AcdFeature", agent="2001", code=code)
        await at_desk.ask("Redirect", Channel=told["Channel"], Context="confirm", Exten="not_ready", Priority="1")
        await agent.hears(within_s=2)
        if code == "11":  # the others would say the same
            assert await agent.ended() == 0


async def test_a_feature_code_that_nobody_takes_is_answered_all_the_same(
    asterisk: RunningAsterisk, at_desk: Desk
) -> None:
    async with feature_call(asterisk, "2001", "*12") as agent:
        await at_desk.told("AcdFeature", agent="2001", code="12")
        await agent.hears(within_s=5)
        assert await agent.ended() == 0


@pytest.mark.parametrize("number", ["013912341234", "10086", "2002", "*99", "s"])
async def test_agents_phones_can_dial_nothing_else(asterisk: RunningAsterisk, at_desk: Desk, number: str) -> None:
    async with feature_call(asterisk, "2001", number, code=404) as agent:
        assert await agent.ended() == 0
    assert not [message for message in at_desk.heard if message.name == "Newchannel"]
