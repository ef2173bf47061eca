"""`hotline demo` as a person starts it: calls are answered, and when it is ended nothing is left of it."""

import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.hotline_process import HotlineProcess, shipped_site

pytestmark = pytest.mark.asterisk
ANSWER_S_MAX = 90.0  # prompts are made on the first run


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shipped_site(tmp_path_factory.mktemp("config"))


def start(config: Path, state: Path, *options: str) -> HotlineProcess:
    return HotlineProcess(config, state, "demo", "--plain", "--seed", "7", *options)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, so that prompts are made once."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def demo(config: Path, state: Path) -> Iterator[HotlineProcess]:
    demo = start(config, state, "--agents", "3", "--calls-per-minute", "30")
    yield demo
    if demo.process.poll() is None:
        os.killpg(demo.process.pid, signal.SIGKILL)
    demo.process.wait()


def test_a_call_is_answered_and_ctrl_c_leaves_nothing(demo: HotlineProcess) -> None:
    demo.wait_for("the first call was answered", ANSWER_S_MAX)
    assert demo.left_behind() != []
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0, "".join(demo.said)
    assert demo.left_behind() == []
    log = (demo.state / "demo.log").read_text(encoding="utf-8")
    assert not [line for line in log.splitlines() if json.loads(line)["level"] == "error"]


def test_a_second_demo_on_the_same_folder_is_refused(demo: HotlineProcess, config: Path) -> None:
    demo.wait_for("figures", ANSWER_S_MAX)
    second = start(config, demo.state)
    second.wait_for("a switch is already running with the state folder", 20)
    assert second.process.wait(10) == 1
    assert demo.process.poll() is None


def test_a_demo_that_is_killed_takes_all_with_it(demo: HotlineProcess) -> None:
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
