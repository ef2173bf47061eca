"""Who is rung for which call: skills with levels, groups, as they are now, and what the fallback is told of it."""

from collections.abc import Mapping

from acd.core.commands import MirrorAgent, RingAgent
from acd.core.events import (
    AgentAnswered,
    CallerHungUp,
    CallWaiting,
    CommandFailed,
    Event,
    LoginRequested,
    NotReadyRequested,
    PbxLost,
    PbxSynced,
    PhoneBusyChanged,
    ReadyRequested,
    SiteChanged,
)
from acd.core.reports import Decided
from acd.core.words import Phone
from routing.decision import Decision
from routing.queue import Queue
from routing.step import Step
from tests.core.script import Script, play
from tests.core.sites import hotline

BILLING = Queue("billing", skills={"billing": 50}, ring_timeout_s=6.0, wrap_up_s=0.0)
ENGLISH = Queue("english", skills={"english": 30, "billing": 20}, ring_timeout_s=6.0, wrap_up_s=0.0)


def rung(played: Script, call_id: str, queue_id: str = "billing") -> str:
    """A caller comes; the agent who is rung, "" if nobody is."""
    commands = played.seat(call_id, queue_id)
    assert len(commands) <= 1
    return commands[0].agent_id if commands and isinstance(commands[0], RingAgent) else ""


def decision(played: Script) -> Decision:
    return played.of(Decided)[-1].decision


def answer(played: Script, call_id: str, for_s: float) -> None:
    """The agent who rings answers, and the caller hangs up after so many seconds."""
    held = played.engine.floor.reservations[played.engine.floor.calls[call_id].reservation_id]
    played.tell(AgentAnswered(call_id, held.reservation_id, held.agent_id))
    played.tell(CallerHungUp(call_id), at=played.at + for_s)


def mirrored(played: Script, *told: Event) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What the fallback is told of which agent by these events: presence and queues, the last word."""
    commands = [command for event in told for command in played.engine.handle(event, played.at)]
    return {
        command.agent_id: (command.presence, tuple(sorted(command.queue_ids)))
        for command in commands
        if isinstance(command, MirrorAgent)
    }


# ---- skills: {billing: 50} ----


def test_only_who_has_the_skill_at_the_level_is_rung() -> None:
    skills = {"1001": {"billing": 49}, "1002": {"english": 100}, "1003": {}, "1004": {"billing": 50}}
    played = play(hotline(BILLING, agents=skills), "1001", "1002", "1003", "1004")
    assert rung(played, "c") == "1004"
    assert rung(played, "d") == ""
    assert decision(played).passed_over == {"reserved": 1}


def test_every_skill_asked_for_is_needed() -> None:
    skills = {"1001": {"english": 90}, "1002": {"billing": 90}, "1003": {"english": 30, "billing": 20}}
    played = play(hotline(ENGLISH, agents=skills), "1001", "1002", "1003")
    assert rung(played, "c", "english") == "1003"
    assert rung(played, "d", "english") == ""


def test_an_agent_takes_the_calls_of_every_queue_they_have_the_skills_for() -> None:
    played = play(hotline(BILLING, ENGLISH, agents={"1001": {"billing": 60, "english": 40}}), "1001")
    for call_id, queue_id in (("b", "billing"), ("e", "english")):
        assert rung(played, call_id, queue_id) == "1001"
        answer(played, call_id, 5.0)
    assert played.engine.floor.site.queues_served("1001") == ["billing", "english"]


def test_a_queue_that_asks_for_nothing_is_everybodys() -> None:
    played = play(hotline(Queue("any"), agents={"1001": {}}), "1001")
    assert rung(played, "c", "any") == "1001"
    assert decision(played).asked == "anybody"


# ---- groups: [inbound] ----


def test_only_members_of_the_groups_are_rung() -> None:
    queue = Queue("billing", skills={"billing": 50}, groups=("inbound", "supervision"))
    skills = {agent_id: {"billing": 80} for agent_id in ("1001", "1002", "1003")}
    groups = {"1001": "quality", "1002": "supervision", "1003": "inbound"}
    played = play(hotline(queue, agents=skills, groups=groups), "1001", "1002", "1003")
    assert [rung(played, call_id) for call_id in "cde"] == ["1002", "1003", ""]


def test_a_member_of_the_group_needs_the_skill_too() -> None:
    queue = Queue("billing", skills={"billing": 50}, groups=("inbound",))
    played = play(hotline(queue, agents={"1001": {"billing": 40}}), "1001")
    assert rung(played, "c") == ""


# ---- what a decision says ----


def test_a_decision_says_what_was_asked_by_which_rule_and_who_was_passed_over() -> None:
    skills = {**{str(1001 + n): {"billing": 50 + n} for n in range(6)}, "1007": {"english": 90}}
    queue = Queue("billing", skills={"billing": 50}, groups=("inbound",), strategy="best_skill")
    played = play(hotline(queue, agents=skills), *skills)
    played.tell(NotReadyRequested("1006", "1"), PhoneBusyChanged("1005", True))
    assert rung(played, "c") == "1004"
    decided = decision(played)
    assert (decided.rule, decided.figure, decided.eligible) == ("best_skill", 53.0, 4)
    assert decided.runners_up == (("1003", 52.0), ("1002", 51.0), ("1001", 50.0))
    # 1007, who lacks the skill, is nobody to be passed over.
    assert decided.passed_over == {"not_ready": 1, "phone_busy": 1}
    assert str(decided) == (
        "1004 by best_skill: level 53, first of 4 eligible (next 1003 level 52, 1002 level 51, 1001 level 50)"
        "; asked: billing 50, group inbound; passed over: 1 not_ready, 1 phone_busy"
    )


def test_who_finds_nobody_is_told_why() -> None:
    played = play(hotline(BILLING, agents={"1001": {"billing": 60}, "1002": {"billing": 60}}))
    played.tell(LoginRequested("1001", "phone"))
    assert rung(played, "c") == ""
    assert str(decision(played)) == "nobody eligible (longest_idle); asked: billing 50; passed over: 1 not_ready"


# ---- an agent's skills change ----

SKILLED, UNSKILLED = {"1001": {"billing": 60}}, {"1001": {"english": 60}}


def change(played: Script, agents: Mapping[str, Mapping[str, int]], *queues: Queue) -> list[str]:
    """A new version of the site: the agents who are rung by it."""
    told = played.tell(SiteChanged(hotline(*(queues or (BILLING,)), agents=agents)))
    return [command.agent_id for command in told if isinstance(command, RingAgent)]


def test_an_idle_agent_who_is_given_the_skill_takes_who_waits() -> None:
    played = play(hotline(BILLING, agents=UNSKILLED), "1001")
    assert rung(played, "c") == ""
    assert change(played, SKILLED) == ["1001"]


def test_an_idle_agent_who_loses_the_skill_is_rung_no_more() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    assert change(played, UNSKILLED) == []
    assert rung(played, "c") == ""
    assert decision(played).passed_over == {}


def test_a_level_that_is_raised_above_the_agents_shuts_them_out() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    change(played, SKILLED, Queue("billing", skills={"billing": 61}))
    assert rung(played, "c") == ""
    assert change(played, SKILLED, Queue("billing", skills={"billing": 60})) == ["1001"]


def test_an_idle_agent_who_is_moved_to_the_group_takes_who_waits() -> None:
    queue = Queue("billing", skills={"billing": 50}, groups=("inbound",))
    played = play(hotline(queue, agents=SKILLED, groups={"1001": "outbound"}), "1001")
    assert rung(played, "c") == ""
    assert change(played, SKILLED, queue) == ["1001"]


def test_a_ring_goes_on_when_the_skill_is_taken_away_and_is_not_made_again() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    assert rung(played, "c") == "1001"
    assert change(played, UNSKILLED) == []
    assert (played.place("c"), played.state("1001")) == ("ringing", "reserved")
    # The ring ends by nobody's fault: the agent is free, the caller waits on.
    played.tell(CommandFailed("c", "RingAgent", "c.1"))
    assert played.tell(CallWaiting("c", "c.1")) == []
    assert (played.place("c"), played.state("1001")) == ("waiting", "ready")


def test_a_ring_may_be_answered_after_the_skill_was_taken_away() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    rung(played, "c")
    change(played, UNSKILLED)
    answer(played, "c", 5.0)
    assert [(record.outcome, record.agent_id) for record in played.records] == [("answered", "1001")]


def test_who_is_given_a_skill_while_they_ring_takes_the_next_by_it() -> None:
    played = play(hotline(BILLING, ENGLISH, agents=SKILLED), "1001")
    rung(played, "b")
    assert rung(played, "e", "english") == ""
    both = {"1001": {"billing": 60, "english": 30}}
    assert change(played, both, BILLING, ENGLISH) == []
    played.tell(CallerHungUp("b"))
    assert played.place("e") == "ringing"


def test_a_talk_goes_on_whatever_becomes_of_the_skills_and_the_next_call_is_by_the_new_ones() -> None:
    played = play(hotline(BILLING, ENGLISH, agents=SKILLED), "1001")
    rung(played, "b")
    played.tell(AgentAnswered("b", "b.1", "1001"))
    assert rung(played, "next") == ""
    assert rung(played, "e", "english") == ""
    now_english = {"1001": {"english": 30, "billing": 20}}
    assert change(played, now_english, BILLING, ENGLISH) == []
    assert (played.place("b"), played.state("1001")) == ("talking", "on_call")
    played.tell(CallerHungUp("b"))
    assert (played.place("next"), played.place("e")) == ("waiting", "ringing")


def test_an_agent_who_is_hired_while_calls_wait_takes_them() -> None:
    played = play(hotline(BILLING, agents={}))
    rung(played, "c")
    change(played, SKILLED)
    played.tell(PbxSynced(phones={"1001": Phone.REACHABLE}, calls=()), at=played.at + 1.0)
    # That synchronisation knew of no caller: the first is gone, the next is served.
    played.tell(LoginRequested("1001", "phone"), ReadyRequested("1001"))
    assert rung(played, "d") == "1001"


def test_the_same_site_again_changes_nothing() -> None:
    site = hotline(BILLING, ENGLISH, agents={"1001": {"billing": 60}, "1002": {"english": 60}})
    played = play(site, "1001", "1002")
    assert rung(played, "c") == "1001"
    assert rung(played, "d") == ""
    pools = list(played.engine.floor.pools)
    assert mirrored(played, SiteChanged(site)) == {}
    assert list(played.engine.floor.pools) == pools


# ---- the fallback's queues follow ----


def test_the_fallback_may_ring_an_agent_in_the_queues_they_have_the_skills_for() -> None:
    both = {"billing": 60, "english": 60}
    played = play(hotline(BILLING, ENGLISH, agents={"1001": {"billing": 60}, "1002": both, "1003": {"english": 99}}))
    logins = [LoginRequested(agent_id, "phone") for agent_id in ("1001", "1002", "1003")]
    assert mirrored(played, *logins) == {
        "1001": ("paused", ("billing",)), "1002": ("paused", ("billing", "english")), "1003": ("paused", ()),
    }  # fmt: skip


def test_the_fallback_is_told_when_skills_levels_or_groups_change() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    assert mirrored(played, SiteChanged(hotline(BILLING, agents=UNSKILLED))) == {"1001": ("ready", ())}
    assert mirrored(played, SiteChanged(hotline(BILLING, agents=SKILLED))) == {"1001": ("ready", ("billing",))}
    harder = Queue("billing", skills={"billing": 61})
    assert mirrored(played, SiteChanged(hotline(harder, agents=SKILLED))) == {"1001": ("ready", ())}
    elsewhere = Queue("billing", groups=("quality",))
    assert mirrored(played, SiteChanged(hotline(elsewhere, agents=SKILLED))) == {}
    one_more = (BILLING, Queue("any"))
    assert mirrored(played, SiteChanged(hotline(*one_more, agents=SKILLED))) == {"1001": ("ready", ("any", "billing"))}
    assert mirrored(played, SiteChanged(hotline(Queue("any"), agents=SKILLED))) == {"1001": ("ready", ("any",))}


def test_the_fallback_rings_nobody_by_a_step() -> None:
    """The PBX's own queue knows no steps: only who is asked first serves there."""
    queue = Queue("billing", skills={"billing": 50}, steps=(Step(10.0, lower={"billing": 10}),))
    played = play(hotline(queue, agents={"1001": {"billing": 20}, "1002": {"billing": 50}}))
    told = mirrored(played, LoginRequested("1001", "phone"), LoginRequested("1002", "phone"))
    assert told == {"1001": ("paused", ()), "1002": ("paused", ("billing",))}


def test_a_new_version_tells_the_fallback_nothing_of_those_it_does_not_concern() -> None:
    """An agent listed before the others moves them all down by one, which is nothing to the fallback."""
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    one_more = {"1000": {"billing": 60}, **SKILLED}
    assert "1001" not in mirrored(played, SiteChanged(hotline(BILLING, agents=one_more)))


def test_skills_that_changed_while_the_link_was_down_are_mirrored_when_it_is_back() -> None:
    played = play(hotline(BILLING, agents=SKILLED), "1001")
    assert mirrored(played, PbxLost("cut"), SiteChanged(hotline(BILLING, agents=UNSKILLED))) == {}
    assert mirrored(played, PbxSynced(phones={"1001": Phone.REACHABLE})) == {"1001": ("ready", ())}
