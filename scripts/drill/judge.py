"""What people saw, compared with what the records say, call by call. Pure.

What people saw: a caller's leg (began, answered, ended, by whom), and the phones' legs that rang for the caller's
number. A talk is a phone's leg that was answered, acknowledged, and not refused at once: a late answer to a ring that
was taken back is hung up by the PBX within `REFUSED_S`, though neither agent nor caller did so.

**Lost** is a caller who was reached and then ended by neither side's doing, or who has no record, or still waits at the
end. A call that went down with the PBX itself is none of these: nothing outlives the process that carries it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from scripts.drill.leg import EndedBy, Leg
from scripts.drill.people import Caller, People
from scripts.drill.records import Record
from scripts.drill.site import GREETED

REFUSED_S = 0.3
TOLERANCE_S = 1.0
# The fallback counts in whole seconds.
FALLBACK_TOLERANCE_S = 2.0


@dataclass(frozen=True)
class Away:
    """No core watched from `began_at` until `ended_at`, and perhaps until `healed_at`; the last sign of life before may
    be older by `SIGN_S`."""

    began_at: float
    ended_at: float
    healed_at: float


SIGN_S = 2.0


@dataclass
class Verdict:
    """Numbers of callers, and what is wrong with whom, in words."""

    calls: int = 0
    answered: int = 0
    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    with_pbx: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def lose(self, number: str, why: str) -> None:
        self.lost.add(number)
        self.wrong.append(f"{number} lost: {why}")

    def blame(self, number: str, what: str) -> None:
        """A record that is not right is a call that is lost to the books."""
        self.lost.add(number)
        self.wrong.append(f"{number} record: {what}")


def talks_of(people: People, number: str) -> list[tuple[str, Leg]]:
    """(agent, leg) of each talk of this caller, in order."""
    return [(agent_id, leg) for agent_id, leg in people.legs_of(number) if _is_talk(people, leg)]


def _is_talk(people: People, leg: Leg) -> bool:
    log = leg.log
    refused = log.ended_by is EndedBy.THERE and log.ended_at - log.answered_at < REFUSED_S
    if refused:
        caller = people.caller(leg.other_number)
        hung_up_at = caller.leg.log.ended_at if caller and caller.leg.log.ended_by is EndedBy.HERE else 0.0
        refused = abs(log.ended_at - hung_up_at) > REFUSED_S
    return log.answered_at > 0 and log.acknowledged_at > 0 and not refused


def judge(
    people: People, records: Iterable[Record], aways: Sequence[Away] = (), callers: Sequence[Caller] | None = None
) -> Verdict:
    """Of `callers`, all by default."""
    judged = people.callers if callers is None else callers
    verdict = Verdict(calls=len(judged))
    known = {caller.number for caller in people.callers} - {caller.number for caller in judged}
    by_number: dict[str, list[Record]] = {}
    for record in records:
        if record.number not in known:
            by_number.setdefault(record.number, []).append(record)
    for caller in judged:
        talks = talks_of(people, caller.number)
        verdict.answered += bool(talks)
        _judge_end(verdict, caller, talks)
        _judge_bridges(verdict, caller, talks)
        _judge_records(verdict, caller, talks, by_number.pop(caller.number, []), aways)
    for number, strangers in by_number.items():
        verdict.wrong.append(f"{number}: {len(strangers)} records of a caller who never called")
    _judge_phones(verdict, people, {caller.number for caller in judged})
    return verdict


# ---- what happened to people ----


def _judge_end(verdict: Verdict, caller: Caller, talks: Sequence[tuple[str, Leg]]) -> None:
    log = caller.leg.log
    if log.ended_by is EndedBy.NOBODY:
        verdict.with_pbx.add(caller.number)
    elif log.ended_by is None:
        verdict.lose(caller.number, "still on the line, and nobody cares")
    elif log.ended_by is EndedBy.THERE and not log.answered_at:
        verdict.lose(caller.number, f"refused with {log.status}")
    elif log.ended_by is EndedBy.THERE and not (talks and talks[-1][1].log.ended_by is EndedBy.HERE):
        verdict.lose(caller.number, "hung up on, and no agent did it")


def _judge_bridges(verdict: Verdict, caller: Caller, talks: Sequence[tuple[str, Leg]]) -> None:
    for (_, before), (agent_id, after) in pairwise(talks):
        if after.log.answered_at < before.log.ended_at:
            verdict.doubled.add(caller.number)
            verdict.wrong.append(f"{caller.number} double: {agent_id} joined a talk that went on")
    spoke_to = {agent_id for agent_id, _ in talks}
    for heard in caller.leg.voice.heard:
        if heard.name.removeprefix("a") not in spoke_to:
            verdict.doubled.add(caller.number)
            verdict.wrong.append(f"{caller.number} double: heard {heard.name}, who had not answered them")


def _judge_phones(verdict: Verdict, people: People, numbers: Collection[str]) -> None:
    for phone in people.phones.values():
        talks = [leg for leg in phone.rings if leg.other_number in numbers and _is_talk(people, leg)]
        for leg in talks:
            for heard in leg.voice.heard:
                if heard.name.removeprefix("c") != leg.other_number:
                    verdict.doubled.add(leg.other_number)
                    verdict.wrong.append(f"{leg.other_number} double: {phone.agent_id} heard {heard.name} meanwhile")
        for before, after in pairwise(talks):
            if not before.log.ended_at or after.log.answered_at < before.log.ended_at:
                verdict.doubled.add(after.other_number)
                verdict.wrong.append(f"{after.other_number} double: {phone.agent_id} was talking already")


# ---- what the records say ----


def _judge_records(
    verdict: Verdict, caller: Caller, talks: Sequence[tuple[str, Leg]], found: Sequence[Record], aways: Sequence[Away]
) -> None:
    number, log = caller.number, caller.leg.log
    if len(found) != 1:
        # Who hung up before the PBX had taken the call was no caller yet.
        if found or log.answered_at:
            verdict.blame(number, f"{len(found)} of them")
        return
    record = found[0]
    tolerance_s = FALLBACK_TOLERANCE_S if record.fell_back else TOLERANCE_S
    if caller.number not in verdict.with_pbx and log.ended_at and abs(record.ended_at - log.ended_at) > tolerance_s:
        verdict.blame(number, f"ended {record.ended_at - log.ended_at:+.1f} s beside the caller's own clock")
    if talks:
        _judge_answered(verdict, caller, talks[-1], record, tolerance_s, aways)
    elif record.outcome == "answered":
        verdict.blame(number, f"answered by {record.agent_id}, but no phone was")
    elif log.ended_by is EndedBy.HERE and record.outcome != "abandoned":
        verdict.blame(number, f"{record.outcome} ({record.reason}), but the caller hung up")
    _judge_away(verdict, caller, talks, record, aways)


def _judge_answered(
    verdict: Verdict,
    caller: Caller,
    talk: tuple[str, Leg],
    record: Record,
    tolerance_s: float,
    aways: Sequence[Away],
) -> None:
    number, (agent_id, leg) = caller.number, talk
    if (record.outcome, record.agent_id) != ("answered", agent_id):
        verdict.blame(number, f"{record.outcome} ({record.reason}) by {record.agent_id!r}, but {agent_id} answered")
        return
    late_s = record.answered_at - leg.log.answered_at
    if abs(late_s) > tolerance_s:
        verdict.blame(number, f"answered {late_s:+.1f} s beside the phone's own clock")
    if number in verdict.with_pbx or leg.dropped:
        # How long a phone without a network seemed to talk, only the PBX knows.
        return
    talked_s = leg.log.ended_at - leg.log.answered_at
    if abs(record.talk_s - talked_s) > tolerance_s:
        verdict.blame(number, f"talk of {record.talk_s:.1f} s, but it was {talked_s:.1f} s")
    came_at = caller.leg.log.answered_at
    at_most_s = at_least_s = leg.log.answered_at - came_at
    for away in aways:
        if away.began_at - SIGN_S <= came_at <= away.healed_at:
            # Who came when no switch could put them into a queue waited in none until one could.
            at_least_s = min(at_least_s, max(0.0, leg.log.answered_at - away.healed_at))
    if caller.dialled != GREETED and not at_least_s - tolerance_s <= record.wait_s <= at_most_s + tolerance_s:
        verdict.blame(number, f"wait of {record.wait_s:.1f} s, but it was {at_least_s:.1f} to {at_most_s:.1f} s")


def _judge_away(
    verdict: Verdict, caller: Caller, talks: Sequence[tuple[str, Leg]], record: Record, aways: Sequence[Away]
) -> None:
    """The time without a switch is in the record, and that the fallback found the agent if it did."""
    log = caller.leg.log
    ended_at = log.ended_at or record.ended_at
    at_most_s = sum(max(0.0, min(ended_at, a.healed_at) - max(log.began_at, a.began_at - SIGN_S)) for a in aways)
    at_least_s = sum(max(0.0, min(ended_at, a.ended_at) - max(log.began_at, a.began_at)) for a in aways)
    if not at_least_s - TOLERANCE_S <= record.unwatched_s <= at_most_s + TOLERANCE_S:
        verdict.blame(
            caller.number, f"unwatched {record.unwatched_s:.1f} s, not {at_least_s:.1f} to {at_most_s:.1f} s"
        )
    for away in aways:
        by_fallback = [leg for _, leg in talks if away.began_at + TOLERANCE_S < leg.log.began_at < away.ended_at]
        if by_fallback and not record.fell_back:
            verdict.blame(caller.number, "rung while no switch lived, yet it did not fall back")
