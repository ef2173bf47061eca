"""A ring that comes to nothing: the caller keeps the place in line, the agent who did not take it is not rung again."""

import pytest

from acd.core.events import ReadyRequested
from acd.core.reports import CallEstablished, RingRecord
from acd.core.words import Phone
from tests.contract.acts import agent, comes_to, log_in, place, record, reports_of, talks, waits
from tests.contract.site import hotline
from tests.contract.world import Caller, World


async def test_no_answer(world: World) -> None:
    """Redirect on no answer: the agent is not_ready, and the first in line is still the first."""
    await world.begin(hotline())
    await log_in(world, "1001")
    first = await world.call(number="13900000001")
    await world.until(lambda: world.phone("1001").ringing)
    second = await world.call(number="13900000002")
    await waits(world, second)
    await comes_to(world, "1001", "not_ready")
    assert agent(world, "1001").reason == "no_answer"
    await world.until(lambda: not world.phone("1001").ringing)
    assert [place(world, caller) for caller in (first, second)] == ["waiting", "waiting"]
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1002")
    await talks(world, first, "1002")
    first.hang_up()
    ended = await record(world, first)
    assert [(ring.agent_id, ring.outcome, ring.reason) for ring in ended.rings] == [
        ("1001", "timed_out", "no_answer"),
        ("1002", "accepted", "answered"),
    ]
    assert len(ended.visits) == 1
    assert ended.ring_s > 2.5
    assert ended.wait_s >= ended.ring_s


async def test_no_answer_and_recovery_by_rule(world: World) -> None:
    await world.begin(hotline(site={"no_answer_recovery_s": 1.0}))
    await log_in(world, "1001")
    caller = await world.call()
    await comes_to(world, "1001", "not_ready")
    world.phone("1001").answers_after(0.1)
    await talks(world, caller, "1001")
    assert [ring.outcome for ring in await _rings(world, caller)] == ["timed_out", "accepted"]


async def test_no_answer_and_no_recovery_without_the_rule(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    caller = await world.call()
    await comes_to(world, "1001", "not_ready")
    world.phone("1001").answers_after(0.1)
    await world.pass_time(2.0)
    assert world.phone("1001").rung == 1
    assert (await world.request(ReadyRequested("1001"))).accepted
    await talks(world, caller, "1001")


@pytest.mark.parametrize(("code", "outcome", "state"), [
    (486, "rejected", "rejected"),
    (603, "rejected", "rejected"),
    (480, "timed_out", "no_answer"),
    (503, "rescinded", "device_down"),
])  # fmt: skip
async def test_the_phone_refuses(world: World, code: int, outcome: str, state: str) -> None:
    await world.begin(hotline())
    world.phone("1001").rejects(code)
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1001", "1002")
    caller = await world.call()
    await talks(world, caller, "1002")
    assert agent(world, "1001").state == "not_ready"
    assert agent(world, "1001").reason == state
    assert [ring.outcome for ring in await _rings(world, caller)] == [outcome, "accepted"]


async def test_a_phone_that_is_gone_is_not_rung(world: World) -> None:
    await world.begin(hotline())
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1001", "1002")
    world.phone("1001").unplug()
    await comes_to(world, "1001", "not_ready")
    assert agent(world, "1001").reason == "device_down"
    reply = await world.request(ReadyRequested("1001"))
    assert not reply.accepted
    assert "not registered" in reply.detail
    caller = await world.call()
    await talks(world, caller, "1002")
    assert world.phone("1001").rung == 0
    world.phone("1001").plug_in()
    await comes_to(world, "1001", "ready")


async def test_the_phone_goes_while_it_rings(world: World) -> None:
    """It is found out by asking it, or by the ring's own time, whichever comes first."""
    await world.begin(hotline(ring_timeout_s=10.0))
    await log_in(world, "1001")
    caller = await world.call()
    await world.until(lambda: world.phone("1001").ringing)
    world.phone("1001").vanish()
    await comes_to(world, "1001", "not_ready", within_s=12.0)
    assert agent(world, "1001").reason == "device_down"
    assert agent(world, "1001").phone is Phone.UNREACHABLE
    await waits(world, caller)
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1002")
    await talks(world, caller, "1002")


async def test_a_phone_that_gives_no_sign_counts_as_unreachable(world: World) -> None:
    await world.begin(hotline(ring_timeout_s=10.0))
    world.phone("1001").gives_no_sign()
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1001", "1002")
    caller = await world.call()
    await talks(world, caller, "1002")
    assert agent(world, "1001").reason == "device_down"
    delay_s = reports_of(world, CallEstablished)[0].wait_s
    assert 2.0 < delay_s < 4.0


async def _rings(world: World, caller: Caller) -> tuple[RingRecord, ...]:
    caller.hang_up()
    return (await record(world, caller)).rings
