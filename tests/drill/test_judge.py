"""The judge of the drills finds every way to lose a caller, and nothing where all is right."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from scripts.drill.judge import Away, Verdict, judge
from scripts.drill.leg import EndedBy, Leg, LegLog
from scripts.drill.people import Caller, People, Phone
from scripts.drill.records import Record, Visit
from scripts.drill.site import MAIN
from scripts.drill.sound import Heard

NUMBER = "5550001"
ADDRESS = ("127.0.0.1", 5060)
RIGHT = Record(
    call_id="1.0", number=NUMBER, dialled=MAIN, outcome="answered", reason="agent_hung_up", place="after_call",
    hung_up_by="agent", queue_id="main", agent_id="2001", arrived_at=100.0, answered_at=105.0, ended_at=115.0,
    wait_s=5.0, talk_s=10.0, unwatched_s=0.0, fell_back=False, ivr_path=(),
    visits=(Visit("main", 100.0, 105.0, "answered", 5.0),), rings=(),
)  # fmt: skip


def leg(name: str, **log: Any) -> Leg:
    made = Leg(name, lambda data: None, ADDRESS, ADDRESS, lambda changed: None)
    made.log = LegLog(**log)
    return made


class Scene:
    """One caller, whom 2001 answered after 5 s and left after 10 s; 2002 was not rung."""

    def __init__(self) -> None:
        self.people = People("127.0.0.1:5060", 5070, ["2001", "2002"])
        self.caller = self.add_caller(NUMBER)
        self.talk = self.add_talk("2001", NUMBER, 105.0, 115.0)
        self.records = [RIGHT]
        self.aways: list[Away] = []

    def add_caller(self, number: str) -> Caller:
        line = leg(f"c{number}", began_at=100.0, answered_at=100.0, ended_at=115.0, ended_by=EndedBy.THERE)
        caller = Caller(number, MAIN, line)
        self.people.callers.append(caller)
        return caller

    def add_talk(self, agent_id: str, number: str, answered_at: float, ended_at: float) -> Leg:
        phone: Phone = self.people.phones[agent_id]
        talk = leg(
            f"a{agent_id}", began_at=answered_at - 1, answered_at=answered_at, acknowledged_at=answered_at,
            ended_at=ended_at, ended_by=EndedBy.HERE,
        )  # fmt: skip
        talk.other_number = number
        phone.rings.append(talk)
        return talk

    def change(self, **values: Any) -> None:
        self.records = [dataclasses.replace(RIGHT, **values)]

    def judged(self) -> Verdict:
        return judge(self.people, self.records, self.aways)


def test_what_is_right_is_right() -> None:
    scene = Scene()
    verdict = scene.judged()
    assert (verdict.wrong, verdict.calls, verdict.answered) == ([], 1, 1)


def test_a_late_answer_that_was_refused_is_no_talk() -> None:
    scene = Scene()
    refused = scene.add_talk("2002", NUMBER, 107.0, 107.1)
    refused.log.ended_by = EndedBy.THERE
    assert scene.judged().wrong == []


def test_a_short_talk_that_the_caller_ended_is_one() -> None:
    scene = Scene()
    for log, by in ((scene.caller.leg.log, EndedBy.HERE), (scene.talk.log, EndedBy.THERE)):
        log.ended_at, log.ended_by = 105.1, by
    scene.change(ended_at=105.1, talk_s=0.1)
    assert scene.judged().wrong == []


def test_calls_that_asterisk_took_along_are_not_lost() -> None:
    scene = Scene()
    for line in (scene.caller.leg, scene.talk):
        line.log.ended_by = EndedBy.NOBODY
    verdict = scene.judged()
    assert (verdict.wrong, verdict.with_pbx) == ([], {NUMBER})


def hang_up_on(scene: Scene) -> None:
    scene.talk.log.ended_by = EndedBy.THERE


def forget(scene: Scene) -> None:
    scene.caller.leg.log.ended_by, scene.caller.leg.log.ended_at = None, 0.0


def away_unnoticed(scene: Scene) -> None:
    scene.aways = [Away(102.0, 110.0, 111.0)]


def rung_by_nobody(scene: Scene) -> None:
    scene.aways = [Away(101.0, 112.0, 112.0)]
    scene.change(unwatched_s=11.0)


LOSSES: dict[str, Callable[[Scene], Any]] = {
    "no record": lambda scene: scene.records.clear(),
    "two records": lambda scene: scene.records.append(dataclasses.replace(RIGHT, call_id="2.0")),
    "another agent": lambda scene: scene.change(agent_id="2002"),
    "not answered": lambda scene: scene.change(outcome="abandoned", agent_id=""),
    "answered late": lambda scene: scene.change(answered_at=107.0),
    "talk too long": lambda scene: scene.change(talk_s=12.0),
    "wait too short": lambda scene: scene.change(wait_s=3.0),
    "ended late": lambda scene: scene.change(ended_at=117.0),
    "unwatched, though watched": lambda scene: scene.change(unwatched_s=4.0),
    "watched, though unwatched": away_unnoticed,
    "rung by nobody": rung_by_nobody,
    "hung up on": hang_up_on,
    "forgotten": forget,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_found(loss: str) -> None:
    scene = Scene()
    LOSSES[loss](scene)
    verdict = scene.judged()
    assert (verdict.lost, verdict.doubled) == ({NUMBER}, set()), verdict.wrong


def test_a_caller_with_two_agents_is_found() -> None:
    scene = Scene()
    scene.add_talk("2002", NUMBER, 104.0, 106.0)
    assert NUMBER in scene.judged().doubled


def test_an_agent_with_two_callers_is_found() -> None:
    scene = Scene()
    other = "5550002"
    scene.add_caller(other)
    scene.add_talk("2001", other, 110.0, 115.0)
    theirs = dataclasses.replace(RIGHT, call_id="2.0", number=other, answered_at=110.0, wait_s=10.0, talk_s=5.0)
    scene.records.append(theirs)
    verdict = scene.judged()
    assert (verdict.lost, verdict.doubled) == (set(), {other})


def test_a_strange_voice_is_found() -> None:
    scene = Scene()
    scene.caller.leg.voice.heard.append(Heard("a2002", 106.0, 107.0))
    assert scene.judged().doubled == {NUMBER}


def test_a_record_of_nobody_is_found() -> None:
    scene = Scene()
    scene.records.append(dataclasses.replace(RIGHT, call_id="2.0", number="5559999"))
    assert scene.judged().wrong == ["5559999: 1 records of a caller who never called"]
