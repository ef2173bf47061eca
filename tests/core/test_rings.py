"""Reservations, event by event: fencing, twice-told words, deadlines."""

import pytest

from acd.core.commands import RingAgent, StopRinging
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallArrived,
    CallerHungUp,
    CallWaiting,
    CommandFailed,
    Event,
    LoginRequested,
    PhoneBusyChanged,
    PromptEnded,
    ReadyRequested,
    RingEnded,
    TalkEnded,
)
from acd.core.reports import Decided, ReservationEnded
from acd.core.words import Phone, RingEnd, Side
from tests.core.script import Script
from tests.core.sites import two_queues


def script(*ready: str) -> Script:
    played = Script(two_queues())
    played.open(*ready)
    return played


def test_a_seated_caller_rings_the_idle_agent_at_once() -> None:
    played = script("1003")
    assert played.seat("c") == [RingAgent("c", "c.1", "1003", 6.0)]
    [decided] = played.of(Decided)
    assert decided.decision.agent_id == "1003"
    assert decided.decision.rule == "longest_idle"


def test_nothing_rings_before_the_caller_is_in_the_waiting_room() -> None:
    played = script("1003")
    commands = played.tell(CallArrived("c", "10010"))
    assert not any(isinstance(command, RingAgent) for command in commands)


def test_a_decision_says_who_was_passed_over_and_why() -> None:
    played = script("1002", "1003")
    played.tell(PhoneBusyChanged("1002", True))
    played.seat("c")
    [decided] = played.of(Decided)
    assert decided.decision.agent_id == "1003"
    assert decided.decision.passed_over == {"phone_busy": 1}
    played.seat("d")
    nobody = played.of(Decided)[-1].decision
    assert (nobody.agent_id, nobody.passed_over) == (None, {"phone_busy": 1, "reserved": 1})


@pytest.mark.parametrize("stray", [
    AgentAnswered("c", "c.1", "1002"),
    AgentRinging("c", "c.1", "1002"),
    RingEnded("c", "c.1", "1002", RingEnd.NO_ANSWER),
    TalkEnded("c", "c.1", "1002", Side.AGENT),
    CallWaiting("c"),
    CallArrived("c", "10010"),
    PromptEnded("c", 1, "0"),
    CommandFailed("c", "RingAgent", "c.1"),
])  # fmt: skip
def test_words_about_an_older_ring_change_nothing(stray: Event) -> None:
    """The first ring failed, the second goes on: words about the first come late."""
    played = script("1002", "1003")
    played.seat("c")
    played.tell(RingEnded("c", "c.1", "1002", RingEnd.REJECTED))
    assert played.tell(CallWaiting("c", "c.1")) == [RingAgent("c", "c.2", "1003", 6.0)]
    before = (played.place("c"), played.state("1002"), played.state("1003"))
    counted = len(played.strays)
    assert played.tell(stray) == []
    assert (played.place("c"), played.state("1002"), played.state("1003")) == before
    if not isinstance(stray, CommandFailed):
        assert len(played.strays) == counted + 1


@pytest.mark.parametrize("stray", [
    CallWaiting("nobody"), AgentAnswered("nobody", "nobody.1", "1003"), CallerHungUp("nobody"),
    TalkEnded("nobody", "nobody.1", "4711", Side.AGENT), PromptEnded("nobody", 1),
])  # fmt: skip
def test_words_about_a_call_nobody_knows_are_counted(stray: Event) -> None:
    played = script("1003")
    assert played.tell(stray) == []
    assert len(played.strays) == 1


def test_an_arrival_told_again_after_the_end_opens_no_second_call() -> None:
    played = script()
    played.seat("c")
    played.tell(CallerHungUp("c"), CallArrived("c", "10010"))
    assert "c" not in played.engine.floor.calls
    assert len(played.records) == 1
    assert played.strays == ["arrived"]


def test_an_answer_told_twice_counts_once() -> None:
    played = script("1003")
    played.talk("c", "1003")
    played.tell(AgentAnswered("c", "c.1", "1003"))
    assert played.strays == ["answered"]
    played.tell(TalkEnded("c", "c.1", "1003", Side.AGENT), TalkEnded("c", "c.1", "1003", Side.AGENT))
    assert played.strays == ["answered", "talk_ended"]


def test_the_end_of_a_ring_that_was_never_told() -> None:
    """The caller waits again after the very ring the engine believes in: the ring is over, and nobody is blamed."""
    played = script("1003")
    played.seat("c")
    assert played.tell(CallWaiting("c", "c.1")) == [RingAgent("c", "c.2", "1003", 6.0)]
    assert [(ended.outcome, ended.reason) for ended in played.of(ReservationEnded)] == [
        ("rescinded", "ring_end_lost")
    ]


def test_no_sign_of_ringing() -> None:
    played = script("1003")
    played.seat("c")
    assert played.engine.next_deadline() == played.at + 2.0
    assert played.pass_to(played.at + 1.9) == []
    assert played.pass_to(played.at + 0.2) == [StopRinging("c", "c.1", "1003")]
    assert played.state("1003") == "not_ready"
    assert played.engine.floor.agents["1003"].reason == "device_down"
    assert played.place("c") == "waiting"
    # The phone's channel goes: that is no sign of life.
    played.tell(PhoneBusyChanged("1003", True), PhoneBusyChanged("1003", False))
    assert played.state("1003") == "not_ready"


def test_a_ring_the_pbx_never_ends() -> None:
    played = script("1003")
    played.seat("c")
    played.tell(AgentRinging("c", "c.1", "1003"))
    assert played.engine.next_deadline() == played.at + 9.0
    assert played.pass_to(played.at + 9.0) == [StopRinging("c", "c.1", "1003")]


def test_a_ring_that_goes_back_keeps_its_place_and_the_agents_idle_time() -> None:
    played = script()
    played.seat("first")
    played.at += 1.0
    played.seat("second")
    played.at += 1.0
    played.tell(LoginRequested("1003", "phone"))
    assert played.tell(ReadyRequested("1003")) == [RingAgent("first", "first.1", "1003", 6.0)]
    idle_since = played.at
    played.at += 1.0
    played.tell(CommandFailed("first", "RingAgent", "first.1"))
    # The agent is free again, and the second caller is the only one who is known to sit.
    assert played.place("second") == "ringing"
    assert played.engine.floor.agents["1003"].idle_since == idle_since
    played.tell(CallerHungUp("second"))
    assert played.tell(CallWaiting("first", "first.1")) == [RingAgent("first", "first.2", "1003", 6.0)]


def test_priority_is_worth_a_minute_a_point() -> None:
    """An agent of two queues takes the caller of the one with priority 1, who came 20 s later."""
    played = script()
    played.tell(CallArrived("g", "10086"), PromptEnded("g", 1), PromptEnded("g", 2, "0"), CallWaiting("g"))
    played.at += 20.0
    played.seat("b")
    played.tell(LoginRequested("1002", "phone"))
    assert played.tell(ReadyRequested("1002")) == [RingAgent("b", "b.1", "1002", 6.0)]


def test_the_same_script_gives_the_same_commands() -> None:
    def play() -> list[object]:
        played = script("1001", "1002", "1003")
        out: list[object] = []
        for n in range(9):
            out += played.seat(f"c{n}")
        for n, agent_id in enumerate(["1002", "1003"]):
            out += played.tell(AgentAnswered(f"c{n}", f"c{n}.1", agent_id))
            out += played.tell(CallerHungUp(f"c{n}"), at=played.at + 1.0)
        return [*out, *played.reports]

    assert play() == play()


def test_phones_that_are_not_known_are_not_rung() -> None:
    played = Script(two_queues())
    played.open("1002", "1003", phones=["1002"])
    assert played.engine.floor.agents["1003"].phone is Phone.UNKNOWN
    assert played.seat("c") == [RingAgent("c", "c.1", "1002", 6.0)]
    assert played.seat("d") == []
