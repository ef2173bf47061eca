"""A thousand calls within a second: each has its one record, nobody is forgotten, the queue's bound holds."""

from acd.core.reports import CallEnded, CallOpened
from acd.core.words import Outcome
from tests.contract.acts import log_in, reports_of
from tests.contract.invariants import check_invariants
from tests.contract.simulated_world import SimulatedWorld
from tests.contract.site import hotline

CALLS = 1000
LENGTH_MAX = 100


async def test_a_thousand_calls_within_a_second() -> None:
    world = SimulatedWorld()
    await world.begin(hotline(length_max=LENGTH_MAX))
    for agent_id in ("1001", "1002", "1003"):
        world.phone(agent_id).answers_after(0.1, hang_up_s=1.0)
    await log_in(world, "1001", "1002", "1003")
    began = world.now
    for n in range(CALLS):
        await world.call(number=f"139{n:08d}")
        await world.pass_time(1.0 / CALLS)
    assert world.now - began <= 1.01
    assert len(reports_of(world, CallOpened)) >= CALLS - 10
    assert max(queue.waiting for queue in world.view().queues) <= LENGTH_MAX
    await world.until(lambda: len(reports_of(world, CallEnded)) == CALLS, within_s=600.0)
    outcomes = [report.record.outcome for report in reports_of(world, CallEnded)]
    assert set(outcomes) == {Outcome.ANSWERED, Outcome.BLOCKED}
    assert outcomes.count(Outcome.ANSWERED) >= LENGTH_MAX
    await world.settle()
    check_invariants(world)
