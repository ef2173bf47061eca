"""`hotline demo` as a person starts it: calls are answered, and when it is ended nothing is left of it."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from scripts.softphones.sipp import free_ports

pytestmark = pytest.mark.asterisk
ROOT = Path(__file__).resolve().parents[2]
ANSWER_S_MAX = 90.0  # prompts are made on the first run


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped site on ports that are free."""
    folder = tmp_path_factory.mktemp("config")
    ports = free_ports(4)
    for name in ("site.yaml", "routing.yaml", "ivr.yaml"):
        text = (ROOT / "config" / name).read_text(encoding="utf-8")
        for old, port in zip(("5060", "5038", "8086", "9186"), ports, strict=True):
            text = re.sub(rf"(port: ){old}\b", rf"\g<1>{port}", text)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class Demo:
    def __init__(self, config: Path, state: Path, *options: str) -> None:
        arguments = ["--config", str(config), "--state", str(state), "demo", "--plain", "--seed", "7", *options]
        self.state = state
        self.lines: Queue[str] = Queue()
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "acd.cli.main", *arguments], cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, text: str, timeout_s: float) -> str:
        while True:
            try:
                line = self.lines.get(timeout=timeout_s)
            except Empty:
                raise AssertionError(f"no {text!r} within {timeout_s:g} s:\n{''.join(self.said)}") from None
            self.said.append(line)
            if text in line:
                return line

    def left_behind(self) -> list[str]:
        """Command lines of processes that belong to this demo, itself left out."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.process.pid:
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.state) in command or f"--parent {self.process.pid} " in command:
                found.append(command)
        return found


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, so that prompts are made once."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def demo(config: Path, state: Path) -> Iterator[Demo]:
    demo = Demo(config, state, "--agents", "3", "--calls-per-minute", "30")
    yield demo
    if demo.process.poll() is None:
        os.killpg(demo.process.pid, signal.SIGKILL)
    demo.process.wait()


def test_a_call_is_answered_and_ctrl_c_leaves_nothing(demo: Demo) -> None:
    demo.wait_for("the first call was answered", ANSWER_S_MAX)
    assert demo.left_behind() != []
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0, "".join(demo.said)
    assert demo.left_behind() == []
    log = (demo.state / "demo.log").read_text(encoding="utf-8")
    assert not [line for line in log.splitlines() if json.loads(line)["level"] == "error"]


def test_a_second_demo_on_the_same_folder_is_refused(demo: Demo, config: Path) -> None:
    demo.wait_for("figures", ANSWER_S_MAX)
    second = Demo(config, demo.state)
    second.wait_for("a switch is already running with the state folder", 20)
    assert second.process.wait(10) == 1
    assert demo.process.poll() is None


def test_a_demo_that_is_killed_takes_all_with_it(demo: Demo) -> None:
    demo.wait_for("the first call was answered", ANSWER_S_MAX)
    pids = [os.pidfd_open(int(pid)) for pid in children(demo.process.pid)]
    demo.process.kill()
    demo.process.wait(10)
    for pid in pids:
        wait_gone(pid)
    assert demo.left_behind() == []


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_gone(pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    assert poll.poll(10_000), "a process of the demo outlives it"
    os.close(pidfd)
