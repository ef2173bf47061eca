"""Agents log in, change state and ask for it by codes on their phone; each hears what came of it."""

from __future__ import annotations

import pytest

from tests.contract.acts import agent, comes_to, log_in, talks
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.site import hotline

pytestmark = pytest.mark.asterisk

AGENT = "1001"


async def dials(world: AsteriskWorld, code: str, word: str, agent_id: str = AGENT) -> None:
    """The agent dials the code and hears the prompt of that word, nothing else."""
    assert await world.phone(agent_id).dial_code(code) == [f"confirm/{word}"], code


def state(world: AsteriskWorld) -> tuple[str, str]:
    seen = agent(world, AGENT)
    return seen.state, seen.reason


async def test_a_shift_by_codes_alone(world: AsteriskWorld) -> None:
    await world.begin(hotline(agents=(AGENT,)))
    await dials(world, "*19", "logged_out")
    await dials(world, "*12", "refused")  # not logged in
    await dials(world, "*11", "logged_in")
    assert state(world) == ("not_ready", "login")
    await dials(world, "*12", "ready")
    assert state(world)[0] == "ready"
    await dials(world, "*131", "not_ready")
    assert state(world) == ("not_ready", "break")
    await dials(world, "*137", "refused")  # the site has no reason 7
    assert state(world) == ("not_ready", "break")
    await dials(world, "*13", "not_ready")
    assert state(world) == ("not_ready", "unspecified")
    await dials(world, "*19", "not_ready")
    await dials(world, "*14", "logged_out")
    assert state(world)[0] == "logged_out"


async def test_wrap_up_is_extended_and_ended(world: AsteriskWorld) -> None:
    await world.begin(hotline(agents=(AGENT,), wrap_up_s=20.0))
    world.phone(AGENT).answers_after(0.1)
    await log_in(world, AGENT)
    await dials(world, "*15", "refused")  # there is no wrap-up yet
    caller = await world.call()
    await talks(world, caller, AGENT)
    caller.hang_up()
    await comes_to(world, AGENT, "wrap_up")
    await dials(world, "*19", "wrap_up")
    assert wrap_up_s(world) == pytest.approx(20.0)
    await dials(world, "*15", "wrap_up_extended")
    assert wrap_up_s(world) == pytest.approx(50.0)
    await dials(world, "*16", "ready")
    assert state(world)[0] == "ready"
    await dials(world, "*16", "refused")


def wrap_up_s(world: AsteriskWorld) -> float:
    """How long the wrap-up will have lasted if nothing more is asked."""
    ends_at = world.switch.engine.floor.deadlines.get("wrap_up", AGENT)
    assert ends_at is not None
    return ends_at - agent(world, AGENT).since


async def test_codes_during_a_ring_and_a_call(world: AsteriskWorld) -> None:
    """What is asked for on a call comes after it; the call goes on meanwhile."""
    await world.begin(hotline(agents=(AGENT,), ring_timeout_s=20.0))
    await log_in(world, AGENT)
    caller = await world.call()
    await world.until(lambda: world.phone(AGENT).ringing)
    await dials(world, "*19", "reserved")
    world.phone(AGENT).answer()
    await talks(world, caller, AGENT)
    await dials(world, "*19", "on_call")
    await dials(world, "*14", "pending")
    assert (agent(world, AGENT).state, agent(world, AGENT).pending) == ("on_call", "logged_out")
    await talks(world, caller, AGENT)
    caller.hang_up()
    await comes_to(world, AGENT, "logged_out")


async def test_a_phone_whose_work_number_the_site_does_not_know(world: AsteriskWorld) -> None:
    """Asterisk still has the phone, the site no longer the agent."""
    await world.begin(hotline(agents=(AGENT, "1002")))
    world.switch.change_site(hotline(agents=(AGENT,)), {})
    await world.until(lambda: [seen.agent_id for seen in world.view().agents] == [AGENT])
    for code in ("*11", "*12", "*13", "*14", "*15", "*16", "*19"):
        await dials(world, code, "unknown_agent", "1002")
    await dials(world, "*11", "logged_in")  # the other agent's phone works as before


async def test_a_code_while_the_switch_is_away(world: AsteriskWorld) -> None:
    await world.begin(hotline(agents=(AGENT,)))
    await world.end_switch()
    await dials(world, "*11", "unavailable")
