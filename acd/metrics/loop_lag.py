"""How late the event loop is: a timer that measures its own delay."""

import asyncio
from collections import deque

from prometheus_client import CollectorRegistry, Gauge, Histogram

from acd.metrics.edges import MACHINE_EDGES_S

EVERY_S = 0.25
REMEMBERED = 20


class LoopLag:
    """A timer on `loop` every `EVERY_S`; what it comes late by is what every other callback waits too."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._histogram = Histogram(
            "loop_lag_seconds", "By how much timers of the event loop come late.", namespace="hotline",
            registry=registry, buckets=MACHINE_EDGES_S,
        )  # fmt: skip
        self._worst = Gauge(
            "loop_lag_worst_seconds", "The worst lag of the last seconds.", namespace="hotline", registry=registry
        )
        self._worst.set_function(lambda: self.worst_s)
        self._recent: deque[float] = deque(maxlen=REMEMBERED)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def worst_s(self) -> float:
        """The worst lag of the last REMEMBERED x EVERY_S seconds."""
        return max(self._recent, default=0.0)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._arm(loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + EVERY_S
        self._timer = loop.call_at(due, self._ring, loop, due)

    def _ring(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        lag = max(0.0, loop.time() - due)
        self._recent.append(lag)
        self._histogram.observe(lag)
        self._arm(loop)
