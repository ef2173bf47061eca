"""The real Asterisk and the core are brought together again when words between them were lost."""

from collections.abc import Callable, Mapping

import pytest

from acd.core.events import LoginRequested, ReadyRequested
from acd.core.reports import CallEnded, DivergenceHealed
from acd.core.words import Outcome, Phone
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.site import hotline

pytestmark = pytest.mark.asterisk

Message = Mapping[str, str]
HEALED_WITHIN_S = 12.0


def lose(world: AsteriskWorld, lost: Callable[[Message], bool]) -> None:
    """From now on the core never hears of such messages."""
    inbound = world.switch.pbx._inbound
    take = type(inbound).take
    inbound.take = lambda message: None if lost(message) else take(inbound, message)  # type: ignore[method-assign]


def healed(world: AsteriskWorld) -> list[tuple[str, str]]:
    return [(r.kind, r.subject) for r in world.reports if isinstance(r, DivergenceHealed)]


async def test_words_that_were_lost_are_made_up_for(world: AsteriskWorld) -> None:
    await world.begin(hotline())
    world.phone("1001").answers_after(0.1)
    await world.request(LoginRequested("1001", "cli"))
    await world.request(ReadyRequested("1001"))

    lose(world, lambda m: m.get("UserEvent") == "AcdWaiting")
    caller = await world.call()
    await world.until(lambda: ("call_elsewhere", caller.call_id) in healed(world), HEALED_WITHIN_S)
    await world.until(lambda: caller.talking)

    lose(world, lambda m: m["Event"] == "Hangup" or m.get("UserEvent") in ("AcdDone", "AcdAfterCall"))
    caller.hang_up()
    await world.until(lambda: ("call_gone", caller.call_id) in healed(world), HEALED_WITHIN_S)
    (record,) = [r.record for r in world.reports if isinstance(r, CallEnded)]
    assert (record.outcome, record.agent_id) == (Outcome.ANSWERED, "1001")
    await world.until(lambda: ("phone", "1001") in healed(world), HEALED_WITHIN_S)
    assert not next(agent for agent in world.view().agents if agent.agent_id == "1001").phone_busy

    lose(world, lambda m: m["Event"] in ("ContactStatus", "DeviceStateChange"))
    world.phone("1001").unplug()
    await world.until(lambda: world.view().agents[0].phone is Phone.UNREACHABLE, HEALED_WITHIN_S)
    lose(world, lambda m: False)
    world.phone("1001").plug_in()
    await world.until(lambda: world.view().agents[0].state == "ready")

    await world.instance.command("queue remove member PJSIP/1001 from default")
    await world.until(lambda: ("member", "1001") in healed(world), HEALED_WITHIN_S)
    shown = await world.instance.command("queue show default")
    assert "PJSIP/1001" in shown


async def test_the_phone_of_an_agent_who_comes_with_a_new_site_is_known_at_once(world: AsteriskWorld) -> None:
    await world.begin(hotline())
    world.switch.change_site(hotline(agents=("1001", "1002")), {})
    assert "1003" not in {agent.agent_id for agent in world.view().agents}
    world.switch.change_site(hotline(), {})
    await world.until(lambda: {agent.phone for agent in world.view().agents} == {Phone.REACHABLE}, 2.0)
    assert healed(world) == []
