"""Files that are there whole or not at all, also after a power failure."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_new(path: Path, raw: bytes) -> None:
    """Make a file (mode 0600) and have it on the disk. Raises OSError, also when it exists."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        _write_to_disk(file.fileno(), raw)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Replacement:
    """New content for a file, on the disk beside it; `take_place` puts it there in one step. Raises OSError.

    It gets the mode and, where this user may give files away, the owner of `like`.
    """

    def __init__(self, path: Path, raw: bytes, like: os.stat_result, mode: int | None = None) -> None:
        self._path = path
        handle, self._temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "wb") as file:
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), like.st_uid, like.st_gid)
                os.fchmod(file.fileno(), like.st_mode & 0o777 if mode is None else mode)
                _write_to_disk(file.fileno(), raw)
        except BaseException:
            self.discard()
            raise

    def take_place(self) -> None:
        os.replace(self._temporary, self._path)
        sync_folder(self._path.parent)

    def discard(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary)


def _write_to_disk(handle: int, raw: bytes) -> None:
    left = memoryview(raw)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)
