"""A call and an agent are brought together."""

from acd.core.reports import CallEstablished, Decided, ReservationCreated
from acd.core.words import Outcome, Side
from tests.contract.acts import comes_to, hears, log_in, place, record, reports_of, talks, waits
from tests.contract.site import hotline
from tests.contract.world import World


async def test_an_agent_is_ready(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    world.phone("1001").answers_after(0.2)
    caller = await world.call()
    await talks(world, caller, "1001")
    await hears(world, caller, "welcome", "menu", "agents/1001")
    world.phone("1001").hang_up()
    ended = await record(world, caller)
    assert (ended.outcome, ended.agent_id, ended.hung_up_by) == (Outcome.ANSWERED, "1001", Side.AGENT)
    assert ended.ivr_path == ("greeting", "main", "main:0", "agent")
    assert len(ended.visits) == len(ended.rings) == 1
    assert "1001 by longest_idle" in ended.rings[0].decision


async def test_nobody_is_ready_then_one_is(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1001", ready=False)
    world.phone("1001").answers_after(0.1)
    caller = await world.call()
    await waits(world, caller)
    await world.until(lambda: bool(reports_of(world, Decided)))
    decision = reports_of(world, Decided)[0].decision
    assert decision.agent_id is None
    assert decision.passed_over == {"not_ready": 1}
    assert world.phone("1001").rung == 0
    await log_in(world, "1001")
    await talks(world, caller, "1001")


async def test_many_wait_and_order_is_kept(world: World) -> None:
    await world.begin(hotline(ring_timeout_s=3.0))
    callers = []
    for n in range(6):
        caller = await world.call(number=f"1390000000{n}")
        await waits(world, caller)
        callers.append(caller)
    for agent_id in ("1001", "1002"):
        world.phone(agent_id).answers_after(0.1, hang_up_s=0.3)
    await log_in(world, "1001", "1002")
    await world.until(lambda: all(not caller.on_line for caller in callers))
    await world.until(lambda: len(reports_of(world, CallEstablished)) == 6)
    rung_for = [report.call_id for report in reports_of(world, ReservationCreated)]
    assert rung_for == [caller.call_id for caller in callers]


async def test_the_longest_idle_agent_is_chosen(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1003", "1001", "1002")
    for agent_id, other in (("1003", "1001"), ("1001", "1002"), ("1002", "1003")):
        world.phone(agent_id).answers_after(0.1)
        caller = await world.call()
        await talks(world, caller, agent_id)
        assert not world.phone(other).ringing
        caller.hang_up()
        await record(world, caller)
        await comes_to(world, agent_id, "ready")


async def test_a_caller_who_serves_themselves(world: World) -> None:
    await world.begin(hotline())
    caller = await world.call(keys=("9",))
    ended = await record(world, caller)
    assert ended.outcome is Outcome.SELF_SERVED
    assert ended.visits == ()
    await hears(world, caller, "welcome", "menu", "goodbye")
    assert place(world, caller) == "ended"
