"""The switch's clock: the system's may be set as one likes, within a run and between runs."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.clock import DriftWatch, Sources, SteadyClock, go_on
from acd.core.agent import AgentState
from acd.core.call import Place
from acd.core.events import Restored
from acd.core.memory import AgentMemory, CallMemory
from acd.core.words import Side

WALL = 1_900_000_000.0
HOUR_S = 3600.0
AGENT = AgentMemory("1001", AgentState.WRAP_UP, WALL + 1.0, "", None, "", "phone", 0.0, "", "mobile", WALL + 31.0)
CALL = CallMemory(
    "1.1", "10086", "", "", WALL, Place.WAITING, WALL, "zh", "", 0, WALL, 0, 0, "", 0.0, 0.0, Side.SYSTEM, 0.0, False
)


class Machine:
    """A system clock that can be set, and a monotonic one that can not."""

    def __init__(self) -> None:
        self.wall, self.steady, self.boot_id = WALL, 1000.0, "this boot"

    def sources(self) -> Sources:
        return Sources(lambda: self.wall, lambda: self.steady, self.boot_id)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def boot(self) -> None:
        self.steady, self.boot_id = 7.0, "another boot"


@pytest.fixture
def machine() -> Machine:
    return Machine()


def restored(at: float, *calls: CallMemory) -> Restored:
    return Restored(at, calls, (AGENT,), ("0.9",))


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_a_system_clock_that_is_set_moves_no_time_of_a_run(machine: Machine, tmp_path: Path, step_s: float) -> None:
    clock, _ = go_on(tmp_path, None, machine.sources())
    assert clock() == WALL
    machine.pass_time(10.0)
    machine.wall += step_s
    machine.pass_time(10.0)
    assert clock() == WALL + 20.0
    assert clock.drift_s == step_s


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_a_run_with_open_calls_goes_on_by_the_clock_before(machine: Machine, tmp_path: Path, step_s: float) -> None:
    go_on(tmp_path, None, machine.sources())
    machine.pass_time(40.0)
    machine.wall += step_s
    machine.pass_time(20.0)
    for _ in range(2):
        found = restored(WALL + 40.0, CALL)
        clock, told = go_on(tmp_path, found, machine.sources())
        assert (clock(), told) == (WALL + 60.0, found)
        assert clock.drift_s == step_s


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_without_open_calls_the_systems_time_is_taken_and_agents_move_along(
    machine: Machine, tmp_path: Path, step_s: float
) -> None:
    go_on(tmp_path, None, machine.sources())
    machine.pass_time(21.0)
    machine.wall += step_s
    clock, told = go_on(tmp_path, restored(WALL + 20.0), machine.sources())
    assert (clock(), clock.drift_s) == (WALL + 21.0 + step_s, 0.0)
    assert told is not None
    assert clock() - told.watched_until == 1.0
    (agent,) = told.agents
    # The wrap-up ends 10 s from now, as it would have; what never was is not moved.
    assert (agent.wrap_up_ends_at - clock(), clock() - agent.since) == (10.0, 20.0)
    assert (agent.idle_since, agent.recovers_at) == (0.0, 0.0)


def test_the_clock_of_another_boot_is_not_gone_on_with(machine: Machine, tmp_path: Path) -> None:
    go_on(tmp_path, None, machine.sources())
    machine.boot()
    found = restored(WALL + 40.0, CALL)
    clock, told = go_on(tmp_path, found, machine.sources())
    assert (clock(), told) == (WALL, found)


def test_the_clock_of_calls_that_are_long_gone_is_not_gone_on_with(machine: Machine, tmp_path: Path) -> None:
    go_on(tmp_path, None, machine.sources())
    machine.pass_time(2 * HOUR_S)
    machine.wall += 500.0
    clock, _ = go_on(tmp_path, restored(WALL + 1.0, CALL), machine.sources())
    assert clock() == WALL + 2 * HOUR_S + 500.0


@pytest.mark.parametrize("text", ["", "[]", '{"boot_id":"this boot","origin":"noon"}', '{"boot_id":"this boot"}'])
def test_a_kept_clock_that_can_not_be_read_is_none(machine: Machine, tmp_path: Path, text: str) -> None:
    (tmp_path / "clock.json").write_text(text)
    found = restored(WALL - 1.0, CALL)
    clock, told = go_on(tmp_path, found, machine.sources())
    assert (clock(), told) == (WALL, found)
    assert json.loads((tmp_path / "clock.json").read_text())["boot_id"] == "this boot"
    assert (tmp_path / "clock.json").stat().st_mode & 0o777 == 0o600


def test_a_state_folder_that_can_not_be_written_to_is_a_warning(machine: Machine, tmp_path: Path) -> None:
    with capture_logs() as logs:
        clock, _ = go_on(tmp_path / "nowhere", None, machine.sources())
    assert clock() == WALL
    assert [(entry["log_level"], bool(entry["remedy"])) for entry in logs] == [("warning", True)]


def test_a_drift_is_said_once_with_what_to_do(machine: Machine) -> None:
    sources = machine.sources()
    watch = DriftWatch(SteadyClock(None, sources.wall, sources.steady))
    with capture_logs() as logs:
        for step_s in (0.9, 0.0, 0.2, 0.0, -0.5, 0.0, -3.0):
            machine.wall += step_s
            watch.look()
    assert [entry["log_level"] for entry in logs] == ["warning", "info", "warning"]
    assert "+1.1 s" in logs[0]["event"]
    assert "-2.4 s" in logs[2]["event"]
    assert logs[0]["remedy"]
