"""What happened since the switch started: the last ended calls and each queue's tally. An observer of the engine."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from acd.core.events import Event, SiteChanged
from acd.core.reports import CallEnded, CallQueued, CallRecord, Report, VisitEnded, VisitRecord
from acd.core.site import Site
from acd.core.view import CallView
from acd.core.words import VisitOutcome

ENDED_CALLS_MAX: Final = 50


@dataclass(slots=True)
class Tally:
    """A queue's visits: `late` are those that reached the threshold unresolved and have ended since."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    answered_wait_s: float = 0.0
    abandoned: int = 0
    abandoned_in_time: int = 0
    flowed_out: int = 0
    late: int = 0

    def take(self, visit: VisitRecord, threshold_s: float) -> None:
        in_time = visit.wait_s <= threshold_s
        if not in_time:
            self.late += 1
        if visit.outcome is VisitOutcome.ANSWERED:
            self.answered += 1
            self.answered_wait_s += visit.wait_s
            self.answered_in_time += in_time
        elif visit.outcome is VisitOutcome.ABANDONED:
            self.abandoned += 1
            self.abandoned_in_time += in_time
        elif visit.outcome is VisitOutcome.FLOWED_OUT:
            self.flowed_out += 1

    def service_level(self, waiting_late: int) -> float | None:
        """The default formula; `waiting_late` are the visits still open that have reached the threshold."""
        base = self.answered_in_time + self.abandoned_in_time + self.late + waiting_late
        return self.answered_in_time / base if base else None


class Day:
    """`site` is the site as it is now; `ended_calls` are the latest, newest last.

    `names` is what people read for the site (`site`) and its reasons for not_ready: word -> language -> name.
    """

    def __init__(self, site: Site, names: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.site = site
        self.names: Mapping[str, Mapping[str, str]] = names or {}
        self.ended_calls: deque[CallRecord] = deque(maxlen=ENDED_CALLS_MAX)
        self.tallies: dict[str, Tally] = {}
        # What a call has waited in visits that ended: its open visit has the rest of its waiting.
        self._waited_before: dict[str, float] = {}
        self._open: set[str] = set()

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if isinstance(event, SiteChanged):
            self.site = event.site
        for report in reports:
            if isinstance(report, CallQueued):
                self.tally(report.queue_id).offered += 1
                self._open.add(report.call_id)
            elif isinstance(report, VisitEnded):
                self._take_visit(report.call_id, report.visit)
            elif isinstance(report, CallEnded):
                self.ended_calls.append(report.record)
                self._open.discard(report.record.call_id)
                self._waited_before.pop(report.record.call_id, None)

    def tally(self, queue_id: str) -> Tally:
        return self.tallies.setdefault(queue_id, Tally())

    def count_late(self, queue_id: str, threshold_s: float, calls: Iterable[CallView]) -> int:
        """How many open visits to the queue have reached the threshold."""
        return sum(
            call.queue_id == queue_id
            and call.call_id in self._open
            and call.wait_s - self._waited_before.get(call.call_id, 0.0) > threshold_s
            for call in calls
        )

    def _take_visit(self, call_id: str, visit: VisitRecord) -> None:
        self._open.discard(call_id)
        self._waited_before[call_id] = self._waited_before.get(call_id, 0.0) + visit.wait_s
        queue = self.site.queues.get(visit.queue_id)
        self.tally(visit.queue_id).take(visit, queue.service_level_threshold_s if queue else float("inf"))
