"""The switch before other programs of its machine: people wait for it, and it needs little."""

import gc
import os
import sys

# The loop's thread must not wait the usual 5 ms for the threads that write records and log.
THREAD_TURN_S = 0.0005
NICE = -10
# New objects between two looks for garbage in cycles. Python's own figure has a hall of thousands of calls looked
# through every few seconds, for tens of milliseconds in which nobody is rung.
OBJECTS_BETWEEN_LOOKS = 50_000


def go_first() -> None:
    """Ask for the processor before others where this user may (as root, or with CAP_SYS_NICE); else go on as it is."""
    sys.setswitchinterval(THREAD_TURN_S)
    collect_seldom()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    except PermissionError:
        return


def collect_seldom() -> None:
    """Look for garbage in cycles less often, and not at all through what has been loaded by now."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
