"""The recorder: hears every step of the engine and brings it to the database, later but surely.

`observe` only puts the step in line. A writer takes what is in line every `batch_interval_s` and
writes it in one transaction. So a kill -9 takes the last tenth of a second along, and nothing that was in line
longer.

| the database | the spill | what happens |
|---|---|---|
| takes it | empty | batches go straight to it |
| fails | takes it | batches go to the spill; every `retry_s` the database is tried again |
| is back | not empty | the spill is written first, what comes meanwhile goes behind it, so the order is kept |
| fails | fails (the disk is full) | steps stay in line, in memory; an alarm is raised |

With each pass goes a moment of the engine's memory (`acd.store.memory_taking`), in the transaction of the last entries
that it knows of; at least every `SIGN_OF_LIFE_S` there is one, as a sign of life. Behind the first entries
that are spilled comes all that is remembered, so that the spill alone is enough for a start without the database.

In memory at most `steps_max` steps are kept. Beyond that the oldest lose all but the reports that records are made
from, which are never dropped; the entries lost are counted and leave a hole in the journal's numbers.

Each entry is written exactly once: its key is made here, before the first try.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from acd.core.events import Event
from acd.core.reports import Report
from acd.store.errors import StoreError
from acd.store.journal import MEMORY, Entry, journal_count
from acd.store.line import Line
from acd.store.memory_taking import MemorySource, Moment, Touched
from acd.store.store import EntryRefusedError, Store

BATCH_INTERVAL_S = 0.1
BATCH_ENTRIES_MAX = 1000
RETRY_S = 2.0
SIGN_OF_LIFE_S = 1.5
STEPS_MAX = 200_000

log = structlog.get_logger("acd.store")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person must know of (`raised`), or that it is over. `name` is one of `ALARMS`."""

    name: str
    raised: bool
    fact: str
    remedy: str = ""


ALARMS = ("database_away", "spill_failed", "entries_dropped", "entries_refused")


@dataclass(frozen=True, slots=True)
class RecorderFigures:
    """`lag_s`: age of the oldest entry not in the database. `queue_length`: what is only in memory, in steps.

    Totals count entries since the start: in the database, through the spill, dropped for want of room, and refused
    (by the database, or no record could be made of it).
    """

    lag_s: float
    queue_length: int
    spilled: int
    database_up: bool
    written_total: int
    spilled_total: int
    dropped_total: int
    refused_total: int
    last_error: str


def _no_alarm(_alarm: Alarm) -> None:
    pass


class Recorder:
    """An `Observer`. `clock` is the one that the engine's `now` comes from, and never steps. `memory` is the engine,
    if what it remembers is to outlive it."""

    def __init__(
        self,
        store: Store,
        *,
        memory: MemorySource | None = None,
        clock: Callable[[], float] = time.time,
        on_alarm: Callable[[Alarm], None] = _no_alarm,
        batch_interval_s: float = BATCH_INTERVAL_S,
        retry_s: float = RETRY_S,
        steps_max: int = STEPS_MAX,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_alarm = on_alarm
        self._batch_interval_s = batch_interval_s
        self._retry_s = retry_s
        # Later than every run before it, also if the clock was set back in between.
        self.run = max(int(clock() * 1_000_000), store.last_run + 1)
        self._line = Line(self.run, steps_max)
        self._touched = Touched(memory) if memory is not None else None
        self._moment: Moment | None = None
        self._sign_due_at = 0.0
        self._batch: list[Entry] = []
        self._turn = asyncio.Lock()
        self._work = asyncio.Event()
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        # Whether the database and the spill are to be tried in this pass, and when they are again.
        self._try_database = self._try_spill = True
        self._retry_at = 0.0
        self._alarms: dict[str, Alarm] = {}
        self._last_error = ""
        self._written_total = self._spilled_total = self._refused_total = 0

    # ---- from the engine ----

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        """Take one step; never blocks, never raises."""
        self._line.append(now, event, reports)
        if self._touched is not None:
            self._touched.note(event, reports)
        self._work.set()

    # ---- from the composition root ----

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write_forever(), name="recorder")

    async def write_some(self) -> bool:
        """What the writer does each time: bring what was observed so far to safety. False: some is only in memory.

        A database or disk that failed is left alone until its time to be tried again has come.
        """
        async with self._turn:
            return await self._place_all()

    async def flush(self) -> bool:
        """Bring all that was observed so far to safety, trying the database now. False: some is only in memory."""
        async with self._turn:
            self._retry_at = 0.0
            return await self._place_all()

    async def close(self, deadline_s: float = 5.0) -> bool:
        """Bring all to the database or the spill. False: it could not be, and what is left is lost."""
        self._closing.set()
        self._work.set()
        self._sign_due_at = 0.0
        safe = False
        try:
            async with asyncio.timeout(deadline_s):
                if self._writer is not None:
                    await self._writer
                safe = await self.flush()
        except TimeoutError:
            safe = await self._spill_all()
        if not safe:
            log.error("records lost at stop", steps=self.figures().queue_length)
        return safe

    def figures(self) -> RecorderFigures:
        spill = self._store.spill
        oldest = [now for now in (spill.oldest_now, self._line.oldest_now) if now is not None]
        oldest += [entry.now for entry in self._batch[:1]]
        return RecorderFigures(
            lag_s=max(0.0, self._clock() - min(oldest)) if oldest else 0.0,
            queue_length=len(self._batch) + len(self._line),
            spilled=spill.journal_count,
            database_up=self._store.ready,
            written_total=self._written_total,
            spilled_total=self._spilled_total,
            dropped_total=self._line.dropped_total,
            refused_total=self._refused_total,
            last_error=self._last_error,
        )

    # ---- the writer ----

    async def _write_forever(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._work.wait(), self._idle_s())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._batch_interval_s)
            self._work.clear()
            try:
                await self.write_some()
            except Exception:
                # Whatever it was: what is in line stays there, and the next pass tries again.
                log.exception("writing records failed")

    def _idle_s(self) -> float | None:
        """How long the writer may wait for the next step; None: for ever."""
        waits = [self._retry_s] if self._batch or self._store.spill.count else []
        if self._touched is not None:
            waits.append(SIGN_OF_LIFE_S)
        return min(waits, default=None)

    async def _place_all(self) -> bool:
        """One pass: all that is in line now goes to the database or the spill. False: neither took it."""
        self._try_database = self._clock() >= self._retry_at
        self._try_spill = self._try_database or "spill_failed" not in self._alarms
        last_seq, draining = self._line.last_seq, True
        while draining or self._moment is not None or self._line.first_seq <= last_seq:
            if self._store.spill.count and self._try_database:
                await self._drain_some()
            await self._fill_batch()
            if self._batch:
                if not await self._place(self._batch):
                    return False
                self._batch = []
            draining = bool(self._store.spill.count and self._try_database)
        self._look_at_dropped()
        return True

    async def _fill_batch(self) -> None:
        """Put the next steps into the batch, and behind them a moment of the memory, once it holds all that led to
        the moment."""
        if self._touched is None:
            await self._line.move_to(self._batch, BATCH_ENTRIES_MAX, self._line.last_seq)
            return
        if self._moment is None:
            now = self._clock()
            # A run that has heard nothing yet must not make void what the one before remembered.
            if not self._line and (self._batch or now < self._sign_due_at or not self._line.last_seq):
                return
            self._moment = self._touched.take(self.run, self._line.last_seq, now)
            self._sign_due_at = now + SIGN_OF_LIFE_S
        if await self._line.move_to(self._batch, BATCH_ENTRIES_MAX, self._moment.seq):
            await self._touched.move_to(self._batch, self._moment)
            self._moment = None

    async def _place(self, entries: Sequence[Entry]) -> bool:
        # Only an empty spill lets a batch pass, else it would come before older ones.
        if not self._store.spill.count and self._try_database and await self._to_database(entries):
            self._over("spill_failed", "records are safe in the database again")
            return True
        return await self._to_spill(entries)

    async def _drain_some(self) -> None:
        spill = self._store.spill
        try:
            entries = await asyncio.to_thread(spill.read, BATCH_ENTRIES_MAX)
            if await self._to_database(entries):
                await asyncio.to_thread(spill.advance, entries)
        except OSError as error:
            self._failed("spill_failed", f"the spill {spill.path} can't be read: {error.strerror}",
                         "See to its disk; it is read again by itself.")  # fmt: skip
            self._give_up_for_now()
        if not spill.count:
            log.info("the spill is written", run=self.run)

    async def _to_database(self, entries: Sequence[Entry]) -> bool:
        try:
            written = await self._store.write(entries)
        except EntryRefusedError as error:
            return await self._without_refused(entries, str(error))
        except StoreError as error:
            self._failed("database_away", f"{error.fact}; records go to {self._store.spill.path}", error.remedy)
            self._give_up_for_now()
            return False
        self._written_total += journal_count(entries)
        for oddity in written.oddities:
            self._refused_total += 1
            self._failed("entries_refused", oddity, "The journal holds it; no record shows it.")
        self._over("database_away", "the database takes records again")
        return True

    async def _without_refused(self, entries: Sequence[Entry], why: str) -> bool:
        """One of `entries` is refused for itself: find it, set it aside, write the others."""
        of_journal = [entry for entry in entries if entry.kind != MEMORY]
        if len(of_journal) < len(entries) and of_journal:
            memories = [entry for entry in entries if entry.kind == MEMORY]
            return await self._to_database(of_journal) and await self._to_database(memories)
        if len(of_journal) > 1:
            middle = len(of_journal) // 2
            return await self._to_database(of_journal[:middle]) and await self._to_database(of_journal[middle:])
        try:
            path = await asyncio.to_thread(self._store.spill.set_aside, entries)
        except OSError as error:
            self._failed("spill_failed", f"a refused entry can't be set aside: {error.strerror}",
                         "See to the disk of the state folder.")  # fmt: skip
            self._give_up_for_now()
            return False
        self._refused_total += len(entries)
        self._failed("entries_refused", f"the database refused an entry ({why}), it is in {path}",
                     "Keep the file and report it: the program should not have made such an entry.")  # fmt: skip
        return True

    async def _to_spill(self, entries: Sequence[Entry]) -> bool:
        if not self._try_spill:
            return False
        spill = self._store.spill
        try:
            if not spill.count and self._touched is not None:
                entries = [*entries, *await self._touched.whole()]
            await asyncio.to_thread(spill.append, entries)
        except OSError as error:
            self._failed("spill_failed", f"neither the database nor {spill.path} takes records:"
                         f" {error.strerror}; they are kept in memory",
                         "Free space on the disk at once: a stop of the switch would lose them.")  # fmt: skip
            self._try_spill = False
            self._give_up_for_now()
            return False
        self._spilled_total += journal_count(entries)
        self._over("spill_failed", "records are safe on the disk again")
        return True

    async def _spill_all(self) -> bool:
        """The last resort at a stop: everything to the spill, the database is not asked."""
        async with self._turn:
            self._try_database, self._try_spill = False, True
            while True:
                await self._fill_batch()
                if not self._batch:
                    return True
                if not await self._to_spill(self._batch):
                    return False
                self._batch = []

    def _give_up_for_now(self) -> None:
        self._try_database = False
        self._retry_at = self._clock() + self._retry_s

    # ---- alarms ----

    def _look_at_dropped(self) -> None:
        dropped = self._line.dropped_total
        if dropped and "entries_dropped" not in self._alarms:
            self._failed("entries_dropped", f"{dropped} entries of the journal were dropped (no records)",
                         "This run's journal has a hole. Find why database and spill were both away.")  # fmt: skip

    def _failed(self, name: str, fact: str, remedy: str) -> None:
        self._last_error = fact
        if name not in self._alarms:
            self._alarms[name] = Alarm(name, True, fact, remedy)
            log.error(fact, alarm=name, remedy=remedy)
            self._on_alarm(self._alarms[name])

    def _over(self, name: str, fact: str) -> None:
        if self._alarms.pop(name, None) is not None:
            log.info(fact, alarm=name)
            self._on_alarm(Alarm(name, False, fact))
