"""The switch under load in a process of its own, to be killed or starved: see test_records_survive.py.

    python -m tests.store.load_child URL STATE_DIR die-before-commit|die-after-commit N
    python -m tests.store.load_child URL STATE_DIR disk-full

The first prints `tick N` before each tenth of a second, and dies in the Nth commit. The second lives to the end of the
load, judges its records, and prints what was seen as JSON.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path

from acd.store.store import Store, open_store
from tests.store.load import DAY_S, TICK_S, Load
from tests.store.writing_child import die_at_commit


async def live_until_killed(load: Load, store: Store, moment: str, number: int) -> None:
    die_at_commit(store, moment, number)
    for _ in range(round(DAY_S / TICK_S)):
        print("tick", load.ticks + 1, flush=True)
        await load.live(TICK_S)


def limit_files(bytes_max: int) -> None:
    """No file of the process may be written to beyond there: the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))


async def live_on_a_full_disk(load: Load, store: Store) -> None:
    await load.live(60.0)
    limit_files(1000)
    await load.live(120.0)
    figures = load.recorder.figures()
    full = {"in_memory": figures.queue_length, "alarms": [(alarm.name, alarm.raised) for alarm in load.alarms]}
    limit_files(resource.RLIM_INFINITY)
    await load.come_to_rest()
    records = await load.judge(store)
    after = [(alarm.name, alarm.raised) for alarm in load.alarms]
    print(json.dumps({"full": full, "after": after, "records": len(records)}), flush=True)


async def run(url: str, state_dir: Path, words: list[str]) -> None:
    store = await open_store(url, state_dir)
    load = Load()
    load.boot(store, state_dir)
    load.staff()
    if words[0] == "disk-full":
        await live_on_a_full_disk(load, store)
    else:
        await live_until_killed(load, store, words[0], int(words[1]))
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
