"""The spill: an append-only file that keeps entries while the database is away, and over a restart.

One entry a line: a CRC-32 of the rest in hex, a space, a JSON array. What `append` returned from was fsynced. A line
that was cut off (the power went, the process was killed) ends the file: it was never promised, so the next append
writes over it. A line broken in any other way is skipped and counted. Everything here blocks: call it in a thread.
"""

import fcntl
import json
import os
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from acd.store.errors import StoreUnusableError
from acd.store.journal import MEMORY, SWITCH, Entry, journal_count

_FILE_NAME = "journal.jsonl"
_REFUSED_NAME = "refused.jsonl"


def _line(entry: Entry) -> bytes:
    fields = (entry.run, entry.seq, entry.now, entry.kind, entry.type, entry.call_id, entry.agent_id, entry.data)
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _entry(line: bytes) -> Entry | None:
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body):
            return None
        return Entry(*json.loads(body))
    except (ValueError, TypeError):
        return None


def _ignore(_entry: Entry) -> None:
    pass


class Spill:
    """`count`: entries not yet given to the database, `journal_count` those of them that belong into the journal.
    `oldest_now`: the engine's clock in the first of them."""

    def __init__(self, folder: Path, tell: Callable[[Entry], None] = _ignore) -> None:
        """Opens or makes the file, and holds it against any other switch. `tell` hears every entry that an earlier
        run left. Raises `StoreUnusableError`, `OSError`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / _FILE_NAME
        self.count = self.journal_count = 0
        self.damaged = 0
        self.oldest_now: float | None = None
        self.last_run = 0
        # A call that was given up on may still run in its thread.
        self._one_at_a_time = threading.Lock()
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise StoreUnusableError(
                f"another switch runs with this state folder: it holds {self.path}",
                "Stop it, or give this one a folder of its own with --state.",
            ) from None
        _sync_folder(folder)
        self._read_from = 0
        self._end = self._take_stock(tell)

    def _take_stock(self, tell: Callable[[Entry], None]) -> int:
        """Count what an earlier run left; returns where the good lines end."""
        end = 0
        with open(self._file, "rb", closefd=False) as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                entry = _entry(line)
                if entry is None:
                    self.damaged += 1
                    continue
                self.count += 1
                self.journal_count += entry.kind != MEMORY
                tell(entry)
                self.last_run = max(self.last_run, entry.run)
                if self.oldest_now is None:
                    self.oldest_now = entry.now
        return end

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep `entries` behind those kept before. Raises `OSError`, and then none of them was kept."""
        data = memoryview(b"".join(map(_line, entries)))
        with self._one_at_a_time:
            try:
                written = 0
                while written < len(data):
                    written += os.pwrite(self._file, data[written:], self._end + written)
                os.fsync(self._file)
            except OSError:
                # Whatever of it came to the disk is cut off again: on a full disk that makes room, too.
                os.ftruncate(self._file, self._end)
                raise
            self._end += len(data)
            self.count += len(entries)
            self.journal_count += journal_count(entries)
            if self.oldest_now is None and entries:
                self.oldest_now = entries[0].now

    def read(self, count_max: int) -> list[Entry]:
        """The first entries that were not `advance`d over; the same ones until then. Raises `OSError`.

        They are more than `count_max` where that would tear a moment of the memory.
        """
        entries: list[Entry] = []
        with self._one_at_a_time, open(self._file, "rb", closefd=False) as file:
            self._next_from = self._read_from
            file.seek(self._read_from)
            while (len(entries) < count_max or _is_within_moment(entries)) and self._next_from < self._end:
                line = file.readline()
                self._next_from += len(line)
                entry = _entry(line)
                if entry is not None:
                    entries.append(entry)
        return entries

    def advance(self, entries: Sequence[Entry]) -> None:
        """`entries`, as `read` gave them, are in the database. When all are, the file is emptied.

        That is not remembered over a restart before then: to write an entry again changes nothing.
        """
        with self._one_at_a_time:
            self._read_from = self._next_from
            self.count -= len(entries)
            self.journal_count -= journal_count(entries)
            if self._read_from >= self._end:
                os.ftruncate(self._file, 0)
                os.fsync(self._file)
                self._read_from = self._end = self.count = self.journal_count = 0
                self.oldest_now = None
            elif entries:
                self.oldest_now = entries[-1].now

    def set_aside(self, entries: Sequence[Entry]) -> Path:
        """Keep entries that the database refused in a file for people. Raises `OSError`."""
        path = self.path.with_name(_REFUSED_NAME)
        with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(b"".join(map(_line, entries)))
            file.flush()
            os.fsync(file.fileno())
        return path

    def close(self) -> None:
        """Lets the file go; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _is_within_moment(entries: Sequence[Entry]) -> bool:
    return bool(entries) and entries[-1].kind == MEMORY and entries[-1].type != SWITCH


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only after its folder was synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
