"""The judge of the recovery benchmark: each way to lose a caller is seen, and nothing else is called so."""

from dataclasses import replace

import pytest

from scripts.recovery.judge import TIE_S, Caller, Record, Talk, find_lost, find_overtaken, read_callers
from scripts.softphones.sipp import SippMessage

NUMBER = "13900001"


def invite(at: float, sent: bool, user: str = "10086") -> SippMessage:
    headers = {"from": f"<sip:{NUMBER}@127.0.0.1>;tag=1", "call-id": "1", "cseq": "1 INVITE"}
    return SippMessage(at, sent, f"INVITE sip:{user}@127.0.0.1 SIP/2.0", headers)


def message(at: float, sent: bool, start_line: str, cseq: str = "") -> SippMessage:
    return SippMessage(at, sent, start_line, {"call-id": "1", "cseq": cseq})


def test_messages_of_both_sides_become_a_caller() -> None:
    at_caller = [
        invite(1.0, True),
        invite(1.5, True),
        message(1.6, False, "SIP/2.0 200 OK", "1 INVITE"),
        message(9.0, False, "BYE sip:1@127.0.0.2 SIP/2.0"),
    ]
    at_phone = [
        message(0.5, False, "OPTIONS sip:2001@127.0.0.3 SIP/2.0"),
        invite(4.0, False, "2001"),
        message(4.2, False, "ACK sip:2001@127.0.0.3 SIP/2.0"),
        message(8.9, True, "BYE sip:1@127.0.0.1 SIP/2.0"),
    ]
    assert read_callers(at_caller, at_phone) == {
        NUMBER: Caller(NUMBER, 1.0, 1.6, 9.0, [Talk("2001", 4.0, 4.2, 8.9, ended_by_phone=True)])
    }


GOOD = Caller(NUMBER, 1.0, 1.6, 9.0, [Talk("2001", 4.0, 4.2, 8.9, ended_by_phone=True)])
RECORD = Record(NUMBER, "answered", "2001", 4.7)


def lost(caller: Caller = GOOD, *records: Record) -> list[str]:
    return find_lost([NUMBER], {NUMBER: caller}, records).get(NUMBER, [])


def test_a_caller_whom_all_agree_about_is_not_lost() -> None:
    assert lost(GOOD, RECORD) == []


def edited(**changes: object) -> Caller:
    return replace(GOOD, talks=[replace(GOOD.talks[0], **changes)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caller", "records", "said"),
    [
        (GOOD, [], "has 0 records"),
        (GOOD, [RECORD, RECORD], "has 2 records"),
        (GOOD, [replace(RECORD, outcome="failed", agent_id="")], "is recorded as failed by nobody"),
        (GOOD, [replace(RECORD, agent_id="2002")], "is recorded as answered by 2002, was with 2001"),
        (GOOD, [replace(RECORD, talk_s=19.0)], "recorded are 19.0 s"),
        (edited(ended_by_phone=False), [RECORD], "the talk was cut"),
        (edited(answered_at=0.0), [RECORD], "never talked to an agent"),
        (edited(ended_at=0.0), [RECORD], "the talk never ended"),
        (replace(GOOD, talks=GOOD.talks * 2), [RECORD], "talked 2 times"),
        (replace(GOOD, joined_at=0.0), [RECORD], "was never answered by Asterisk"),
        (replace(GOOD, ended_at=0.0), [RECORD], "the line was never closed"),
    ],
)
def test_each_way_to_lose_a_caller_is_named(caller: Caller, records: list[Record], said: str) -> None:
    assert any(said in problem for problem in lost(caller, *records))


def test_callers_whom_nobody_saw_or_knows_are_lost() -> None:
    assert find_lost([NUMBER], {}, []) == {NUMBER: ["was never answered by Asterisk", "has 0 records"]}
    assert find_lost([], {}, [RECORD]) == {NUMBER: ["nobody called so"]}


def line(*joined_and_rung: tuple[float, float]) -> list[Caller]:
    return [
        Caller(str(number), joined, joined, 99.0, [Talk("2001", rung)])
        for number, (joined, rung) in enumerate(joined_and_rung)
    ]


def test_who_is_rung_for_in_the_order_of_joining_overtakes_nobody() -> None:
    assert find_overtaken(line((1, 11), (2, 12), (3, 13))) == []


def test_everybody_who_was_overtaken_is_named_with_the_first_to_do_so() -> None:
    pairs = find_overtaken(line((1, 11), (2, 15), (3, 16), (4, 14), (5, 13)))
    assert [(one.number, other.number) for one, other in pairs] == [("1", "4"), ("2", "4"), ("3", "4")]


def test_ties_are_no_order_but_hide_nobody() -> None:
    tie = TIE_S / 2
    assert find_overtaken(line((1, 12), (1 + tie, 11))) == []
    assert find_overtaken(line((1, 12 + tie), (2, 12))) == []
    pairs = find_overtaken(line((1, 12), (1 + tie, 11), (2, 11.5)))
    assert [(one.number, other.number) for one, other in pairs] == [("0", "2")]
