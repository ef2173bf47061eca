"""Who listens to the engine: the store, the metrics, the desktops, the log."""

from collections.abc import Sequence
from typing import Protocol

from acd.core.events import Event
from acd.core.reports import Report


class Observer(Protocol):
    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        """Take one step of the engine: the event it handled (None: time passed) and what came of it.

        Called in the engine's own order, on its thread; must return at once and never raise.
        """
