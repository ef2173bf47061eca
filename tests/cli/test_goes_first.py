"""The switch's share of the processor where Linux shares it out by sessions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from acd.priority import NICE

AUTOGROUP = Path("/proc/self/autogroup")
LOOK = f"from pathlib import Path; print(Path('{AUTOGROUP}').read_text())"
GO_FIRST_AND_LOOK = f"from acd.priority import go_first; go_first(); {LOOK}"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not AUTOGROUP.exists(), reason="needs root, and a kernel that shares out by sessions"
)


def read_share(program: str, *, own_session: bool) -> list[str]:
    """`/autogroup-N nice V` as words; none for a process that the system has put into no session's share."""
    return subprocess.run(
        [sys.executable, "-c", program], start_new_session=own_session, capture_output=True, text=True, check=True
    ).stdout.split()


def test_its_own_session_goes_first() -> None:
    if not read_share(LOOK, own_session=True):
        pytest.skip("this system gives a new session no share of its own")
    assert read_share(GO_FIRST_AND_LOOK, own_session=True)[-1] == str(NICE)


def test_nobody_elses_session_goes_first() -> None:
    before = read_share(LOOK, own_session=False)
    assert read_share(GO_FIRST_AND_LOOK, own_session=False) == before
