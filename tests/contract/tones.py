"""Prompts as tones: which ones a recording holds, and in what order."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from pathlib import Path

TONE_S = 0.4
# What the softphones record: 16 bit, one channel.
RATE_HZ = 8000
HEADER_BYTES = 44
WINDOW_S = 0.04
# A tone counts when it holds most of the window's energy for this many windows in a row.
WINDOWS_MIN = 3
SHARE_MIN = 0.6
RMS_MIN = 200.0


def heard_tones(path: Path, tones: Mapping[str, float]) -> list[str]:
    """Names of the tones (name -> Hz) in the recording, in order; a tone held on is named once."""
    samples = _read(path)
    size = int(RATE_HZ * WINDOW_S)
    heard: list[str] = []
    run, before = 0, ""
    for start in range(0, len(samples) - size, size):
        name = _loudest(samples[start : start + size], tones)
        run = run + 1 if name == before else 1
        if name and run == WINDOWS_MIN:
            heard.append(name)
        before = name
    return heard


def is_whole(path: Path) -> bool:
    """The recording has ended: the length in its head, written last, is there."""
    head = path.read_bytes()[:8] if path.exists() else b""
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 == path.stat().st_size


def _read(path: Path) -> array[int]:
    """The samples so far: a file still being written has no header yet, only room for one."""
    raw = path.read_bytes()[HEADER_BYTES:] if path.exists() else b""
    samples = array("h")
    samples.frombytes(raw[: len(raw) // 2 * 2])
    return samples


def _loudest(window: array[int], tones: Mapping[str, float]) -> str:
    """The tone that holds most of the window's energy, '' if none does (Goertzel's algorithm)."""
    energy = sum(sample * sample for sample in window)
    if energy < RMS_MIN**2 * len(window):
        return ""
    best, share = "", 0.0
    for name, hz in tones.items():
        held = 2 * _power(window, hz / RATE_HZ) / (len(window) * energy)
        if held > share:
            best, share = name, held
    return best if share >= SHARE_MIN else ""


def _power(window: array[int], turns: float) -> float:
    coefficient = 2 * math.cos(2 * math.pi * turns)
    s1 = s2 = 0.0
    for sample in window:
        s1, s2 = sample + coefficient * s1 - s2, s1
    return s1 * s1 + s2 * s2 - coefficient * s1 * s2
