"""Agents change while calls are in progress: rendered again, reloaded over AMI, and no call notices."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from config.asterisk.reload import reloads, restarts
from config.asterisk.render import write
from config.asterisk.settings import AgentEndpoint, FallbackQueue
from tests.acceptance.ami_desk import desk
from tests.acceptance.asterisk_fixture import RunningAsterisk, running_asterisk
from tests.acceptance.sipp import caller, hang_up_after, phone, register

pytestmark = pytest.mark.asterisk
NEW = AgentEndpoint(agent_id="3001", sip_password="a-secret-of-this-test")


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    with running_asterisk(tmp_path_factory.mktemp("pbx")) as running:
        yield running


async def test_a_new_agent_registers_while_calls_go_on(own: RunningAsterisk) -> None:
    beat = str(int(time.time()) + 9)
    async with desk(own) as at_desk, desk(own, own.ami.admin) as admin:
        await at_desk.ask("Setvar", Variable="ACD_HEARTBEAT", Value=beat)
        async with (
            register(own, NEW.agent_id, NEW.sip_password, code=401) as unknown,
            phone(own, "2001") as agent,
            caller(own) as customer,
        ):
            assert await unknown.ended() == 0
            waiting, _ = await at_desk.wait_in_room()
            async with caller(own, hang_up_after(4000)) as talking:
                channel, call = await at_desk.wait_in_room(after=waiting)
                await at_desk.ring(channel, f"{call}.1", "2001")
                await at_desk.told("AcdAnswered", call=call)

                queues = (*own.settings.queues, FallbackQueue(queue_id="new_queue"))
                agents = (*own.settings.agents, NEW)
                changed = write(own.settings.model_copy(update={"agents": agents, "queues": queues}))
                assert set(changed) == {"pjsip.conf", "queues.conf", "extensions.conf"}
                assert restarts(changed) == ()
                for module in reloads(changed):
                    response = await admin.ask("Reload", Module=module)
                    assert response.ok, response

                async with register(own, NEW.agent_id, NEW.sip_password) as known:
                    assert await known.ended() == 0
                await at_desk.until(lambda m: m.name == "ContactStatus" and m["EndpointName"] == NEW.agent_id)
                added = await at_desk.ask("QueueAdd", Queue="new_queue", Interface="PJSIP/3001")
                assert added.ok, added
                left = await at_desk.ask("Getvar", Variable="ACD_HEARTBEAT")
                assert left.headers["Value"] == beat  # no reload may make the switch look dead

                assert {channel, waiting} <= set(await at_desk.channels())
                assert not [m for m in at_desk.heard if m.name == "Hangup"]
                assert await talking.ended() == 0  # by its own BYE, answered as it should be
                assert await agent.ended() == 0
                await customer.hears(within_s=2)


async def test_the_switchs_own_user_may_not_reload(own: RunningAsterisk) -> None:
    async with desk(own) as at_desk, desk(own, own.ami.admin) as admin:
        refused = await at_desk.ask("Reload", Module="res_pjsip.so")
        assert (refused.ok, refused.message) == (False, "Permission denied")
        spoken = await at_desk.ask("Originate", Channel="Local/s@closing", Application="System", Data="true")
        assert not spoken.ok
        assert not (await admin.ask("Setvar", Variable="ACD_HEARTBEAT", Value="1")).ok
