"""Softphones on the real Asterisk: registration and sound, which everything else that is tried with them stands on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scripts.softphones.events import PhoneGoneError
from scripts.softphones.farm import PhoneFarm
from scripts.softphones.sound import tone_share, write_tone
from tests.acceptance.asterisk_fixture import PHONE_HOST, RunningAsterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def farm(asterisk: RunningAsterisk) -> AsyncIterator[PhoneFarm]:
    async with PhoneFarm(f"{asterisk.sip_host}:{asterisk.sip_port}", PHONE_HOST) as farm:
        yield farm


async def test_a_phone_registers_and_hears_itself(
    asterisk: RunningAsterisk,
    farm: PhoneFarm,
    tmp_path: Path,
) -> None:
    write_tone(tmp_path / "tone.wav", hz=700, seconds=1)
    phone = await farm.softphone("1001", asterisk.password("1001"))
    call = await phone.dial("*43")
    await call.answered()
    await call.media()
    await call.play(str(tmp_path / "tone.wav"), loop=True)
    await call.record(str(tmp_path / "heard.wav"))
    await call.received_packets(75)
    await call.stop_recording()
    await call.hang_up()
    assert (await call.ended())["by"] == "here"
    assert tone_share(tmp_path / "heard.wav", 700, start_s=0.5) > 0.8
    await phone.unregister()


async def test_a_wrong_password_is_refused(farm: PhoneFarm) -> None:
    with pytest.raises(PhoneGoneError, match="refused the registration"):
        await farm.softphone("1002", "not-the-password")


async def test_a_phone_that_is_no_agents_cannot_call(farm: PhoneFarm) -> None:
    stranger = await farm.caller("13912341234")
    ended = await (await stranger.dial("*43")).ended()
    assert (ended["answered"], ended["code"]) == (False, 401)
