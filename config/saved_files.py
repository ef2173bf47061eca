"""Whether the files of a configuration were saved anew, and whole.

They are looked at a few times a second: a stat() of three files costs microseconds, works on every file system and
in every container, and misses nothing. A change counts when

- it has rested for SETTLE_S: editors write in several steps, and remove before they rename;
- no program has one of the files open for writing: a copy over a slow network may pause for longer. Linux says so
  when a lease is asked for (fcntl(2), F_SETLEASE): it has none for a file that is being written.

Where leases are not known (network file systems, files of other users) the rest alone counts.
"""

import errno
import fcntl
import os
import signal
from collections.abc import Iterable
from pathlib import Path

LOOK_EVERY_S = 0.1
SETTLE_S = 0.2

# Of each file that is there: name, time of writing, time of any change, size, inode.
Stamps = tuple[tuple[str, int, int, int, int], ...]


def look(folder: Path, names: Iterable[str]) -> Stamps:
    """What differs as soon as one of the files does. A file that is not there has no stamp."""
    found = []
    for name in names:
        try:
            facts = (folder / name).stat()
        except OSError:
            continue
        found.append((name, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino))
    return tuple(found)


class Rest:
    """Tells when a change has come to rest. `read` is what was last read, or refused."""

    def __init__(self, read: Stamps) -> None:
        self.read = read
        self._last = read
        self._since_s = 0.0

    def has_come(self, now: Stamps, at_s: float) -> bool:
        """Whether something has changed since it was read, and no more for SETTLE_S. Give it each look in turn."""
        if now != self._last:
            self._last, self._since_s = now, at_s
        return now != self.read and at_s - self._since_s >= SETTLE_S


def still_written(folder: Path, names: Iterable[str]) -> str:
    """The name of a file that some program has open for writing, if there is one and the system knows."""
    return next((name for name in names if _is_written(folder / name)), "")


def _is_written(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Who opens the file while we hold the lease, for microseconds, waits for us; we are told by a signal that is
        # ignored unless one asks for it, where the usual one (SIGIO) would end the process.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(handle)
    return False
