"""The books of the queues: whatever callers and agents do, offered = answered + abandoned + flowed out + open."""

from collections import Counter

from hypothesis import event, given, settings
from hypothesis import strategies as st

from acd.core.events import AgentAnswered, CallArrived, CallerHungUp, CallWaiting, RingEnded
from acd.core.reports import CallQueued, VisitEnded
from acd.core.words import RingEnd, VisitOutcome
from routing.queue import Queue
from routing.step import Step
from tests.core.script import Script, play
from tests.core.sites import FOUR, billing, english, four_agents

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from(["billing", "english", "third"])),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("ready"), st.sampled_from(sorted(FOUR))),
        st.tuples(st.just("answer"), st.integers(0, 5)),
        st.tuples(st.just("refuse"), st.integers(0, 5)),
        st.tuples(st.just("pass"), st.sampled_from([0.5, 3.0, 10.0])),
    ),
    min_size=20,
    max_size=60,
)


@settings(deadline=None)
@given(ACTS)
def test_offered_is_answered_abandoned_flowed_out_and_open(acts: list[tuple[str, object]]) -> None:
    """Per queue and at any time, overflow included; `third` leads nowhere and holds two."""
    queues = (
        billing(Step(2.0, lower={"billing": 40}), Step(5.0, overflow_to="english")),
        english(steps=(Step(5.0, overflow_to="third"),), length_max=3),
        Queue("third", skills={"billing": 10}, wrap_up_s=0.0, length_max=2),
    )
    played = play(four_agents(*queues))
    for number, (act, what) in enumerate(acts):
        floor = played.engine.floor
        there = [call for call in floor.calls.values() if call.ending is None]
        ringing = [call for call in there if call.place == "ringing"]
        if act == "come":
            played.tell(CallArrived(f"c{number}", str(what)))
            if floor.calls[f"c{number}"].place == "waiting":
                played.tell(CallWaiting(f"c{number}"))
        elif act == "leave" and there:
            played.tell(CallerHungUp(there[int(str(what)) % len(there)].call_id))
        elif act == "ready":
            played.get_ready(str(what))
        elif act in ("answer", "refuse") and ringing:
            call = ringing[int(str(what)) % len(ringing)]
            held = floor.reservations[call.reservation_id]
            ring = (held.call_id, held.reservation_id, held.agent_id)
            if act == "answer":
                played.tell(AgentAnswered(*ring))
            else:
                played.tell(RingEnded(*ring, RingEnd.REJECTED), CallWaiting(ring[0], ring[1]))
        elif act == "pass":
            played.pass_to(played.at + float(str(what)))
        check_books(played)
    event(f"{sum(bool(report.visit.flowed_out_to) for report in played.of(VisitEnded))} went on")


def check_books(played: Script) -> None:
    offered = Counter(report.queue_id for report in played.of(CallQueued))
    first = Counter({report.call_id: report.queue_id for report in reversed(played.of(CallQueued))}.values())
    came_on = Counter(report.visit.flowed_out_to for report in played.of(VisitEnded))
    ended = Counter((report.visit.queue_id, report.visit.outcome) for report in played.of(VisitEnded))
    for queue_id, lines in played.engine.floor.queues.items():
        settled = sum(ended[queue_id, outcome] for outcome in VisitOutcome)
        assert ended[queue_id, VisitOutcome.OPEN] == 0
        assert offered[queue_id] == settled + len(lines.visits)
        assert offered[queue_id] == first[queue_id] + came_on[queue_id]
        assert len(lines.visits) <= lines.queue.length_max
