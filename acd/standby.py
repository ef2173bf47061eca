"""A process that stands by with everything loaded, and begins the switch again when it dies.

Most of a start is Python's imports; a fork has them, so callers are served again a second sooner.

| the switch ended | asked to | what is done |
|---|---|---|
| any way | yes | that was all: its exit code |
| with 0 | no | that was all |
| with EXIT_FAILED, the first one | no | that was all: it can't start, and has said why |
| killed, crashed, or can't start again | no | it begins again: at once if it had lasted, else after a growing pause |

It does not outlive the process that stands by, so that whoever kills that one has killed both. What else becomes a
child of this process (an Asterisk whose switch died, in a container) is buried here, too.
"""

import os
import signal
import time
from collections.abc import Set
from itertools import count

from acd.parent import die_with
from acd.say import say

# 70: EX_SOFTWARE of sysexits(3).
EXIT_FAILED, EXIT_CRASHED = 1, 70
ASKED_TO_END = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
LASTED_S = 10.0
# In the process that is the switch: how many have died before it.
died_before = 0
PAUSE_S_MIN, PAUSE_S_MAX = 0.2, 30.0


def stand_by() -> int | None:
    """Returns None in each process that is to be the switch; in the one that was called, when all is over, what to
    exit with. Call it before there are threads."""
    global died_before
    # What is ignored (nohup) stays so: sigwait would take it all the same.
    asked_to_end = {number for number in ASKED_TO_END if signal.getsignal(number) is not signal.SIG_IGN}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it is not told of any end
    watched = asked_to_end | {signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    watcher, pause_s = os.getpid(), 0.0
    for attempt in count():
        began = time.monotonic()
        pid = _fork()
        if pid == 0:
            die_with(watcher)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
            died_before = attempt
            return None
        code, asked = _watch(pid, watched) if pid is not None else (EXIT_CRASHED, False)
        if asked or code == 0 or (code == EXIT_FAILED and attempt == 0):
            return code if code >= 0 else 128 - code
        lived_s = time.monotonic() - began
        pause_s = 0.0 if lived_s >= LASTED_S else min(max(2 * pause_s, PAUSE_S_MIN), PAUSE_S_MAX)
        say(f"the switch {_describe(code)} after {lived_s:.1f} s; it begins again {_when(pause_s)}")
        if pause_s and signal.sigtimedwait(asked_to_end, pause_s):
            return EXIT_FAILED
    raise AssertionError("count() does not end")


def _fork() -> int | None:
    """As os.fork; None if the system has no room for a process now."""
    try:
        return os.fork()
    except OSError as problem:
        say(f"the switch can't begin: {problem}; close other programs, or allow more processes")
        return None


def _watch(pid: int, watched: Set[signal.Signals]) -> tuple[int, bool]:
    """Until it has ended: its exit code (-n: killed by signal n), and whether somebody had asked for the end."""
    asked = False
    while True:
        number = signal.sigwait(watched)
        if number != signal.SIGCHLD:
            asked = True
            os.kill(pid, signal.SIGTERM)
            continue
        while (buried := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            if buried[0] == pid:
                return os.waitstatus_to_exitcode(buried[1]), asked


def _when(pause_s: float) -> str:
    return f"in {pause_s:g} s" if pause_s else "now"


def _describe(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
