"""The time that the switch lives by: UTC seconds that never step back and never jump.

Rules:
- Within a run the system's clock is read once; the monotonic clock carries it on.
- A run that takes up open calls on the same boot of the machine goes on with the clock of the run before, so that their
  waits and talks are right, however the system's clock was set meanwhile. Any other takes the system's time anew.
- What agents remember is then moved by as much as the clock was, so that states last and deadlines fall as they would.
- A system clock that has moved away by more than `DRIFT_S_MAX` is an alarm: callers are served, but times are not true.
"""

import asyncio
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from acd.core.events import Restored
from acd.core.memory import AgentMemory

DRIFT_S_MAX = 1.0
AWAY_S_MAX = 3600.0
"""Calls of a run that died longer ago are not there any more, so that its clock need not go on."""

_FILE_NAME = "clock.json"
_LOOK_EVERY_S = 5.0

log = structlog.get_logger("acd.clock")

Time = Callable[[], float]


class SteadyClock:
    """Wall-clock time read once, carried on by the monotonic clock: a stepped system clock changes no wait.

    `origin` is the time at which the monotonic clock showed 0; `drift_s` tells how far the system's clock is away.
    """

    def __init__(self, origin: float | None = None, wall: Time = time.time, steady: Time = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self.origin = wall() - steady() if origin is None else origin

    def __call__(self) -> float:
        return self.origin + self._steady()

    @property
    def drift_s(self) -> float:
        return self._wall() - self()


@dataclass(frozen=True, slots=True)
class Sources:
    """What a clock is made from: the system's clock, the monotonic one, and which boot of the machine it counts from
    ("" if nobody knows)."""

    wall: Time
    steady: Time
    boot_id: str


def system_sources() -> Sources:
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot_id = ""
    return Sources(time.time, time.monotonic, boot_id)


def go_on(state_dir: Path, restored: Restored | None, sources: Sources) -> tuple[SteadyClock, Restored | None]:
    """The clock of this run, and what was restored in its time. The state folder keeps the clock for the next run."""
    kept = _read_origin(state_dir / _FILE_NAME, sources.boot_id)
    clock = SteadyClock(None, sources.wall, sources.steady)
    if kept is not None and restored is not None:
        before = SteadyClock(kept, sources.wall, sources.steady)
        if restored.calls and before() - restored.watched_until <= AWAY_S_MAX:
            clock = before
        else:
            restored = _moved(restored, clock.origin - kept)
    _keep_origin(state_dir / _FILE_NAME, sources.boot_id, clock.origin)
    return clock, restored


def _moved(restored: Restored, by_s: float) -> Restored:
    agents = tuple(_moved_agent(agent, by_s) for agent in restored.agents)
    return replace(restored, watched_until=restored.watched_until + by_s, agents=agents)


def _moved_agent(agent: AgentMemory, by_s: float) -> AgentMemory:
    def moved(at: float) -> float:
        return at + by_s if at else 0.0

    return replace(
        agent, since=moved(agent.since), idle_since=moved(agent.idle_since),
        wrap_up_ends_at=moved(agent.wrap_up_ends_at), recovers_at=moved(agent.recovers_at),
    )  # fmt: skip


def _read_origin(path: Path, boot_id: str) -> float | None:
    """The clock of the run before, if it was on this boot of the machine."""
    try:
        kept = json.loads(path.read_text())
        if boot_id and kept["boot_id"] == boot_id and math.isfinite(kept["origin"]):
            return float(kept["origin"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return None


def _keep_origin(path: Path, boot_id: str, origin: float) -> None:
    beside = path.with_suffix(".new")
    try:
        with open(beside, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump({"boot_id": boot_id, "origin": origin}, file)
        os.replace(beside, path)
    except OSError as error:
        log.warning("the switch's clock can't be kept for its next run", fact=f"{path}: {error.strerror}",
                    remedy="See to the state folder's disk and rights.")  # fmt: skip


class DriftWatch:
    """Says it in the log, once, when the system's clock has been set, and when it is right again."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock
        self._said = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.look()
        self._timer = loop.call_later(_LOOK_EVERY_S, self.start, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        drift_s = self._clock.drift_s
        away = abs(drift_s) > DRIFT_S_MAX
        if away and not self._said:
            log.warning(
                f"the system's clock is {drift_s:+.1f} s away from the one that the switch lives by",
                fact="it was set while calls were open; waits and talks are right, times of day are by the old clock",
                remedy="See that time is synchronised (chronyc tracking). A start without open calls takes its time.",
            )  # fmt: skip
        elif self._said and not away:
            log.info("the system's clock agrees with the switch's again", drift_s=round(drift_s, 3))
        self._said = away
