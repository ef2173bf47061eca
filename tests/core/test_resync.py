"""After the link was away: what the PBX shows is right, and nobody loses their place or their talk."""

import dataclasses

from acd.core.commands import EnterWaitingRoom, HangUpCall, MirrorAgent, PlayPrompt, RingAgent, StopRinging
from acd.core.events import (
    AgentAnswered,
    CallArrived,
    CallerHungUp,
    CallGone,
    CallInFallback,
    CallSeen,
    CallWaiting,
    FallbackAnswered,
    FallbackEnded,
    LoginRequested,
    NotReadyRequested,
    PbxCaughtUp,
    PbxLost,
    PbxSynced,
    PhoneChanged,
    PromptEnded,
    ReadyRequested,
    SiteChanged,
    TalkEnded,
)
from acd.core.reports import CallQueued
from acd.core.site import Site
from acd.core.words import Outcome, Phone, Side, VisitOutcome
from tests.core.script import Script
from tests.core.sites import two_queues

UP = {"1001": Phone.REACHABLE, "1002": Phone.REACHABLE, "1003": Phone.REACHABLE}


def waiting(call_id: str, joined_at: float, **changes: object) -> CallSeen:
    seen = CallSeen(
        call_id, "waiting-room", dialled="10010", queue_id="billing", arrived_at=joined_at - 5, joined_at=joined_at,
        priority=1,
    )  # fmt: skip
    return dataclasses.replace(seen, **changes)  # type: ignore[arg-type]


def talking(call_id: str, agent_id: str, room: str = "ring", **changes: object) -> CallSeen:
    ring = {"reservation_id": f"{call_id}.7" if room == "ring" else "", "answered_at": 930.0}
    return waiting(call_id, 900.0, room=room, agent_id=agent_id, talking=True, **(ring | changes))


def test_nothing_is_asked_of_a_pbx_that_is_away() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.tell(PbxLost("cut"))
    assert played.engine.floor.agents["1003"].phone is Phone.UNKNOWN
    assert played.tell(LoginRequested("1002", "phone"), ReadyRequested("1002")) == []
    assert played.tell(PbxSynced((waiting("c", 990.0),), UP)) == [RingAgent("c", "c.1", "1002", 6.0)]


def test_a_switch_that_begins_anew_keeps_order_and_waiting_time() -> None:
    played = Script(two_queues())
    seen = tuple(waiting(f"c{n}", 1000.0 - n, reservation_id=f"c{n}.4") for n in range(3))
    played.tell(PbxSynced(seen, UP))
    assert [played.place(f"c{n}") for n in range(3)] == ["waiting"] * 3
    played.tell(LoginRequested("1003", "phone"))
    # The first is who joined first; reservations go on where the last core had stopped.
    assert played.tell(ReadyRequested("1003")) == [RingAgent("c2", "c2.5", "1003", 6.0)]
    played.tell(AgentAnswered("c2", "c2.5", "1003"), CallerHungUp("c2"))
    [record] = played.records
    assert (record.wait_s, record.arrived_at) == (2.0, 993.0)


def test_a_switch_that_begins_anew_keeps_priorities() -> None:
    played = Script(two_queues())
    # Each point is worth a minute of waiting.
    played.tell(PbxSynced((waiting("first", 960.0), waiting("urgent", 990.0, priority=2)), UP))
    played.tell(LoginRequested("1003", "phone"))
    assert played.tell(ReadyRequested("1003")) == [RingAgent("urgent", "urgent.1", "1003", 6.0)]


def test_a_switch_that_begins_anew_tells_the_places_in_line_as_they_are() -> None:
    played = Script(two_queues())
    played.tell(PbxSynced((waiting("later", 995.0), waiting("first", 990.0)), UP))
    assert [(told.call_id, told.position) for told in played.of(CallQueued)] == [("first", 1), ("later", 2)]


def test_two_who_talk_go_on_talking() -> None:
    played = Script(two_queues())
    assert played.tell(PbxSynced((talking("c", "1003"),), UP, frozenset({"1003"}))) == []
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")
    played.tell(TalkEnded("c", "c.7", "1003", Side.AGENT), CallerHungUp("c", Side.SYSTEM), at=1010.0)
    [record] = played.records
    assert (record.outcome, record.hung_up_by, record.agent_id) == (Outcome.ANSWERED, Side.AGENT, "1003")
    assert (record.wait_s, record.talk_s, record.answered_at) == (30.0, 80.0, 930.0)


def test_a_talk_with_an_agent_whom_the_site_no_longer_has_goes_on() -> None:
    played = Script(two_queues(without="1003"))
    assert played.tell(PbxSynced((talking("c", "1003"),), UP)) == []
    assert played.place("c") == "talking"
    played.tell(CallerHungUp("c"))
    assert played.records[0].agent_id == "1003"


def test_a_caller_whose_queue_was_removed_waits_in_the_first() -> None:
    played = Script(two_queues(one_queue=True))
    played.tell(PbxSynced((waiting("c", 990.0),), UP), LoginRequested("1001", "phone"))
    assert played.tell(ReadyRequested("1001")) == [RingAgent("c", "c.1", "1001", 4.0)]


def test_without_any_queue_the_caller_is_told_so_by_a_hang_up() -> None:
    played = Script(Site())
    assert played.tell(PbxSynced((waiting("c", 990.0),), UP)) == [HangUpCall("c")]
    played.tell(CallerHungUp("c", Side.SYSTEM))
    assert (played.records[0].outcome, played.records[0].reason) == (Outcome.FAILED, "queue_removed")


def test_a_ring_of_an_earlier_core_is_taken_back() -> None:
    played = Script(two_queues())
    ringing = waiting("c", 990.0, room="ring", reservation_id="c.2", agent_id="1003")
    played.open("1003")
    assert played.tell(PbxSynced((ringing,), UP)) == [StopRinging("c", "c.2", "1003")]
    assert played.tell(CallWaiting("c", "c.2")) == [RingAgent("c", "c.3", "1003", 6.0)]


def test_an_agents_word_that_the_fallback_did_not_hear_counts() -> None:
    played = Script(two_queues())
    played.open("1003")
    # The fallback was to be told, and the link was cut.
    played.tell(NotReadyRequested("1003", "1"), PbxLost("cut"), PbxSynced((), UP, members={"1003": "ready"}))
    assert played.state("1003") == "not_ready"


def test_a_ring_that_was_answered_meanwhile() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    played.tell(PbxLost("cut"))
    seen = talking("c", "1003")
    seen = dataclasses.replace(seen, reservation_id="c.1", joined_at=played.at, answered_at=played.at + 4.0)
    played.tell(PbxSynced((seen,), UP, frozenset({"1003"})), at=played.at + 60.0)
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")
    played.tell(CallerHungUp("c"))
    assert (played.records[0].wait_s, played.records[0].talk_s) == (4.0, 56.0)


def test_a_caller_in_the_menu_is_asked_again() -> None:
    played = Script(two_queues())
    played.tell(PbxSynced((), UP))
    (asked,) = [c for c in played.tell(CallArrived("c", "10086")) if isinstance(c, PlayPrompt)]
    played.tell(PbxLost("cut"))
    again = played.tell(PbxSynced((CallSeen("c", "entry", dialled="10086"),), UP))
    assert [c for c in again if isinstance(c, PlayPrompt)] == [dataclasses.replace(asked, step=asked.step + 1)]
    assert played.place("c") == "in_ivr"


def test_a_caller_who_was_sent_to_wait_unheard_is_sent_again() -> None:
    played = Script(two_queues())
    played.tell(PbxSynced((), UP))
    (asked,) = [c for c in played.tell(CallArrived("c", "10086")) if isinstance(c, PlayPrompt)]
    told = played.tell(PromptEnded("c", asked.step), PromptEnded("c", asked.step + 1, "0"))
    (sent,) = [c for c in told if isinstance(c, EnterWaitingRoom)]
    played.tell(PbxLost("cut"))
    again = played.tell(PbxSynced((CallSeen("c", "entry", dialled="10086"),), UP))
    assert [c for c in again if isinstance(c, EnterWaitingRoom)] == [sent]


def test_calls_the_pbx_knows_nothing_of_died_with_it_when_the_link_was_lost() -> None:
    played = Script(two_queues())
    played.open("1003", "1002")
    played.talk("talk", "1002")
    played.seat("ring")
    played.seat("wait")
    played.tell(PbxLost("cut"), at=1010.0)
    played.tell(PbxSynced((), UP), at=1040.0)
    assert {record.call_id: (record.outcome, record.ended_at) for record in played.records} == {
        "talk": (Outcome.ANSWERED, 1010.0),
        "ring": (Outcome.FAILED, 1010.0),
        "wait": (Outcome.FAILED, 1010.0),
    }
    assert played.engine.floor.reservations == {}


def test_calls_that_ended_meanwhile_have_the_end_that_the_pbx_remembers() -> None:
    played = Script(two_queues())
    played.open("1003", "1002")
    played.talk("talk", "1002")
    played.seat("ring")
    played.seat("wait")
    played.tell(PbxLost("cut"), at=1010.0)
    ended = (
        CallGone(waiting("wait", 1000.0), 1011.0),
        CallGone(talking("ring", "1003", answered_at=1012.0, reservation_id="ring.1"), 1022.0),
        CallGone(talking("talk", "1002", answered_at=1000.0, reservation_id="talk.1"), 1015.0, Side.AGENT),
        CallGone(talking("new", "1002", "fallback", answered_at=1020.0, arrived_at=1013.0), 1025.0),
        CallGone(waiting("menu", 0.0, room="entry", queue_id="", arrived_at=1013.0), 1014.0),
    )
    assert played.tell(PbxSynced((), UP, ended=ended), at=1040.0) == []
    told = {r.call_id: (r.outcome, r.agent_id, r.talk_s, r.hung_up_by, r.fell_back) for r in played.records}
    assert told == {
        "wait": (Outcome.ABANDONED, "", 0.0, Side.CALLER, False),
        "ring": (Outcome.ANSWERED, "1003", 10.0, Side.CALLER, False),
        "talk": (Outcome.ANSWERED, "1002", 15.0, Side.AGENT, False),
        "new": (Outcome.ANSWERED, "1002", 5.0, Side.CALLER, True),
        "menu": (Outcome.ABANDONED, "", 0.0, Side.CALLER, False),
    }
    assert {r.call_id: r.unwatched_s for r in played.records} == {
        "wait": 1.0, "ring": 12.0, "talk": 5.0, "new": 12.0, "menu": 1.0,
    }  # fmt: skip
    # Told again, they stay ended: one record each.
    played.tell(PbxLost("cut"), PbxSynced((), UP, ended=ended), at=1041.0)
    assert len(played.records) == 5


def test_a_ring_that_outlives_the_link_is_neither_given_up_nor_forgotten() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    played.tell(PbxLost("cut"))
    assert played.pass_to(1100.0) == []
    assert played.place("c") == "ringing"
    played.tell(PbxSynced((talking("c", "1003", reservation_id="c.1", answered_at=1003.0),), UP), at=1100.0)
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")
    played.tell(CallerHungUp("c"), at=1110.0)
    assert (played.records[0].talk_s, played.records[0].wait_s, played.records[0].unwatched_s) == (107.0, 3.0, 100.0)


def test_a_talk_the_core_had_given_up_hope_of_is_joined() -> None:
    """The ring was taken back, and the word of it was lost with the link: the agent answered after all."""
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    played.tell(NotReadyRequested("1003", "1"), PbxLost("cut"))
    played.tell(PbxSynced((talking("c", "1003", reservation_id="c.1"),), UP, frozenset({"1003"})))
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")


def test_who_is_to_be_sent_away_is_told_again() -> None:
    played = Script(two_queues())
    played.open()
    played.seat("c")
    played.tell(PbxLost("cut"))
    played.pass_to(1000.0 + 24 * 3600)
    assert played.engine.floor.calls["c"].ending is None
    played.engine.floor.calls["c"].ending = (Outcome.CLOSED, "wait_s_max")
    played.engine.floor.unseat(played.engine.floor.calls["c"])
    assert played.tell(PbxSynced((waiting("c", 1000.0),), UP)) == [HangUpCall("c")]


def test_the_fallback_gives_back_whom_it_did_not_connect() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.tell(PbxLost("cut"))
    seen = (waiting("c", 950.0, room="fallback"), talking("d", "1002", room="fallback"))
    assert played.tell(PbxSynced(seen, UP, frozenset({"1002"}))) == []
    assert [played.place(call_id) for call_id in ("c", "d")] == ["in_fallback", "talking"]
    assert played.tell(CallWaiting("c")) == [RingAgent("c", "c.1", "1003", 6.0)]
    assert played.engine.floor.calls["c"].visit is not None
    assert played.engine.floor.calls["c"].visit.entered_at == 950.0
    played.tell(FallbackEnded("d"))
    assert played.place("d") == "after_call"


def test_who_came_back_from_the_fallback_while_the_link_was_away_is_rung_for() -> None:
    played = Script(two_queues())
    played.open()
    played.tell(PbxLost("cut"), PbxSynced((waiting("c", 950.0, room="fallback"),), UP))
    played.tell(PbxLost("cut"), PbxSynced((waiting("c", 950.0),), UP), LoginRequested("1003", "phone"))
    assert played.place("c") == "waiting"
    assert played.tell(ReadyRequested("1003")) == [RingAgent("c", "c.1", "1003", 6.0)]


def test_a_caller_without_a_queue_comes_back_from_the_fallback_to_the_menu() -> None:
    played = Script(two_queues())
    played.open()
    played.tell(CallArrived("c", "10086"), CallInFallback("c"))
    [play] = played.tell(CallArrived("c", "10086"))
    assert isinstance(play, PlayPrompt)
    assert played.place("c") == "in_ivr"


def test_an_agent_of_two_talks_talks_in_the_later() -> None:
    """The link was away while a talk ended and the fallback connected the same agent again."""
    played = Script(two_queues())
    played.open("1003")
    played.talk("old", "1003")
    played.tell(PbxLost("cut"))
    seen = (talking("new", "1003", room="fallback"), waiting("old", 1000.0, room="after-call"))
    played.tell(PbxSynced(seen, UP, frozenset({"1003"})))
    assert (played.place("old"), played.place("new")) == ("after_call", "talking")
    assert played.engine.floor.agents["1003"].call_id == "new"
    played.tell(CallerHungUp("old", Side.SYSTEM))
    assert (played.records[0].hung_up_by, played.records[0].reason) == (Side.AGENT, "agent_hung_up")


def test_a_talk_in_the_fallback_survives_a_second_loss_of_the_link() -> None:
    """The channel still names the reservation of a ring before the fallback."""
    played = Script(two_queues())
    played.open("1003")
    seen = (talking("c", "1003", room="fallback", reservation_id="c.1"),)
    for _ in range(2):
        played.tell(PbxLost("cut"), PbxSynced(seen, UP, frozenset({"1003"})))
        assert (played.place("c"), played.state("1003")) == ("talking", "on_call")


def test_a_dead_phone_comes_back_by_the_sites_rule() -> None:
    for rule, state in ((True, "ready"), (False, "not_ready")):
        played = Script(dataclasses.replace(two_queues(), device_recovery=rule))
        played.open("1003")
        played.tell(PhoneChanged("1003", Phone.UNREACHABLE))
        assert played.state("1003") == "not_ready"
        played.tell(PhoneChanged("1003", Phone.REACHABLE))
        assert played.state("1003") == state


def test_a_new_site_while_calls_go_on() -> None:
    played = Script(two_queues(wrap_up_s=5.0))
    played.open("1001", "1003")
    played.talk("c", "1003")
    played.seat("d")
    commands = played.engine.handle(SiteChanged(two_queues(without="1003", moved=True)), played.at)
    # 1001 serves billing now and is rung at once; 1003 goes after the call.
    assert RingAgent("d", "d.1", "1001", 6.0) in commands
    assert (played.place("c"), played.state("1003")) == ("talking", "on_call")
    played.tell(CallerHungUp("c"))
    assert "1003" not in played.engine.floor.agents or played.state("1003") == "wrap_up"
    played.pass_to(played.at + 10.0)
    assert "1003" not in played.engine.floor.agents
    # Should the PBX have missed it, the next snapshot's answer says it again.
    played.tell(PbxLost("cut"))
    told = played.engine.handle(PbxSynced((), UP), played.at)
    assert MirrorAgent("1003", "absent", ("billing",)) in told


def test_a_removed_queue_keeps_its_last_callers() -> None:
    played = Script(two_queues())
    played.open()
    played.seat("c")
    played.tell(SiteChanged(two_queues(one_queue=True)))
    assert played.place("c") == "waiting"
    assert "billing" in played.engine.floor.queues
    played.tell(CallerHungUp("c"))
    assert played.records[0].visits[0].outcome is VisitOutcome.ABANDONED


def test_nobody_is_rung_before_it_is_known_what_happened_meanwhile() -> None:
    """While the PBX's state was read a caller went on to the fallback: to ring for them would tear them out of it."""
    played = Script(two_queues())
    played.open("1003")
    played.tell(PbxLost("cut"))
    seen = (waiting("c", 950.0), waiting("d", 960.0))
    assert played.tell(PbxSynced(seen, UP, more=True)) == []
    assert played.tell(CallInFallback("c")) == []
    assert played.tell(PbxCaughtUp()) == [RingAgent("d", "d.1", "1003", 6.0)]


def test_a_lost_link_ends_the_catching_up() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.tell(PbxSynced((waiting("c", 950.0),), UP, more=True), PbxLost("cut"))
    assert played.tell(PbxSynced((waiting("c", 950.0),), UP)) == [RingAgent("c", "c.1", "1003", 6.0)]


def test_whom_the_fallback_connects_is_connected_whatever_was_believed() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.talk("c", "1003")
    played.seat("d")
    # The end of the talk was not heard, nor that the other caller fell back.
    played.tell(FallbackAnswered("d", "1003"), at=1010.0)
    assert (played.place("c"), played.place("d")) == ("after_call", "talking")
    assert played.engine.floor.agents["1003"].call_id == "d"
    played.tell(FallbackAnswered("d", "1003"))
    assert played.strays == ["fallback_answered"]


def test_a_ring_for_who_fell_back_is_refused_should_it_still_begin() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    assert played.tell(CallInFallback("c")) == [StopRinging("c", "c.1", "1003")]
    assert (played.place("c"), played.state("1003")) == ("in_fallback", "ready")
