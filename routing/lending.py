"""Whom to lend: the people of a group in the order in which they are taken, and why the others are not.

| choice | taken first | ties |
|---|---|---|
| longest_idle | who has been free for calls the longest | work number |
| fewest_calls | who has answered the fewest calls since log-in | longest idle, work number |
| top_down | who is listed first | work number |
| random | drawn anew each time, from the work number and the given seed | work number |

People who go leave the group with `stay_min` of those who are logged in. People who are asked still count as there,
but as many fewer may be asked besides. Who comes from outside on request was not there before and leaves nobody behind.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final, Protocol


class Choice(StrEnum):
    LONGEST_IDLE = "longest_idle"
    FEWEST_CALLS = "fewest_calls"
    TOP_DOWN = "top_down"
    RANDOM = "random"


class Person(Protocol):
    """What is known of an agent. `lendable`: nothing but being lent or asked already speaks against it."""

    @property
    def agent_id(self) -> str: ...

    @property
    def logged_in(self) -> bool: ...

    @property
    def lendable(self) -> bool: ...

    @property
    def idle_since(self) -> float: ...

    @property
    def calls_answered(self) -> int: ...

    @property
    def rank(self) -> int: ...


class Floor(Protocol):
    """What the surge asks of the floor. Answers change with events only."""

    def people(self, group_id: str) -> Iterable[Person]:
        """All whose home is the group, logged in or not; nobody for a group that does not exist."""
        ...

    def person(self, agent_id: str) -> Person | None:
        """None if there is no such agent."""
        ...

    def figures(self, surge_id: str) -> Mapping[str, float]:
        """What the journal is to say beside a decision."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """The people of a group who may go now, the first to be taken first; the others counted by what keeps them."""

    people: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        others = ", ".join(f"{n} {why}" for why, n in sorted(self.passed_over.items()) if n)
        return f"{len(self.people)} could go" + (f"; passed over: {others}" if others else "")


_Key = tuple[float | int | str, ...]
_KEYS: Final[Mapping[Choice, Callable[[Person, str], _Key]]] = {
    Choice.LONGEST_IDLE: lambda person, seed: (person.idle_since, person.agent_id),
    Choice.FEWEST_CALLS: lambda person, seed: (person.calls_answered, person.idle_since, person.agent_id),
    Choice.TOP_DOWN: lambda person, seed: (person.rank, person.agent_id),
    Choice.RANDOM: lambda person, seed: (blake2b(f"{seed} {person.agent_id}".encode()).hexdigest(), person.agent_id),
}


def who_may_go(
    people: Iterable[Person], choose: Choice, seed: str, *,
    away: Collection[str], asked: Collection[str], declined: Collection[str], stay_min: int,
) -> Offer:  # fmt: skip
    """Of those who are logged in, as many as may go beside those who are `asked` already.

    `away` are lent, or on their way back; `declined` said no before.
    """
    reasons: Counter[str] = Counter()
    willing: list[Person] = []
    there = 0
    for person in people:
        if not person.logged_in:
            reasons["logged_out"] += 1
        elif person.agent_id in away:
            reasons["lent"] += 1
        else:
            there += 1
            if person.agent_id in asked:
                reasons["asked"] += 1
            elif person.agent_id in declined:
                reasons["declined"] += 1
            elif not person.lendable:
                reasons["not_lendable"] += 1
            else:
                willing.append(person)
    chosen = _in_order(willing, choose, seed)[: max(0, there - reasons["asked"] - stay_min)]
    reasons["must_stay"] = len(willing) - len(chosen)
    return Offer(chosen, +reasons)


def who_may_come(people: Iterable[Person], choose: Choice, seed: str, *, declined: Collection[str]) -> Offer:
    """Of those who are not logged in, all who can be called. `declined` said no before, or are called already."""
    reasons: Counter[str] = Counter()
    willing: list[Person] = []
    for person in people:
        if person.logged_in:
            reasons["logged_in"] += 1
        elif person.agent_id in declined:
            reasons["declined"] += 1
        elif not person.lendable:
            reasons["not_lendable"] += 1
        else:
            willing.append(person)
    return Offer(_in_order(willing, choose, seed), reasons)


def _in_order(people: Iterable[Person], choose: Choice, seed: str) -> tuple[str, ...]:
    return tuple(person.agent_id for person in sorted(people, key=lambda person: _KEYS[choose](person, seed)))
