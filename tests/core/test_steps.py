"""Steps: what changes for a call as its wait grows, whatever else happens at that moment.

It is 1000 when a call comes, so that it has waited 10 s at 1010.
"""


import pytest

from acd.core.commands import HangUpCall
from acd.core.events import (
    AgentAnswered,
    CallerHungUp,
    CallInFallback,
    CallSeen,
    CallWaiting,
    PbxLost,
    PbxSynced,
    RingEnded,
    SiteChanged,
)
from acd.core.reports import Decided, StepTaken
from acd.core.words import Phone, RingEnd
from routing.queue import Queue
from routing.step import Step
from tests.core.script import Script, play, rings
from tests.core.sites import FOUR, billing, english, four_agents, hotline
from tests.core.test_restore import kill


def back(*seen: CallSeen) -> PbxSynced:
    return PbxSynced(seen, dict.fromkeys(FOUR, Phone.REACHABLE))


def waits(call_id: str, joined_at: float, queue_id: str = "billing") -> CallSeen:
    return CallSeen(call_id, "waiting-room", queue_id, queue_id=queue_id, arrived_at=joined_at, joined_at=joined_at)


def taken(played: Script) -> list[tuple[float, str, str]]:
    return [(report.at, report.call_id, str(report.step)) for report in played.of(StepTaken)]


# ---- steps: [{after_s: 10, lower: {billing: 40}}] ----

LOWER = Step(10.0, lower={"billing": 40})
ALSO_QUALITY = Step(20.0, groups=("quality",))
URGENT = Step(15.0, priority=5)


def test_after_ten_seconds_a_lower_level_is_enough_and_not_before() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    assert rings(played.seat("c", "billing")) == []
    assert played.engine.next_deadline() == 1010.0
    assert rings(played.pass_to(1009.999)) == []
    assert rings(played.pass_to(1010.0)) == [("c", "1002")]
    assert taken(played) == [(1010.0, "c", "after 10 s: billing 40")]
    assert played.of(Decided)[-1].decision.asked == "billing 40, group inbound"


def test_each_call_takes_its_steps_by_its_own_wait() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.at = 1005.0
    played.seat("d", "billing")
    played.pass_to(1010.0)
    assert played.get_ready("1002") == [("c", "1002")]
    played.tell(AgentAnswered("c", "c.1", "1002"))
    assert rings(played.tell(CallerHungUp("c"), at=1012.0)) == []
    assert rings(played.pass_to(1015.0)) == [("d", "1002")]


def test_who_becomes_ready_after_the_step_takes_who_waits_already() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.at = 1009.0
    assert played.get_ready("1002") == []
    played.pass_to(1010.0)
    assert played.place("c") == "ringing"


def test_a_step_shuts_nobody_out_and_the_longest_idle_of_all_is_rung() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.at = 1001.0
    played.seat("d", "billing")
    played.pass_to(1012.0)
    # Both have widened: 1001, of the full level, takes the first, 1002 the second.
    assert played.get_ready("1001") == [("c", "1001")]
    assert played.get_ready("1002") == [("d", "1002")]


def test_after_twenty_seconds_a_group_more_may_answer() -> None:
    played = play(four_agents(billing(ALSO_QUALITY)), "1003")
    played.seat("c", "billing")
    assert rings(played.pass_to(1019.9)) == []
    assert rings(played.pass_to(1020.0)) == [("c", "1003")]
    assert taken(played) == [(1020.0, "c", "after 20 s: also quality")]


def test_what_a_step_changed_stays_changed() -> None:
    """An agent of the lower level in the other group serves after both steps."""
    weak = {"1005": {"billing": 40}}
    played = play(hotline(billing(LOWER, ALSO_QUALITY), agents=weak, groups={"1005": "quality"}))
    played.tell(PbxSynced(phones={"1005": Phone.REACHABLE}))
    assert played.get_ready("1005") == []
    played.seat("c", "billing")
    assert rings(played.pass_to(1010.0)) == []
    assert rings(played.pass_to(1020.0)) == [("c", "1005")]


def test_a_skill_lowered_to_nought_is_asked_for_no_more() -> None:
    played = play(four_agents(billing(Step(10.0, lower={"billing": 0}))), "1004")
    played.seat("c", "billing")
    assert rings(played.pass_to(1010.0)) == [("c", "1004")]


# ---- steps: [{after_s: 15, priority: 5}] ----


def test_after_fifteen_seconds_the_call_goes_before_others_by_five_minutes() -> None:
    played = play(four_agents(billing(URGENT), Queue("vip", skills={"billing": 60}, priority=4)))
    played.seat("c", "billing")
    played.seat("v", "vip")
    played.pass_to(1014.9)
    assert played.get_ready("1003") == [("v", "1003")]
    played.tell(RingEnded("v", "v.1", "1003", RingEnd.REJECTED), CallWaiting("v", "v.1"))
    played.pass_to(1015.0)
    assert played.get_ready("1001") == [("c", "1001")]


def test_priorities_of_steps_add_up() -> None:
    queues = billing(Step(5.0, priority=3), Step(10.0, priority=3)), Queue("vip", skills={"billing": 60}, priority=5)
    played = play(four_agents(*queues))
    played.seat("c", "billing")
    played.seat("v", "vip")
    played.pass_to(1009.0)
    assert played.get_ready("1001") == [("v", "1001")]
    played.tell(RingEnded("v", "v.1", "1001", RingEnd.REJECTED), CallWaiting("v", "v.1"))
    played.pass_to(1010.0)
    assert played.get_ready("1001") == [("c", "1001")]


# ---- the moment of a step ----


@pytest.mark.parametrize("after_s", [0.1, 0.7, 7.3, 12.6])
@pytest.mark.parametrize("start", [1000.1, 1234.567, 1759190400.3, 1759190407.123])
def test_a_step_is_taken_at_its_very_time_however_it_is_rounded(start: float, after_s: float) -> None:
    played = play(four_agents(billing(Step(after_s, lower={"billing": 40}))), "1002")
    played.at = start
    played.seat("c", "billing")
    due = played.engine.next_deadline()
    assert due is not None
    assert due == pytest.approx(start + after_s)
    assert rings(played.pass_to(due)) == [("c", "1002")]


def test_steps_that_came_due_while_nothing_happened_are_all_taken() -> None:
    played = play(four_agents(billing(LOWER, URGENT, ALSO_QUALITY)), "1003")
    played.seat("c", "billing")
    assert rings(played.pass_to(1300.0)) == [("c", "1003")]
    assert [step for _, _, step in taken(played)] == [
        "after 10 s: billing 40", "after 15 s: priority +5", "after 20 s: also quality",
    ]  # fmt: skip


def test_a_ring_goes_on_over_the_time_of_a_step_and_the_step_is_taken_when_it_has_failed() -> None:
    played = play(four_agents(billing(LOWER)), "1001", "1002")
    played.at = 1004.0
    played.seat("c", "billing")
    assert played.place("c") == "ringing"
    # No sign of ringing would have ended it; the phone rings on beyond the step.
    played.engine.floor.deadlines.cancel("ringing", "c.1")
    assert played.pass_to(1009.0) == []
    assert taken(played) == []
    told = played.tell(RingEnded("c", "c.1", "1001", RingEnd.NO_ANSWER), CallWaiting("c", "c.1"), at=1015.0)
    assert rings(told) == [("c", "1002")]
    assert taken(played) == [(1015.0, "c", "after 10 s: billing 40")]


def test_a_caller_on_the_way_back_from_a_ring_takes_the_step_when_they_are_there() -> None:
    played = play(four_agents(billing(LOWER)), "1001", "1002")
    played.seat("c", "billing")
    played.tell(RingEnded("c", "c.1", "1001", RingEnd.REJECTED), at=1009.0)
    assert rings(played.pass_to(1010.5)) == []
    assert rings(played.tell(CallWaiting("c", "c.1"), at=1011.0)) == [("c", "1002")]


def test_of_calls_that_take_their_steps_together_the_first_by_score_is_served() -> None:
    """Both asked for more than the agent has; the timer comes late, and the VIP goes first."""
    vip = Queue("vip", skills={"billing": 60}, priority=2, wrap_up_s=0.0, steps=(Step(10.0, lower={"billing": 40}),))
    plain = Queue("plain", skills={"billing": 40})
    played = play(four_agents(billing(LOWER), vip, plain), "1002")
    played.seat("c", "billing")
    played.at = 1001.0
    played.seat("v", "vip")
    assert rings(played.pass_to(1011.0)) == [("v", "1002")]


def test_while_the_link_is_down_nothing_is_asked_and_the_steps_hold_when_it_is_back() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    played.seat("c", "billing")
    played.tell(PbxLost("cut"), at=1005.0)
    assert played.pass_to(1012.0) == []
    assert rings(played.tell(back(waits("c", 1000.0)), at=1030.0)) == [("c", "1002")]
    assert [step for _, _, step in taken(played)] == ["after 10 s: billing 40"]


def test_who_was_in_the_fallback_takes_the_steps_of_the_whole_wait() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    played.seat("c", "billing")
    played.tell(CallInFallback("c"), at=1005.0)
    assert played.pass_to(1011.0) == []
    assert rings(played.tell(CallWaiting("c"), at=1020.0)) == [("c", "1002")]


def test_who_is_in_the_fallback_when_the_longest_wait_has_passed_is_let_go_when_they_are_back() -> None:
    """The link may be up already: the fallback's turn is not over yet."""
    played = play(four_agents(billing(wait_s_max=30.0)))
    played.seat("c", "billing")
    played.tell(CallInFallback("c"), at=1005.0)
    assert played.pass_to(1030.0) == []
    played.tell(CallWaiting("c"), at=1032.0)
    due = played.engine.next_deadline()
    assert due is not None
    assert due <= 1033.0
    [told] = played.pass_to(due)
    assert isinstance(told, HangUpCall)


# ---- the switch is killed ----


def test_the_steps_taken_hold_after_a_restart() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.pass_to(1012.0)
    again = kill(played, at=1013.0)
    again.tell(back(waits("c", 1000.0)))
    assert again.get_ready("1002") == [("c", "1002")]


def test_a_step_comes_at_the_time_it_would_have_without_the_restart() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    played.seat("c", "billing")
    again = kill(played, at=1006.0)
    again.tell(back(waits("c", 1000.0)))
    assert again.place("c") == "waiting"
    assert again.engine.next_deadline() == 1010.0
    assert rings(again.pass_to(1010.0)) == [("c", "1002")]


def test_a_step_that_came_due_while_no_switch_lived_is_taken_at_once() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    played.seat("c", "billing")
    again = kill(played, at=1060.0)
    assert rings(again.tell(back(waits("c", 1000.0)))) == [("c", "1002")]


def test_a_switch_that_remembers_nothing_takes_the_wait_from_the_pbx() -> None:
    played = play(four_agents(billing(LOWER)))
    played.tell(back(waits("c", 985.0)), at=1000.0)
    assert played.get_ready("1002") == [("c", "1002")]


# ---- a new version of the site ----


def test_a_step_that_is_added_holds_for_who_has_waited_long_enough() -> None:
    played = play(four_agents(billing()), "1002")
    played.seat("c", "billing")
    played.pass_to(1030.0)
    assert rings(played.tell(SiteChanged(four_agents(billing(LOWER))))) == [("c", "1002")]
    assert taken(played) == [(1030.0, "c", "after 10 s: billing 40")]


def test_a_step_that_is_added_comes_at_its_time_for_who_has_not() -> None:
    played = play(four_agents(billing()), "1002")
    played.seat("c", "billing")
    assert rings(played.tell(SiteChanged(four_agents(billing(LOWER))), at=1004.0)) == []
    assert rings(played.pass_to(1010.0)) == [("c", "1002")]


def test_a_step_that_is_removed_holds_no_more() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.pass_to(1012.0)
    played.tell(SiteChanged(four_agents(billing())))
    assert played.get_ready("1002") == []
    assert played.get_ready("1001") == [("c", "1001")]


def test_a_step_that_is_put_off_comes_at_its_new_time() -> None:
    played = play(four_agents(billing(LOWER)), "1002")
    played.seat("c", "billing")
    played.tell(SiteChanged(four_agents(billing(Step(25.0, lower={"billing": 40})))), at=1005.0)
    assert rings(played.pass_to(1024.0)) == []
    assert rings(played.pass_to(1025.0)) == [("c", "1002")]


def test_a_version_that_comes_during_a_ring_holds_when_the_ring_has_failed() -> None:
    played = play(four_agents(billing(LOWER)), "1001", "1004")
    played.seat("c", "billing")
    nobody_special = Step(3.0, lower={"billing": 0})
    assert played.tell(SiteChanged(four_agents(billing(nobody_special))), at=1005.0) == []
    assert played.place("c") == "ringing"
    told = played.tell(RingEnded("c", "c.1", "1001", RingEnd.REJECTED), CallWaiting("c", "c.1"))
    assert rings(told) == [("c", "1004")]


def test_a_version_that_comes_while_the_link_is_down_holds_when_it_is_back() -> None:
    played = play(four_agents(billing()), "1002")
    played.seat("c", "billing")
    played.tell(PbxLost("cut"), SiteChanged(four_agents(billing(LOWER))), at=1015.0)
    assert rings(played.tell(back(waits("c", 1000.0)), at=1020.0)) == [("c", "1002")]


def test_who_is_hired_later_is_rung_by_the_steps_too() -> None:
    others = {agent_id: skills for agent_id, skills in FOUR.items() if agent_id != "1002"}
    played = play(hotline(billing(LOWER), agents=others, groups={"1003": "quality"}))
    played.seat("c", "billing")
    played.tell(SiteChanged(four_agents(billing(LOWER))), at=1005.0)
    played.tell(back(waits("c", 1000.0)))
    assert played.get_ready("1002") == []
    assert rings(played.pass_to(1010.0)) == [("c", "1002")]


def test_a_version_loses_nobody_and_changes_no_order_unless_a_line_of_it_says_so() -> None:
    played = play(four_agents(billing(LOWER)))
    for n in range(5):
        played.at = 1000.0 + n
        played.seat(f"c{n}", "billing")
    played.tell(SiteChanged(four_agents(billing(LOWER, ALSO_QUALITY), english())), at=1008.0)
    served = []
    for n in range(5):
        served += played.get_ready("1001")
        played.tell(AgentAnswered(f"c{n}", f"c{n}.1", "1001"), CallerHungUp(f"c{n}"))
        served += [(f"c{n + 1}", "1001")] if played.state("1001") == "reserved" else []
    assert [call_id for call_id, _ in dict.fromkeys(served)] == [f"c{n}" for n in range(5)]
