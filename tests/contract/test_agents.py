"""What agents do around their calls."""

from acd.core.events import (
    LoginRequested,
    LogoutRequested,
    NotReadyRequested,
    ReadyRequested,
    StateAsked,
    WrapUpEnded,
    WrapUpExtended,
)
from acd.core.reports import WrapUpFinished
from tests.contract.acts import agent, comes_to, log_in, record, reports_of, talks, waits
from tests.contract.site import hotline
from tests.contract.world import Caller, World


async def test_wrap_up_ends_in_time(world: World) -> None:
    await world.begin(hotline(wrap_up_s=1.0))
    await _talk_once(world)
    await comes_to(world, "1001", "wrap_up")
    waiting = await world.call(number="13900000002")
    await waits(world, waiting)
    assert world.phone("1001").rung == 1
    await talks(world, waiting, "1001")
    [wrap_up] = reports_of(world, WrapUpFinished)
    assert 0.9 < wrap_up.wrap_up_s < 1.5


async def test_wrap_up_is_extended(world: World) -> None:
    await world.begin(hotline(wrap_up_s=1.0))
    await _talk_once(world)
    await comes_to(world, "1001", "wrap_up")
    assert (await world.request(WrapUpExtended("1001", 1.5))).word == "wrap_up_extended"
    await comes_to(world, "1001", "ready")
    [wrap_up] = reports_of(world, WrapUpFinished)
    assert 2.4 < wrap_up.wrap_up_s < 3.0


async def test_wrap_up_is_ended_early(world: World) -> None:
    await world.begin(hotline(wrap_up_s=60.0))
    await _talk_once(world)
    await comes_to(world, "1001", "wrap_up")
    assert (await world.request(WrapUpEnded("1001"))).word == "ready"
    assert agent(world, "1001").state == "ready"
    assert not (await world.request(WrapUpEnded("1001"))).accepted


async def test_wrap_up_without_a_time_lasts_until_the_agent_ends_it(world: World) -> None:
    await world.begin(hotline(wrap_up_s=None))
    await _talk_once(world)
    await comes_to(world, "1001", "wrap_up")
    await world.pass_time(3.0)
    assert agent(world, "1001").state == "wrap_up"
    assert (await world.request(ReadyRequested("1001"))).word == "ready"


async def test_the_state_asked_for_while_busy_comes_after_the_call(world: World) -> None:
    """The last word counts, and going back to ready is a word too."""
    await world.begin(hotline())
    caller = await _talking(world)
    assert (await world.request(NotReadyRequested("1001", "1"))).word == "pending"
    assert agent(world, "1001").pending == "not_ready"
    assert agent(world, "1001").state == "on_call"
    caller.hang_up()
    await comes_to(world, "1001", "not_ready")
    assert agent(world, "1001").reason == "break"

    await world.request(ReadyRequested("1001"))
    caller = await world.call()
    await talks(world, caller, "1001")
    await world.request(NotReadyRequested("1001", "1"))
    await world.request(ReadyRequested("1001"))
    caller.hang_up()
    await record(world, caller)
    await comes_to(world, "1001", "ready")


async def test_log_out_while_on_a_call(world: World) -> None:
    await world.begin(hotline(wrap_up_s=0.5))
    caller = await _talking(world)
    assert (await world.request(LogoutRequested("1001"))).word == "pending"
    assert caller.talking
    caller.hang_up()
    await comes_to(world, "1001", "wrap_up")
    await comes_to(world, "1001", "logged_out")


async def test_one_agent_logs_in_twice(world: World) -> None:
    """The second station takes over; the same one twice changes nothing."""
    await world.begin(hotline())
    await log_in(world, "1001")
    assert (await world.request(LoginRequested("1001", "phone"))).accepted
    assert agent(world, "1001").state == "ready"
    assert (await world.request(LoginRequested("1001", "cli"))).accepted
    assert agent(world, "1001").state == "not_ready"
    assert agent(world, "1001").reason == "relogin_elsewhere"
    assert len([a for a in world.view().agents if a.agent_id == "1001"]) == 1


async def test_a_second_login_during_a_call_lets_the_call_go_on(world: World) -> None:
    await world.begin(hotline())
    caller = await _talking(world)
    assert (await world.request(LoginRequested("1001", "cli"))).accepted
    await world.pass_time(0.5)
    assert caller.talking
    assert agent(world, "1001").state == "on_call"
    caller.hang_up()
    await comes_to(world, "1001", "not_ready")
    assert agent(world, "1001").reason == "relogin_elsewhere"


async def test_requests_that_cannot_be_granted(world: World) -> None:
    await world.begin(hotline())
    assert (await world.request(LoginRequested("4711", "phone"))).word == "unknown_agent"
    assert not (await world.request(ReadyRequested("1001"))).accepted
    await log_in(world, "1001")
    reply = await world.request(NotReadyRequested("1001", "7"))
    assert not reply.accepted
    assert "1 break" in reply.detail
    assert not (await world.request(WrapUpExtended("1001", 5.0))).accepted
    assert (await world.request(StateAsked("1001"))).word == "ready"


async def _talking(world: World) -> Caller:
    world.phone("1001").answers_after(0.1)
    await log_in(world, "1001")
    caller = await world.call()
    await talks(world, caller, "1001")
    return caller


async def _talk_once(world: World) -> None:
    caller = await _talking(world)
    caller.hang_up()
    await record(world, caller)
