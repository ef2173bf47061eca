"""The Python that runs the phone workers: it must have pjsua2, whose wheels are for fewer versions than the switch is.

`python -m scripts.softphones.interpreter` prints it, fetched first if need be.
"""

import asyncio
import os
import shutil
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

from scripts.softphones.events import PhoneGoneError

NAMED_BY = "HOTLINE_PHONE_PYTHON"
INSTALL_SCRIPT = Path(__file__).resolve().parents[1] / "install_phone_python.sh"
INSTALL_S_MAX = 600.0


def choose(named: str, own: str, own_has_pjsua2: bool) -> str | None:
    """The one the user names goes first, then our own; None: one must be fetched."""
    return named or (own if own_has_pjsua2 else None)


async def phone_python() -> str:
    """The program to start workers with, fetched if there is none yet. Raises PhoneGoneError with the remedy."""
    named = os.environ.get(NAMED_BY, "")
    if named and shutil.which(named) is None:
        raise PhoneGoneError(f"{NAMED_BY}={named} is no program: name a Python that has pjsua2, or unset {NAMED_BY}")
    chosen = choose(named, sys.executable, find_spec("pjsua2") is not None)
    return chosen or await _fetched()


async def _fetched() -> str:
    """What the install script finds or fetches; it says why not on our standard error."""
    process = await asyncio.create_subprocess_exec(
        str(INSTALL_SCRIPT), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(INSTALL_S_MAX):
            said, _ = await process.communicate()
    except TimeoutError:
        raise PhoneGoneError(
            f"no Python for the softphones within {INSTALL_S_MAX:.0f} s: run {INSTALL_SCRIPT} by hand and see why"
        ) from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)  # with the programs it has started
            await process.wait()
    rows = said.decode().splitlines()
    if process.returncode != 0 or not rows:
        raise PhoneGoneError(f"there is no Python for the softphones: {INSTALL_SCRIPT} said why above")
    return rows[-1]


def main() -> int:
    try:
        print(asyncio.run(phone_python()))
    except PhoneGoneError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
