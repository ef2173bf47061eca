"""What a phone says and hears: wav files of 16 bit, mono."""

import array
import math
import wave
from collections.abc import Sequence
from pathlib import Path


def write_tone(path: Path | str, hz: float, seconds: float, rate: int = 8000) -> None:
    """Write a sine at about a third of full scale."""
    samples = array.array("h", (int(10000 * math.sin(2 * math.pi * hz * n / rate)) for n in range(int(rate * seconds))))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


def loudness(path: Path | str, start_s: float = 0.0, end_s: float | None = None) -> float:
    """Root mean square of the part between the two times; 0 for silence, at most 32768."""
    samples, _ = _read(path, start_s, end_s)
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def tone_share(path: Path | str, hz: float, start_s: float = 0.0, end_s: float | None = None) -> float:
    """How much of the sound's energy lies at `hz`: 1 for that tone alone, 0 for anything else or silence.

    Looks at pieces of 50 ms (a resolution of about 20 Hz), so that a tone that is broken off and taken up
    again still counts.
    """
    samples, rate = _read(path, start_s, end_s)
    piece = rate // 20
    total = sum(s * s for s in samples)
    if not total:
        return 0.0
    at_tone = 0.0
    turn = 2 * math.pi * hz / rate
    for begin in range(0, len(samples) - piece + 1, piece):
        part = samples[begin : begin + piece]
        real = sum(s * math.cos(turn * n) for n, s in enumerate(part))
        imaginary = sum(s * math.sin(turn * n) for n, s in enumerate(part))
        at_tone += 2 * (real * real + imaginary * imaginary) / piece
    return min(1.0, at_tone / total)


def _read(path: Path | str, start_s: float, end_s: float | None) -> tuple[Sequence[int], int]:
    with wave.open(str(path), "rb") as source:
        rate = source.getframerate()
        samples = array.array("h", source.readframes(source.getnframes()))
    return samples[int(start_s * rate) : None if end_s is None else int(end_s * rate)], rate
