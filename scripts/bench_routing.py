"""How fast calls and agents are brought together on a floor as large as any: 10,000 agents, 1,000 queues, 200 skills,
100,000 callers waiting.

A decision is one event of the real engine, from the event to the command that rings a phone, with all lines, deadlines
and reports: in turn an agent ends the wrap-up and gets the first of all callers they may take, and a caller sits down
in a queue whose agents are free. `cost_ratio` sets the cost of a decision against the same with 100 agents, 10 queues,
10 skills and 1,000 callers, in turns within one run. The time between decisions (answers, hang-ups, new callers) is not
counted.

`apply_s`: the three files of that size read, checked and put in force, from the first byte to a floor that knows them;
every agent and queue has changed. `loop_block_ms` is the longest that an event loop, which does nothing else than look
at the clock, was kept from it meanwhile. The last line is JSON.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from acd.core.commands import Command, RingAgent
from acd.core.engine import Engine
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallArrived,
    CallerHungUp,
    CallWaiting,
    Event,
    LoginRequested,
    PbxSynced,
    PromptEnded,
    ReadyRequested,
    SiteChanged,
    TalkEnded,
    WrapUpEnded,
)
from acd.core.site import AgentProfile, Site
from acd.core.words import Phone, Side
from acd.priority import collect_seldom, loading
from config.loader import load
from ivr.tree import EnterQueue, Play, Tree
from routing.queue import Queue
from routing.step import Step
from scripts.large_site import Size, write_large_site

SKILLS_OF_AN_AGENT = 5
CALM = 0.5  # so many of the queues have nobody waiting and somebody free
LOOK_EVERY_S = 0.001


@dataclass(frozen=True, slots=True)
class Shape:
    agents: int
    queues: int
    skills: int
    waiting: int


LARGE = Shape(10_000, 1_000, 200, 100_000)
SMALL = Shape(100, 10, 10, 1_000)


def make_site(shape: Shape, chance: random.Random) -> Site:
    """Queues ask for one skill each, at one of ten levels; the last fifth of the skills are those of calm queues, and
    agents have skills of one kind only."""
    calm_from = round(shape.skills * (1 - CALM))
    queues = {}
    for number in range(shape.queues):
        queue_id, skill, level = f"q{number}", f"s{number % shape.skills}", 10 * (1 + number // shape.skills % 10)
        queues[queue_id] = Queue(
            queue_id, skills={skill: level}, priority=number % 5, weight=1.0, wrap_up_s=None, length_max=10**9,
            steps=(Step(3600.0, lower={skill: level // 2}),),
        )  # fmt: skip
    agents = {}
    for number in range(shape.agents):
        kind = range(calm_from, shape.skills) if number < shape.agents * CALM else range(calm_from)
        best = kind[number % len(kind)]
        drawn = {best: 100} | {skill: chance.randint(1, 100) for skill in chance.sample(kind, SKILLS_OF_AN_AGENT - 1)}
        agent_id = str(10_000 + number)
        agents[agent_id] = AgentProfile(agent_id, skills={f"s{skill}": level for skill, level in drawn.items()})
    entries = {
        queue_id: Tree("hello", {"hello": Play(("hello",), then="queue"), "queue": EnterQueue(queue_id)})
        for queue_id in queues
    }
    return Site(queues=queues, agents=agents, entries=entries, overtaken_s_max=10**6)


class Hall:
    """The engine with a full floor, and those who keep it so. `now` goes on a millisecond with each event."""

    def __init__(self, shape: Shape, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self.site = make_site(shape, self._chance)
        self.engine = Engine(self.site)
        self.now = 1_800_000_000.0
        calm = {f"s{skill}" for skill in range(round(shape.skills * (1 - CALM)), shape.skills)}
        self._calm = [q for q, queue in self.site.queues.items() if not calm.isdisjoint(queue.skills)]
        self._busy = [q for q in self.site.queues if q not in set(self._calm)]
        self._callers = 0
        self._tell(PbxSynced(phones=dict.fromkeys(self.site.agents, Phone.REACHABLE)))
        for _ in range(shape.waiting):
            self._sit_down(self._chance.choice(self._busy))
        rung: list[RingAgent] = []
        for agent_id in self.site.agents:
            self._tell(LoginRequested(agent_id, "cli"))
            rung += [ring for ring in self._tell(ReadyRequested(agent_id)) if isinstance(ring, RingAgent)]
        # All who serve a queue in which somebody waits talk; the others are free.
        self._talks = [ring for ring in rung if self._talk(ring)]
        self._chance.shuffle(self._talks)

    def _tell(self, event: Event) -> list[Command]:
        self.now += 0.001
        commands = self.engine.handle(event, self.now)
        self.engine.take_reports()
        return commands

    def _come_in(self, queue_id: str) -> str:
        self._callers += 1
        call_id = f"{self._callers:08}"
        self._tell(CallArrived(call_id, queue_id))
        self._tell(PromptEnded(call_id, 1))
        return call_id

    def _sit_down(self, queue_id: str) -> list[Command]:
        return self._tell(CallWaiting(self._come_in(queue_id)))

    def _talk(self, ring: RingAgent) -> bool:
        self._tell(AgentRinging(ring.call_id, ring.reservation_id, ring.agent_id))
        self._tell(AgentAnswered(ring.call_id, ring.reservation_id, ring.agent_id))
        return True

    def _hang_up(self, ring: RingAgent) -> None:
        self._tell(TalkEnded(ring.call_id, ring.reservation_id, ring.agent_id, Side.CALLER))
        self._tell(CallerHungUp(ring.call_id))

    def decide(self, times: int) -> list[float]:
        """Seconds of the processor that each of so many decisions took."""
        took: list[float] = []
        while len(took) < times:
            took += (self._agent_gets_free(), self._caller_sits_down())
        return took

    def _agent_gets_free(self) -> float:
        before = self._talks.pop(self._chance.randrange(len(self._talks)))
        self._hang_up(before)
        spent_s, ring = self._timed(WrapUpEnded(before.agent_id))
        # Another comes in their place, so that every line stays as long as it is.
        self._sit_down(self.engine.floor.calls[ring.call_id].dialled)
        self._talk(ring)
        self._talks.append(ring)
        return spent_s

    def _caller_sits_down(self) -> float:
        call_id = self._come_in(self._chance.choice(self._calm))
        spent_s, ring = self._timed(CallWaiting(call_id))
        self._talk(ring)
        self._hang_up(ring)
        self._tell(WrapUpEnded(ring.agent_id))
        return spent_s

    def _timed(self, event: Event) -> tuple[float, RingAgent]:
        self.now += 0.001
        began = time.thread_time()
        commands = self.engine.handle(event, self.now)
        spent_s = time.thread_time() - began
        self.engine.take_reports()
        rings = [command for command in commands if isinstance(command, RingAgent)]
        assert len(rings) == 1, f"{event} led to {commands}"
        return spent_s, rings[0]


def measure(rounds: int, decisions: int) -> dict[str, float]:
    tell("two floors are being filled")
    large, small = Hall(LARGE), Hall(SMALL)
    collect_seldom()  # as the switch does
    tell(f"{len(large._talks)} of {LARGE.agents} agents talk, {LARGE.waiting} callers wait")
    ratios, per_s, every = [], [], []
    for number in range(rounds):
        took = {}
        for name, hall in (("large", large), ("small", small))[:: 1 if number % 2 else -1]:
            took[name] = hall.decide(decisions)
        mean = {name: sum(each) / len(each) for name, each in took.items()}
        ratios.append(mean["large"] / mean["small"])
        per_s.append(1.0 / mean["large"])
        every += took["large"]
        told = ", ".join(f"{name} {seconds * 1e6:.1f}" for name, seconds in mean.items())
        tell(f"round {number + 1} of {rounds}, us a decision: {told}")
    every.sort()
    return {
        "decisions_per_s": round(median(per_s)),
        "p99_us": round(every[int(0.99 * len(every))] * 1e6, 1),
        "cost_ratio": round(median(ratios), 2),
    }


# ---- a file of that size, put in force ----


async def apply_large(folder: Path) -> dict[str, float]:
    """Two versions of the site that differ in every agent and queue; the second is put in force on a live floor."""
    first, second = folder / "first", folder / "second"
    for place, seed in ((first, 1), (second, 2)):
        place.mkdir()
        write_large_site(place, Size(LARGE.agents, LARGE.queues, LARGE.skills), seed)
    engine = Engine(load(first, folder / "state").site)
    engine.handle(PbxSynced(), 1_800_000_000.0)
    collect_seldom()
    watch = LoopWatch()
    watching = asyncio.create_task(watch.look())
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    with loading():
        fresh = await asyncio.to_thread(load, second, folder / "state")
    read_s = time.perf_counter() - began
    await asyncio.sleep(0)
    reading_block_s, watch.longest_s = watch.longest_s, 0.0
    engine.handle(SiteChanged(fresh.site), 1_800_000_001.0)
    apply_s = time.perf_counter() - began
    await asyncio.sleep(2 * LOOK_EVERY_S)
    watching.cancel()
    tell(
        f"read and checked in {read_s:.2f} s, in force after {apply_s:.2f} s; the loop was held for "
        f"{reading_block_s * 1000:.0f} ms by the reading, {watch.longest_s * 1000:.0f} ms by the change"
    )
    longest_ms = max(reading_block_s, watch.longest_s) * 1000
    return {"apply_s": round(apply_s, 2), "loop_block_ms": round(longest_ms, 1)}


class LoopWatch:
    """Looks at the clock as often as the loop lets it. `longest_s`: the longest it was kept from that."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def look(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = time.perf_counter()
            self.longest_s = max(self.longest_s, now - before - LOOK_EVERY_S)
            before = now


def tell(text: str) -> None:
    print(f"bench-routing: {text}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--decisions", type=int, default=4000, help="in each round and hall")
    options = parser.parse_args()
    figures = measure(options.rounds, options.decisions)
    with tempfile.TemporaryDirectory(prefix="hotline-routing-") as folder:
        figures |= asyncio.run(apply_large(Path(folder)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
