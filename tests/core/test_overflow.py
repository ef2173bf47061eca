"""Overflow: a call goes on to another queue with all its waiting, and queues that are removed.

It is 1000 when a call comes, so that it has waited 10 s at 1010.
"""



from acd.core.commands import ChangeQueue, HangUpCall, RingAgent
from acd.core.events import (
    AgentAnswered,
    CallerHungUp,
    CallSeen,
    CallWaiting,
    PbxCaughtUp,
    PbxLost,
    PbxSynced,
    RingEnded,
    SiteChanged,
)
from acd.core.reports import CallQueued, Decided, StepTaken, VisitEnded
from acd.core.words import Phone, RingEnd, VisitOutcome
from routing.queue import Queue
from routing.step import Step
from tests.core.script import Script, play, rings
from tests.core.sites import FOUR, billing, english, four_agents
from tests.core.test_restore import kill


def back(*seen: CallSeen) -> PbxSynced:
    return PbxSynced(seen, dict.fromkeys(FOUR, Phone.REACHABLE))


def waits(call_id: str, joined_at: float, queue_id: str = "billing") -> CallSeen:
    return CallSeen(call_id, "waiting-room", queue_id, queue_id=queue_id, arrived_at=joined_at, joined_at=joined_at)


def taken(played: Script) -> list[tuple[float, str, str]]:
    return [(report.at, report.call_id, str(report.step)) for report in played.of(StepTaken)]


def queue_of(played: Script, call_id: str) -> str:
    visit = played.engine.floor.calls[call_id].visit
    return visit.queue.queue_id if visit else ""


# ---- steps: [{after_s: 10, overflow_to: english}] ----

OVERFLOW = Step(10.0, overflow_to="english")


def test_after_ten_seconds_the_call_goes_on_to_the_next_queue() -> None:
    played = play(four_agents(billing(OVERFLOW), english(priority=3, music="calm")), "1004")
    played.seat("c", "billing")
    assert rings(played.pass_to(1009.9)) == []
    assert played.pass_to(1010.0) == [
        ChangeQueue("c", "english", 1000.0, 3, "calm"), RingAgent("c", "c.1", "1004", 9.0),
    ]  # fmt: skip
    assert taken(played) == [(1010.0, "c", "after 10 s: on to english")]
    played.tell(AgentAnswered("c", "c.1", "1004"), at=1013.0)
    played.tell(CallerHungUp("c"), at=1020.0)
    [record] = played.records
    assert [(v.queue_id, v.outcome, v.flowed_out_to, v.wait_s, v.agent_id) for v in record.visits] == [
        ("billing", VisitOutcome.FLOWED_OUT, "english", 10.0, ""),
        ("english", VisitOutcome.ANSWERED, "", 3.0, "1004"),
    ]
    assert (record.wait_s, record.queue_id, record.outcome) == (13.0, "english", "answered")


def test_seniority_goes_along() -> None:
    """Who has waited 10 s elsewhere comes before who has waited 8 s here."""
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("c", "billing")
    played.at = 1002.0
    played.seat("e", "english")
    played.pass_to(1010.0)
    assert [report.position for report in played.of(CallQueued)] == [1, 1, 1]
    assert played.get_ready("1004") == [("c", "1004")]


def test_the_next_queues_priority_counts_and_the_steps_of_the_last_one_no_more() -> None:
    vip = Queue("vip", skills={"english": 50}, priority=1)
    played = play(four_agents(billing(Step(5.0, priority=50), OVERFLOW), english(), vip))
    played.seat("c", "billing")
    played.at = 1002.0
    played.seat("v", "vip")
    played.pass_to(1010.0)
    assert played.get_ready("1004") == [("v", "1004")]


def test_the_next_queues_steps_count_from_the_arrival_there() -> None:
    onward = english(steps=(Step(4.0, lower={"english": 0}),))
    played = play(four_agents(billing(OVERFLOW), onward), "1002")
    played.seat("c", "billing")
    played.pass_to(1010.0)
    assert rings(played.pass_to(1013.9)) == []
    assert rings(played.pass_to(1014.0)) == [("c", "1002")]


def test_the_next_queues_longest_wait_counts_from_the_arrival_there() -> None:
    played = play(four_agents(billing(OVERFLOW, wait_s_max=60.0), english(wait_s_max=20.0)))
    played.seat("c", "billing")
    assert [type(command) for command in played.pass_to(1010.0)] == [ChangeQueue]
    assert played.pass_to(1029.9) == []
    assert [type(command) for command in played.pass_to(1030.0)] == [HangUpCall]
    assert [(report.visit.queue_id, report.visit.outcome) for report in played.of(VisitEnded)] == [
        ("billing", VisitOutcome.FLOWED_OUT), ("english", VisitOutcome.FLOWED_OUT),
    ]  # fmt: skip


def test_from_queue_to_queue_all_the_waiting_counts() -> None:
    third = Queue("third", skills={"billing": 10, "english": 0}, wrap_up_s=0.0)
    queues = (billing(OVERFLOW), english(steps=(Step(10.0, overflow_to="third"),)), third)
    played = play(four_agents(*queues))
    played.seat("c", "billing")
    played.at = 1001.0
    played.seat("t", "third")
    played.pass_to(1010.0)
    told = played.pass_to(1020.0)
    assert told == [ChangeQueue("c", "third", 1000.0, 0, "default")]
    assert played.get_ready("1002") == [("c", "1002")]


# ---- the next queue is full, or gone ----


def full_next() -> Script:
    played = play(four_agents(billing(OVERFLOW), english(length_max=1)))
    played.seat("e", "english")
    played.seat("c", "billing")
    return played


def test_a_call_goes_nowhere_while_the_next_queue_is_full() -> None:
    played = full_next()
    assert played.pass_to(1010.0) == []
    assert (played.place("c"), queue_of(played, "c")) == ("waiting", "billing")
    assert played.get_ready("1001") == [("c", "1001")]


def test_it_is_looked_at_again_until_there_is_room() -> None:
    played = full_next()
    for at in (1010.0, 1011.0, 1012.0):
        assert played.engine.next_deadline() == at
        assert played.pass_to(at) == []
    played.tell(CallerHungUp("e"), at=1012.5)
    assert played.pass_to(1013.0) == [ChangeQueue("c", "english", 1000.0, 0, "default")]
    assert [step for _, _, step in taken(played)] == ["after 10 s: on to english"]


def test_looking_again_tells_nobody_anew_that_nobody_was_found() -> None:
    played = full_next()
    played.pass_to(1010.0)
    told = len(played.of(Decided))
    for at in range(1011, 1020):
        played.pass_to(float(at))
    assert len(played.of(Decided)) == told


def test_a_later_step_does_not_take_the_overflow_back() -> None:
    steps = (OVERFLOW, Step(12.0, priority=1))
    played = play(four_agents(billing(*steps), english(length_max=1)))
    played.seat("e", "english")
    played.seat("c", "billing")
    played.pass_to(1010.0)
    played.pass_to(1012.0)
    played.tell(CallerHungUp("e"), at=1012.5)
    assert played.pass_to(1013.5) == [ChangeQueue("c", "english", 1000.0, 0, "default")]


def test_a_later_step_may_lead_elsewhere() -> None:
    third = Queue("third", skills={"billing": 10})
    played = play(four_agents(billing(OVERFLOW, Step(12.0, overflow_to="third")), english(length_max=1), third))
    played.seat("e", "english")
    played.seat("c", "billing")
    played.pass_to(1010.0)
    assert played.pass_to(1012.0) == [ChangeQueue("c", "third", 1000.0, 0, "default")]


def test_a_step_that_is_due_is_not_put_off_by_looking_again() -> None:
    played = play(four_agents(billing(OVERFLOW, Step(10.5, lower={"billing": 40})), english(length_max=1)), "1002")
    played.seat("e", "english")
    played.seat("c", "billing")
    played.pass_to(1010.0)
    assert rings(played.pass_to(1010.5)) == [("c", "1002")]


def test_a_call_becomes_overdue_in_time_while_it_is_looked_at_again() -> None:
    """At 1010.4 s the plain call must not be overtaken any more."""
    vip = Queue("vip", skills={"billing": 60}, priority=200)
    queues = (billing(OVERFLOW), english(length_max=1), vip)
    played = play(four_agents(*queues, overtaken_s_max=10.4))
    played.seat("e", "english")
    played.seat("c", "billing")
    played.at = 1005.0
    played.seat("v", "vip")
    played.pass_to(1010.0)
    played.pass_to(1010.4)
    assert played.get_ready("1001") == [("c", "1001")]


def test_a_next_queue_that_the_site_lacks_is_no_way_on() -> None:
    """While its last caller is there it is still kept, and takes nobody more."""
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("e", "english")
    played.seat("c", "billing")
    played.tell(SiteChanged(four_agents(billing(OVERFLOW))))
    assert played.pass_to(1010.0) == []
    assert queue_of(played, "c") == "billing"
    assert played.get_ready("1001") == [("c", "1001")]


# ---- overflow, and the link, a ring, a restart, a new version ----


def test_nobody_goes_on_while_the_link_is_down() -> None:
    played = play(four_agents(billing(OVERFLOW), english()), "1004")
    played.seat("c", "billing")
    played.tell(PbxLost("cut"), at=1005.0)
    for at in (1010.0, 1011.0, 1012.0):
        assert played.pass_to(at) == []
    assert queue_of(played, "c") == "billing"
    told = played.tell(back(waits("c", 1000.0)), at=1015.0)
    assert told == [ChangeQueue("c", "english", 1000.0, 0, "default"), RingAgent("c", "c.1", "1004", 9.0)]


def test_nobody_goes_on_before_the_pbx_is_known_as_it_is_now() -> None:
    """The caller who is shown waiting hung up while the state was read."""
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("c", "billing")
    played.tell(PbxLost("cut"), at=1005.0)
    shown = PbxSynced((waits("c", 1000.0),), dict.fromkeys(FOUR, Phone.REACHABLE), more=True)
    assert played.tell(shown, at=1015.0) == []
    played.tell(CallerHungUp("c"), PbxCaughtUp())
    assert [visit.queue_id for visit in played.records[0].visits] == ["billing"]


def test_who_rings_at_the_time_goes_on_when_the_ring_has_failed() -> None:
    played = play(four_agents(billing(OVERFLOW), english()), "1001", "1004")
    played.at = 1004.0
    played.seat("c", "billing")
    played.engine.floor.deadlines.cancel("ringing", "c.1")
    told = played.tell(RingEnded("c", "c.1", "1001", RingEnd.NO_ANSWER), CallWaiting("c", "c.1"), at=1014.5)
    assert told == [ChangeQueue("c", "english", 1004.0, 0, "default"), RingAgent("c", "c.2", "1004", 9.0)]


def test_who_rings_at_the_time_may_be_answered() -> None:
    played = play(four_agents(billing(OVERFLOW), english()), "1001")
    played.seat("c", "billing")
    played.engine.floor.deadlines.cancel("ringing", "c.1")
    played.engine.floor.deadlines.cancel("ring", "c.1")
    played.at = 1012.0
    played.engine.floor.deadlines.set("ring", "c.1", 1013.0)
    played.tell(AgentAnswered("c", "c.1", "1001"))
    played.tell(CallerHungUp("c"))
    assert [(v.queue_id, v.outcome) for v in played.records[0].visits] == [("billing", VisitOutcome.ANSWERED)]


def test_who_has_gone_on_is_there_after_a_restart_with_all_the_waiting() -> None:
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("c", "billing")
    played.at = 1002.0
    played.seat("e", "english")
    played.pass_to(1010.0)
    again = kill(played, at=1012.0)
    assert (queue_of(again, "c"), queue_of(again, "e")) == ("english", "english")
    again.tell(back(waits("c", 1000.0, "english"), waits("e", 1002.0, "english")))
    assert again.get_ready("1004") == [("c", "1004")]
    again.tell(AgentAnswered("c", "c.1", "1004"), CallerHungUp("c"), at=1015.0)
    [record] = again.records
    assert [(v.queue_id, v.entered_at, v.wait_s) for v in record.visits] == [
        ("billing", 1000.0, 10.0), ("english", 1010.0, 5.0),
    ]  # fmt: skip
    assert record.wait_s == 15.0


def test_an_overflow_that_came_due_while_no_switch_lived_happens_when_the_pbx_is_back() -> None:
    played = play(four_agents(billing(OVERFLOW), english()), "1004")
    played.seat("c", "billing")
    again = kill(played, at=1040.0)
    assert again.pass_to(1041.0) == []
    told = again.tell(back(waits("c", 1000.0)), at=1042.0)
    assert told[0] == ChangeQueue("c", "english", 1000.0, 0, "default")
    assert rings(told) == [("c", "1004")]


def test_the_memory_of_a_switch_that_died_before_it_was_stored() -> None:
    """The PBX was told of the overflow, the store was not: it happens once more, and the place is the same."""
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("c", "billing")
    played.at = 1009.99
    again = kill(played, at=1012.0)
    told = again.tell(back(waits("c", 1000.0, "english")))
    assert told == [ChangeQueue("c", "english", 1000.0, 0, "default")]
    assert queue_of(again, "c") == "english"


def test_an_overflow_that_is_added_takes_along_who_has_waited_long_enough() -> None:
    played = play(four_agents(billing(), english()), "1004")
    played.seat("c", "billing")
    told = played.tell(SiteChanged(four_agents(billing(OVERFLOW), english())), at=1030.0)
    assert told == [ChangeQueue("c", "english", 1000.0, 0, "default"), RingAgent("c", "c.1", "1004", 9.0)]


def test_an_overflow_that_is_removed_brings_nobody_back() -> None:
    played = play(four_agents(billing(OVERFLOW), english()))
    played.seat("c", "billing")
    played.pass_to(1010.0)
    played.tell(SiteChanged(four_agents(billing(), english())))
    assert queue_of(played, "c") == "english"


# ---- a queue is removed ----


def test_who_waits_in_a_removed_queue_is_served_by_its_agents_and_its_steps() -> None:
    lower = Step(10.0, lower={"billing": 40})
    played = play(four_agents(billing(lower), english()), "1002")
    played.seat("c", "billing")
    played.tell(SiteChanged(four_agents(english())), at=1005.0)
    assert rings(played.pass_to(1010.0)) == [("c", "1002")]


def test_who_comes_after_it_was_removed_waits_in_the_sites_first() -> None:
    """A caller was in the menu when it was; the first is the first of the site as it is now."""
    third = Queue("third", skills={"billing": 10})
    played = play(four_agents(billing(), english(), third))
    played.seat("c", "billing")
    played.tell(SiteChanged(four_agents(third, english())))
    played.tell(back(waits("c", 1000.0), waits("m", 1000.0, "gone")))
    assert (queue_of(played, "c"), queue_of(played, "m")) == ("billing", "third")


def test_a_removed_queue_is_gone_with_its_last_call() -> None:
    played = play(four_agents(billing(), english()), "1001")
    played.seat("c", "billing")
    played.seat("d", "billing")
    played.tell(SiteChanged(four_agents(english())))
    played.tell(CallerHungUp("d"))
    assert "billing" in played.engine.floor.queues
    played.tell(AgentAnswered("c", "c.1", "1001"), CallerHungUp("c"))
    assert list(played.engine.floor.queues) == ["english"]
    assert [pool.requirement for pool in played.engine.floor.pools] == [english().requirement]
    assert played.engine.floor.agents["1001"].queue_ids == ()
    assert played.state("1001") == "ready"
