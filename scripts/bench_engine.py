"""Whole call lives a second through engine, runtime and simulated PBX, without network or database.

A life: a caller arrives, passes the greeting, waits, an agent's phone rings and answers, they talk, the agent hangs up.
The load keeps nine of ten agents busy. The last line is JSON: {"lives_per_s", "engine_lives_per_s",
"cost_ratio_agents", "cost_ratio_waiting"}: `engine_lives_per_s` counts the engine's own time alone, the ratios compare
the engine's cost of a life at 10,000 agents with that at 100, and at 100,000 waiting with that at 10.
"""

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Callable

from acd.core.commands import Command
from acd.core.engine import Engine
from acd.core.events import Event, LoginRequested, ReadyRequested
from acd.core.reports import CallEnded
from acd.core.site import AgentProfile, Site
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.phone import answers_after
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.runtime import Runtime
from ivr.tree import EnterQueue, Play, Tree
from routing.queue import Queue

TALK_S = 30.0
NUMBER = "10086"


class TimedEngine(Engine):
    """The engine, with its own seconds counted."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.spent_s = 0.0

    def handle(self, event: Event, now: float) -> list[Command]:
        began = time.perf_counter()
        commands = super().handle(event, now)
        self.spent_s += time.perf_counter() - began
        return commands

    def advance(self, now: float) -> list[Command]:
        began = time.perf_counter()
        commands = super().advance(now)
        self.spent_s += time.perf_counter() - began
        return commands


class Hall:
    """A site with one queue, `agents` ready agents, and `waiting` callers who wait all the time."""

    def __init__(self, agents: int, waiting: int = 0) -> None:
        tree = Tree("hello", {"hello": Play(("hello",), then="queue"), "queue": EnterQueue("enquiry")})
        names = [f"{10000 + n}" for n in range(agents)]
        site = Site(
            queues={"enquiry": Queue("enquiry", ring_timeout_s=20.0, wrap_up_s=0.0, length_max=10**9)},
            agents={name: AgentProfile(name, queue_ids=("enquiry",)) for name in names},
            entries={NUMBER: tree},
        )
        self.time = VirtualTime()
        self.engine = TimedEngine(site)
        self.pbx = SimulatedPbx(self.time, lambda event: self.runtime.post(event))
        self.runtime = Runtime(self.engine, self.time, self.time.call_at, self.pbx.perform, print, [self])
        self.lives = 0
        self.per_s = 0.9 * agents / (TALK_S + 0.1)
        for name in names:
            self.pbx.add_phone(name, answers_after(0.1, TALK_S))
        self.pbx.restore_link()
        self._backlog(waiting)
        for name in names:
            self.runtime.post(LoginRequested(name, "cli"))
            self.runtime.post(ReadyRequested(name))
            self.time.run_until(self.time.now + TALK_S / agents)
        self._arrive()

    def observe(self, now: float, event: Event | None, reports: object) -> None:
        assert isinstance(reports, list)
        self.lives += sum(isinstance(report, CallEnded) for report in reports)

    def _backlog(self, waiting: int) -> None:
        for _ in range(waiting):
            self.pbx.call_in(NUMBER)
        self.time.run_until(self.time.now + 10.0)

    def _arrive(self) -> None:
        self.pbx.call_in(NUMBER)
        self.time.call_in(1.0 / self.per_s, self._arrive)

    def measure(self, lives: int) -> tuple[float, float]:
        """Seconds of CPU a life takes: all told, and in the engine."""
        self._run(lives // 5)
        self.engine.spent_s = 0.0
        began = time.process_time()
        done = self._run(lives)
        return (time.process_time() - began) / done, self.engine.spent_s / done

    def _run(self, lives: int) -> int:
        before = self.lives
        run_next: Callable[[], bool] = self.time.run_next
        while self.lives - before < lives:
            run_next()
        return self.lives - before


def main() -> None:
    parser = argparse.ArgumentParser(description="whole call lives a second through the engine")
    parser.add_argument("--lives", type=int, default=10000)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    options = parser.parse_args()
    if options.profile:
        hall = Hall(100)
        profile = cProfile.Profile()
        profile.runcall(hall.measure, options.lives)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    few, few_engine = Hall(100).measure(options.lives)
    _, many_engine = Hall(10_000).measure(options.lives)
    _, short_engine = Hall(100, waiting=10).measure(options.lives)
    _, long_engine = Hall(100, waiting=100_000).measure(options.lives)
    print(f"100 agents: {few * 1e6:.0f} us a life, {few_engine * 1e6:.0f} us of it in the engine")
    print(f"10,000 agents: {many_engine * 1e6:.0f} us in the engine")
    print(f"10 waiting: {short_engine * 1e6:.0f} us in the engine; 100,000 waiting: {long_engine * 1e6:.0f} us")
    figures = {
        "lives_per_s": round(1 / few),
        "engine_lives_per_s": round(1 / few_engine),
        "cost_ratio_agents": round(many_engine / few_engine, 2),
        "cost_ratio_waiting": round(long_engine / short_engine, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
