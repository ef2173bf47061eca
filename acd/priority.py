"""The switch before other programs of its machine: people wait for it, and it needs little."""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

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
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    _put_session_first()


def collect_seldom() -> None:
    """Look for garbage in cycles less often, and not at all through what has been loaded by now."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)


def _put_session_first() -> None:
    """Where Linux shares the processor out by sessions (sched_autogroup_enabled), a nice value counts only within its
    session, and the session has one of its own. A terminal's is left alone: its other programs would go first, too."""
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """What modules are made of stays: garbage is not looked for among it, neither meanwhile (an eighth of the time
    that the switch's take) nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
