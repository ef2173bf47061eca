"""What the engine reports becomes figures, and the books balance."""

import random
import timeit

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from acd.core.events import CallArrived, SiteChanged
from acd.core.reports import (
    AgentMoved,
    CallEnded,
    CallMoved,
    CallOpened,
    CallQueued,
    CallRecord,
    DivergenceHealed,
    NoTransition,
    Report,
    ReservationCreated,
    ReservationEnded,
    ReservationRinging,
    TalkFinished,
    VisitEnded,
    VisitRecord,
    WrapUpFinished,
)
from acd.core.site import Site
from acd.core.words import Outcome, Side, VisitOutcome
from acd.metrics import CallMetrics
from routing.queue import Queue


def make_site(**thresholds: float) -> Site:
    return Site(
        queues={
            name: Queue(name, service_level_threshold_s=threshold, short_abandon_s=5.0)
            for name, threshold in thresholds.items()
        }
    )


def end_visit(queue_id: str, outcome: VisitOutcome, wait_s: float) -> VisitEnded:
    return VisitEnded(0.0, "c1", VisitRecord(queue_id, 0.0, wait_s, outcome, wait_s))


def end_call(outcome: Outcome, queue_id: str = "general", place: str = "talking") -> CallEnded:
    return CallEnded(
        0.0,
        CallRecord(
            call_id="c1", dialled="10086", caller_number="13912341234", caller_name="", language="zh", topic="",
            arrived_at=0.0, ended_at=9.0, outcome=outcome, reason="", place=place, hung_up_by=Side.CALLER,
            queue_id=queue_id, agent_id="1001", answered_at=0.0, ivr_s=0.0, wait_s=0.0, ring_s=0.0, talk_s=0.0,
            hold_s=0.0,
        ),
    )  # fmt: skip


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> CallMetrics:
    return CallMetrics(registry, make_site(general=20.0, vip=7.0))


def test_a_call_counts_once_in_each_figure_it_belongs_to(registry: CollectorRegistry, metrics: CallMetrics) -> None:
    metrics.observe(0.0, CallArrived("c1", "10086"), [CallOpened(0.0, "c1", "10086", "13912341234")])
    queued = CallMoved(1.0, "c1", "in_ivr", "queued", "waiting")
    metrics.observe(1.0, None, [CallQueued(1.0, "c1", "general", 1), queued])
    metrics.observe(
        2.0,
        None,
        [
            ReservationCreated(2.0, "c1.1", "c1", "1001", "general", 1.0),
            ReservationRinging(2.004, "c1.1", "c1", "1001", 0.004),
            AgentMoved(2.0, "1001", "ready", "reserve", "reserved", seconds=42.5),
            ReservationEnded(6.0, "c1.1", "c1", "1001", "general", "accepted", "", 4.0),
            end_visit("general", VisitOutcome.ANSWERED, 5.0),
            TalkFinished(66.0, "c1", "1001", "general", 60.0, Side.CALLER),
            end_call(Outcome.ANSWERED),
            WrapUpFinished(80.0, "1001", "c1", "general", 14.0),
            NoTransition(81.0, "agent", "1001", "wrap_up", "reserve"),
        ],
    )
    read = registry.get_sample_value
    general = {"queue": "general"}
    assert read("hotline_calls_started_total") == 1
    assert read("hotline_events_total", {"event": "CallArrived"}) == 1
    assert read("hotline_queue_offered_total", general) == 1
    assert read("hotline_state_changes_total", {"machine": "call", "before": "in_ivr", "after": "waiting"}) == 1
    assert read("hotline_state_changes_total", {"machine": "agent", "before": "ready", "after": "reserved"}) == 1
    assert read("hotline_agent_state_seconds_total", {"state": "ready"}) == 42.5
    assert read("hotline_reservations_made_total", general) == 1
    assert read("hotline_reservations_total", {"queue": "general", "outcome": "accepted"}) == 1
    assert read("hotline_ring_delay_seconds_bucket", {"le": "0.005"}) == 1
    assert read("hotline_ring_delay_seconds_bucket", {"le": "0.002"}) == 0
    assert read("hotline_ring_seconds_sum", general) == 4.0
    assert read("hotline_wait_seconds_sum", {"queue": "general", "outcome": "answered"}) == 5.0
    assert read("hotline_talk_seconds_sum", general) == 60.0
    assert read("hotline_wrap_up_seconds_sum", general) == 14.0
    ended = {"queue": "general", "outcome": "answered", "place": "talking"}
    assert read("hotline_calls_ended_total", ended) == 1
    no_transition = {"machine": "agent", "state": "wrap_up", "trigger": "reserve"}
    assert read("hotline_no_transition_total", no_transition) == 1


def test_differences_are_counted_by_kind_with_the_time_to_heal(
    registry: CollectorRegistry, metrics: CallMetrics
) -> None:
    assert registry.get_sample_value("hotline_state_divergence_total", {"kind": "phone"}) == 0
    metrics.observe(9.0, None, [DivergenceHealed(9.0, "call_gone", "c1", "waiting", "no channel", 5.0)])
    assert registry.get_sample_value("hotline_state_divergence_total", {"kind": "call_gone"}) == 1
    assert registry.get_sample_value("hotline_state_divergence_heal_seconds_sum") == 5.0


def test_every_threshold_is_an_edge_of_every_queue_and_counts_as_within(
    registry: CollectorRegistry, metrics: CallMetrics
) -> None:
    answered = VisitOutcome.ANSWERED
    metrics.observe(0.0, None, [end_visit("vip", answered, 7.0), end_visit("vip", answered, 7.001)])
    vip = {"queue": "vip", "outcome": "answered"}
    assert registry.get_sample_value("hotline_wait_seconds_bucket", {**vip, "le": "7.0"}) == 1
    assert registry.get_sample_value("hotline_wait_seconds_bucket", {**vip, "le": "10.0"}) == 2
    for name in ("ring", "talk", "wrap_up"):
        for queue, edge in (("general", "7.0"), ("vip", "20.0")):
            sample = registry.get_sample_value(f"hotline_{name}_seconds_bucket", {"queue": queue, "le": edge})
            assert sample == 0, (name, queue, edge)


def test_a_short_abandon_counts_as_abandoned_and_as_short(registry: CollectorRegistry, metrics: CallMetrics) -> None:
    abandoned = VisitOutcome.ABANDONED
    metrics.observe(0.0, None, [end_visit("general", abandoned, wait_s) for wait_s in (4.9, 5.0, 5.1)])
    metrics.observe(0.0, None, [end_visit("general", VisitOutcome.ANSWERED, 1.0)])
    outcome = {"queue": "general", "outcome": "abandoned"}
    assert registry.get_sample_value("hotline_queue_visits_total", outcome) == 3
    assert registry.get_sample_value("hotline_queue_short_abandoned_total", {"queue": "general"}) == 2


def test_a_series_stands_at_zero_before_its_first_event(registry: CollectorRegistry, metrics: CallMetrics) -> None:
    for name, labels in (
        ("hotline_queue_visits_total", {"queue": "vip", "outcome": "flowed_out"}),
        ("hotline_queue_offered_total", {"queue": "vip"}),
        ("hotline_reservations_total", {"queue": "vip", "outcome": "timed_out"}),
        ("hotline_wait_seconds_count", {"queue": "vip", "outcome": "abandoned"}),
    ):
        assert registry.get_sample_value(name, labels) == 0, name


def test_a_new_threshold_gives_new_edges_and_keeps_the_counters(
    registry: CollectorRegistry, metrics: CallMetrics
) -> None:
    metrics.observe(0.0, None, [CallQueued(0.0, "c1", "vip", 1), end_visit("vip", VisitOutcome.ANSWERED, 9.0)])
    metrics.observe(1.0, SiteChanged(make_site(general=20.0, vip=11.0)), [])
    metrics.observe(2.0, None, [end_visit("vip", VisitOutcome.ANSWERED, 10.5)])
    vip = {"queue": "vip", "outcome": "answered"}
    assert registry.get_sample_value("hotline_wait_seconds_bucket", {**vip, "le": "11.0"}) == 1
    assert registry.get_sample_value("hotline_wait_seconds_bucket", {**vip, "le": "7.0"}) is None
    assert registry.get_sample_value("hotline_queue_visits_total", vip) == 2
    assert registry.get_sample_value("hotline_queue_offered_total", {"queue": "vip"}) == 1


def test_a_queue_the_site_does_not_know_is_counted_all_the_same(
    registry: CollectorRegistry, metrics: CallMetrics
) -> None:
    """A call restored from the PBX may still be in a queue that was removed meanwhile."""
    metrics.observe(0.0, None, [end_visit("gone", VisitOutcome.ABANDONED, 1.0)])
    outcome = {"queue": "gone", "outcome": "abandoned"}
    assert registry.get_sample_value("hotline_queue_visits_total", outcome) == 1


def test_no_caller_is_named_in_the_figures(registry: CollectorRegistry, metrics: CallMetrics) -> None:
    metrics.observe(0.0, None, [CallOpened(0.0, "c1", "10086", "13912341234"), end_call(Outcome.ABANDONED)])
    assert b"13912341234" not in generate_latest(registry)


def test_one_step_costs_microseconds(metrics: CallMetrics) -> None:
    """Wanted: under 5 us for a typical step on a free core; the bound leaves room for a busy machine."""
    step: list[Report] = [
        CallQueued(1.0, "c1", "general", 1),
        CallMoved(1.0, "c1", "in_ivr", "queued", "waiting"),
        end_visit("general", VisitOutcome.ANSWERED, random.Random(7).uniform(0, 60)),
    ]
    event = CallArrived("c1", "10086")
    best = min(timeit.repeat(lambda: metrics.observe(1.0, event, step), number=2000, repeat=7)) / 2000
    assert best < 50e-6, f"{best * 1e6:.1f} us"
