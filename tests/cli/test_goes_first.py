"""The switch's share of the processor where Linux shares it out by sessions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from acd.priority import NICE

AUTOGROUP = Path("/proc/self/autogroup")
PROGRAM = """
from pathlib import Path
from acd.cli.main import put_session_first
put_session_first()
print(Path("/proc/self/autogroup").read_text())
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not AUTOGROUP.exists(), reason="needs root, and a kernel that shares out by sessions"
)


@pytest.mark.parametrize("own_session", [True, False])
def test_its_own_session_goes_first_and_nobody_elses(own_session: bool) -> None:
    before = AUTOGROUP.read_text().split()[-1]
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], start_new_session=own_session, capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[-1] == (str(NICE) if own_session else before)
