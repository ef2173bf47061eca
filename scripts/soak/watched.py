"""`hotline serve` with a look inside: every SOAK_EVERY_S a line says how many asyncio tasks and blocks of memory there
are. With SOAK_TRACE, SIGUSR1 tells what has grown since the last SIGUSR1, by the line of code that took the memory.

All else is as people start it.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import tracemalloc
from collections import Counter

import acd.cli.serve
from acd.cli.main import main

GROWN_TOLD = 25
FRAMES = 6
serve = acd.cli.serve.serve


class Traces:
    """What memory was taken for, from look to look."""

    def __init__(self) -> None:
        tracemalloc.start(FRAMES)
        self._taken: tracemalloc.Snapshot | None = None
        self._kinds: Counter[str] = Counter()

    def look(self) -> None:
        gc.collect()
        taken, kinds = tracemalloc.take_snapshot(), Counter(type(each).__name__ for each in gc.get_objects())
        if self._taken is not None:
            for difference in taken.compare_to(self._taken, "lineno")[:GROWN_TOLD]:
                tell({"grown": str(difference)})
            tell({"more_objects": (kinds - self._kinds).most_common(GROWN_TOLD)})
        self._taken, self._kinds = taken, kinds


def tell(content: dict[str, object]) -> None:
    # In one piece: the log's thread writes there, too.
    os.write(sys.stderr.fileno(), json.dumps(content).encode() + b"\n")


async def watched(args: argparse.Namespace) -> int:
    loop, every_s = asyncio.get_running_loop(), float(os.environ["SOAK_EVERY_S"])

    def look() -> None:
        tell({"soak": {"tasks": len(asyncio.all_tasks(loop)), "blocks": sys.getallocatedblocks()}})
        loop.call_later(every_s, look)

    look()
    if os.environ.get("SOAK_TRACE"):
        loop.add_signal_handler(signal.SIGUSR1, Traces().look)
    return await serve(args)


if __name__ == "__main__":
    acd.cli.serve.serve = watched
    sys.exit(main())
