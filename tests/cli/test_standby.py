"""What becomes of a switch that ends: `acd.standby` in a real process, its switch a few lines that follow a script."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

# Each run appends its pid and the time to the file, takes its turn of the script, and ends as that says. Who loses the
# parent becomes a child of the process that stands by, as in a container (36: PR_SET_CHILD_SUBREAPER of prctl(2)).
PROGRAM = """
import ctypes, json, os, signal, sys, time
from pathlib import Path
import acd.standby

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
vars(acd.standby).update(json.loads(sys.argv[3]))
code = acd.standby.stand_by()
if code is not None:
    print("ended with", code, flush=True)
    sys.exit(code)
runs, orphan, turns = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:]
with runs.open("a") as file:
    file.write(f"{os.getpid()} {time.monotonic()}\\n")
turn = turns[len(runs.read_text().splitlines()) - 1]
if turn == "kill, and leave an orphan":
    if pid := os.fork():
        orphan.write_text(str(pid))
        os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
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


def dispose(ignored: signal.Signals | None) -> None:
    """Signals as a terminal gives them, whatever this process ignores (one in the background of a script: SIGINT)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN if number is ignored else signal.SIG_DFL)


class Standing:
    """`constants` are those of acd.standby that are to be others than its own."""

    def __init__(self, folder: Path, *turns: str, ignored: signal.Signals | None = None, **constants: float) -> None:
        self._runs, self._orphan = folder / "runs", folder / "orphan"
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self._runs), str(self._orphan), json.dumps(constants), *turns],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: dispose(ignored),
        )  # fmt: skip

    @property
    def pids(self) -> list[int]:
        """Of the switches that have run."""
        return [int(line.split()[0]) for line in self._runs.read_text().splitlines()]

    @property
    def began_at(self) -> list[float]:
        """When each of them did, by the monotonic clock."""
        return [float(line.split()[1]) for line in self._runs.read_text().splitlines()]

    @property
    def orphan(self) -> int:
        return int(self._orphan.read_text())

    def until_serving(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "serving\n"

    def until_said(self, text: str) -> None:
        assert self.process.stderr is not None
        assert text in self.process.stderr.readline()

    def end(self) -> tuple[int, int, list[str]]:
        """Its exit code, how many switches ran, and what was said of each that was begun again."""
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, len(self.pids), [line.partition(" after ")[0] for line in said.splitlines()]


Stand = Callable[..., Standing]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made: list[Standing] = []

    def start(*turns: str, **options: Any) -> Standing:
        made.append(Standing(tmp_path, *turns, **options))
        return made[-1]

    yield start
    for standing in made:
        # All of its session: a switch that outlived its parent would hold the pipes open.
        with suppress(ProcessLookupError):
            os.killpg(standing.process.pid, signal.SIGKILL)
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


def test_one_that_does_not_last_begins_again_after_a_growing_pause(stand: Stand) -> None:
    standing = stand("kill", "kill", "kill", "0")
    _, said = standing.process.communicate(timeout=20)
    pauses_s = [float(pause) for pause in re.findall(r"begins again in (\S+) s", said)]
    assert pauses_s == [0.2, 0.4, 0.8]
    between_s = [later - earlier for earlier, later in pairwise(standing.began_at)]
    assert all(between >= pause for between, pause in zip(between_s, pauses_s, strict=True))


def test_one_that_had_lasted_begins_again_at_once(stand: Stand) -> None:
    standing = stand("kill", "kill", "0", LASTED_S=0.0)
    _, said = standing.process.communicate(timeout=20)
    assert re.findall(r"begins again (.+)", said) == ["now", "now"]


def test_who_asks_for_the_end_in_a_pause_does_not_wait_for_it(stand: Stand) -> None:
    standing = stand("kill", "0", PAUSE_S_MIN=30.0)
    standing.until_said("begins again in 30 s")
    standing.process.send_signal(signal.SIGTERM)
    standing.end()
    assert len(standing.pids) == 1


def test_an_orphan_is_buried_and_not_taken_for_the_switch(stand: Stand) -> None:
    standing = stand("kill, and leave an orphan", "serve")
    standing.until_serving()
    os.kill(standing.orphan, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{standing.orphan}").exists():
        assert time.monotonic() < deadline, "nobody buries it"
        time.sleep(0.01)
    standing.process.send_signal(signal.SIGTERM)
    assert standing.end()[:2] == (7, 2)


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


def test_one_begun_with_nohup_outlives_its_terminal(stand: Stand) -> None:
    standing = stand("serve", "serve", ignored=signal.SIGHUP)
    standing.until_serving()
    standing.process.send_signal(signal.SIGHUP)
    os.kill(standing.pids[0], signal.SIGKILL)
    standing.until_serving()


def test_one_begun_by_somebody_who_ignores_children_begins_again(stand: Stand) -> None:
    assert stand("kill", "0", ignored=signal.SIGCHLD).end()[:2] == (0, 2)


def test_one_whose_words_nobody_reads_begins_again(stand: Stand) -> None:
    standing = stand("serve", "0")
    standing.until_serving()
    assert standing.process.stderr is not None
    standing.process.stderr.close()
    standing.process.stderr = None
    os.kill(standing.pids[0], signal.SIGKILL)
    standing.process.wait(20)
    assert len(standing.pids) == 2
