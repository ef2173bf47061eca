"""What becomes of a switch that ends: `acd.standby` in a real process, its switch a few lines that follow a script."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Each run appends a line to the file, takes its turn of the script, and ends as that says.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from acd.standby import stand_by

code = stand_by()
if code is not None:
    print("ended with", code, flush=True)
    sys.exit(code)
runs, turns = Path(sys.argv[1]), sys.argv[2:]
with runs.open("a") as file:
    file.write(f"{os.getpid()}\\n")
turn = turns[len(runs.read_text().split()) - 1]
if turn == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if turn == "kill, and ask for the end":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.kill(os.getppid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGKILL)
if turn == "serve":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    print("serving", flush=True)
    signal.pause()
sys.exit(int(turn))
"""


class Standing:
    def __init__(self, runs: Path, *turns: str) -> None:
        self._runs = runs
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(runs), *turns], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    @property
    def pids(self) -> list[int]:
        """Of the switches that have run."""
        return [int(pid) for pid in self._runs.read_text().split()]

    def until_serving(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "serving\n"

    def end(self) -> tuple[int, int, list[str]]:
        """Its exit code, how many switches ran, and what was said of each that was begun again."""
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, len(self.pids), [line.partition(" after ")[0] for line in said.splitlines()]


Stand = Callable[..., Standing]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made: list[Standing] = []

    def start(*turns: str) -> Standing:
        made.append(Standing(tmp_path / "runs", *turns))
        return made[-1]

    yield start
    for standing in made:
        standing.process.kill()
        standing.process.communicate()


def test_one_that_ended_well_is_over(stand: Stand) -> None:
    assert stand("0").end() == (0, 1, [])


def test_one_that_can_not_start_is_not_tried_again(stand: Stand) -> None:
    assert stand("1").end() == (1, 1, [])


def test_one_that_died_begins_again_and_then_also_if_it_can_not_start_yet(stand: Stand) -> None:
    assert stand("kill", "1", "70", "0").end() == (
        0, 4,
        [f"hotline: the switch {end}" for end in ("was killed by SIGKILL", "ended with code 1", "ended with code 70")],
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_who_asks_the_one_for_the_end_has_asked_both(stand: Stand, number: signal.Signals) -> None:
    standing = stand("serve")
    standing.until_serving()
    standing.process.send_signal(number)
    assert standing.end() == (7, 1, [])


def test_one_that_dies_as_the_end_is_asked_for_is_over(stand: Stand) -> None:
    assert stand("kill, and ask for the end").end() == (128 + signal.SIGKILL, 1, [])


def test_whoever_kills_the_one_has_killed_both(stand: Stand) -> None:
    standing = stand("serve")
    standing.until_serving()
    switch = os.pidfd_open(standing.pids[0])
    standing.process.kill()
    assert select.select([switch], [], [], 10)[0], "the switch went on"
    os.close(switch)
