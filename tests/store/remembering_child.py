"""A whole switch in a process of its own, busy until it is killed: see test_memory_kill.py.

    python -m tests.store.remembering_child URL STATE_DIR [die-before-commit|die-after-commit N]

It lives on simulated time, twenty times as fast as the recorder's. It prints `step SEQ SHA` after every step of the
engine, where SHA is of all that is remembered then, and `taken SEQ` when a moment is taken.
"""

import asyncio
import hashlib
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from acd.core.events import Event
from acd.core.reports import Report
from acd.store.codec import encode
from acd.store.memory_recall import recall
from acd.store.memory_taking import Moment
from acd.store.store import open_store
from tests.contract.site import hotline
from tests.store.recorded_switch import Memories, RecordedSwitch
from tests.store.writing_child import die_at_commit

AGENTS = tuple(f"10{number:02}" for number in range(12))
STEP_S = 0.05
LIFE_S = 20.0
CALLERS = 20


def digest(remembered: Memories) -> str:
    texts = [encode(memory) for memories in remembered for _, memory in sorted(memories.items())]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


class Told(RecordedSwitch):
    """Says what it remembers after each step."""

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        super().observe(now, event, reports)
        print("step", self.recorder._line.last_seq, digest(self.remembers()), flush=True)

    def watch_moments(self) -> None:
        touched = self.recorder._touched
        assert touched is not None
        take = touched.take

        def told(run: int, seq: int, at: float) -> Moment:
            print("taken", seq, flush=True)
            return take(run, seq, at)

        touched.take = told  # type: ignore[method-assign]


async def live(url: str, state_dir: Path, words: list[str]) -> None:
    store = await open_store(url, state_dir, allow_away=True)
    if words:
        die_at_commit(store, words[0], int(words[1]))
    switch = Told(hotline(agents=AGENTS, wrap_up_s=2.0))
    switch.boot(store, await recall(store))
    switch.watch_moments()
    switch.link()
    switch.staff(*AGENTS)
    switch.recorder.start()
    for number in count():
        switch.switch.run(STEP_S)
        if number % 7 == 0 and len(switch.switch.pbx.channels) < CALLERS:
            switch.call().hang_up_after(LIFE_S)
        await asyncio.sleep(STEP_S / 20)


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
