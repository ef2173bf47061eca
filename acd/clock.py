"""The time that the switch lives by: UTC seconds that never step back and never jump."""

import time


class SteadyClock:
    """Wall-clock time read once, carried on by the monotonic clock: a stepped system clock changes no wait.

    `drift_s` tells how far the system's clock has moved away since the start.
    """

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._origin + time.monotonic()

    @property
    def drift_s(self) -> float:
        return time.time() - self()
