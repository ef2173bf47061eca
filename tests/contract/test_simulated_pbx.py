"""What the simulated PBX does that no scenario can ask of every world: to the millisecond, or with the core away."""

from acd.core.commands import EnterWaitingRoom, MirrorAgent, RingAgent, StopRinging
from acd.core.events import AgentAnswered, CallInFallback, CallWaiting, Event, FallbackAnswered, RingEnded
from acd.core.words import RingEnd, Side
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.phone import answers_after
from acd.pbx.simulated.virtual_time import VirtualTime


class Bench:
    """The PBX alone, its words collected."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.told: list[Event] = []
        self.pbx = SimulatedPbx(self.time, self.told.append)
        self.phone = self.pbx.add_phone("1001")
        self.pbx.restore_link()

    def run(self, seconds: float) -> None:
        self.time.run_until(self.time.now + seconds)

    def seated(self) -> SimulatedCaller:
        caller = self.pbx.call_in("10086")
        self.pbx.perform(EnterWaitingRoom(caller.call_id, "general", self.time.now))
        self.run(0.1)
        return caller

    def of(self, *kinds: type[Event]) -> list[Event]:
        return [event for event in self.told if isinstance(event, kinds)]


def test_an_answer_between_the_mark_and_the_redirect_is_refused() -> None:
    bench = Bench()
    caller = bench.seated()
    bench.pbx.perform(RingAgent(caller.call_id, "r.1", "1001", 10.0))
    bench.run(1.0)
    # The answer takes 1.0 ms to the PBX, the mark 0.4 ms, the Redirect follows 1.5 ms after the mark.
    bench.phone.answer()
    bench.pbx.perform(StopRinging(caller.call_id, "r.1", "1001"))
    bench.run(1.0)
    assert bench.of(AgentAnswered) == []
    assert bench.of(RingEnded) == [RingEnded(caller.call_id, "r.1", "1001", RingEnd.RESCINDED)]
    assert bench.told[-1] == CallWaiting(caller.call_id, "r.1")
    assert not bench.phone.talking
    assert caller.agents == []


def test_a_redirect_of_a_call_that_talks_is_a_violation_and_cuts_the_agent_off() -> None:
    bench = Bench()
    caller = bench.seated()
    bench.phone.manner = answers_after(0.1)
    bench.pbx.perform(RingAgent(caller.call_id, "r.1", "1001", 10.0))
    bench.run(1.0)
    assert caller.talking
    bench.pbx.perform(RingAgent(caller.call_id, "r.2", "1002", 10.0))
    bench.run(1.0)
    assert not bench.phone.talking
    assert bench.pbx.violations == ["RingAgent r.2: cuts off the agent they talk to"]


def test_without_the_core_ready_agents_answer_and_nobody_else_is_rung() -> None:
    """A caller who waits moves within 40 s, a new one is answered within 15 s once the heartbeat is old."""
    bench = Bench()
    resting = bench.pbx.add_phone("1002")
    bench.phone.manner = answers_after(0.5, 5.0)
    bench.pbx.perform(MirrorAgent("1001", "ready", ("general",)))
    bench.pbx.perform(MirrorAgent("1002", "paused", ("general",)))
    waiting = bench.seated()
    bench.pbx.lose_link()
    bench.run(20.0)
    assert waiting.agents == ["1001"]
    new = bench.pbx.call_in("10086")
    bench.run(15.0)
    assert new.agents == ["1001"]
    assert (new.ended_by, resting.rung) == (Side.SYSTEM, 0)
    # None of it reached the core; what it may still see, it sees in the snapshot.
    assert bench.of(CallInFallback, FallbackAnswered) == []


def test_the_fallback_gives_back_when_the_core_is_heard_again() -> None:
    bench = Bench()
    caller = bench.seated()
    bench.pbx.lose_link()
    bench.run(30.0)
    assert bench.pbx.channels[caller.call_id].room == "fallback"
    bench.pbx.restore_link()
    bench.run(40.0)
    assert bench.pbx.channels[caller.call_id].room == "waiting-room"
    assert bench.told[-1] == CallWaiting(caller.call_id)
    assert bench.pbx.channels[caller.call_id].joined_at < bench.time.now - 60.0
