"""The choice of an agent by each strategy, and of a call by weight, priority and the bound, over whole calls."""

from collections.abc import Mapping

import pytest

from acd.core.commands import RingAgent
from acd.core.events import (
    AgentAnswered,
    CallerHungUp,
    CallWaiting,
    LoginRequested,
    LogoutRequested,
    NotReadyRequested,
    PbxSynced,
    ReadyRequested,
    RingEnded,
    SiteChanged,
    TalkEnded,
)
from acd.core.reports import Decided
from acd.core.words import Phone, RingEnd, Side
from routing.decision import Decision
from routing.queue import Queue
from tests.core.script import Script, play
from tests.core.sites import hotline
from tests.core.test_restore import kill

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


SKILLED = {"1001": {"billing": 60}}
THREE = ("1001", "1002", "1003")


def by(strategy: str, *ready: str, skills: Mapping[str, Mapping[str, int]] | None = None) -> Script:
    queue = Queue("billing", skills={"billing": 50}, strategy=strategy, wrap_up_s=0.0, ring_timeout_s=6.0)
    site = hotline(queue, agents=skills or {agent_id: {"billing": 50} for agent_id in THREE})
    return play(site, *(ready or THREE), apart_s=1.0)


def serve(played: Script, *lasting_s: float) -> list[str]:
    """Calls come one after another, each answered at once for so long; who answered."""
    answered = []
    for talk_s in lasting_s:
        call_id = f"c{len(played.records)}"
        answered.append(rung(played, call_id))
        answer(played, call_id, talk_s)
    return answered


def test_longest_idle() -> None:
    played = by("longest_idle", "1003", "1001", "1002")
    assert serve(played, 5.0, 5.0, 5.0, 5.0) == ["1003", "1001", "1002", "1003"]


def test_longest_idle_survives_a_restart() -> None:
    played = by("longest_idle", "1003", "1001", "1002")
    assert serve(played, 5.0) == ["1003"]
    again = kill(played, at=played.at + 10.0)
    again.tell(PbxSynced(phones=dict.fromkeys(THREE, Phone.REACHABLE)))
    assert [rung(again, call_id) for call_id in ("x", "y", "z")] == ["1001", "1002", "1003"]


def test_a_ring_that_was_taken_back_keeps_the_idle_time() -> None:
    played = by("longest_idle")
    assert rung(played, "c") == "1001"
    played.tell(CallerHungUp("c"), at=played.at + 3.0)
    assert rung(played, "d") == "1001"


def test_best_skill() -> None:
    played = by("best_skill", skills={"1001": {"billing": 60}, "1002": {"billing": 90}, "1003": {"billing": 90}})
    assert [rung(played, call_id) for call_id in "abc"] == ["1002", "1003", "1001"]


def test_round_robin() -> None:
    played = by("round_robin", "1003", "1002", "1001")
    assert serve(played, 5.0, 1.0, 9.0, 1.0, 1.0) == ["1001", "1002", "1003", "1001", "1002"]


def test_round_robin_counts_a_ring_that_was_not_answered() -> None:
    played = by("round_robin")
    assert rung(played, "c") == "1001"
    played.tell(RingEnded("c", "c.1", "1001", RingEnd.RESCINDED))
    [again] = played.tell(CallWaiting("c", "c.1"))
    assert isinstance(again, RingAgent)
    assert again.agent_id == "1002"


def test_round_robin_goes_on_where_it_was_when_the_file_is_saved_again() -> None:
    played = by("round_robin")
    assert serve(played, 5.0, 5.0) == ["1001", "1002"]
    played.tell(SiteChanged(by("round_robin").engine.floor.site))
    assert serve(played, 5.0, 5.0) == ["1003", "1001"]


def test_top_down() -> None:
    skills = {agent_id: {"billing": 50} for agent_id in ("1003", "1001", "1002")}
    played = by("top_down", "1001", "1002", "1003", skills=skills)
    assert serve(played, 5.0, 5.0) == ["1003", "1003"]
    assert [rung(played, call_id) for call_id in ("x", "y", "z")] == ["1003", "1001", "1002"]


def test_top_down_follows_the_list_as_it_is_now() -> None:
    played = by("top_down")
    queue = played.engine.floor.site.queues["billing"]
    played.tell(SiteChanged(hotline(queue, agents={agent_id: {"billing": 50} for agent_id in reversed(THREE)})))
    assert rung(played, "c") == "1003"


def test_fewest_calls() -> None:
    played = by("fewest_calls")
    assert serve(played, 50.0, 1.0, 1.0) == ["1001", "1002", "1003"]
    # All have one: who was free the longest.
    assert serve(played, 1.0) == ["1001"]
    played.tell(NotReadyRequested("1002", "1"), NotReadyRequested("1003", "1"))
    assert serve(played, 1.0) == ["1001"]
    played.tell(ReadyRequested("1003"), ReadyRequested("1002"))
    # Two with one call each, free since the same moment: the work number.
    assert serve(played, 1.0, 1.0) == ["1002", "1003"]
    assert decision(played).figure == 1.0


def test_a_ring_without_an_answer_is_no_call_answered() -> None:
    played = by("fewest_calls")
    assert rung(played, "c") == "1001"
    played.tell(CallerHungUp("c"))
    assert rung(played, "d") == "1001"


def test_least_talk_time() -> None:
    played = by("least_talk_time")
    assert serve(played, 10.0, 30.0, 20.0, 15.0) == ["1001", "1002", "1003", "1001"]
    assert serve(played, 1.0) == ["1003"]
    assert decision(played).figure == 20.0
    assert serve(played, 1.0) == ["1003"]


def test_least_talk_time_goes_by_idle_time_in_a_tie() -> None:
    played = by("least_talk_time")
    assert serve(played, 10.0, 10.0, 10.0, 0.0) == ["1001", "1002", "1003", "1001"]
    # 1001 has talked no longer by the fourth call, but has been free for less.
    assert rung(played, "x") == "1002"


def test_least_occupied() -> None:
    """Who was busy for the least share of the time since log-in, however much that is in seconds."""
    played = by("least_occupied", "1001", "1002")
    assert serve(played, 60.0, 30.0) == ["1001", "1002"]
    played.at += 10.0
    # 1001 has been busy for 60 s of the 61 until they were free again, 1002 for 30 of 90.
    assert serve(played, 1.0) == ["1002"]
    assert decision(played).figure == pytest.approx(100 * 30 / (30 + 60))
    # 1002 is at 31 of 101 now, and still before the other.
    assert rung(played, "x") == "1002"


def test_least_occupied_counts_ringing_and_wrap_up_as_busy() -> None:
    queue = Queue("billing", skills={"billing": 50}, strategy="least_occupied", wrap_up_s=20.0, ring_timeout_s=10.0)
    played = play(hotline(queue, agents=SKILLED), "1001")
    played.at += 1.0
    assert rung(played, "c") == "1001"
    played.at += 5.0
    answer(played, "c", 15.0)
    played.pass_to(played.at + 20.0)
    agent = played.engine.floor.agents["1001"]
    assert (agent.busy_s, agent.free_s, agent.talked_s) == (40.0, 1.0, 15.0)
    assert agent.occupancy == pytest.approx(40 / 41)


def test_random_spreads_calls_and_replays_the_same() -> None:
    def day() -> list[str]:
        return serve(by("random"), *[7.3] * 60)

    answered = day()
    assert day() == answered
    counts = [answered.count(agent_id) for agent_id in THREE]
    assert sum(counts) == 60
    assert min(counts) >= 8


@pytest.mark.parametrize("strategy", ["fewest_calls", "least_talk_time", "least_occupied"])
def test_what_an_agent_has_done_counts_since_the_log_in(strategy: str) -> None:
    played = by(strategy, "1001", "1002")
    assert serve(played, 30.0, 10.0) == ["1001", "1002"]
    assert serve(played, 10.0) == ["1002" if strategy != "fewest_calls" else "1001"]
    played.tell(LogoutRequested("1001"), LoginRequested("1001", "phone"), ReadyRequested("1001"))
    assert rung(played, "x") == "1001"
    assert decision(played).figure == 0.0


@pytest.mark.parametrize("strategy", ["fewest_calls", "least_talk_time", "least_occupied"])
def test_what_an_agent_has_done_survives_a_restart(strategy: str) -> None:
    played = by(strategy, "1001", "1002")
    assert serve(played, 30.0, 10.0) == ["1001", "1002"]
    before = [(a.calls_answered, a.talked_s, a.busy_s, a.free_s) for a in played.engine.floor.agents.values()]
    again = kill(played, at=played.at + 5.0)
    assert [(a.calls_answered, a.talked_s, a.busy_s, a.free_s) for a in again.engine.floor.agents.values()] == before
    again.tell(PbxSynced(phones=dict.fromkeys(THREE, Phone.REACHABLE)))
    assert rung(again, "x") == ("1001" if strategy == "fewest_calls" else "1002")


def test_a_strategy_that_is_changed_holds_at_once() -> None:
    played = by("longest_idle", "1002", "1001")
    queue = Queue("billing", skills={"billing": 50}, strategy="top_down")
    played.tell(SiteChanged(hotline(queue, agents={agent_id: {"billing": 50} for agent_id in THREE})))
    assert rung(played, "c") == "1001"
    assert decision(played).rule == "top_down"


def test_two_queues_choose_among_the_same_agents_each_in_its_own_way() -> None:
    skills = {"1001": {"billing": 60}, "1002": {"billing": 90}}
    best = Queue("best", skills={"billing": 50}, strategy="best_skill")
    played = play(hotline(BILLING, best, agents=skills), "1001", "1002")
    assert rung(played, "b") == "1001"
    played.tell(CallerHungUp("b"))
    assert rung(played, "x", "best") == "1002"


# ---- choice of call: weight, priority ----


def test_an_agent_who_becomes_ready_takes_the_best_of_all_their_queues() -> None:
    """At 4 minutes: score 4 x 1 against 2 x 1.5 + 2 against 1 x 3."""
    queues = (
        BILLING,
        Queue("vip", skills={"billing": 50}, weight=1.5, priority=2, wrap_up_s=0.0),
        Queue("heavy", skills={"english": 10}, weight=3.0, wrap_up_s=0.0),
    )
    played = play(hotline(*queues, agents={"1001": {"billing": 50, "english": 10}}))
    for at, call_id, queue_id in ((0.0, "b", "billing"), (120.0, "v", "vip"), (180.0, "h", "heavy")):
        played.at = 1000.0 + at
        played.seat(call_id, queue_id)
    played.tell(LoginRequested("1001", "phone"), at=1240.0)
    taken = [played.tell(ReadyRequested("1001"))]
    for call_id in "vb":
        played.tell(AgentAnswered(call_id, f"{call_id}.1", "1001"))
        taken.append(played.tell(TalkEnded(call_id, f"{call_id}.1", "1001", Side.AGENT)))
    assert [command.call_id for commands in taken for command in commands if isinstance(command, RingAgent)] == [
        "v", "b", "h",
    ]  # fmt: skip


def test_a_weight_that_is_changed_holds_for_those_who_wait() -> None:
    light, heavy = Queue("light", skills={"billing": 50}), Queue("heavy", skills={"billing": 50}, weight=10.0)
    played = play(hotline(BILLING, light, agents=SKILLED))
    played.seat("b", "billing")
    played.at += 30.0
    played.seat("l", "light")
    played.at += 30.0
    played.tell(SiteChanged(hotline(BILLING, Queue("light", heavy.names, heavy.skills, weight=10.0), agents=SKILLED)))
    played.tell(LoginRequested("1001", "phone"))
    assert played.tell(ReadyRequested("1001")) == [RingAgent("l", "l.1", "1001", 12.0)]


def test_a_version_that_lets_several_calls_reach_one_agent_gives_them_the_best() -> None:
    """Both queues ask for less than before, as a third does already: the agent takes the VIP, not who came first."""
    harder = [Queue("plain", skills={"billing": 80}), Queue("vip", skills={"billing": 80}, priority=20)]
    easier = [Queue("plain", skills={"billing": 50}), Queue("vip", skills={"billing": 50}, priority=20)]
    played = play(hotline(BILLING, *harder, agents=SKILLED), "1001")
    assert [rung(played, "p", "plain"), rung(played, "v", "vip")] == ["", ""]
    told = played.tell(SiteChanged(hotline(BILLING, *easier, agents=SKILLED)))
    assert told == [RingAgent("v", "v.1", "1001", 12.0)]


# ---- overtaken, but not for ever ----


def test_who_has_waited_long_enough_is_overtaken_no_more() -> None:
    """Ten minutes against a VIP's 200 points, and against what joined later and is overdue too."""
    vip = Queue("vip", skills={"billing": 50}, priority=200, weight=10.0)
    played = play(hotline(BILLING, vip, agents=SKILLED, overtaken_s_max=600.0))
    played.seat("plain", "billing")
    played.at += 1.0
    played.seat("old_vip", "vip")
    played.pass_to(1600.0)
    played.seat("vip", "vip")
    played.tell(LoginRequested("1001", "phone"))
    assert played.tell(ReadyRequested("1001")) == [RingAgent("plain", "plain.1", "1001", 6.0)]
    played.tell(AgentAnswered("plain", "plain.1", "1001"))
    assert played.tell(CallerHungUp("plain")) == [RingAgent("old_vip", "old_vip.1", "1001", 12.0)]


def test_a_moment_earlier_they_are_overtaken_still() -> None:
    vip = Queue("vip", skills={"billing": 50}, priority=200)
    played = play(hotline(BILLING, vip, agents=SKILLED, overtaken_s_max=600.0))
    played.seat("plain", "billing")
    played.pass_to(1599.9)
    played.seat("vip", "vip")
    played.tell(LoginRequested("1001", "phone"))
    assert played.tell(ReadyRequested("1001")) == [RingAgent("vip", "vip.1", "1001", 12.0)]


def test_who_becomes_overdue_while_they_ring_is_so_when_the_ring_has_failed() -> None:
    vip = Queue("vip", skills={"billing": 50}, priority=200)
    two = {"1001": {"billing": 50}, "1002": {"billing": 50}}
    played = play(hotline(BILLING, vip, agents=two, overtaken_s_max=60.0), "1001")
    assert rung(played, "plain") == "1001"
    played.at += 61.0
    played.seat("vip", "vip")
    played.tell(RingEnded("plain", "plain.1", "1001", RingEnd.NO_ANSWER), CallWaiting("plain", "plain.1"))
    played.tell(LoginRequested("1002", "phone"))
    assert played.tell(ReadyRequested("1002")) == [RingAgent("plain", "plain.2", "1002", 6.0)]
