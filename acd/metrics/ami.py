"""Figures of the AMI link: whoever speaks AMI calls these as things happen."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from acd.metrics.children import Children
from acd.metrics.edges import MACHINE_EDGES_S


class AmiMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._is_up = False
        self._up = Gauge("ami_link_up", "1 while logged in to the AMI.", namespace="hotline", registry=registry)
        self._losses = Counter("ami_link_losses", "Times the link was lost.", namespace="hotline", registry=registry)
        self._latency = Children(
            Histogram("ami_request_seconds", "From an AMI request to its answer.", ("action",), namespace="hotline",
                      registry=registry, buckets=MACHINE_EDGES_S)
        )  # fmt: skip
        self._failures = Children(
            Counter("ami_request_failures", "AMI requests refused, timed out or cut off.", ("action", "reason"),
                    namespace="hotline", registry=registry)
        )  # fmt: skip
        self._events = Children(
            Counter("ami_events", "AMI events taken in.", ("event",), namespace="hotline", registry=registry)
        )

    def take_link(self, up: bool) -> None:
        """The link came up or went down; saying the same twice counts once."""
        if self._is_up and not up:
            self._losses.inc()
        self._is_up = up
        self._up.set(float(up))

    def take_answer(self, action: str, seconds: float) -> None:
        """The PBX answered `action` after so long."""
        self._latency[action,].observe(seconds)

    def take_failure(self, action: str, reason: str) -> None:
        """`action` brought no success; `reason` is one word of few (`refused`, `timeout`, `down`, `busy`)."""
        self._failures[action, reason].inc()

    def take_event(self, name: str, count: int = 1) -> None:
        """An AMI event of a kind the link subscribes to; never call it with a name that the other side can choose."""
        self._events[name,].inc(count)
