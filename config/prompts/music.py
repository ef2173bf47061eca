"""Music for those who wait: a piece of our own, made of plucked strings by sox, the same on every machine.

Sixteen bars of four seconds. Each bar lays a low note and breaks a chord above it, upward and back; the second half
varies the first. Soft, without percussion, and without a beginning or an end that would jar when it comes round.
"""

from pathlib import Path

from config.prompts import sound
from config.prompts.tools import SOX, PromptError, need, run

BAR_S = 4.0
# Root and broken chord of each bar, in semitones from A4 (440 Hz): a pentatonic walk with a suspended close.
_BARS = (
    (-21, (-9, -5, -2, 3, -2, -5)),
    (-24, (-12, -5, 0, 3, 0, -5)),
    (-19, (-7, -4, 0, 5, 0, -4)),
    (-14, (-7, -2, 0, 5, 0, -2)),
    (-21, (-9, -5, 3, 7, 3, -2)),
    (-24, (-12, -9, -5, 0, 3, 0)),
    (-19, (-7, -4, 0, -4, 0, 5)),
    (-14, (-9, -7, -2, 0, -2, -7)),
)
_TURN = (0, 2, 1, 4, 3, 5)  # the order of a bar's notes when it comes back
_FILE = "calm"


def build(out_dir: Path, *, formats: tuple[str, ...] = ("ulaw", "alaw", "sln16")) -> float:
    """Make the piece in `out_dir` unless it is there. Returns its length in seconds. Raises PromptError, OSError."""
    if not all((out_dir / f"{_FILE}.{suffix}").is_file() for suffix in formats):
        need("sox")
        bars = [_bar(root, chord) for root, chord in _BARS]
        bars += [_bar(root, tuple(chord[index] for index in _TURN)) for root, chord in _BARS]
        room = ["reverb", "45", "lowpass", "3000", "norm", "-9"]
        raw = run([*SOX, *sound.RAW, "-", *sound.RAW, "-", *room], b"".join(bars))
        raw = raw[: int(len(_BARS) * 2 * BAR_S * sound.RATE_HZ) * 2]
        if sound.rms(sound.samples_of(raw)) < sound.RMS_MIN:
            raise PromptError("sox made silence in place of music: does `sox -n -d synth 1 pluck A4` sound?")
        sound.save(raw, out_dir / _FILE, formats)
    return len(_BARS) * 2 * BAR_S


def _bar(root: int, chord: tuple[int, ...]) -> bytes:
    """One bar: the root held through, the chord's notes one after another, each ringing on."""
    notes, starts = [f"%{root}"], [0.0]
    for index, semitone in enumerate(chord):
        notes.append(f"%{semitone}")
        starts.append(0.1 + index * (BAR_S - 0.7) / len(chord))
    voices = [part for note in notes for part in ("pluck", note)]
    mixed = ",".join(f"{channel}v{0.30 if channel == 1 else 0.16}" for channel in range(1, len(notes) + 1))
    shape = ["synth", str(BAR_S), *voices, "delay", *map(str, starts), "remix", mixed, "trim", "0", str(BAR_S)]
    strings = ["-n", "-c", str(len(notes)), "-r", str(sound.RATE_HZ)]
    return run([*SOX, *strings, *sound.RAW, "-", *shape, "fade", "t", "0.02", str(BAR_S), "0.3"])
