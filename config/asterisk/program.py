"""Which Asterisk there is: its version, and where its modules and its documentation are."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

VERSION_MIN = 20
# Seconds for `asterisk -V`; a cold disk needs some.
VERSION_TIMEOUT_S = 10.0


class PbxUnusableError(Exception):
    """Asterisk is missing, too old, or lacks what the rooms need; the text says what to do."""


@dataclass(frozen=True)
class Program:
    """`launcher`: what to execute; `version`: (major, minor, patch); `modules`: file names without `.so`."""

    launcher: Path
    version: tuple[int, ...]
    modules_dir: Path
    modules: frozenset[str]
    documentation: Path | None

    @property
    def filters_by_event_name(self) -> bool:
        """`eventfilter(action(include),name(..))` in manager.conf, in place of regular expressions."""
        return self.version >= (22,) or (20, 10) <= self.version < (21,) or (21, 5) <= self.version < (22,)


def locate(launcher: Path) -> Program:
    """Ask `launcher` for its version and find its files beside it or below /usr. Raises PbxUnusableError."""
    version = _version(launcher)
    if version[0] < VERSION_MIN:
        raise PbxUnusableError(
            f"{launcher} is Asterisk {version[0]}, {VERSION_MIN} or later is needed: run scripts/install_asterisk.sh"
        )
    prefixes = [launcher.resolve().parent / "usr", launcher.resolve().parent.parent, Path("/usr")]
    modules_dir = _first(prefixes, "lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules")
    if modules_dir is None:
        raise PbxUnusableError(f"no asterisk/modules folder belongs to {launcher}: run scripts/install_asterisk.sh")
    patterns = ("share/asterisk/documentation", "../var/lib/asterisk/documentation")
    modules = frozenset(path.stem for path in modules_dir.glob("*.so"))
    return Program(launcher, version, modules_dir, modules, _first(prefixes, *patterns))


def _version(launcher: Path) -> tuple[int, ...]:
    try:
        done = subprocess.run([launcher, "-V"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PbxUnusableError(f"{launcher} does not start ({error}): run scripts/install_asterisk.sh") from error
    found = re.search(r"Asterisk \D*(\d+(?:\.\d+)*)", done.stdout)
    if found is None:
        said = (done.stderr or done.stdout).strip()[:200]
        raise PbxUnusableError(f"{launcher} -V said {said!r}: run scripts/install_asterisk.sh")
    return tuple(int(part) for part in found.group(1).split("."))


def _first(prefixes: list[Path], *patterns: str) -> Path | None:
    for prefix in prefixes:
        for pattern in patterns:
            for path in sorted(prefix.glob(pattern)):
                return path.resolve()
    return None
