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
import sys
import time
from itertools import count

from acd.parent import die_with

# 70: EX_SOFTWARE of sysexits(3).
EXIT_FAILED, EXIT_CRASHED = 1, 70
ASKED_TO_END = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_WATCHED = ASKED_TO_END | {signal.SIGCHLD}
LASTED_S = 10.0
PAUSE_S_MIN, PAUSE_S_MAX = 0.2, 30.0


def stand_by() -> int | None:
    """Returns None in each process that is to be the switch; in the one that was called, when all is over, what to
    exit with. Call it before there are threads."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    watcher, pause_s = os.getpid(), 0.0
    for attempt in count():
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            die_with(watcher)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            return None
        code, asked = _watch(pid)
        if asked or code == 0 or (code == EXIT_FAILED and attempt == 0):
            return code if code >= 0 else 128 - code
        lived_s = time.monotonic() - began
        pause_s = 0.0 if lived_s >= LASTED_S else min(max(2 * pause_s, PAUSE_S_MIN), PAUSE_S_MAX)
        print(
            f"hotline: the switch {_describe(code)} after {lived_s:.1f} s; it begins again in {pause_s:g} s",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        if pause_s and signal.sigtimedwait(ASKED_TO_END, pause_s):
            return EXIT_FAILED
    raise AssertionError("count() does not end")


def _watch(pid: int) -> tuple[int, bool]:
    """Until it has ended: its exit code (-n: killed by signal n), and whether somebody had asked for the end."""
    asked = False
    while True:
        number = signal.sigwait(_WATCHED)
        if number != signal.SIGCHLD:
            asked = True
            os.kill(pid, signal.SIGTERM)
            continue
        while (buried := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            if buried[0] == pid:
                return os.waitstatus_to_exitcode(buried[1]), asked


def _describe(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
