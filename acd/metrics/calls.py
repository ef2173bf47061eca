"""Counters and histograms of calls, queues, reservations and agents: an observer of the engine.

Per queue, always: offered = answered + abandoned + flowed_out + open. The first four are counted here from the
engine's reports; open is what the queue holds when scraped.
"""

from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from acd.core.events import DIFFERENCES, Event, SiteChanged
from acd.core.reports import (
    AgentMoved,
    CallEnded,
    CallMoved,
    CallOpened,
    CallQueued,
    DivergenceHealed,
    NoTransition,
    Report,
    ReservationCreated,
    ReservationEnded,
    ReservationRinging,
    TalkFinished,
    VisitEnded,
    WrapUpFinished,
)
from acd.core.site import Site
from acd.core.words import VisitOutcome
from acd.metrics.children import Children
from acd.metrics.edges import MACHINE_EDGES_S, unite_edges

VISIT_OUTCOMES = tuple(outcome for outcome in VisitOutcome if outcome is not VisitOutcome.OPEN)
HEAL_EDGES_S = (1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 30.0, 60.0)
RESERVATION_OUTCOMES = ("accepted", "rejected", "timed_out", "rescinded")


class CallMetrics:
    """Takes the engine's reports and counts. One step costs a few microseconds.

    A queue whose threshold changes in the running site gives the histograms new edges; they then begin again
    at zero, which Prometheus reads as a restart and handles.
    """

    def __init__(self, registry: CollectorRegistry, site: Site) -> None:
        self._registry = registry
        self._site = site
        self._edges: tuple[float, ...] = ()

        def count(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="hotline", registry=registry)

        self._started = count("calls_started", "Calls that arrived.")
        self._ended = Children(
            count("calls_ended", "Calls that ended, by last queue, outcome and where they were then.",
                  "queue", "outcome", "place")
        )  # fmt: skip
        self._offered = Children(count("queue_offered", "Visits that entered the queue.", "queue"))
        self._visits = Children(count("queue_visits", "Visits to the queue that ended.", "queue", "outcome"))
        self._short = Children(
            count("queue_short_abandoned", "Abandoned visits no longer than the queue's short_abandon_s.", "queue")
        )
        self._reservations = Children(count("reservations", "Reservations that ended.", "queue", "outcome"))
        self._reserved = Children(count("reservations_made", "Reservations made.", "queue"))
        self._transitions = Children(
            count("state_changes", "Changes of state of calls and agents.", "machine", "before", "after")
        )
        self._state_seconds = Children(
            count("agent_state_seconds", "Time that agents spent in states they have left.", "state")
        )
        self._no_transition = Children(
            count("no_transition", "Events that found no transition: each is a question to the developers.",
                  "machine", "state", "trigger")
        )  # fmt: skip
        self._divergence = Children(
            count("state_divergence", "Differences between core and PBX that were found and healed.", "kind")
        )
        for kind in DIFFERENCES:
            self._divergence[kind,]
        self._heal = Histogram(
            "state_divergence_heal_seconds", "From the first sight of a difference to its healing.",
            namespace="hotline", registry=registry, buckets=HEAL_EDGES_S,
        )  # fmt: skip
        self._events = Children(count("events", "Events that the engine handled.", "event"))
        self._ring_delay = Histogram(
            "ring_delay_seconds", "From the reservation to the ringing phone.", namespace="hotline",
            registry=registry, buckets=MACHINE_EDGES_S,
        )  # fmt: skip
        self._histograms: list[Histogram] = []
        self._take_site(site)
        self._count_by_type: dict[type, Callable[[Any], None]] = {
            CallOpened: lambda report: self._started.inc(),
            CallMoved: self._count_call_moved,
            CallQueued: lambda report: self._offered[report.queue_id,].inc(),
            VisitEnded: self._count_visit,
            ReservationCreated: lambda report: self._reserved[report.queue_id,].inc(),
            ReservationRinging: lambda report: self._ring_delay.observe(report.delay_s),
            ReservationEnded: self._count_reservation,
            TalkFinished: lambda report: self._talk[report.queue_id,].observe(report.talk_s),
            WrapUpFinished: lambda report: self._wrap_up[report.queue_id,].observe(report.wrap_up_s),
            CallEnded: self._count_ended,
            AgentMoved: self._count_agent_moved,
            DivergenceHealed: self._count_healed,
            NoTransition: self._count_no_transition,
        }

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if event is not None:
            self._events[type(event).__name__,].inc()
            if isinstance(event, SiteChanged):
                self._take_site(event.site)
        for report in reports:
            count = self._count_by_type.get(type(report))
            if count is not None:
                count(report)

    def _count_call_moved(self, report: CallMoved) -> None:
        self._transitions["call", report.before, report.after].inc()

    def _count_visit(self, report: VisitEnded) -> None:
        visit = report.visit
        self._visits[visit.queue_id, visit.outcome].inc()
        self._wait[visit.queue_id, visit.outcome].observe(visit.wait_s)
        queue = self._site.queues.get(visit.queue_id)
        if visit.outcome is VisitOutcome.ABANDONED and queue and visit.wait_s <= queue.short_abandon_s:
            self._short[visit.queue_id,].inc()

    def _count_reservation(self, report: ReservationEnded) -> None:
        self._reservations[report.queue_id, report.outcome].inc()
        if report.ring_s > 0:
            self._ring[report.queue_id,].observe(report.ring_s)

    def _count_ended(self, report: CallEnded) -> None:
        record = report.record
        self._ended[record.queue_id, record.outcome, record.place].inc()

    def _count_agent_moved(self, report: AgentMoved) -> None:
        self._transitions["agent", report.before, report.after].inc()
        self._state_seconds[report.before,].inc(max(0.0, report.seconds))

    def _count_healed(self, report: DivergenceHealed) -> None:
        self._divergence[report.kind,].inc()
        self._heal.observe(report.heal_s)

    def _count_no_transition(self, report: NoTransition) -> None:
        self._no_transition[report.machine, report.state, report.trigger].inc()

    def _take_site(self, site: Site) -> None:
        self._site = site
        edges = unite_edges(site)
        if edges != self._edges:
            self._edges = edges
            self._make_histograms(edges)
        self._begin_at_zero(site)

    def _make_histograms(self, edges: tuple[float, ...]) -> None:
        for old in self._histograms:
            self._registry.unregister(old)
        self._histograms = []

        def measure(name: str, text: str, *labels: str) -> Children[Histogram]:
            histogram = Histogram(
                name, text, labels, namespace="hotline", registry=self._registry, buckets=edges
            )
            self._histograms.append(histogram)
            return Children(histogram)

        self._wait = measure(
            "wait_seconds", "From queue entry to the agent's answer, or the visit's other end; ringing included.",
            "queue", "outcome",
        )  # fmt: skip
        self._ring = measure("ring_seconds", "How long the agent's phone rang.", "queue")
        self._talk = measure("talk_seconds", "How long caller and agent talked.", "queue")
        self._wrap_up = measure("wrap_up_seconds", "Work after the call.", "queue")

    def _begin_at_zero(self, site: Site) -> None:
        """A series that exists before its first event lets Prometheus see that event."""
        for queue_id in site.queues:
            for by_queue in (self._offered, self._short, self._reserved, self._ring, self._talk, self._wrap_up):
                by_queue[queue_id,]
            for outcome in VISIT_OUTCOMES:
                self._visits[queue_id, outcome]
                self._wait[queue_id, outcome]
            for word in RESERVATION_OUTCOMES:
                self._reservations[queue_id, word]
