"""A process that does not outlive the one that made it (prctl(2), PR_SET_PDEATHSIG)."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec nothing may be looked up.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with(parent_pid: int) -> None:
    """Called in the child: be killed when the thread that made it ends. `parent_pid` is the parent's."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before we asked
        os._exit(1)
