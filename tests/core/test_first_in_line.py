"""Whoever an agent serves first is the first of all their lines, however the agent became free."""

from acd.core.commands import RingAgent
from acd.core.events import CallArrived, CallWaiting, PromptEnded
from tests.core.script import Script
from tests.core.sites import two_queues


def test_an_agent_freed_by_a_caller_who_waits_again_takes_the_first_of_all_their_lines() -> None:
    played = Script(two_queues())
    played.open("1002")
    played.tell(CallArrived("g", "10086"), PromptEnded("g", 1), PromptEnded("g", 2, "0"))
    assert played.tell(CallWaiting("g")) == [RingAgent("g", "g.1", "1002", 4.0)]
    # Billing goes before the general queue by a minute.
    assert played.seat("b") == []
    # The end of the ring was lost; that the caller waits again says it.
    assert played.tell(CallWaiting("g", "g.1")) == [RingAgent("b", "b.1", "1002", 6.0)]
