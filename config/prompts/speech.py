"""Texts -> spoken prompts in Asterisk's layout: <out_dir>/<language>/<name>.<format>; only what changed is made."""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.prompts import sound
from config.prompts.tools import SOX, PromptError, need, run

ENGINE = ("espeak-ng",)
# espeak-ng's voice and words per minute, by language. Its plain "cmn" reads what its dictionary makes of the
# characters, their pinyin, as if it were English; "cmn-latn-pinyin" reads it as Mandarin.
VOICES = {"zh": ("cmn-latn-pinyin", 200), "en": ("en-us", 165)}
FORMATS = ("ulaw", "alaw", "sln16")
# A moment before the first word, which the way to the caller may swallow; lows that no telephone carries go.
_SHAPE = ("highpass", "120", "norm", "-6", "pad", "0.15", "0.2")
_VERSION = "1"  # of what is done here: raise it to have all prompts made again


@dataclass(frozen=True)
class Built:
    """Prompts as <language>/<name>: made now, as they were, and removed since no text names them any more."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def build(
    texts: Mapping[str, Mapping[str, str]],
    out_dir: Path,
    *,
    engine: tuple[str, ...] = ENGINE,
    formats: tuple[str, ...] = FORMATS,
) -> Built:
    """Speak `texts` (prompt name -> language -> text) with `engine`, which takes espeak-ng's options.

    Names may hold folders (`confirm/ready`). Raises PromptError, OSError.
    """
    wanted = {
        f"{language}/{_checked(name)}": (language, text)
        for name, by_language in texts.items()
        for language, text in by_language.items()
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    with _locked(out_dir):
        manifest = _read_manifest(out_dir)
        hashes = {path: _hash(language, text, engine, formats) for path, (language, text) in wanted.items()}
        due = [path for path in wanted if manifest.get(path) != hashes[path] or not _there(out_dir / path, formats)]
        removed = [path for path in manifest if path not in wanted]
        for path in removed:
            for suffix in sound.FORMATS:
                (out_dir / f"{path}.{suffix}").unlink(missing_ok=True)
        if due:
            need(engine[0])
            need("sox")
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda path: _make(out_dir / path, *wanted[path], engine, formats), due))
        _write_manifest(out_dir, hashes)
    return Built(tuple(due), tuple(path for path in wanted if path not in due), tuple(removed))


def _checked(name: str) -> str:
    parts = name.split("/")
    if not all(part and part.replace("_", "").replace("-", "").isalnum() and part.isascii() for part in parts):
        raise PromptError(f"prompt {name!r}: letters, digits, - and _ only, folders parted by /")
    return name


def _hash(language: str, text: str, engine: tuple[str, ...], formats: tuple[str, ...]) -> str:
    voice = VOICES.get(language)
    if voice is None:
        raise PromptError(f"no voice for language {language!r}: known are {', '.join(VOICES)}")
    return hashlib.sha256(json.dumps([_VERSION, text, voice, _SHAPE, engine, formats]).encode()).hexdigest()


def _make(path: Path, language: str, text: str, engine: tuple[str, ...], formats: tuple[str, ...]) -> None:
    voice, words_per_minute = VOICES[language]
    options = ["-v", voice, "-s", str(words_per_minute), "-b", "1", "--stdin", "--stdout"]
    spoken = run([*engine, *options], text.encode("utf-8"))
    raw = run([*SOX, "-t", "wav", "--ignore-length", "-", *sound.RAW, "-", *_SHAPE], spoken)
    if sound.rms(sound.samples_of(raw)) < sound.RMS_MIN:
        raise PromptError(
            f"{path.parent.name}/{path.name}: {engine[0]} made silence of {text!r}: is voice {voice} there?"
        )
    sound.save(raw, path, formats)


def _there(path: Path, formats: tuple[str, ...]) -> bool:
    return all(Path(f"{path}.{suffix}").is_file() for suffix in formats)


@contextmanager
def _locked(out_dir: Path) -> Iterator[None]:
    """Two builds of one folder, one after the other."""
    with (out_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_manifest(out_dir: Path) -> dict[str, str]:
    try:
        read = json.loads((out_dir / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(path): str(value) for path, value in read.items()} if isinstance(read, dict) else {}


def _write_manifest(out_dir: Path, hashes: dict[str, str]) -> None:
    new = out_dir / "manifest.json.new"
    new.write_text(json.dumps(hashes, indent=0, sort_keys=True), encoding="utf-8")
    new.replace(out_dir / "manifest.json")
