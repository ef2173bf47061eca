"""Words about a reservation that is over change nothing."""

import pytest

from acd.core.events import NotReadyRequested, ReservationRejected
from acd.core.words import Outcome
from tests.contract.acts import agent, comes_to, log_in, place, record, talks, waits
from tests.contract.site import hotline
from tests.contract.world import World


@pytest.mark.parametrize("gap_s", [0.0, 0.0005, 0.001, 0.0015, 0.002, 0.003])
async def test_a_late_answer_to_a_rescinded_reservation(world: World, gap_s: float) -> None:
    """The agent leaves in the moment of the own answer: either the two talk and nothing else happens, or the phone is
    released and the caller waits on; never a caller with an agent whom the switch believes elsewhere."""
    await world.begin(hotline())
    await log_in(world, "1001")
    phone = world.phone("1001")
    caller = await world.call()
    await world.until(lambda: phone.ringing and place(world, caller) == "ringing")
    phone.answer()
    if gap_s:
        await world.pass_time(gap_s)
    reply = await world.request(NotReadyRequested("1001", "1"))
    if reply.word == "pending":
        await talks(world, caller, "1001")
        caller.hang_up()
        assert (await record(world, caller)).outcome is Outcome.ANSWERED
        return
    assert reply.word == "not_ready"
    await world.until(lambda: not phone.talking and not phone.ringing and not caller.talking)
    await waits(world, caller)
    assert agent(world, "1001").state == "not_ready"
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1002")
    await talks(world, caller, "1002")


async def test_a_late_answer_after_the_ring_timed_out(world: World) -> None:
    await world.begin(hotline(ring_timeout_s=1.0))
    phone = world.phone("1001")
    phone.answers_after(1.0)
    await log_in(world, "1001")
    caller = await world.call()
    await world.until(lambda: phone.rung == 1)
    await world.pass_time(1.5)
    if agent(world, "1001").state == "on_call":
        await talks(world, caller, "1001")
    else:
        await comes_to(world, "1001", "not_ready")
        assert not phone.talking
        await waits(world, caller)


async def test_a_call_declined_on_the_desktop(world: World) -> None:
    await world.begin(hotline())
    world.phone("1002").answers_after(0.1)
    await log_in(world, "1001", "1002")
    caller = await world.call()
    await world.until(lambda: world.phone("1001").ringing)
    reservation_id = f"{caller.call_id}.1"
    assert (await world.request(ReservationRejected("1001", reservation_id))).word == "rejected"
    assert not (await world.request(ReservationRejected("1001", reservation_id))).accepted
    await talks(world, caller, "1002")
    assert agent(world, "1001").reason == "rejected"
    assert not world.phone("1001").ringing
    caller.hang_up()
    ended = await record(world, caller)
    assert [(ring.outcome, ring.reason) for ring in ended.rings] == [
        ("rejected", "rejected_on_desktop"),
        ("accepted", "answered"),
    ]
