"""Virtual time: nothing waits, everything happens in the order it is due."""

from collections.abc import Callable
from functools import partial
from heapq import heapify, heappop, heappush

Act = Callable[[], None]
Cancel = Callable[[], None]

_ACT = 2


class VirtualTime:
    """UTC seconds that pass only when told to. Calling it gives the time, so that it serves as a clock.

    What is due at the same moment happens in the order it was asked for; what is asked for the past happens next.
    """

    def __init__(self, start: float = 1_900_000_000.0) -> None:
        self.now = start
        self._asked = 0
        self._cancelled = 0
        # (when, number, [act]): the number settles ties, an empty list is a cancelled entry.
        self._heap: list[tuple[float, int, list[Act]]] = []

    def __call__(self) -> float:
        return self.now

    def call_at(self, when: float, act: Act) -> Cancel:
        """Have `act` called at `when`; the function returned calls it off, as often as one likes."""
        self._asked += 1
        slot = [act]
        heappush(self._heap, (max(when, self.now), self._asked, slot))
        return partial(self._cancel, slot)

    def call_in(self, after_s: float, act: Act) -> Cancel:
        return self.call_at(self.now + after_s, act)

    def next_due(self) -> float | None:
        """When the next act is due; None: nothing will ever happen."""
        while self._heap and not self._heap[0][_ACT]:
            heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0][0] if self._heap else None

    def run_next(self) -> bool:
        """Let the next act happen; False if there is none."""
        if self.next_due() is None:
            return False
        self.now, _, slot = heappop(self._heap)
        # Emptied first: calling off what has happened changes nothing.
        slot.pop()()
        return True

    def run_until(self, when: float) -> None:
        """Let everything happen that is due by `when`, which is the time then."""
        while (due := self.next_due()) is not None and due <= when:
            self.run_next()
        self.now = max(self.now, when)

    def _cancel(self, slot: list[Act]) -> None:
        if not slot:
            return
        slot.clear()
        self._cancelled += 1
        if self._cancelled > 64 + len(self._heap) // 2:
            self._heap = [entry for entry in self._heap if entry[_ACT]]
            heapify(self._heap)
            self._cancelled = 0
