"""The floor beside the PBX: what differs twice in a row is healed, what is only on its way is left alone."""

import pytest

from acd.core.commands import HangUpCall, MirrorAgent, RingAgent, StopRinging
from acd.core.events import (
    AgentAnswered,
    CallArrived,
    CallerHungUp,
    CallSeen,
    Diverged,
    LoginRequested,
    PbxState,
    PromptEnded,
    ReadyRequested,
)
from acd.core.reconcile import Reconciler
from acd.core.reports import DivergenceHealed
from acd.core.words import Outcome, Phone, Side
from tests.core.script import Script
from tests.core.sites import AGENTS, two_queues

UP = dict.fromkeys(AGENTS, Phone.REACHABLE)


def shown(call_id: str, room: str, **more: object) -> CallSeen:
    return CallSeen(
        call_id, room, "10010", queue_id="billing", arrived_at=1000.0, joined_at=1000.0, priority=1, **more  # type: ignore[arg-type]
    )


class Compared(Script):
    """A script that is looked at every five seconds."""

    def __init__(self, wrap_up_s: float = 0.0) -> None:
        super().__init__(two_queues(wrap_up_s=wrap_up_s))
        self.reconciler = Reconciler()

    def members(self) -> dict[str, str]:
        agents = self.engine.floor.agents.values()
        return {agent.agent_id: agent.presence for agent in agents if agent.presence != "absent"}

    def look(self, *calls: CallSeen, after_s: float = 5.0, **more: object) -> Diverged | None:
        self.at += after_s
        state = PbxState(calls, **({"phones": UP, "members": self.members()} | more))  # type: ignore[arg-type]
        return self.reconciler.compare(self.engine.floor, state, self.at)

    def heal(self, *calls: CallSeen, **more: object) -> list[object]:
        """Two looks; what the second finds is healed."""
        assert self.look(*calls, **more) is None
        found = self.look(*calls, **more)
        assert found is not None
        return list(self.tell(found))


def test_what_agrees_is_left_alone() -> None:
    played = Compared()
    played.open("1003")
    played.tell(CallArrived("ivr", "10086"))
    played.talk("talk", "1003")
    played.seat("wait")
    calls = (
        CallSeen("ivr", "entry", "10086", arrived_at=1000.0),
        shown("talk", "ring", reservation_id="talk.1", agent_id="1003", answered_at=1000.0, talking=True),
        shown("wait", "waiting-room"),
    )
    assert played.look(*calls) is None
    assert played.look(*calls) is None


def test_a_difference_seen_once_is_only_on_its_way() -> None:
    played = Compared()
    played.open()
    played.seat("c")
    assert played.look() is None
    assert played.look(shown("c", "waiting-room")) is None
    assert played.look() is None


def test_what_was_heard_of_in_between_is_on_its_way_again() -> None:
    played = Compared()
    played.open()
    played.tell(CallArrived("c", "10010"))
    ring = shown("c", "ring", reservation_id="c.1", agent_id="1003")
    assert played.look(ring) is None
    played.seat("c")
    assert played.look(ring) is None
    assert played.look(ring) is not None


def test_a_key_pressed_in_between_was_heard_of_its_caller() -> None:
    played = Compared()
    played.open()
    played.tell(CallArrived("c", "10086"))
    assert played.look(shown("c", "fallback")) is None
    played.tell(PromptEnded("c", 1))
    assert played.place("c") == "in_ivr"
    assert played.look(shown("c", "fallback")) is None
    assert played.look(shown("c", "fallback")) is not None


def test_a_call_that_has_ended_is_not_taken_in_again() -> None:
    played = Compared()
    played.open()
    played.seat("c")
    played.tell(CallerHungUp("c"))
    assert played.look(shown("c", "waiting-room")) is None
    assert played.look(shown("c", "waiting-room")) is None


def test_a_call_whose_end_was_never_told_has_ended() -> None:
    played = Compared()
    played.open("1003")
    played.talk("talk", "1003")
    played.seat("wait")
    played.heal()
    assert {r.call_id: (r.outcome, r.hung_up_by) for r in played.records} == {
        "talk": (Outcome.ANSWERED, Side.SYSTEM), "wait": (Outcome.ABANDONED, Side.CALLER),
    }  # fmt: skip
    assert played.state("1003") == "ready"
    healed = played.of(DivergenceHealed)
    assert [(r.kind, r.subject, r.core, r.pbx, r.heal_s) for r in healed] == [
        ("call_gone", "talk", "talking talk.1", "no channel", 5.0),
        ("call_gone", "wait", "waiting seated", "no channel", 5.0),
    ]


def test_a_caller_nobody_knew_of_is_taken_in() -> None:
    played = Compared()
    played.open("1003")
    assert played.heal(shown("c", "waiting-room")) == [RingAgent("c", "c.1", "1003", 6.0)]
    assert played.engine.floor.calls["c"].visit.entered_at == 1000.0  # type: ignore[union-attr]


def test_a_caller_in_the_fallback_whom_nobody_knew_of_is_taken_in() -> None:
    played = Compared()
    played.open()
    played.heal(shown("c", "fallback"))
    assert played.place("c") == "in_fallback"


def test_who_waits_though_nobody_was_told_is_rung_for() -> None:
    played = Compared()
    played.open("1003")
    played.tell(CallArrived("c", "10010"))
    assert played.heal(shown("c", "waiting-room")) == [RingAgent("c", "c.1", "1003", 6.0)]


def test_a_talk_whose_end_was_never_told_has_ended() -> None:
    played = Compared()
    played.open("1003")
    played.talk("c", "1003")
    played.heal(shown("c", "after-call", reservation_id="c.1", agent_id="1003", answered_at=1000.0))
    assert (played.place("c"), played.state("1003")) == ("after_call", "ready")


def test_an_answer_that_was_never_told_is_one() -> None:
    played = Compared()
    played.open("1003")
    played.seat("c")
    talks = shown("c", "ring", reservation_id="c.1", agent_id="1003", answered_at=1002.0, talking=True)
    played.heal(talks, busy_phones=frozenset({"1003"}))
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")
    assert played.strays == []


def test_a_ring_nobody_holds_is_taken_back() -> None:
    played = Compared()
    played.open()
    played.seat("c")
    assert played.heal(shown("c", "ring", reservation_id="c.9", agent_id="1003")) == [StopRinging("c", "c.9", "1003")]


def test_a_ring_other_than_the_one_held_is_taken_back() -> None:
    played = Compared()
    played.open("1003")
    played.seat("c")
    assert played.place("c") == "ringing"
    assert played.heal(shown("c", "ring", reservation_id="c.9", agent_id="1003")) == [StopRinging("c", "c.9", "1003")]
    assert played.place("c") == "waiting"


def test_an_answer_in_the_fallback_that_was_never_told_is_one() -> None:
    played = Compared()
    played.open("1003")
    played.heal(shown("c", "fallback"))
    talks = shown("c", "fallback", agent_id="1003", answered_at=1002.0, talking=True)
    played.heal(talks, busy_phones=frozenset({"1003"}))
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")


def test_who_was_to_be_sent_away_is_told_again() -> None:
    played = Compared()
    played.open()
    played.tell(CallArrived("c", "404"))
    assert played.heal(CallSeen("c", "entry", "404", arrived_at=1000.0)) == [HangUpCall("c")]


@pytest.mark.parametrize("phone", [Phone.UNREACHABLE, Phone.UNKNOWN])
def test_a_phone_that_went_unnoticed_is_not_idle(phone: Phone) -> None:
    played = Compared()
    played.open("1003")
    played.heal(phones=UP | {"1003": phone})
    assert played.seat("c") == []


def test_a_phone_the_pbx_does_not_list_is_unknown_and_not_idle() -> None:
    played = Compared()
    played.open("1003")
    played.heal(phones={a: Phone.REACHABLE for a in AGENTS if a != "1003"})
    assert played.engine.floor.agents["1003"].phone is Phone.UNKNOWN
    assert played.seat("c") == []


def test_a_phone_that_is_free_again_is_rung() -> None:
    played = Compared()
    played.open("1003")
    played.heal(busy_phones=frozenset({"1003"}))
    played.seat("c")
    assert played.heal(shown("c", "waiting-room")) == [RingAgent("c", "c.1", "1003", 6.0)]


def test_the_fallback_is_told_again_what_it_has_wrong() -> None:
    played = Compared()
    played.open("1003")
    assert played.look(members={"1003": "paused"}) is None
    found = played.look(members={"1003": "paused"})
    assert found is not None
    assert played.engine.handle(found, played.at) == [MirrorAgent("1003", "ready", ("billing",))]


def test_who_logs_in_while_it_is_looked_is_not_held_against_the_fallback() -> None:
    played = Compared()
    played.open()
    assert played.look(members={}) is None
    played.tell(LoginRequested("1003", "phone"), ReadyRequested("1003"))
    assert played.look(members={}) is None


def test_an_answer_in_time_is_no_difference() -> None:
    played = Compared()
    played.open("1003")
    played.seat("c")
    assert played.look(shown("c", "ring", reservation_id="c.1", agent_id="1003")) is None
    played.tell(AgentAnswered("c", "c.1", "1003"))
    talks = shown("c", "ring", reservation_id="c.1", agent_id="1003", answered_at=1002.0, talking=True)
    assert played.look(talks) is None
    assert played.look(talks) is None


def test_what_was_suspected_before_the_link_was_lost_is_forgotten() -> None:
    played = Compared()
    played.open()
    played.seat("c")
    assert played.look() is None
    played.reconciler.forget()
    assert played.look() is None
