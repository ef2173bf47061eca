"""A switch that was killed begins again with its memory: nobody loses their place, their talk or their state."""

from collections.abc import Sequence

import pytest

from acd.core.commands import PlayPrompt, RingAgent, StopRinging
from acd.core.engine import Engine
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallArrived,
    CallerHungUp,
    CallGone,
    CallSeen,
    CallWaiting,
    Event,
    LoginRequested,
    NotReadyRequested,
    PbxSynced,
    PromptEnded,
    ReadyRequested,
    Restored,
    RingEnded,
    SiteChanged,
    TalkEnded,
)
from acd.core.reports import CallRestored
from acd.core.site import Site
from acd.core.words import Outcome, Phone, RingEnd, Side
from acd.store.codec import decode_event, encode
from tests.core.script import Script
from tests.core.sites import AGENTS, two_queues

UP = dict.fromkeys(AGENTS, Phone.REACHABLE)


def kill(played: Script, at: float, site: Site | None = None, ended: Sequence[str] = ()) -> Script:
    """Another run of the switch at `at`, with the memory of the one that was killed, as stored and read again."""
    engine = played.engine
    calls = [memory for c in engine.floor.calls if (memory := engine.memory_of_call(c)) is not None]
    agents = [memory for a in engine.floor.agents if (memory := engine.memory_of_agent(a)) is not None]
    event = Restored(played.at, tuple(calls), tuple(agents), tuple(ended))
    stored = decode_event("Restored", encode(event))
    assert stored == event
    again = Script(site or engine.floor.site, at)
    again.tell(stored)
    return again


def seen(call_id: str, room: str, joined_at: float = 1000.0, **more: object) -> CallSeen:
    """As the PBX shows a caller: it knows whole seconds of the arrival and nothing of the walk."""
    return CallSeen(
        call_id, room, "10010", "13912341234", queue_id="" if room == "entry" else "billing", arrived_at=1000.0,
        joined_at=joined_at, priority=1, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_who_waits_keeps_order_wait_and_priority() -> None:
    played = Script(two_queues())
    played.open()
    for n, call_id in enumerate(["c1", "c2", "c3"]):
        played.at = 1000.0 + n
        played.seat(call_id)
    again = kill(played, at=1060.0)
    # The PBX shows them in no order that means anything.
    waits = tuple(seen(f"c{n}", "waiting-room", 999.0 + n) for n in (3, 1, 2))
    again.tell(PbxSynced(waits, UP), LoginRequested("1003", "phone"))
    assert again.tell(ReadyRequested("1003"))[0] == RingAgent("c1", "c1.1", "1003", 6.0)
    again.tell(AgentAnswered("c1", "c1.1", "1003"), at=1061.0)
    again.tell(CallerHungUp("c1"), at=1070.0)
    record = again.records[0]
    assert (record.arrived_at, record.wait_s, record.talk_s) == (1000.0, 61.0, 9.0)
    assert record.unwatched_s == pytest.approx(1060.0 - 1002.0)
    assert [visit.queue_id for visit in record.visits] == ["billing"]


def test_who_talks_goes_on_and_has_one_whole_record() -> None:
    played = Script(two_queues(wrap_up_s=5.0))
    played.open("1003")
    played.seat("c")
    played.tell(AgentRinging("c", "c.1", "1003"), at=1001.0)
    played.tell(AgentAnswered("c", "c.1", "1003"), at=1004.0)
    again = kill(played, at=1030.0)
    assert [report.place for report in again.of(CallRestored)] == ["talking"]
    talks = seen("c", "ring", reservation_id="c.1", agent_id="1003", answered_at=1003.0, talking=True)
    assert again.tell(PbxSynced((talks,), UP, frozenset({"1003"}))) == []
    again.tell(TalkEnded("c", "c.1", "1003", Side.AGENT), CallerHungUp("c", Side.SYSTEM), at=1050.0)
    record = again.records[0]
    assert (record.outcome, record.agent_id, record.wait_s, record.talk_s) == (Outcome.ANSWERED, "1003", 4.0, 46.0)
    assert (record.ring_s, record.unwatched_s, len(record.rings)) == (3.0, 26.0, 1)
    assert again.state("1003") == "wrap_up"


@pytest.mark.parametrize("answered", [True, False])
def test_a_ring_in_flight_is_settled_by_what_the_pbx_did(answered: bool) -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    played.tell(AgentRinging("c", "c.1", "1003"), at=1001.0)
    again = kill(played, at=1003.0)
    if answered:
        shown = seen("c", "ring", reservation_id="c.1", agent_id="1003", answered_at=1002.0, talking=True)
        again.tell(PbxSynced((shown,), UP, frozenset({"1003"})))
        assert (again.place("c"), again.state("1003")) == ("talking", "on_call")
        assert again.engine.floor.calls["c"].visits[0].wait_s == 2.0
    else:
        again.tell(PbxSynced((seen("c", "waiting-room", reservation_id="c.1"),), UP))
        # Nobody's fault: rung again, under a number that was never given before.
        assert again.engine.floor.calls["c"].reservation_id == "c.2"


def test_a_ring_that_goes_on_goes_on() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    again = kill(played, at=1001.0)
    rings = seen("c", "ring", reservation_id="c.1", agent_id="1003")
    assert again.tell(PbxSynced((rings,), UP, frozenset({"1003"}))) == []
    again.tell(RingEnded("c", "c.1", "1003", RingEnd.NO_ANSWER), CallWaiting("c", "c.1"), at=1006.0)
    assert (again.place("c"), again.state("1003")) == ("waiting", "not_ready")
    assert again.strays == []


def test_a_ring_whose_end_is_never_told_is_given_up_in_the_end() -> None:
    played = Script(two_queues())
    played.open("1003")
    played.seat("c")
    again = kill(played, at=1001.0)
    again.tell(PbxSynced((seen("c", "ring", reservation_id="c.1", agent_id="1003"),), UP))
    assert again.pass_to(1020.0) == [StopRinging("c", "c.1", "1003")]


def test_wrap_up_and_recovery_end_when_they_would_have() -> None:
    played = Script(two_queues(wrap_up_s=30.0, recovery_s=20.0))
    played.open("1003")
    played.talk("c", "1003")
    played.tell(CallerHungUp("c"), LoginRequested("1002", "phone"), ReadyRequested("1002"), at=1010.0)
    played.seat("d")
    played.tell(RingEnded("d", "d.1", "1002", RingEnd.NO_ANSWER), CallerHungUp("d"))
    played.tell(LoginRequested("1001", "cli"), NotReadyRequested("1001", "1"))
    again = kill(played, at=1025.0)
    again.tell(PbxSynced((), UP, members={"1001": "paused", "1002": "paused", "1003": "paused"}))
    assert [again.state(a) for a in AGENTS] == ["not_ready", "not_ready", "wrap_up"]
    again.pass_to(1030.0)
    assert again.state("1002") == "ready"
    again.pass_to(1040.0)
    assert again.state("1003") == "ready"
    assert (again.state("1001"), again.engine.floor.agents["1001"].reason) == ("not_ready", "break")


def test_a_deadline_that_passed_meanwhile_falls_at_once() -> None:
    played = Script(two_queues(wrap_up_s=30.0))
    played.open("1003")
    played.talk("c", "1003")
    played.tell(CallerHungUp("c"))
    again = kill(played, at=1090.0)
    again.pass_to(1090.0)
    assert again.state("1003") == "ready"


def test_idle_time_and_what_was_asked_for_outlive_the_switch() -> None:
    played = Script(two_queues())
    played.open("1002")
    played.at = 1010.0
    played.tell(LoginRequested("1003", "phone"), ReadyRequested("1003"))
    played.talk("c", "1002")
    played.tell(NotReadyRequested("1002", "1"))
    again = kill(played, at=1030.0)
    talks = seen("c", "ring", 1010.0, reservation_id="c.1", agent_id="1002", answered_at=1010.0, talking=True)
    again.tell(PbxSynced((talks,), UP, frozenset({"1002"})), LoginRequested("1001", "phone"))
    assert again.engine.floor.agents["1003"].idle_since == 1010.0
    again.tell(TalkEnded("c", "c.1", "1002", Side.CALLER))
    assert (again.state("1002"), again.engine.floor.agents["1002"].reason) == ("not_ready", "break")


def test_who_was_in_the_menu_hears_it_again() -> None:
    played = Script(two_queues())
    played.open()
    played.tell(CallArrived("c", "10086"), PromptEnded("c", 1))
    again = kill(played, at=1030.0)
    (said,) = again.tell(PbxSynced((seen("c", "entry"),), UP))
    assert isinstance(said, PlayPrompt)
    assert (said.prompts, said.step) == (("menu",), 3)
    assert again.engine.floor.calls["c"].walk.path == ["welcome", "menu"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("asked", "member", "state"),
    [
        ((ReadyRequested("1003"),), "paused", "not_ready"),
        ((ReadyRequested("1003"),), "absent", "logged_out"),
        ((NotReadyRequested("1003", "1"),), "ready", "ready"),
        ((NotReadyRequested("1003", "1"),), "absent", "logged_out"),
        ((), "ready", "ready"),
        ((), "paused", "not_ready"),
    ],
)
def test_the_fallback_knows_an_agents_last_word(asked: tuple[Event, ...], member: str, state: str) -> None:
    """Told at once, while the store is a tenth of a second behind: a kill in between must not undo it."""
    played = Script(two_queues())
    played.open()
    if asked:
        played.tell(LoginRequested("1003", "phone"), *asked)
    again = kill(played, at=1001.0)
    members = {"1002": "paused"} | ({"1003": member} if member != "absent" else {})
    again.tell(PbxSynced((), UP, members=members))
    assert again.state("1003") == state


@pytest.mark.parametrize(("back_at", "state"), [(1012.0, "wrap_up"), (1040.0, "ready")])
def test_the_fallback_was_not_told_what_became_of_an_agent_since(back_at: float, state: str) -> None:
    """The talk ends unwatched at 1010, its wrap-up at 1035; the fallback has the agent as they were in the talk."""
    played = Script(two_queues(wrap_up_s=25.0))
    played.open("1003")
    played.talk("c", "1003")
    again = kill(played, at=back_at)
    again.pass_to(back_at)
    gone = CallGone(seen("c", "after-call", reservation_id="c.1", agent_id="1003", answered_at=1000.0), 1010.0)
    again.tell(PbxSynced((), UP, members={"1003": "ready"}, ended=(gone,)))
    again.pass_to(back_at)
    assert again.state("1003") == state
    again.pass_to(1035.0)
    assert again.state("1003") == "ready"


def test_a_wrap_up_that_ended_before_the_link_was_up_has_ended() -> None:
    """The fallback was told of the wrap-up, not of its end."""
    played = Script(two_queues(wrap_up_s=30.0))
    played.open("1003")
    played.talk("c", "1003")
    played.tell(CallerHungUp("c"))
    again = kill(played, at=1090.0)
    again.pass_to(1090.0)
    again.tell(PbxSynced((), UP, members={"1003": "paused"}))
    assert again.state("1003") == "ready"


def test_a_pbx_without_any_member_says_nothing_of_agents() -> None:
    played = Script(two_queues())
    played.open("1003")
    again = kill(played, at=1001.0)
    again.tell(PbxSynced((), UP))
    assert again.state("1003") == "ready"


def test_what_has_its_record_is_not_recorded_again() -> None:
    played = Script(two_queues())
    played.open()
    again = kill(played, at=1001.0, ended=["old"])
    again.tell(CallArrived("old", "10010"))
    assert again.strays == ["arrived"]


def test_a_memory_torn_in_two_leaves_nobody_held() -> None:
    """Call and agent are stored together; should they ever differ, neither hangs in a ring or talk with nobody."""
    played = Script(two_queues(wrap_up_s=5.0))
    played.open("1003", "1002")
    played.talk("c", "1002")
    played.seat("d")
    engine = played.engine
    calls = tuple(memory for c in ("c", "d") if (memory := engine.memory_of_call(c)))
    agents = tuple(memory for a in ("1002", "1003") if (memory := engine.memory_of_agent(a)))
    of_agents, of_calls = Script(two_queues(wrap_up_s=5.0)), Script(two_queues(wrap_up_s=5.0))
    of_agents.tell(Restored(1000.0, (), agents))
    assert [of_agents.state(a) for a in ("1002", "1003")] == ["wrap_up", "ready"]
    of_calls.tell(Restored(1000.0, calls, ()))
    assert [of_calls.place(c) for c in ("c", "d")] == ["talking", "waiting"]


def test_a_site_that_changed_meanwhile_takes_everybody_in() -> None:
    played = Script(two_queues())
    played.open("1003", "1002")
    played.talk("c", "1002")
    played.seat("d")
    played.tell(CallArrived("e", "10086"))
    smaller = two_queues(without="1003", one_queue=True)
    again = kill(played, at=1001.0, site=smaller)
    assert [again.place(c) for c in "cde"] == ["talking", "waiting", "in_ivr"]
    visit = again.engine.floor.calls["d"].visit
    assert visit is not None
    assert visit.queue.queue_id == "general"


def test_an_agent_whom_the_site_has_again_is_in_the_talk_that_goes_on() -> None:
    """Removed during the talk, killed twice, and added again before the link was up."""
    played = Script(two_queues())
    played.open("1003")
    played.talk("c", "1003")
    smaller = two_queues(without="1003")
    played.tell(SiteChanged(smaller))
    again = kill(kill(played, at=1010.0, site=smaller), at=1010.0, site=smaller)
    again.tell(SiteChanged(two_queues()))
    talks = seen("c", "ring", reservation_id="c.1", agent_id="1003", answered_at=1000.0, talking=True)
    again.tell(PbxSynced((talks,), UP, frozenset({"1003"}), {"1003": "ready"}))
    assert (again.place("c"), again.state("1003")) == ("talking", "on_call")


def test_an_engine_without_a_past_remembers_nothing() -> None:
    engine = Engine(two_queues())
    assert engine.memory_of_call("nobody") is None
    assert engine.memory_of_agent("1001") is None
    assert engine.memory_of_agent("nobody") is None
