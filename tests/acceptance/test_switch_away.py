"""The switch ends while people call: the fallback rings those agents who were ready, and nobody else."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.core.events import NotReadyRequested
from tests.contract.acts import log_in, waits
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.site import hotline

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AsteriskWorld]:
    world = AsteriskWorld(tmp_path)
    yield world
    await world.settle()


async def test_a_new_caller_is_answered_by_a_ready_agent_within_15_s(world: AsteriskWorld) -> None:
    await world.begin(hotline())
    for agent_id in ("1001", "1002", "1003"):
        world.phone(agent_id).answers_after(0.2)
    await log_in(world, "1001", "1002")
    await world.request(NotReadyRequested("1002", "1"))
    await world.end_switch()
    began = time.monotonic()
    call = await world.dial()
    await world.until(lambda: world.phone("1001").talking, within_s=20)
    assert time.monotonic() - began <= 15
    assert (world.phone("1002").rung, world.phone("1003").rung) == (0, 0)
    await call.hang_up()
    await call.ended()


async def test_a_waiting_caller_is_answered_by_the_fallback_within_40_s(world: AsteriskWorld) -> None:
    """Nobody was ready when the switch ended; the one agent who then comes is put in by hand, as ops would."""
    await world.begin(hotline())
    world.phone("1001").answers_after(0.2)
    await log_in(world, "1001", ready=False)
    caller = await world.call()
    await waits(world, caller)
    await world.end_switch()
    ended_at = time.monotonic()
    members = await world.instance.command("queue unpause member PJSIP/1001")
    assert "npaused" in members
    await world.until(lambda: world.phone("1001").talking, within_s=40)
    assert time.monotonic() - ended_at <= 40
    assert caller.on_line
    caller.hang_up()
