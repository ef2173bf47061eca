"""Softphones call each other directly: what a phone is told to do, the other one sees."""

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from scripts.softphones.events import PhoneGoneError, PhoneTimeoutError
from scripts.softphones.farm import CallerLine, PhoneFarm, SoftPhone
from scripts.softphones.policy import Policy
from scripts.softphones.sound import loudness, tone_share, write_tone


@pytest.fixture
async def farm() -> AsyncIterator[PhoneFarm]:
    async with PhoneFarm() as farm:
        yield farm


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def pair(farm: PhoneFarm) -> tuple[SoftPhone, CallerLine]:
    return await farm.softphone("1001", register=False), await farm.caller("13912341234", display_name='Li "Ming"')


async def test_a_call_is_answered_talked_and_ended_by_the_agent(farm: PhoneFarm) -> None:
    agent, caller = await pair(farm)
    await agent.set_policy(Policy("answer", after_s=0.2, hangup_after_s=0.6))
    call = await caller.dial(agent.uri)
    taken = await agent.incoming()
    rang, answered, ended = await call.ringing(), await call.answered(), await call.ended()
    assert 0.2 <= answered.at - rang.at < 0.5
    assert 0.6 <= ended.at - answered.at < 0.9
    assert (ended["by"], (await taken.ended())["by"]) == ("there", "here")
    assert 20 < ended["rx_packets"] < 40
    assert 20 < (await taken.ended())["rx_packets"] < 40


async def test_the_phone_shows_who_calls(farm: PhoneFarm) -> None:
    agent, caller = await pair(farm)
    call = await caller.dial(agent.uri, headers={"X-Queue": "main"})
    taken = await agent.incoming()
    shown = (await taken.log.first("incoming", timeout_s=1)).data
    assert shown["headers"]["from"].startswith('"Li \\"Ming\\"" <sip:13912341234@127.0.0.1>')
    assert shown["headers"]["x-queue"] == "main"
    await call.hang_up()
    assert (await taken.ended())["by"] == "there"


@pytest.mark.parametrize("code", [480, 486, 603])
async def test_a_phone_refuses_with_the_code_it_was_told(farm: PhoneFarm, code: int) -> None:
    agent, caller = await pair(farm)
    await agent.set_policy(Policy("reject", code=code))
    ended = await (await caller.dial(agent.uri)).ended()
    assert (ended["code"], ended["answered"], ended["by"]) == (code, False, "there")


async def test_a_phone_that_rings_on_is_cancelled_by_the_caller(farm: PhoneFarm) -> None:
    agent, caller = await pair(farm)
    await agent.set_policy(Policy("ring"))
    call = await caller.dial(agent.uri)
    taken = await agent.incoming()
    await call.ringing()
    await call.hang_up()
    assert (await call.ended())["code"] == 487
    assert (await taken.ended())["answered"] is False


async def test_a_second_call_finds_the_phone_busy(farm: PhoneFarm) -> None:
    agent, caller = await pair(farm)
    await agent.set_policy(Policy("answer"))
    first = await caller.dial(agent.uri)
    await first.answered()
    second = await caller.dial(agent.uri)
    assert (await second.ended())["code"] == 486
    assert not first.over


@pytest.mark.parametrize("method", ["rfc4733", "info"])
async def test_keys_are_heard_by_the_other_side(farm: PhoneFarm, method: str) -> None:
    agent, caller = await pair(farm)
    call = await caller.dial(agent.uri)
    taken = await agent.incoming()
    await taken.answer()
    await call.media()
    await call.press("10*#", method)
    await taken.heard_digits("10*#")
    assert {event["method"] for event in taken.log.all("dtmf")} == {method}


async def test_what_one_plays_the_other_records(farm: PhoneFarm, tmp_path: Path) -> None:
    tone, heard = tmp_path / "tone.wav", tmp_path / "heard.wav"
    write_tone(tone, hz=440, seconds=1.0)
    agent, caller = await pair(farm)
    call = await caller.dial(agent.uri)
    taken = await agent.incoming()
    await taken.answer()
    await taken.media()
    await call.record(str(heard))
    await taken.play(str(tone), loop=True)
    await call.received_packets(60)
    await call.stop_recording()
    assert loudness(heard) > 1000
    assert tone_share(heard, 440) > 0.8
    assert tone_share(heard, 1000) < 0.1


async def test_a_phone_that_vanishes_says_nothing_until_it_is_back(farm: PhoneFarm) -> None:
    agent = await farm.softphone("1001", register=False, own_process=True)
    caller = await farm.caller("13912341234")
    agent.vanish()
    call = await caller.dial(agent.uri)
    with pytest.raises(PhoneTimeoutError, match="no ringing"):
        await call.ringing(timeout_s=0.5)
    agent.come_back()
    await call.ringing()


async def test_only_a_phone_with_its_own_process_can_vanish(farm: PhoneFarm) -> None:
    agent, _ = await pair(farm)
    with pytest.raises(ValueError, match="own_process"):
        agent.vanish()


async def test_orders_for_a_call_that_is_over_say_so(farm: PhoneFarm) -> None:
    agent, caller = await pair(farm)
    await agent.set_policy(Policy("reject"))
    call = await caller.dial(agent.uri)
    await call.ended()
    with pytest.raises(PhoneGoneError, match="is over"):
        await call.press("1")


class Refusal(asyncio.DatagramProtocol):
    """A registrar that forbids everything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        kept = [row for row in data.split(b"\r\n") if row.startswith((b"Via", b"From", b"To", b"Call-ID", b"CSeq"))]
        self.transport.sendto(b"\r\n".join([b"SIP/2.0 403 Forbidden", *kept, b"Content-Length: 0", b"", b""]), addr)


async def test_a_refused_registration_says_so(farm: PhoneFarm) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Refusal, local_addr=("127.0.0.1", 0))
    farm.pbx = "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
    with pytest.raises(PhoneGoneError, match="refused the registration with 403 Forbidden"):
        await farm.softphone("1001", "secret")
    transport.close()


async def test_no_process_is_left_behind(farm: PhoneFarm) -> None:
    for name in range(7):
        await farm.softphone(f"100{name}", register=False)
    frozen = await farm.softphone("2001", register=False, own_process=True)
    frozen.vanish()
    pids = farm.pids
    assert len(pids) == 4
    await farm.close()
    assert not [pid for pid in pids if is_alive(pid)]


async def test_a_worker_that_dies_fails_those_who_wait(farm: PhoneFarm) -> None:
    agent, _ = await pair(farm)
    waiting = asyncio.create_task(agent.incoming(timeout_s=30))
    await agent.worker.kill()
    with pytest.raises(PhoneGoneError, match="closed"):
        await waiting


def test_sound_is_told_from_silence(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.wav"
    with wave.open(str(quiet), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000))
    assert loudness(quiet) == 0
    assert tone_share(quiet, 440) == 0
