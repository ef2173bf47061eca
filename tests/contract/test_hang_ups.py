"""Who leaves first, and when: nobody is left alone on the line, and the record says who it was."""

import pytest

from acd.core.words import Outcome, Side, VisitOutcome
from tests.contract.acts import comes_to, hears, log_in, place, record, talks, waits
from tests.contract.site import hotline
from tests.contract.world import World


@pytest.mark.parametrize("heard", [("welcome",), ("welcome", "menu")])
async def test_the_caller_leaves_in_the_menu(world: World, heard: tuple[str, ...]) -> None:
    await world.begin(hotline())
    caller = await world.call(keys=("",))
    await hears(world, caller, *heard)
    assert place(world, caller) == "in_ivr"
    caller.hang_up()
    ended = await record(world, caller)
    assert (ended.outcome, ended.reason, ended.hung_up_by) == (Outcome.ABANDONED, "in_ivr", Side.CALLER)
    assert ended.visits == ()


async def test_the_caller_leaves_while_waiting(world: World) -> None:
    await world.begin(hotline())
    caller = await world.call()
    await waits(world, caller)
    caller.hang_up()
    ended = await record(world, caller)
    assert (ended.outcome, ended.reason, ended.hung_up_by) == (Outcome.ABANDONED, "waiting", Side.CALLER)
    assert [visit.outcome for visit in ended.visits] == [VisitOutcome.ABANDONED]
    assert ended.rings == ()


async def test_the_caller_leaves_while_the_phone_rings(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    phone = world.phone("1001")
    caller = await world.call()
    await world.until(lambda: phone.ringing and place(world, caller) == "ringing")
    caller.hang_up()
    ended = await record(world, caller)
    assert (ended.outcome, ended.reason) == (Outcome.ABANDONED, "ringing")
    assert [(ring.outcome, ring.reason) for ring in ended.rings] == [("rescinded", "caller_hung_up")]
    await world.until(lambda: not phone.ringing)
    await comes_to(world, "1001", "ready")


@pytest.mark.parametrize("first", ["caller", "agent"])
@pytest.mark.parametrize("gap_s", [0.0, 0.0005, 0.001, 0.002, 0.004])
async def test_the_caller_leaves_in_the_moment_of_the_answer(world: World, first: str, gap_s: float) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    phone = world.phone("1001")
    caller = await world.call()
    await world.until(lambda: phone.ringing and place(world, caller) == "ringing")
    acts = [caller.hang_up, phone.answer]
    if first == "agent":
        acts.reverse()
    acts[0]()
    if gap_s:
        await world.pass_time(gap_s)
    acts[1]()
    ended = await record(world, caller)
    assert ended.hung_up_by is Side.CALLER
    assert ended.outcome is (Outcome.ANSWERED if ended.answered_at else Outcome.ABANDONED)
    await world.until(lambda: not phone.talking and not phone.ringing)
    await comes_to(world, "1001", "ready")


@pytest.mark.parametrize("first", ["caller", "agent"])
async def test_who_hangs_up_first_is_recorded(world: World, first: str) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    phone = world.phone("1001")
    phone.answers_after(0.1)
    caller = await world.call()
    await talks(world, caller, "1001")
    await world.pass_time(0.5)
    (caller if first == "caller" else phone).hang_up()
    ended = await record(world, caller)
    assert ended.hung_up_by == first
    assert ended.reason == f"{first}_hung_up"
    assert 0.4 < ended.talk_s < 2.0
    await world.until(lambda: not caller.on_line and not phone.talking)
    assert caller.ended_by is (Side.CALLER if first == "caller" else Side.SYSTEM)


async def test_both_hang_up_together(world: World) -> None:
    await world.begin(hotline())
    await log_in(world, "1001")
    phone = world.phone("1001")
    phone.answers_after(0.1)
    caller = await world.call()
    await talks(world, caller, "1001")
    caller.hang_up()
    phone.hang_up()
    ended = await record(world, caller)
    assert ended.outcome is Outcome.ANSWERED
    assert ended.hung_up_by in (Side.CALLER, Side.AGENT)
    await comes_to(world, "1001", "ready")
