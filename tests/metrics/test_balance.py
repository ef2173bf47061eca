"""Against the real engine: the books balance after every event of a long, mixed day."""

import random

import pytest
from prometheus_client import CollectorRegistry

from acd.core.commands import RingAgent
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallerHungUp,
    CallWaiting,
    LogoutRequested,
    PbxLost,
    PbxSynced,
    RingEnded,
    TalkEnded,
)
from acd.core.words import Phone, RingEnd, Side
from acd.metrics import CallMetrics
from acd.metrics.snapshot import Snapshot
from tests.switch_twin import SwitchTwin, make_site

OUTCOMES = ("answered", "abandoned", "flowed_out")


class Day:
    """Random callers, agents and PBX, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.registry = CollectorRegistry()
        self.switch = SwitchTwin(observers=[CallMetrics(self.registry, make_site())])
        self.registry.register(Snapshot(self.switch.view, self.switch.health))
        self.calls = 0
        self.steps = (
            self.arrive, self.arrive, self.hang_up, self.answer, self.answer, self.end_ring, self.end_talk,
            self.staff, self.staff, self.log_out, self.lose_link,
        )  # fmt: skip

    def step(self) -> None:
        self.random.choice(self.steps)()
        self.switch.advance(self.random.expovariate(0.4))

    def arrive(self) -> None:
        self.calls += 1
        self.switch.call(f"c{self.calls}", self.random.choice(("10086", "10087")))

    def hang_up(self) -> None:
        calls = self.switch.view().calls
        if calls:
            # The newest as often as any: callers who give up do so early.
            self.switch.post(CallerHungUp(self.random.choice([calls[-1], self.random.choice(calls)]).call_id))

    def ring(self) -> RingAgent | None:
        rings = {ring.reservation_id: ring for ring in self.switch.rings}
        live = [r for r in self.switch.runtime.engine.floor.reservations if r in rings]
        return rings[self.random.choice(live)] if live else None

    def answer(self) -> None:
        ring = self.ring()
        if ring is not None:
            self.switch.post(AgentRinging(ring.call_id, ring.reservation_id, ring.agent_id))
            self.switch.advance(self.random.uniform(0, 8))
            self.switch.post(AgentAnswered(ring.call_id, ring.reservation_id, ring.agent_id))

    def end_ring(self) -> None:
        ring = self.ring()
        if ring is not None:
            end = self.random.choice(list(RingEnd))
            self.switch.post(RingEnded(ring.call_id, ring.reservation_id, ring.agent_id, end))
            self.switch.post(CallWaiting(ring.call_id))

    def end_talk(self) -> None:
        talks = [call for call in self.switch.view().calls if call.place == "talking"]
        if talks:
            call = self.switch.runtime.engine.floor.calls[self.random.choice(talks).call_id]
            self.switch.post(TalkEnded(call.call_id, call.reservation_id, call.agent_id, Side.AGENT))

    def staff(self) -> None:
        self.switch.staff(self.random.choice(("1001", "1002", "1003")))

    def log_out(self) -> None:
        self.switch.post(LogoutRequested(self.random.choice(("1001", "1002", "1003"))))

    def lose_link(self) -> None:
        """The PBX comes back with nobody on the line."""
        if self.random.random() < 0.05:
            self.switch.post(PbxLost("test"))
            self.switch.post(PbxSynced(phones=dict.fromkeys(self.switch.site.agents, Phone.REACHABLE)))

    def read_page(self) -> dict[tuple[str, ...], float]:
        """Every sample of one scrape: its name and label values, to its value."""
        return {
            (sample.name.removeprefix("hotline_"), *sample.labels.values()): sample.value
            for family in self.registry.collect()
            for sample in family.samples
        }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_offered_is_answered_abandoned_flowed_out_and_open(seed: int) -> None:
    day = Day(seed)
    for _ in range(600):
        day.step()
        page = day.read_page()
        for queue in ("general", "vip"):
            ended = {outcome: page["queue_visits_total", queue, outcome] for outcome in OUTCOMES}
            still_open = page["queue_waiting", queue]
            assert page["queue_offered_total", queue] == sum(ended.values()) + still_open, (queue, ended, still_open)
    for queue in ("general", "vip"):
        for outcome in OUTCOMES:
            visits = page["queue_visits_total", queue, outcome]
            assert page["wait_seconds_count", queue, outcome] == visits
            assert visits > 0 or (queue, outcome) == ("vip", "flowed_out"), "a day in which everything happens"
        assert page["queue_short_abandoned_total", queue] > 0
    assert day.switch.runtime.failures == 0
    ended_calls = sum(value for name, value in page.items() if name[0] == "calls_ended_total")
    assert page["calls_started_total",] == ended_calls + len(day.switch.view().calls) == day.calls
