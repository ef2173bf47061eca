"""Steps in line for the writer, in memory, with a bound on what is kept when nobody takes them."""

import asyncio
from collections import deque
from collections.abc import Sequence

from acd.core.events import Event
from acd.core.reports import Report
from acd.store.journal import Entry, Step, entries_of, records_only

# The engine waits while entries are encoded: this many take well under a millisecond.
_SLICE_ENTRIES = 50


class Line:
    """First in, first out. Entries get their numbers here, so that a retry writes the same.

    Beyond `steps_max` the oldest steps lose all but the reports that records are made from: those are never dropped.
    """

    def __init__(self, run: int, steps_max: int) -> None:
        self.dropped_total = 0
        self._run = run
        self._steps_max = steps_max
        self._next_seq = 1
        self._steps: deque[Step] = deque()
        # What is left of the oldest steps.
        self._shed: deque[Step] = deque()

    def append(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        seq = self._next_seq
        self._next_seq = seq + 1 + len(reports)
        self._steps.append(Step(seq, now, event, tuple(reports)))
        if len(self._steps) > self._steps_max:
            step = self._steps.popleft()
            kept = list(records_only(step))
            self._shed.extend(kept)
            self.dropped_total += step.entry_count - len(kept)

    async def move_to(self, entries: list[Entry], entries_max: int, last_seq: int) -> bool:
        """Move the next whole steps behind `entries`, until they are `entries_max` or more, or entry `last_seq` is
        among them, which must be a step's last. Whether all up to there are.

        The engine gets its turns in between. When cancelled, each step is either still here or there.
        """
        slice_end = len(entries) + _SLICE_ENTRIES
        while (line := self._shed or self._steps) and line[0].seq <= last_seq:
            if len(entries) >= entries_max:
                return False
            entries.extend(entries_of(self._run, line.popleft()))
            if len(entries) >= slice_end:
                slice_end = len(entries) + _SLICE_ENTRIES
                await asyncio.sleep(0)
        return True

    @property
    def last_seq(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._next_seq - 1

    @property
    def first_seq(self) -> int:
        """The number of the oldest entry in line; if the line is empty, the one that comes next will have."""
        for line in (self._shed, self._steps):
            if line:
                return line[0].seq
        return self._next_seq

    @property
    def oldest_now(self) -> float | None:
        for line in (self._shed, self._steps):
            if line:
                return line[0].now
        return None

    def __len__(self) -> int:
        """In steps, of which each is one entry or more."""
        return len(self._shed) + len(self._steps)
