"""A switch's store in a process of its own, to be killed or starved: see test_kill.py and test_disk_full.py.

    python -m tests.store.writing_child URL STATE_DIR COMMAND...

Commands: `observe FIRST COUNT` lives of calls in one batch each; `die-before-commit N` and `die-after-commit N` send
the process SIGKILL at the Nth commit from then on; `file-size-max BYTES`, 0 for none; `close`. Each done command
prints a line of JSON.
"""

import asyncio
import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import event

from acd.store.recorder import Alarm, Recorder
from acd.store.store import Store, open_store
from tests.store.lives import life


def die_at_commit(store: Store, which: str, count: int) -> None:
    left = count

    def count_down(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    # The pool takes the connection back when the commit has been carried out.
    if which == "die-before-commit":
        event.listen(store.engine.sync_engine, "commit", count_down)
    else:
        event.listen(store.engine.sync_engine.pool, "checkin", count_down)


async def run(url: str, state_dir: Path, words: list[str]) -> None:
    store = await open_store(url, state_dir, allow_away=True)
    alarms: list[Alarm] = []
    recorder = Recorder(store, on_alarm=alarms.append)
    left = iter(words)
    for word in left:
        safe = True
        if word == "observe":
            first, count = int(next(left)), int(next(left))
            for number in range(first, first + count):
                for now, happened, reports in life(number):
                    recorder.observe(now, happened, reports)
                safe = await recorder.flush()
        elif word == "file-size-max":
            bytes_max = int(next(left)) or resource.RLIM_INFINITY
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))
        elif word == "close":
            safe = await recorder.close()
            await store.close()
        else:
            die_at_commit(store, word, int(next(left)))
        told = {"done": word, "safe": safe, "alarms": [(alarm.name, alarm.raised) for alarm in alarms]}
        print(json.dumps(told | asdict(recorder.figures())), flush=True)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
