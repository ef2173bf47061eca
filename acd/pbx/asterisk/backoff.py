"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Waits that double from `first_s` to `max_s`, each shortened by up to half at random.

    The chance part keeps several switches from knocking at the same moment after Asterisk's restart.
    """

    def __init__(self, first_s: float, max_s: float, chance: Callable[[], float]) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._chance = chance
        self._next_s = first_s

    def next_s(self) -> float:
        """The seconds to wait now; each call without a `reset` between gives a longer range."""
        bound = min(self._next_s, self._max_s)
        self._next_s = bound * 2
        return bound * (1 - self._chance() / 2)

    def reset(self) -> None:
        self._next_s = self._first_s
