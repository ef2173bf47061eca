"""A queue at its limits."""

from acd.core.events import LogoutRequested, NotReadyRequested
from acd.core.reports import AgentMoved
from acd.core.words import Outcome, VisitOutcome
from tests.contract.acts import agent, comes_to, hears, log_in, place, record, reports_of, talks, waits
from tests.contract.site import hotline
from tests.contract.world import World


async def test_the_queue_is_full(world: World) -> None:
    await world.begin(hotline(length_max=2))
    waiting = [await world.call(number=f"1390000000{n}") for n in range(2)]
    for caller in waiting:
        await waits(world, caller)
    third = await world.call(number="13900000009")
    ended = await record(world, third)
    assert (ended.outcome, ended.reason, ended.visits) == (Outcome.BLOCKED, "queue_full", ())
    await hears(world, third, "welcome", "menu", "system/queue-full")
    waiting[0].hang_up()
    await record(world, waiting[0])
    fourth = await world.call(number="13900000010")
    await waits(world, fourth)


async def test_all_agents_are_gone(world: World) -> None:
    """Those who wait go on waiting, in order, for whoever comes."""
    await world.begin(hotline())
    await log_in(world, "1001", "1002")
    for agent_id in ("1001", "1002"):
        await world.request(LogoutRequested(agent_id))
    callers = []
    for n in range(3):
        caller = await world.call(number=f"1390000000{n}")
        await waits(world, caller)
        callers.append(caller)
    await world.pass_time(1.0)
    assert [place(world, caller) for caller in callers] == ["waiting"] * 3
    assert world.view().queues[0].agents == {}
    world.phone("1003").answers_after(0.1, hang_up_s=0.2)
    await log_in(world, "1003")
    for caller in callers:
        await talks(world, caller, "1003")


async def test_agents_who_leave_while_their_phone_rings(world: World) -> None:
    """The call goes to the next agent, then to nobody, and never to one who has gone."""
    await world.begin(hotline())
    await log_in(world, "1001", "1002")
    caller = await world.call()
    await world.until(lambda: world.phone("1001").ringing)
    assert (await world.request(LogoutRequested("1001"))).word == "logged_out"
    await world.until(lambda: world.phone("1002").ringing and not world.phone("1001").ringing)
    assert (await world.request(NotReadyRequested("1002", ""))).word == "not_ready"
    await world.until(lambda: not world.phone("1002").ringing)
    await waits(world, caller)
    await world.pass_time(1.0)
    assert (world.phone("1001").rung, world.phone("1002").rung) == (1, 1)
    assert agent(world, "1002").reason == "unspecified"


async def test_the_longest_wait_is_over(world: World) -> None:
    await world.begin(hotline(wait_s_max=2.0))
    caller = await world.call()
    ended = await record(world, caller)
    assert (ended.outcome, ended.reason) == (Outcome.CLOSED, "wait_s_max")
    assert [visit.outcome for visit in ended.visits] == [VisitOutcome.FLOWED_OUT]
    await hears(world, caller, "welcome", "menu", "system/call-again-later")
    assert 1.9 < ended.wait_s < 3.0


async def test_a_caller_who_hangs_up_frees_the_agent_for_the_next(world: World) -> None:
    """The agent keeps the idle time: the ring was nobody's fault."""
    await world.begin(hotline(ring_timeout_s=20.0))
    await log_in(world, "1001")
    first = await world.call(number="13900000001")
    await world.until(lambda: world.phone("1001").ringing)
    second = await world.call(number="13900000002")
    await waits(world, second)
    first.hang_up()
    await world.until(lambda: place(world, second) == "ringing" and world.phone("1001").rung == 2)
    world.phone("1001").answer()
    await talks(world, second, "1001")
    triggers = [move.trigger for move in reports_of(world, AgentMoved) if move.agent_id == "1001"]
    assert triggers == ["log_in", "get_ready", "reserve", "release", "reserve", "answer"]
    second.hang_up()
    await comes_to(world, "1001", "ready")
