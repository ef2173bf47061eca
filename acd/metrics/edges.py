"""Bucket edges of the histograms, in seconds."""

from collections.abc import Iterable

from acd.core.site import Site

# Waits and talks of a hotline: fine where a caller notices, coarse where nobody does.
CALL_EDGES_S = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1800.0)
# From a reservation to the ringing phone, an AMI request, the loop's lag: milliseconds.
MACHINE_EDGES_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def unite_edges(site: Site, edges: Iterable[float] = CALL_EDGES_S) -> tuple[float, ...]:
    """`edges` and every queue's service level threshold, so that a service level is read without interpolating.

    All queues share the union: a sum over queues needs the same edges everywhere.
    """
    return tuple(sorted({*edges, *(q.service_level_threshold_s for q in site.queues.values())}))
