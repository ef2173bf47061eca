"""The programs that make sound, and what is said when one is missing or fails."""

import shutil
import subprocess
from collections.abc import Sequence

TOOL_S_MAX = 60.0
# The same samples each time: no random numbers of its own, no dither.
SOX = ("sox", "-R", "-D")


class PromptError(Exception):
    """A prompt or the music could not be made; the text names the fact and the remedy."""


def need(program: str) -> None:
    """Raises PromptError unless `program` can be started."""
    if shutil.which(program) is None:
        raise PromptError(f"{program} is missing: as root, apt-get install {program} (or scripts/system_packages.sh)")


def run(command: Sequence[str], given: bytes = b"") -> bytes:
    """What `command` writes when it reads `given`. Raises PromptError."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=TOOL_S_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PromptError(f"{command[0]} failed: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise PromptError(f"{command[0]} failed with code {done.returncode}: {said}")
    return done.stdout
