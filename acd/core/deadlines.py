"""Deadlines: what is to happen at a time, unless something else happens first."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

Key = tuple[str, str]


class Deadlines:
    """One deadline a key; setting it again replaces it. Every operation costs O(log n) or less, amortised.

    Cancelled entries stay in the heap until their time or until they outnumber the live ones. Deadlines that
    fall together come in the order of their keys, so that the same events always give the same commands.
    """

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []

    def set(self, kind: str, subject: str, at: float) -> None:
        key = (kind, subject)
        self._due[key] = at
        heappush(self._heap, (at, key))
        if len(self._heap) > 64 + 2 * len(self._due):
            self._heap = [(due, live) for live, due in self._due.items()]
            heapify(self._heap)

    def cancel(self, kind: str, subject: str) -> None:
        self._due.pop((kind, subject), None)

    def get(self, kind: str, subject: str) -> float | None:
        return self._due.get((kind, subject))

    def __iter__(self) -> Iterator[Key]:
        """All that has a deadline, in no order that means anything: for checks, not for decisions."""
        return iter(self._due)

    def next(self) -> float | None:
        """When the earliest deadline falls; None if there is none."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop(self, now: float) -> Key | None:
        """The earliest deadline that has fallen by `now`, removed; None if none has."""
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now:
            return None
        _, key = heappop(self._heap)
        del self._due[key]
        return key

    def _drop_stale(self) -> None:
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
