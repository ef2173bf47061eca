"""What is true after every scenario, whatever happened in it."""

from collections import Counter

from acd.core.reports import CallEnded, CallOpened, CallQueued, ReservationCreated, ReservationEnded, VisitEnded
from acd.core.words import VisitOutcome
from tests.contract.world import World


def check_invariants(world: World) -> None:
    """The world is at rest: nothing is held, nothing was lost, the books balance."""
    assert list(world.leftovers()) == []
    view = world.view()
    assert view.calls == ()
    assert {agent.state for agent in view.agents} <= {"logged_out"}
    assert all(not agent.phone_busy and not agent.call_id for agent in view.agents)
    assert all(queue.waiting == 0 and queue.agents == {} for queue in view.queues)
    reports = world.reports
    opened = [report.call_id for report in reports if isinstance(report, CallOpened)]
    records = [report.record for report in reports if isinstance(report, CallEnded)]
    assert sorted(record.call_id for record in records) == sorted(opened), "each call has exactly one record"
    created = [report.reservation_id for report in reports if isinstance(report, ReservationCreated)]
    ended = [report.reservation_id for report in reports if isinstance(report, ReservationEnded)]
    assert sorted(created) == sorted(ended), "each reservation ends once"
    offered = Counter(report.queue_id for report in reports if isinstance(report, CallQueued))
    closed = Counter(report.visit.queue_id for report in reports if isinstance(report, VisitEnded))
    assert offered == closed, "offered = answered + abandoned + flowed_out, nothing is open"
    outcomes = [report.visit.outcome for report in reports if isinstance(report, VisitEnded)]
    assert VisitOutcome.OPEN not in outcomes
    assert sorted(outcomes) == sorted(visit.outcome for record in records for visit in record.visits)
    for record in records:
        assert min(record.ivr_s, record.wait_s, record.ring_s, record.talk_s) >= 0.0
        assert record.arrived_at <= record.ended_at
