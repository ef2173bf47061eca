"""Whole call lives a second through engine, runtime and simulated PBX, without network or database.

A life: a caller arrives, hears the greeting, waits, an agent's phone rings and answers, they talk, the agent hangs up.
Four halls take turns, each in a process of its own, so that none pays for what another holds in memory: 100 and 10,000
agents with nine of ten busy, 10 and 100,000 callers waiting for 100 agents. Time is processor time, and each figure the
median of the rounds, so that other programs on the machine do little to it. What they still do is push a large hall out
of the processor's caches more than a small one: the ratios are best on a machine at rest.

The last line is JSON: {"lives_per_s", "cost_ratio_agents", "cost_ratio_waiting"}: lives a second on one core in the
hall of 100 agents, and the cost of a life in the larger hall of each kind by that in the smaller. All of it counts, the
simulated PBX with its phones and callers too. A line before says what the engine does alone.
"""

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median

from acd.core.commands import Command
from acd.core.engine import Engine
from acd.core.events import Event, LoginRequested, ReadyRequested
from acd.core.reports import CallEnded, Report
from acd.core.site import AgentProfile, Site
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.phone import answers_after
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.priority import collect_seldom
from acd.runtime import Runtime
from ivr.tree import EnterQueue, Play, Tree
from routing.queue import Queue

ANSWER_S = 0.1
TALK_S = 30.0
BUSY = 0.9
NUMBER = "10086"


class TimedEngine(Engine):
    """The engine, with its own seconds counted: by the wall, since to ask for processor time so often is dear."""

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


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds that a life takes: of processor time all told, and in the engine by the wall."""

    whole_us: float
    engine_us: float


class Hall:
    """A site with one queue and `agents` ready agents.

    Without `waiting`, callers come at the rate that keeps nine of ten agents busy. With it, that many wait all the
    time: whoever goes is followed by another, who goes to the end of the line.
    """

    def __init__(self, agents: int, waiting: int = 0) -> None:
        self.names = [f"{10000 + n}" for n in range(agents)]
        self.time = VirtualTime()
        self.engine = TimedEngine(_site(self.names))
        self.pbx = SimulatedPbx(self.time, lambda event: self.runtime.post(event))
        self.runtime = Runtime(self.engine, self.time, self.time.call_at, self.pbx.perform, print, [self])
        self.lives = 0
        self._per_s = agents / (ANSWER_S + TALK_S)
        self._replace = waiting > 0
        for name in self.names:
            self.pbx.add_phone(name, answers_after(ANSWER_S, TALK_S))
        self.pbx.restore_link()
        self.time.run_until(self.time.now + 1.0)
        if waiting:
            in_greeting = round(self._per_s * self.pbx.exchange.delays.prompt_s)
            for _ in range(agents + waiting + in_greeting):
                self.pbx.call_in(NUMBER)
        else:
            self._arrive()
        self._open()

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        for report in reports:
            if isinstance(report, CallEnded):
                self.lives += 1
                if self._replace:
                    self.pbx.call_in(NUMBER)

    def measure(self, lives: int) -> Cost:
        """The cost of a life, over so many after a tenth of them to warm up."""
        self._run(lives // 10)
        self.engine.spent_s = 0.0
        began = time.process_time()
        done = self._run(lives)
        return Cost((time.process_time() - began) / done * 1e6, self.engine.spent_s / done * 1e6)

    def _open(self) -> None:
        """Agents come in one by one, over the time of a talk, and another passes until all goes its way."""
        for name in self.names:
            self.runtime.post(LoginRequested(name, "cli"))
            self.runtime.post(ReadyRequested(name))
            self.time.run_until(self.time.now + TALK_S / len(self.names))
        self.time.run_until(self.time.now + TALK_S)

    def _arrive(self) -> None:
        self.pbx.call_in(NUMBER)
        self.time.call_in(1.0 / (BUSY * self._per_s), self._arrive)

    def _run(self, lives: int) -> int:
        before = self.lives
        while self.lives - before < lives:
            self.time.run_next()
        return self.lives - before


def _site(names: Sequence[str]) -> Site:
    return Site(
        queues={"enquiry": Queue("enquiry", ring_timeout_s=20.0, wrap_up_s=0.0, length_max=10**9)},
        agents={name: AgentProfile(name) for name in names},
        entries={NUMBER: Tree("hello", {"hello": Play(("hello",), then="queue"), "queue": EnterQueue("enquiry")})},
    )


# ---- halls that take turns ----


class RemoteHall:
    """A hall in a process of its own. It is ready when `say` has come back."""

    def __init__(self, agents: int, waiting: int = 0) -> None:
        context = get_context("spawn")
        self._line, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, agents, waiting), daemon=True)
        self._process.start()

    def say(self) -> str:
        words: str = self._line.recv()
        return words

    def measure(self, lives: int) -> Cost:
        self._line.send(lives)
        cost: Cost = self._line.recv()
        return cost


def _serve(line: Connection, agents: int, waiting: int) -> None:
    collect_seldom()  # as the switch does
    hall = Hall(agents, waiting)
    (queue,) = hall.engine.view(hall.time.now).queues
    busy = queue.agents.get("on_call", 0)
    line.send(f"{busy} of {agents} agents talk, {queue.waiting} callers wait")
    try:
        while True:
            line.send(hall.measure(line.recv()))
    except (EOFError, KeyboardInterrupt):
        return  # The bench is over.


def run_rounds(halls: dict[str, RemoteHall], rounds: int, lives: int) -> dict[str, list[Cost]]:
    """Each hall once a round; every other round backwards, so that a slow spell hits none in particular."""
    costs: dict[str, list[Cost]] = {name: [] for name in halls}
    for number in range(rounds):
        for name in list(halls)[:: 1 if number % 2 == 0 else -1]:
            costs[name].append(halls[name].measure(lives))
        said = ", ".join(f"{name} {costs[name][-1].whole_us:.0f}" for name in halls)
        print(f"round {number + 1} of {rounds}, us a life: {said}", file=sys.stderr)
    return costs


def ratio(many: Sequence[float], few: Sequence[float]) -> float:
    """The median of the rounds' ratios: the two of a round were measured within a second or two."""
    return round(median(larger / smaller for larger, smaller in zip(many, few, strict=True)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="whole call lives a second through the engine")
    parser.add_argument("--lives", type=int, default=3000, help="lives measured in each hall and round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    options = parser.parse_args()
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(Hall(100).measure, options.lives)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    print("four halls are being filled", file=sys.stderr)
    halls = {
        "100 agents": RemoteHall(100),
        "10,000 agents": RemoteHall(10_000),
        "10 waiting": RemoteHall(100, waiting=10),
        "100,000 waiting": RemoteHall(100, waiting=100_000),
    }
    for name, hall in halls.items():
        print(f"{name}: {hall.say()}", file=sys.stderr)
    report(run_rounds(halls, options.rounds, options.lives))


def report(costs: dict[str, list[Cost]]) -> None:
    whole = {name: [cost.whole_us for cost in rounds] for name, rounds in costs.items()}
    # Whatever else runs can only add to time by the wall: the best round says most.
    engine = {name: min(cost.engine_us for cost in rounds) for name, rounds in costs.items()}
    for name in costs:
        print(f"{name:>16}: {median(whole[name]):.0f} us a life; the engine's part, at best {engine[name]:.0f}")
    print(
        f"the engine alone: {1e6 / engine['100 agents']:.0f} lives a second,"
        f" cost ratio by agents {engine['10,000 agents'] / engine['100 agents']:.2f},"
        f" by callers waiting {engine['100,000 waiting'] / engine['10 waiting']:.2f}"
    )
    figures = {
        "lives_per_s": round(1e6 / median(whole["100 agents"])),
        "cost_ratio_agents": ratio(whole["10,000 agents"], whole["100 agents"]),
        "cost_ratio_waiting": ratio(whole["100,000 waiting"], whole["10 waiting"]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
