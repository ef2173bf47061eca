"""The books of a run that is over, from the engine's reports alone."""

from collections import Counter
from collections.abc import Sequence

from acd.core.reports import CallEnded, Report, VisitEnded
from acd.core.words import VisitOutcome


def check_books(reports: Sequence[Report]) -> None:
    """Nothing is written twice, and nothing is left open. Cores may have died on the way: what they had in hand has
    no end of its own, and the next one, which learns the last ring from the PBX alone, uses the number of a ring
    again that the PBX was never told of."""
    records = Counter(report.record.call_id for report in reports if isinstance(report, CallEnded))
    assert not records or max(records.values()) == 1, f"two records: {records.most_common(1)}"
    for record in (report.record for report in reports if isinstance(report, CallEnded)):
        rings = Counter(ring.reservation_id for ring in record.rings)
        assert not rings or max(rings.values()) == 1, f"a ring twice in one record: {rings.most_common(1)}"
    outcomes = [report.visit.outcome for report in reports if isinstance(report, VisitEnded)]
    assert VisitOutcome.OPEN not in outcomes
