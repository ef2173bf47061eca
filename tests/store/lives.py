"""Steps of a switch made by hand: whole lives of calls, as the engine reports them."""

from collections.abc import Sequence

from acd.core.events import AgentAnswered, AgentRinging, CallArrived, CallerHungUp, CallWaiting, Event, TalkEnded
from acd.core.reports import (
    AgentMoved,
    CallEnded,
    CallEstablished,
    CallMoved,
    CallOpened,
    CallQueued,
    CallRecord,
    Decided,
    Report,
    ReservationCreated,
    ReservationEnded,
    RingRecord,
    TalkFinished,
    VisitEnded,
    VisitRecord,
    WrapUpFinished,
)
from acd.core.words import Outcome, Side, VisitOutcome
from routing.decision import Decision

Step = tuple[float, Event | None, Sequence[Report]]

START = 1_790_000_000.0


def record(call_id: str, at: float = START, agent_id: str = "1001") -> CallRecord:
    visit = VisitRecord("mobile", at + 3.0, at + 8.0, VisitOutcome.ANSWERED, 5.0, agent_id)
    ring = RingRecord(f"{call_id}.1", agent_id, "mobile", at + 4.0, at + 4.1, at + 8.0, "accepted", "answered", "why")
    return CallRecord(
        call_id=call_id, dialled="10086", caller_number="13912341234", caller_name="张三", language="zh",
        topic="话费", arrived_at=at, ended_at=at + 60.25, outcome=Outcome.ANSWERED, reason="caller_hung_up",
        place="after_call", hung_up_by=Side.CALLER, queue_id="mobile", agent_id=agent_id, answered_at=at + 8.0,
        ivr_s=3.0, wait_s=5.0, ring_s=3.9, talk_s=50.125, hold_s=0.0, ivr_path=("root", "root:1"),
        visits=(visit,), rings=(ring,),
    )  # fmt: skip


def decision(agent_id: str | None = "1001") -> Decision:
    return Decision(agent_id, "longest_idle", 12.5, 2, (("1002", 3.5),), {"on_call": 3})


def life(number: int, *, wrap_up_s: float = 20.0) -> list[Step]:
    """One call from arrival to the end of the wrap-up: 7 steps, 25 entries."""
    at = START + number
    call, agent = f"1790000000.{number}", f"10{number % 50:02}"
    held = f"{call}.1"
    ended = record(call, at, agent)
    return [
        (at, CallArrived(call, "10086", "13912341234", "张三"), [
            CallOpened(at, call, "10086", "13912341234"), CallMoved(at, call, "arriving", "greeted", "in_ivr")]),
        (at + 3, CallWaiting(call), [
            CallMoved(at + 3, call, "in_ivr", "queued", "waiting"), CallQueued(at + 3, call, "mobile", 1),
            Decided(at + 3, call, "mobile", decision(agent)),
            ReservationCreated(at + 3, held, call, agent, "mobile", 0.0),
            AgentMoved(at + 3, agent, "ready", "reserve", "reserved", "", call, 12.5)]),
        (at + 4.1, AgentRinging(call, held, agent), []),
        (at + 8, AgentAnswered(call, held, agent), [
            ReservationEnded(at + 8, held, call, agent, "mobile", "accepted", "answered", 3.9),
            VisitEnded(at + 8, call, ended.visits[0]),
            AgentMoved(at + 8, agent, "reserved", "answer", "on_call", "", call, 5.0),
            CallEstablished(at + 8, call, held, agent, "mobile", 5.0)]),
        (at + 58.125, TalkEnded(call, held, agent, Side.CALLER), [
            TalkFinished(at + 58.125, call, agent, "mobile", 50.125, Side.CALLER),
            AgentMoved(at + 58.125, agent, "on_call", "end_talk", "wrap_up", "", call, 50.125)]),
        (at + 60.25, CallerHungUp(call), [
            CallMoved(at + 60.25, call, "after_call", "ended", "ended"), CallEnded(at + 60.25, ended)]),
        (at + 78.125, None, [
            WrapUpFinished(at + 78.125, agent, call, "mobile", wrap_up_s),
            AgentMoved(at + 78.125, agent, "wrap_up", "get_ready", "ready", "", call, wrap_up_s)]),
    ]  # fmt: skip


def lives(count: int, first: int = 1) -> list[Step]:
    return [step for number in range(first, first + count) for step in life(number)]


def entry_count(steps: Sequence[Step]) -> int:
    return sum(1 + len(reports) for _, _, reports in steps)
