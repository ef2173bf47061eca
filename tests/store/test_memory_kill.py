"""kill -9 at any moment: what is remembered is some moment of the engine, whole, and the last that was taken or the one
before it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.core.agent import AgentState
from acd.core.call import Place
from acd.core.events import Restored
from acd.store.memory_recall import recall
from acd.store.store import Store
from tests.store.conftest import Opener
from tests.store.recorded_switch import told
from tests.store.remembering_child import digest
from tests.store.test_kill import ROOT


class Child:
    """The switch in its process. `steps` are what it remembered after each step, by the step's last entry."""

    def __init__(self, url: str, state_dir: Path, *words: str) -> None:
        command = [sys.executable, "-m", "tests.store.remembering_child", url, str(state_dir), *words]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.steps: dict[int, str] = {}
        self.taken: list[int] = []

    def live(self, moments: int | None = None, lines: int = 0) -> None:
        """Read on until so many moments were taken and so many lines came after; without a number, until it dies."""
        assert self._process.stdout is not None
        left = lines
        for line in self._process.stdout:
            kind, seq, *sha = line.split()  # What the program logs is among it.
            if kind == "step":
                self.steps[int(seq)] = sha[0]
            elif kind == "taken":
                self.taken.append(int(seq))
            if moments is not None and len(self.taken) >= moments:
                left -= 1
                if left <= 0:
                    return

    def kill(self) -> None:
        self._process.kill()
        self.live()
        self.bury()

    def bury(self) -> None:
        _, errors = self._process.communicate(timeout=60)
        assert self._process.returncode == -signal.SIGKILL, errors


@pytest.fixture
def children() -> Iterator[list[Child]]:
    made: list[Child] = []
    yield made
    for child in made:
        child._process.kill()
        child._process.communicate()


def check_rings(restored: Restored) -> None:
    """Whoever is rung for has an agent who is reserved for them, and the other way round; the same of talks."""
    calls, agents = told(restored)
    ringing = {
        (call.ring.agent_id, call.call_id) for call in calls.values() if call.place is Place.RINGING and call.ring
    }
    reserved = {(agent.agent_id, agent.call_id) for agent in agents.values() if agent.state is AgentState.RESERVED}
    assert ringing == reserved
    talking = {(call.agent_id, call.call_id) for call in calls.values() if call.place is Place.TALKING}
    on_call = {(agent.agent_id, agent.call_id) for agent in agents.values() if agent.state is AgentState.ON_CALL}
    assert talking == on_call


async def look(store: Store, child: Child) -> Restored:
    """What is remembered is what the engine remembered when one of the last two moments was taken."""
    restored = await recall(store)
    assert restored is not None
    check_rings(restored)
    assert digest(told(restored)) in [child.steps[seq] for seq in child.taken[-2:]]
    return restored


@pytest.mark.parametrize(("moments", "lines"), [(2, 1), (6, 2), (13, 3), (20, 17)])
async def test_killed_at_any_moment(
    url: str, opener: Opener, state_dir: Path, children: list[Child], moments: int, lines: int
) -> None:
    child = Child(url, state_dir)
    children.append(child)
    child.live(moments, lines)
    child.kill()
    restored = await look(await opener(url), child)
    assert len(restored.agents) > 0


@pytest.mark.parametrize("moment", ["die-before-commit", "die-after-commit"])
async def test_killed_in_a_commit(
    url: str, opener: Opener, state_dir: Path, children: list[Child], moment: str
) -> None:
    child = Child(url, state_dir, moment, "12")
    children.append(child)
    child.live()
    child.bury()
    restored = await look(await opener(url), child)
    written = -2 if moment == "die-before-commit" else -1
    assert digest(told(restored)) == child.steps[child.taken[written]]


@pytest.mark.parametrize(("moments", "lines"), [(3, 1), (12, 4)])
async def test_killed_while_the_database_is_away(
    opener: Opener, state_dir: Path, tmp_path: Path, children: list[Child], moments: int, lines: int
) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/hotline.db"
    child = Child(url, state_dir)
    children.append(child)
    child.live(moments, lines)
    child.kill()
    await look(await opener(url, allow_away=True), child)


async def test_killed_again_and_again(url: str, opener: Opener, state_dir: Path, children: list[Child]) -> None:
    """Each run takes up what the one before remembered, and nobody is forgotten."""
    for moments in (8, 3, 6):
        child = Child(url, state_dir)
        children.append(child)
        child.live(moments, 1)
        child.kill()
        store = await opener(url)
        await look(store, child)
        await store.close()
