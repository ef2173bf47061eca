"""Figures of the AMI link: the latency of its requests as they are answered, the rest read when scraped."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from acd.metrics.children import Children
from acd.metrics.edges import MACHINE_EDGES_S


class LinkCounters(Protocol):
    """What came in since the start: events handed on, events not wanted, bytes that were no message, ..."""

    @property
    def delivered(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def unreadable(self) -> int: ...
    @property
    def callback_errors(self) -> int: ...


class LinkFigures(Protocol):
    """What an AMI link tells of itself at any time."""

    @property
    def up(self) -> bool: ...
    @property
    def connects(self) -> int: ...
    @property
    def timeouts(self) -> int: ...
    @property
    def late_answers(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def counters(self) -> LinkCounters: ...


class AmiMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._latency = Children(
            Histogram("ami_request_seconds", "From an AMI request to its answer.", ("action",), namespace="hotline",
                      registry=registry, buckets=MACHINE_EDGES_S)
        )  # fmt: skip

    def take_answer(self, action: str, seconds: float) -> None:
        """The PBX answered `action` after so long."""
        self._latency[action,].observe(seconds)

    def watch(self, link: LinkFigures) -> None:
        """Read the link at every scrape; call it once."""
        self._registry.register(LinkCollector(link))


class LinkCollector(Collector):
    def __init__(self, link: LinkFigures) -> None:
        self._link = link

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        link, taken = self._link, self._link.counters
        yield GaugeMetricFamily("hotline_ami_link_up", "1 while logged in to the AMI.", float(link.up))
        yield GaugeMetricFamily("hotline_ami_requests_waiting", "AMI requests without an answer yet.", link.waiting)
        for name, text, value in (
            ("connects", "Connections made to the AMI.", link.connects),
            ("request_timeouts", "AMI requests without an answer by their deadline.", link.timeouts),
            ("late_answers", "AMI answers after their request's deadline.", link.late_answers),
            ("callback_errors", "AMI events that were failed on.", taken.callback_errors),
        ):
            yield CounterMetricFamily(f"hotline_ami_{name}", text, value)
        events = CounterMetricFamily("hotline_ami_events", "AMI events by what became of them.", labels=["fate"])
        for fate, count in (
            ("delivered", taken.delivered), ("dropped", taken.dropped), ("unreadable", taken.unreadable),
        ):  # fmt: skip
            events.add_metric([fate], count)
        yield events
