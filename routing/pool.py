"""The agents who meet one requirement and are chosen by one strategy, and the calls that ask for just this.

Queues that ask for the same share a pool. An agent who is free stands in the line of each pool that they are in, and a
call that waits in that of one pool: so whoever becomes free looks at the heads of a few lines, and a call that comes
at the head of one, however many agents and calls there are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from routing.decision import Decision
from routing.line import Key, Line
from routing.requirement import Requirement
from routing.score import Claim, overdue_place_of, place_of
from routing.strategy import FIGURES, KEYS, RANDOM, ROUND_ROBIN, Candidate, draw

RUNNERS_UP_MAX = 3


class Pool:
    """`idle` are the agents who may be rung; `standings` counts all who are logged in by what they count as,
    `eligible` those in `idle`."""

    def __init__(self, requirement: Requirement, strategy: str) -> None:
        self.requirement = requirement
        self.strategy = strategy
        self.idle = Line()
        self.standings: Counter[str] = Counter()
        self.overdue = Line()
        self.waiting: dict[float, Line] = {}
        self._key = KEYS[strategy]
        self._turns: dict[str, int] = {}
        self._rings = 0
        self._asked = str(requirement)

    # ---- agents ----

    def key_of(self, agent: Candidate) -> Key:
        """Where a free agent stands in `idle`. It stays the same as long as they are free."""
        return self._key(self.requirement, agent, self._turns.get(agent.agent_id, 0))

    def note_ring(self, agent_id: str) -> None:
        """The agent is rung for a call of this pool. They must not stand in line any more."""
        self._rings += 1
        if self.strategy == ROUND_ROBIN:
            self._turns[agent_id] = self._rings

    def choose_agent(self, now: float) -> Decision:
        """The first in line (of `random` anyone), with the reason. Costs the same however many there are."""
        passed_over = {why: n for why, n in self.standings.items() if n and why != "eligible"}
        if not self.idle:
            return Decision(None, self.strategy, passed_over=passed_over, asked=self._asked)
        if self.strategy == RANDOM:
            drawn = draw(f"{self._asked} {now!r} {self._rings}", len(self.idle))
            return Decision(
                self.idle[drawn][-1], RANDOM, drawn + 1, len(self.idle), (), passed_over, self._asked
            )
        figure = FIGURES[self.strategy][0]
        first, *behind = [(key[-1], figure(key[0], now)) for key in islice(self.idle, RUNNERS_UP_MAX + 1)]
        return Decision(
            first[0], self.strategy, first[1], len(self.idle), tuple(behind), passed_over, self._asked
        )

    # ---- calls ----

    def add(self, claim: Claim, *, overdue: bool) -> tuple[Line, Key]:
        """Put a call in line. Returns where, to take it out again."""
        if overdue:
            line, key = self.overdue, overdue_place_of(claim)
        else:
            line, key = self.waiting.setdefault(claim.weight, Line()), place_of(claim)
        line.add(key)
        return line, key

    def calls(self) -> Iterator[str]:
        """All that wait, in no order that means anything."""
        for line in (self.overdue, *self.waiting.values()):
            for key in line:
                yield key[-1]

    @property
    def has_calls(self) -> bool:
        return bool(self.overdue) or any(self.waiting.values())


def choose_call(pools: Iterable[Pool], now: float) -> str | None:
    """The call whose turn it is in these pools; None if none waits. Ties go to who joined first, then the lower id."""
    best: Key | None = None
    overdue: Key | None = None
    for pool in pools:
        head = pool.overdue.first()
        if head is not None and (overdue is None or head < overdue):
            overdue = head
        if overdue is not None:
            continue
        for weight, line in pool.waiting.items():
            head = line.first()
            if head is not None:
                rank = (-weight * (now - head[0]), *head[1:])
                if best is None or rank < best:
                    best = rank
    chosen = overdue or best
    return chosen[-1] if chosen else None
