"""What simulated days found out about the time when no core watches."""

import dataclasses

from acd.core.commands import HangUpCall, MirrorAgent
from acd.core.events import (
    CallArrived,
    CallerHungUp,
    CallGone,
    CallSeen,
    FallbackAnswered,
    PbxLost,
    PbxState,
    PbxSynced,
    PromptEnded,
    ReservationRejected,
    TalkEnded,
)
from acd.core.reconcile import Reconciler
from acd.core.words import Outcome, Phone, Side
from tests.core.script import Script
from tests.core.sites import two_queues
from tests.core.test_restore import kill
from tests.core.test_resync import UP, talking, waiting


def test_a_talk_that_ended_unwatched_lasted_until_the_call_did() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.talk("c", "1003")
    played.tell(PbxLost("cut"), at=1005.0)
    last = talking("c", "1003", "after-call", reservation_id="c.1", answered_at=1000.0)
    played.tell(PbxSynced((), UP, ended=(CallGone(dataclasses.replace(last, talking=False), 1022.0),)), at=1040.0)
    [record] = played.records
    assert (record.talk_s, record.ended_at) == (22.0, 1022.0)


def test_whom_the_fallback_takes_out_of_wrap_up_talks_on_when_the_wrap_up_would_have_ended() -> None:
    played = Script(two_queues(wrap_up_s=5.0))
    played.open("1003")
    played.talk("old", "1003")
    played.seat("new")
    played.tell(TalkEnded("old", "old.1", "1003", Side.AGENT), PbxLost("cut"))
    seen = (talking("new", "1003", "fallback"), waiting("old", 900.0, room="after-call"))
    played.tell(PbxSynced(seen, UP))
    played.pass_to(played.at + 10.0)
    assert (played.place("new"), played.state("1003")) == ("talking", "on_call")


def test_who_went_with_the_link_went_then_whatever_was_done_about_them_since() -> None:
    played = Script(two_queues())
    played.open("1003", "1002")
    played.seat("declined")
    played.seat("unplugged")
    played.tell(PbxLost("pbx restarted"), at=1003.0)
    [mine] = [held for held in played.engine.floor.reservations.values() if held.call_id == "declined"]
    played.tell(ReservationRejected(mine.agent_id, mine.reservation_id), at=1008.0)
    played.tell(PbxSynced((), dict.fromkeys(UP, Phone.UNREACHABLE)), at=1020.0)
    assert [(record.ended_at, record.outcome) for record in played.records] == [(1003.0, Outcome.FAILED)] * 2


def test_an_agent_whom_the_fallback_found_after_the_link_was_lost_is_not_ended_by_it() -> None:
    """The PBX restarted: the call believed in is gone, and its agent talks to another."""
    played = Script(two_queues())
    played.open("1003")
    played.talk("gone", "1003")
    played.tell(PbxLost("pbx restarted"), at=1003.0)
    new = talking("new", "1003", "fallback", answered_at=1010.0, arrived_at=1005.0)
    played.tell(PbxSynced((), UP, ended=(CallGone(new, 1018.0),)), at=1020.0)
    assert {r.call_id: (r.ended_at, r.talk_s) for r in played.records} == {"gone": (1003.0, 3.0), "new": (1018.0, 8.0)}


def test_an_agents_talks_that_ended_unwatched_ended_one_after_the_other() -> None:
    """The PBX remembers them in no order that means anything."""
    played = Script(two_queues())
    played.open("1003")
    played.talk("old", "1003")
    played.tell(PbxLost("cut"), at=1005.0)
    new = talking("new", "1003", "fallback", answered_at=1012.0, arrived_at=1006.0)
    old = talking("old", "1003", reservation_id="old.1", answered_at=1000.0)
    ended = (CallGone(new, 1020.0), CallGone(old, 1010.0, Side.AGENT))
    played.tell(PbxSynced((), UP, ended=ended), at=1040.0)
    assert {r.call_id: (r.talk_s, r.hung_up_by) for r in played.records} == {
        "old": (10.0, Side.AGENT), "new": (8.0, Side.CALLER),
    }  # fmt: skip


def test_nobody_is_sent_away_for_waiting_too_long_while_nobody_knows_where_they_are() -> None:
    played = Script(two_queues(one_queue=True))
    played.open("1001")
    played.seat("c")
    played.tell(PbxLost("cut"))
    assert played.pass_to(1100.0) == []
    seen = talking("c", "1001", "fallback", answered_at=1020.0, queue_id="general")
    assert played.tell(PbxSynced((seen,), UP)) == []
    assert played.place("c") == "talking"
    played.tell(CallerHungUp("c"))
    assert (played.records[0].wait_s, played.records[0].agent_id) == (20.0, "1001")


def test_a_wait_that_was_too_long_when_the_link_is_back_ends_then() -> None:
    played = Script(two_queues(one_queue=True))
    played.open()
    played.seat("c")
    played.tell(PbxLost("cut"), at=1020.0)
    played.pass_to(1100.0)
    played.tell(PbxSynced((waiting("c", 1000.0, queue_id="general"),), UP), at=1100.2)
    assert any(isinstance(command, HangUpCall) for command in played.pass_to(1101.2))


def test_the_fallbacks_agent_is_recorded_and_not_the_one_who_rang_before() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    played.tell(PbxLost("cut"), at=1003.0)
    last = talking("c", "1002", "after-call", reservation_id="c.1", answered_at=1020.0)
    played.tell(PbxSynced((), UP, ended=(CallGone(dataclasses.replace(last, talking=False), 1030.0),)), at=1040.0)
    [record] = played.records
    assert (record.agent_id, record.talk_s) == ("1002", 10.0)


def test_a_talk_that_began_unheard_outlives_a_second_kill() -> None:
    played = Script(two_queues())
    played.tell(PbxSynced((talking("c", "1003"),), UP, frozenset({"1003"})))
    again = kill(played, at=1010.0)
    again.tell(PbxSynced((talking("c", "1003"),), UP, frozenset({"1003"})))
    assert (again.place("c"), again.state("1003")) == ("talking", "on_call")
    # The ring has its name again, so that the end of the talk is believed.
    again.tell(TalkEnded("c", "c.7", "1003", Side.AGENT))
    assert again.place("c") == "after_call"


def test_members_whom_no_site_knows_leave_the_fallback() -> None:
    played = Script(two_queues())
    told = played.engine.handle(PbxSynced((), UP, members={"4711": "ready"}), played.at)
    assert MirrorAgent("4711", "absent", ("general", "billing")) in told


def test_a_call_of_which_nothing_was_heard_at_all_has_its_record() -> None:
    played = Script(two_queues())
    played.open()
    gone = CallGone(waiting("c", 990.0, arrived_at=985.0), 999.0)
    reconciler, floor = Reconciler(), played.engine.floor
    found = reconciler.compare(floor, PbxState((), UP, ended=(gone,)), played.at)
    assert found is not None
    played.tell(found)
    [record] = played.records
    assert (record.outcome, record.arrived_at, record.wait_s) == (Outcome.ABANDONED, 985.0, 9.0)
    assert record.unwatched_s == 14.0
    # It is remembered for some seconds more, and has been recorded.
    assert reconciler.compare(floor, PbxState((), UP, ended=(gone,)), played.at) is None


def test_a_stranger_among_the_fallbacks_members_is_sent_away() -> None:
    played = Script(two_queues())
    played.open()
    reconciler, state = Reconciler(), PbxState((), UP, members={"4711": "ready"})
    assert reconciler.compare(played.engine.floor, state, 1000.0) is None
    found = reconciler.compare(played.engine.floor, state, 1005.0)
    assert found is not None
    assert MirrorAgent("4711", "absent", ("general", "billing")) in played.engine.handle(found, 1005.0)


def test_an_end_by_a_clock_that_was_stepped_back_ends_the_call_all_the_same() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.talk("c", "1003")
    played.tell(PbxLost("cut"), at=5000.0)
    last = talking("c", "1003", "after-call", reservation_id="c.1", answered_at=1000.0)
    played.tell(PbxSynced((), UP, ended=(CallGone(dataclasses.replace(last, talking=False), 1410.0),)), at=5010.0)
    [record] = played.records
    assert (record.outcome, record.agent_id, record.ended_at) == (Outcome.ANSWERED, "1003", 5000.0)


def test_the_sign_of_life_stops_with_the_link() -> None:
    """A core that is killed with its link down has watched nothing since that fell."""
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    assert played.engine.watched_until(1002.0) == 1002.0
    played.tell(PbxLost("pbx restarted"), at=1003.0)
    assert played.engine.watched_until(1020.0) == 1003.0
    again = kill(played, at=1020.0)
    assert again.engine.watched_until(1030.0) == played.at
    again.tell(PbxSynced((), UP), at=1031.0)
    assert again.engine.watched_until(1032.0) == 1032.0


def test_a_link_that_was_silent_before_it_was_given_up_watched_nothing_since() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.talk("c", "1003")
    played.tell(PbxLost("silent", silent_s=6.0), at=1010.0)
    last = talking("c", "1003", "after-call", reservation_id="c.1", answered_at=1000.0)
    played.tell(PbxSynced((), UP, ended=(CallGone(dataclasses.replace(last, talking=False), 1007.0),)), at=1012.0)
    [record] = played.records
    assert (record.ended_at, record.talk_s, record.unwatched_s) == (1007.0, 7.0, 3.0)


def test_a_talk_without_a_reservation_was_the_fallbacks() -> None:
    played = Script(two_queues())
    played.open()
    played.seat("fell")
    played.seat("rung")
    played.tell(PbxLost("cut"), at=1005.0)
    last = {call_id: talking(call_id, "1003", "after-call", reservation_id=ring, answered_at=1010.0)
            for call_id, ring in (("fell", ""), ("rung", "rung.1"))}  # fmt: skip
    ended = tuple(CallGone(dataclasses.replace(seen, talking=False), 1015.0) for seen in last.values())
    played.tell(PbxSynced((), UP, ended=ended), at=1040.0)
    assert {record.call_id: (record.outcome, record.fell_back, record.wait_s) for record in played.records} == {
        "fell": (Outcome.ANSWERED, True, 10.0), "rung": (Outcome.ANSWERED, False, 10.0),
    }  # fmt: skip


def test_who_fell_back_before_choosing_a_queue_has_waited_since_then() -> None:
    """They choose again, in their old place; others are answered by the fallback, or give up in it."""
    played = Script(two_queues())
    played.open()
    played.tell(PbxLost("cut"), at=1005.0)
    here = [CallSeen(c, "fallback", "10010", arrived_at=1010.0, joined_at=1012.0) for c in ("again", "found", "gone")]
    played.tell(PbxSynced(tuple(here), UP), at=1020.0)
    played.tell(FallbackAnswered("found", "1003"), CallerHungUp("found"), at=1025.0)
    played.tell(CallerHungUp("gone"), at=1026.0)
    played.tell(CallArrived("again", "10010"), at=1030.0)
    played.tell(PromptEnded("again", 1), PromptEnded("again", 2, "1"), at=1032.0)
    played.tell(CallerHungUp("again"), at=1040.0)
    assert [(r.call_id, r.ivr_s, r.wait_s) for r in played.records] == [
        ("found", 2.0, 13.0), ("gone", 2.0, 14.0), ("again", 2.0, 28.0),
    ]  # fmt: skip
