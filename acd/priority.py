"""The switch before other programs of its machine: people wait for it, and it needs little."""

import os
import sys

# The loop's thread must not wait the usual 5 ms for the threads that write records and log.
THREAD_TURN_S = 0.0005
NICE = -10


def go_first() -> None:
    """Ask for the processor before others where this user may (as root, or with CAP_SYS_NICE); else go on as it is."""
    sys.setswitchinterval(THREAD_TURN_S)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    except PermissionError:
        return
