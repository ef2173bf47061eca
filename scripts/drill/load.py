"""A crowd: callers who come at random, some with little patience, and agents who answer and talk at random."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from scripts.drill.people import People
from scripts.drill.site import GREETED, MAIN, OTHER, URGENT

DIALLED = {GREETED: 3, MAIN: 4, URGENT: 2, OTHER: 1}


@dataclass(frozen=True)
class Crowd:
    """`per_s` callers a second. Of them `impatient` give up after 2 to 15 s unless an agent spoke; `brief` hang up soon
    after the first word; all others stay until the agent hangs up. An agent's talk lasts `talk_s` (from, to)."""

    per_s: float
    talk_s: tuple[float, float] = (3.0, 8.0)
    impatient: float = 0.2
    brief: float = 0.2
    unanswered: float = 0.05


class Load:
    """Callers come from `begin` to `stop`. The same seed gives the same people, not the same races."""

    def __init__(self, people: People, crowd: Crowd, seed: int) -> None:
        self._people, self._crowd, self._random = people, crowd, Random(seed)
        self._coming: asyncio.Task[None] | None = None
        for phone in people.phones.values():
            phone.habit = self._take

    def begin(self) -> None:
        self._coming = asyncio.get_running_loop().create_task(self._come())

    async def stop(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            with suppress(asyncio.CancelledError):
                await self._coming

    async def _come(self) -> None:
        crowd, random = self._crowd, self._random
        while True:
            await asyncio.sleep(random.expovariate(crowd.per_s))
            [dialled] = random.choices(list(DIALLED), list(DIALLED.values()))
            kind = random.random()
            patience_s = random.uniform(2.0, 15.0) if kind < crowd.impatient else None
            brief = crowd.impatient <= kind < crowd.impatient + crowd.brief
            self._people.call(dialled, patience_s=patience_s, talk_s=random.uniform(0.1, 2.0) if brief else None)

    def _take(self) -> tuple[float | None, float | None]:
        if self._random.random() < self._crowd.unanswered:
            return None, None
        return self._random.uniform(0.2, 1.5), self._random.uniform(*self._crowd.talk_s)
