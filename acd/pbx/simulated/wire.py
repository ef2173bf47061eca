"""A wire: what is sent at one end arrives at the other, later and in order, unless a fault is wished for."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from acd.pbx.simulated.virtual_time import VirtualTime

T = TypeVar("T")

Course = Callable[[T], Sequence[float]]
"""What becomes of an item: one extra delay in seconds a copy. () loses it, (0.0, 0.0) doubles it, (3.0,) lets the
others overtake it."""


class Wire(Generic[T]):
    """One direction of a link. `course` injects faults; None is a sound link. A cut wire loses what is on its way."""

    def __init__(self, time: VirtualTime, deliver: Callable[[T], None], delay: Callable[[], float]) -> None:
        self.deliver = deliver
        self.course: Course[T] | None = None
        self._time, self._delay = time, delay
        self._last = 0.0
        self._length = 0
        self._up = True

    def send(self, item: T) -> None:
        if not self._up:
            return
        arrives_at = self._last = max(self._last, self._time.now + self._delay())
        if self.course is None:
            self._time.call_at(arrives_at, partial(self._arrive, self._length, item))
            return
        for extra_s in self.course(item):
            self._time.call_at(arrives_at + extra_s, partial(self._arrive, self._length, item))

    def cut(self) -> None:
        self._up = False
        self._length += 1

    def join(self) -> None:
        self._up = True

    def _arrive(self, length: int, item: T) -> None:
        # A new length of wire was laid meanwhile: what travelled on the old one is lost.
        if length == self._length and self._up:
            self.deliver(item)
