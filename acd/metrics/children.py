"""The series of one metric by their label values, each looked up in the library once."""

from typing import TypeVar

from prometheus_client.metrics import MetricWrapperBase

M = TypeVar("M", bound=MetricWrapperBase)


class Children(dict[tuple[str, ...], M]):
    """`children["vip", "answered"].inc()`: a plain dict look-up after the first time."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self.metric = metric

    def __missing__(self, values: tuple[str, ...]) -> M:
        child = self[values] = self.metric.labels(*values)
        return child
