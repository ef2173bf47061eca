"""Every change of what is remembered comes with an event or report that names the call or agent: on simulated days with
all their faults, what was kept moment by moment is all that the engine remembers."""

from collections.abc import Iterable, Sequence

import pytest

from acd.core.events import Event
from acd.core.reports import Report
from acd.simulation.day import make_day
from acd.simulation.run import Day
from acd.store.codec import encode
from acd.store.memory_taking import Touched

LOOK_EVERY = 7


class Shadow:
    """An observer that keeps moments as the recorder does, for whatever core lives."""

    def __init__(self, day: Day) -> None:
        self.looked = 0
        self._day = day
        self._steps = 0
        self._engine: object = None

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        core = self._day.switch.core
        if core is None:
            return
        if core.engine is not self._engine:
            self._engine, self._touched = core.engine, Touched(core.engine)
        self._touched.note(event, reports)
        self._steps += 1
        if self._steps % LOOK_EVERY == 0:
            self._look(core.engine.floor.calls, core.engine.floor.agents)

    def _look(self, calls: Iterable[str], agents: Iterable[str]) -> None:
        touched, engine = self._touched, self._engine
        assert engine is not None
        moment = touched.take(1, self._steps, 0.0)
        finished = touched.move_to([], moment)
        try:
            while True:
                finished.send(None)
        except StopIteration:
            pass
        remembered = [engine.memory_of_agent(each) for each in agents]  # type: ignore[attr-defined]
        remembered += [engine.memory_of_call(each) for each in calls]  # type: ignore[attr-defined]
        assert sorted(touched._kept.values()) == sorted(encode(memory) for memory in remembered if memory is not None)
        self.looked += 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_kept_moment_by_moment_is_all_that_is_remembered(seed: int) -> None:
    day = Day(make_day(seed, calls=300))
    shadow = Shadow(day)
    day.switch.observers = (*day.switch.observers, shadow)
    result = day.play()
    assert result.broken is None, result.trace
    assert result.struck > 10
    assert shadow.looked > 500
