"""What Asterisk's lists say, as events of the core."""

from acd.core.events import CallGone, CallSeen
from acd.core.words import Side
from acd.pbx.asterisk.message import Message
from acd.pbx.asterisk.pbx import minute_of
from acd.pbx.asterisk.status import read_ended, read_minutes, read_presence
from acd.pbx.asterisk.tracks import IVR, WAITING_ROOM, Tracks


def end(key: str, value: str) -> Message:
    return Message([("Event", "DBGetTreeResponse"), ("Key", key), ("Val", value)])


def test_the_end_of_a_call_that_nobody_heard() -> None:
    after_call = "after-call|10086|general|100.797|101.799|102.005|2|100.0.1|2001|180.647|16|13912341234"
    in_talk = "ring|10086|general|100.761|101.762|102.969||100.2.1|2001|182.269|16|+8613912341234"
    in_menu = "entry|10086||100.381||||||101.889|0|"
    ended = read_ended(
        [
            end("/acd-ended/202611232101/100.0", after_call),
            end("/acd-ended/202611232101/100.2", in_talk),
            end("/acd-ended/202611232102/100.4", in_menu),
        ]
    )
    assert ended == (
        CallGone(
            CallSeen("100.0", "after-call", "10086", "13912341234", "", "general", 100.797, 101.799, 102.005, 2,
                     "100.0.1", "2001", talking=False),
            180.647, Side.AGENT, 16,
        ),
        CallGone(
            CallSeen("100.2", "ring", "10086", "+8613912341234", "", "general", 100.761, 101.762, 102.969, 0,
                     "100.2.1", "2001", talking=True),
            182.269, Side.CALLER, 16,
        ),
        CallGone(CallSeen("100.4", "entry", "10086", arrived_at=100.381), 101.889, Side.CALLER, 0),
    )  # fmt: skip


def test_times_are_numbers_or_utc() -> None:
    arrived, answered, ended = (f"2026-11-23T21:26:{seconds}" for seconds in ("20.596", "21.188", "25.560"))
    value = f"after-call|1|q|{arrived}|1795469180.597|{answered}|0|c.1|2|{ended}|16|1"
    (gone,) = read_ended([end("/acd-ended/1/c", value)])
    assert (gone.last.arrived_at, gone.last.joined_at) == (1795469180.596, 1795469180.597)
    assert (gone.last.answered_at, gone.ended_at) == (1795469181.188, 1795469185.56)


def test_a_ring_that_nobody_answered_is_no_talk() -> None:
    (gone,) = read_ended([end("/acd-ended/1/c", "ring|10086|general|100.0|101.0|||c.1|2001|110.0|16|1")])
    assert (gone.last.talking, gone.last.agent_id, gone.last.reservation_id) == (False, "2001", "c.1")


def test_what_others_have_written_there_is_passed_over() -> None:
    assert read_ended([end("/acd-ended/1/c", "odd"), end("/acd-ended", "a|b"), end("", "")]) == ()


def test_the_minutes_that_can_be_forgotten() -> None:
    items = [end("/acd-ended/202611232101/c", ""), end("/acd-ended/202611232102/d", ""), end("/acd-ended/odd", "")]
    assert read_minutes(items) == {"202611232101", "202611232102"}
    assert minute_of(1795467693.0) == "202611232101"


def test_members_are_what_the_queue_of_all_takes_them_for() -> None:
    def member(queue: str, agent: str, paused: str) -> Message:
        return Message([("Event", "QueueMember"), ("Queue", queue), ("Location", f"PJSIP/{agent}"), ("Paused", paused)])

    items = [
        Message([("Event", "QueueParams"), ("Queue", "default")]),
        member("default", "1001", "0"), member("default", "1002", "1"), member("general", "1003", "0"),
    ]  # fmt: skip
    assert read_presence(items) == {"1001": "ready", "1002": "paused"}


def test_a_wrong_track_is_corrected_alone() -> None:
    tracks, fresh = Tracks(), Tracks()
    wrong, kept, gone = (tracks.add(call_id, f"PJSIP/trunk-{call_id}", IVR) for call_id in "abc")
    tracks.set_leg(wrong, "PJSIP/1001-1")
    right = fresh.add("a", "PJSIP/trunk-a", WAITING_ROOM)
    for call_id in ("a", "c"):
        tracks.correct(call_id, fresh)
    assert tracks.by_call == {"a": right, "b": kept}
    assert tracks.by_channel == {"PJSIP/trunk-a": right, "PJSIP/trunk-b": kept}
    assert tracks.by_leg == {}
    assert gone.call_id == "c"
