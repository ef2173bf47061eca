"""Every version of the configuration that was applied: its files, who changed them, when, and what.

They are numbered folders in `versions` of the state folder, readable by their owner only:

    versions/000007/site.yaml routing.yaml ivr.yaml version.json

The highest number is the version in force. A version is staged, which puts all of it on the disk, then kept, which
gives it its number in one step; so a version that is there is whole, and a configuration that is refused in between
never becomes one. Only the switch keeps versions, one at a time; commands read them.
"""

import contextlib
import hashlib
import json
import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.changes import Change, Some, find_changes
from config.document import parse_document
from config.durable import Replacement, sync_folder, write_new
from config.files import Source

FOLDER, FACTS, ANNOUNCED = "versions", "version.json", "announced.json"
KEPT_MAX = 100
_STAGED, _LEAVING = ".staged-", ".leaving-"
_NUMBER = re.compile(r"[0-9]{6,}")


class VersionError(Exception):
    """A version that is not there or not whole; the text says which, and the remedy."""


@dataclass(frozen=True, slots=True)
class Version:
    """`author` owns the files that changed; `user` is who changed them by a command or a page, where one did.
    `applied_at`: UTC seconds. `files`: name -> SHA-256. `before` is the version that `changes` compares with, None for
    the first; `restored` is the one that was rolled back to."""

    number: int
    applied_at: float
    author: str
    files: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    user: str | None = None
    before: int | None = None
    restored: int | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """A version that is still to be kept; `folder` is where it waits, None if it is in force already."""

    version: Version
    folder: Path | None = None


class Versions:
    """The versions of one state folder. All methods raise OSError where the folder can't be read or written."""

    def __init__(self, state_dir: Path, kept_max: int = KEPT_MAX) -> None:
        self.folder = state_dir / FOLDER
        self._kept_max = kept_max

    # ---- reading ----

    def numbers(self) -> list[int]:
        """The versions that are there, the newest first."""
        try:
            found = [int(path.name) for path in self.folder.iterdir() if _NUMBER.fullmatch(path.name)]
        except FileNotFoundError:
            return []
        return sorted(found, reverse=True)

    def path(self, number: int, name: str = "") -> Path:
        return self.folder / f"{number:06}" / name

    def version(self, number: int) -> Version:
        """Raises VersionError."""
        try:
            return _from_json(json.loads(self.path(number, FACTS).read_text(encoding="utf-8")))
        except FileNotFoundError:
            known = ", ".join(map(str, self.numbers())) or "none"
            raise VersionError(f"there is no version {number}; kept are: {known}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise VersionError(f"{self.path(number, FACTS)} is damaged; move {self.path(number)} away") from error

    def newest(self) -> Version | None:
        """The version in force; None if there is none, or its facts are damaged."""
        try:
            return self.version(self.numbers()[0])
        except (IndexError, VersionError):
            return None

    def files(self, version: Version) -> dict[str, bytes]:
        """Its files as they were applied. Raises VersionError if one has been changed since."""
        found = {}
        for name, digest in version.files.items():
            path = self.path(version.number, name)
            found[name] = path.read_bytes() if path.exists() else b""
            if digest_of(found[name]) != digest:
                raise VersionError(f"{path} is not what was applied; choose another version")
        return found

    # ---- keeping ----

    def stage(self, sources: Mapping[str, Source], config_dir: Path, now: float) -> Staged:
        """Put a version that is to be kept on the disk, unless it is the one in force, byte for byte. `sources` were
        read from `config_dir`; `now` is UTC seconds."""
        newest = self.newest()
        digests = {name: digest_of(source.raw) for name, source in sources.items()}
        if newest is not None and newest.files == digests:
            return Staged(newest)
        changed = [name for name in digests if newest is None or newest.files.get(name) != digests[name]]
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clear()
        user, restored = self._announcement(digests)
        version = Version(
            number=next(iter(self.numbers()), 0) + 1,
            applied_at=now,
            author=owner_of(config_dir, changed),
            files=digests,
            changes=self._changes(newest, {n: sources[n].data for n in changed}) if newest is not None else (),
            user=user,
            before=newest.number if newest is not None else None,
            restored=restored,
        )
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix=_STAGED))
        try:
            for name, source in sources.items():
                write_new(folder / name, source.raw)
            write_new(folder / FACTS, _to_json(version))
            sync_folder(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Staged(version, folder)

    def keep(self, staged: Staged) -> Version:
        """Give a staged version its number, and forget those beyond the last `kept_max`."""
        if staged.folder is None:
            return staged.version
        os.rename(staged.folder, self.path(staged.version.number))
        sync_folder(self.folder)
        (self.folder / ANNOUNCED).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is kept, whatever becomes of those before
            self._forget_oldest()
        return staged.version

    def discard(self, staged: Staged) -> None:
        if staged.folder is not None:
            shutil.rmtree(staged.folder, ignore_errors=True)

    def announce(self, files: Mapping[str, bytes], user: str, restored: int | None = None) -> None:
        """Say who is about to write these files, before they are written: the version they become will name them."""
        said = {"files": {n: digest_of(raw) for n, raw in files.items()}, "user": user, "restored": restored}
        raw = json.dumps(said, ensure_ascii=False).encode()
        Replacement(self.folder / ANNOUNCED, raw, like=self.folder.stat(), mode=0o600).take_place()

    def _announcement(self, digests: Mapping[str, str]) -> tuple[str | None, int | None]:
        try:
            said = json.loads((self.folder / ANNOUNCED).read_text(encoding="utf-8"))
            return (said["user"], said["restored"]) if said["files"] == digests else (None, None)
        except (OSError, ValueError, KeyError, TypeError):
            return None, None

    def _changes(self, before: Version, data: Mapping[str, Any]) -> tuple[Change, ...]:
        changes: tuple[Change, ...] = ()
        for name, after in data.items():
            path = self.path(before.number, name)
            was = parse_document(path.read_bytes(), name)[0].data if path.exists() else None
            changes += find_changes(was or {}, after)
        return changes

    def _forget_oldest(self) -> None:
        for number in self.numbers()[self._kept_max :]:
            leaving = self.folder / f"{_LEAVING}{number}"
            os.rename(self.path(number), leaving)
            shutil.rmtree(leaving, ignore_errors=True)

    def _clear(self) -> None:
        """What a switch that died has left half written or half removed."""
        for path in self.folder.iterdir():
            if path.name.startswith((_STAGED, _LEAVING)):
                shutil.rmtree(path, ignore_errors=True)


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def owner_of(folder: Path, names: list[str]) -> str:
    """The user names of those who own the files, usually one."""
    owners = set()
    for name in names:
        try:
            uid = (folder / name).stat().st_uid
        except FileNotFoundError:
            continue
        try:
            owners.add(pwd.getpwuid(uid).pw_name)
        except KeyError:
            owners.add(f"uid {uid}")
    return ", ".join(sorted(owners))


def as_json(version: Version) -> dict[str, Any]:
    """What version.json holds: the fields of `Version`, with the time in ISO form (UTC)."""
    at = datetime.fromtimestamp(version.applied_at, UTC).isoformat(timespec="milliseconds")
    return asdict(version) | {"applied_at": at}


def _to_json(version: Version) -> bytes:
    return (json.dumps(as_json(version), ensure_ascii=False, indent=1) + "\n").encode()


def _from_json(said: dict[str, Any]) -> Version:
    """Raises ValueError, KeyError, TypeError."""
    return Version(
        number=int(said["number"]),
        applied_at=datetime.fromisoformat(said["applied_at"]).timestamp(),
        author=str(said["author"]),
        files=dict(said["files"]),
        changes=tuple(_change(one) for one in said["changes"]),
        user=said["user"],
        before=said["before"],
        restored=said["restored"],
    )


def _change(said: dict[str, Any]) -> Change:
    added, removed, changed = (
        Some(int(said[kind]["count"]), tuple(said[kind]["names"])) for kind in ("added", "removed", "changed")
    )
    return Change(str(said["section"]), added, removed, changed, bool(said["moved"]))
