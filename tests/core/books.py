"""The books of a run that is over, from the engine's reports alone."""

from collections import Counter
from collections.abc import Sequence

from acd.core.reports import CallEnded, CallQueued, Report, ReservationCreated, ReservationEnded, VisitEnded
from acd.core.words import VisitOutcome


def check_books(reports: Sequence[Report], killed: bool = True) -> None:
    """Nothing is written twice, and nothing is left open. `killed`: cores died on the way, so that what they had in
    hand may have been begun twice: then each call still has one record, but visits and rings may have no end."""
    records = Counter(report.record.call_id for report in reports if isinstance(report, CallEnded))
    assert not records or max(records.values()) == 1, f"two records: {records.most_common(1)}"
    created = Counter(report.reservation_id for report in reports if isinstance(report, ReservationCreated))
    ended = Counter(report.reservation_id for report in reports if isinstance(report, ReservationEnded))
    assert not ended or max(ended.values()) == 1, f"a reservation ended twice: {ended.most_common(1)}"
    offered = Counter(report.queue_id for report in reports if isinstance(report, CallQueued))
    outcomes = [report.visit.outcome for report in reports if isinstance(report, VisitEnded)]
    assert VisitOutcome.OPEN not in outcomes
    if not killed:
        assert created == ended
        assert offered == Counter(report.visit.queue_id for report in reports if isinstance(report, VisitEnded))
