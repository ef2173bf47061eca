"""What callers and phones saw, beside what the records say, call by call. Pure.

A caller's number tells which messages, which phone's call and which record belong together.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from scripts.softphones.sipp import SippMessage

TIE_S = 0.05
"""Callers who joined, or were rung for, within so much of each other came at the same time."""
TALK_ERROR_S_MAX = 1.5
"""A talk that ended while nobody watched is known by Asterisk's clock and read after the restart."""
_USER = re.compile(r"sips?:([^@;>]+)@")


@dataclass(slots=True)
class Talk:
    """One ring of a phone, as the phone saw it; times in UTC seconds, 0: never."""

    agent_id: str
    rung_at: float
    answered_at: float = 0.0
    ended_at: float = 0.0
    ended_by_phone: bool = False


@dataclass(slots=True)
class Caller:
    """`called_at`: INVITE. `joined_at`: answered by Asterisk, in the queue from then on. `ended_at`: Asterisk's BYE."""

    number: str
    called_at: float = 0.0
    joined_at: float = 0.0
    ended_at: float = 0.0
    talks: list[Talk] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the calls."""

    number: str
    outcome: str
    agent_id: str
    talk_s: float


Served = tuple[float, float, Caller]
"""When they joined, when they were rung for."""


def read_callers(callers: Iterable[SippMessage], phones: Iterable[SippMessage]) -> dict[str, Caller]:
    """By number, with what the phones saw of each."""
    found: dict[str, Caller] = {}
    by_dialog: dict[str, Caller] = {}
    for message in callers:
        if message.method == "INVITE" and message.call_id not in by_dialog:
            number = user_of(message.headers.get("from", ""))
            by_dialog[message.call_id] = found.setdefault(number, Caller(number, message.at))
        caller = by_dialog[message.call_id]
        if message.status == 200 and message.headers.get("cseq", "").endswith("INVITE"):
            caller.joined_at = caller.joined_at or message.at
        elif message.method == "BYE" and not message.sent:
            caller.ended_at = caller.ended_at or message.at
    for number, talks in read_talks(phones).items():
        found.setdefault(number, Caller(number)).talks = talks
    return found


def read_talks(phones: Iterable[SippMessage]) -> Mapping[str, list[Talk]]:
    """By the caller's number, in order."""
    talks: dict[str, list[Talk]] = defaultdict(list)
    by_dialog: dict[str, Talk] = {}
    for message in phones:
        talk = by_dialog.get(message.call_id)
        if message.method == "INVITE" and talk is None:
            talk = by_dialog[message.call_id] = Talk(user_of(message.start_line), message.at)
            talks[user_of(message.headers.get("from", ""))].append(talk)
        elif talk is None:
            continue
        elif message.method == "ACK":
            talk.answered_at = talk.answered_at or message.at
        elif message.method == "BYE" and not talk.ended_at:
            talk.ended_at, talk.ended_by_phone = message.at, message.sent
    return talks


def find_lost(numbers: Iterable[str], callers: Mapping[str, Caller], records: Sequence[Record]) -> dict[str, list[str]]:
    """Callers with whom something went wrong -> what. Each should have had one talk, ended by the agent, and one
    record that says so; callers whom nobody knows of are wrong, too."""
    by_number: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_number[record.number].append(record)
    expected = set(numbers)
    lost = {}
    for number in sorted(expected | set(callers) | set(by_number)):
        if number not in expected:
            problems = ["nobody called so"]
        else:
            caller = callers.get(number, Caller(number))
            problems = [*_seen(caller), *_recorded(caller, by_number[number])]
        if problems:
            lost[number] = problems
    return lost


def _seen(caller: Caller) -> list[str]:
    if not caller.joined_at:
        return ["was never answered by Asterisk"]
    answered = [talk for talk in caller.talks if talk.answered_at]
    if not answered:
        return ["never talked to an agent"]
    problems = [f"talked {len(answered)} times"] if len(answered) > 1 else []
    talk = answered[0]
    if not talk.ended_at:
        problems.append("the talk never ended")
    elif not talk.ended_by_phone:
        problems.append(f"the talk was cut after {talk.ended_at - talk.answered_at:.1f} s")
    if not caller.ended_at:
        problems.append("the line was never closed")
    return problems


def _recorded(caller: Caller, records: Sequence[Record]) -> list[str]:
    if len(records) != 1:
        return [f"has {len(records)} records"]
    record, talk = records[0], next((talk for talk in caller.talks if talk.answered_at), None)
    if talk is None:
        return []
    problems = []
    if (record.outcome, record.agent_id) != ("answered", talk.agent_id):
        problems.append(f"is recorded as {record.outcome} by {record.agent_id or 'nobody'}, was with {talk.agent_id}")
    talk_s = talk.ended_at - talk.answered_at
    if talk.ended_at and abs(record.talk_s - talk_s) > TALK_ERROR_S_MAX:
        problems.append(f"talked {talk_s:.1f} s, recorded are {record.talk_s:.1f} s")
    return problems


def find_overtaken(callers: Iterable[Caller]) -> list[tuple[Caller, Caller]]:
    """Pairs of which the first joined before the second and was rung for after it, ties apart.

    Of those who overtook a caller only the one who was rung for first is named.
    """
    served: list[Served] = [
        (caller.joined_at, talk.rung_at, caller) for caller in callers for talk in caller.talks[-1:] if caller.joined_at
    ]
    served.sort(key=lambda each: each[:2])
    joined = [joined_at for joined_at, _, _ in served]
    # Of those from this place on, who was rung for first.
    first_after = list(accumulate(reversed(served), _rung_first))[::-1]
    pairs = []
    for joined_at, rung_at, caller in served:
        place = bisect_right(joined, joined_at + TIE_S)
        if place < len(served) and rung_at - first_after[place][1] > TIE_S:
            pairs.append((caller, first_after[place][2]))
    return pairs


def _rung_first(one: Served, other: Served) -> Served:
    return min(one, other, key=lambda each: each[1])


def user_of(text: str) -> str:
    found = _USER.search(text)
    return found.group(1) if found else ""
