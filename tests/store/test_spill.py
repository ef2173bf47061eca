"""The spill outlives a power failure: what was kept is on the disk when `append` returns, the file's name with it. And
it gives back a moment of the memory whole."""

import os
from pathlib import Path

import pytest

from acd.store.journal import AGENT, MEMORY, SWITCH, Entry
from acd.store.spill import Spill


def test_what_is_kept_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, int]] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((os.readlink(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor).st_size))

    monkeypatch.setattr(os, "fsync", watch)
    spill = Spill(tmp_path / "spill")
    assert str(tmp_path / "spill") in dict(synced)
    for number in (1, 2):
        synced.clear()
        spill.append([Entry(1, number, 1000.0, MEMORY, SWITCH, None, None, "{}")])
        assert synced == [(str(spill.path), spill.path.stat().st_size)]
    spill.close()


def test_no_moment_is_torn_by_reading(tmp_path: Path) -> None:
    """Each read becomes a transaction: half a moment in it would never count, nor the other half in the next."""
    agents = [Entry(1, 1, 1000.0, MEMORY, AGENT, None, f"100{number}", "{}") for number in range(3)]
    moment = [*agents, Entry(1, 1, 1000.0, MEMORY, SWITCH, None, None, "{}")]
    spill = Spill(tmp_path / "spill")
    spill.append(moment)
    assert spill.read(2) == moment
    spill.close()
