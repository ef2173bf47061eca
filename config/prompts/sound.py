"""Sound as samples (signed 16 bit, one channel, 16 kHz, this machine's byte order) and as Asterisk's files."""

from __future__ import annotations

import array
import os
import sys
import tempfile
from pathlib import Path

from config.prompts.tools import SOX, run

RATE_HZ = 16000
# How a suffix that Asterisk knows is made: rate and sox's name of the encoding.
FORMATS = {
    "ulaw": ("-r", "8000", "-t", "ul"),
    "alaw": ("-r", "8000", "-t", "al"),
    "sln16": ("-r", "16000", "-t", "sw", "-L"),
}
# Below this a whole prompt counts as silent (full scale is 32768).
RMS_MIN = 200.0
RAW = ("-t", "sw", "-B" if sys.byteorder == "big" else "-L", "-r", str(RATE_HZ), "-c", "1")


def samples_of(raw: bytes) -> array.array[int]:
    samples = array.array("h")
    samples.frombytes(raw[: len(raw) // 2 * 2])
    return samples


def rms(samples: array.array[int]) -> float:
    """Root mean square of the samples, 0 if there are none."""
    return (sum(sample * sample for sample in samples) / len(samples)) ** 0.5 if samples else 0.0


def save(raw: bytes, path: Path, formats: tuple[str, ...]) -> None:
    """Write `raw` as `path` with each format's suffix; each file is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in formats:
        encoded = run([*SOX, *RAW, "-", "-c", "1", *FORMATS[suffix], "-"], raw)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            file.write(encoded)
        os.chmod(file.name, 0o644)
        os.replace(file.name, f"{path}.{suffix}")
