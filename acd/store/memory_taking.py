"""What must outlive a killed switch, on its way to the database: the memories of calls and agents that steps touched.

A **moment** is what the engine remembers at one instant, of all that was touched since the moment before. It goes
behind the entries of every step that it knows of, as entries of the kind `memory`: one a call or agent (`data` "" to
forget it), and last the switch's own, `{"at": ...}`, the sign of life, which makes the moment whole. All of them bear
the number of the last journal entry that the moment knows of; they are not themselves in the journal.

**What is stored is always some moment whole, and never ahead of the records**: a call that has no record yet is
remembered still.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Protocol, get_type_hints

from acd.core.events import Diverged, Event, PbxSynced
from acd.core.memory import AgentMemory, CallMemory
from acd.core.reports import CallEnded, Report
from acd.store.journal import AGENT, CALL, MEMORY, SWITCH, Entry, text_of

# The engine waits while memories are encoded: this many take well under a millisecond.
_SLICE_MEMORIES = 20
_SLICE_WHOLE = 500


class MemorySource(Protocol):
    """What the engine remembers now; None: nothing of it must be kept."""

    def memory_of_call(self, call_id: str) -> CallMemory | None: ...

    def memory_of_agent(self, agent_id: str) -> AgentMemory | None: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """`at`: when it was taken. `seq`: the last entry of the journal that it knows of. `left`: what is to be encoded."""

    run: int
    seq: int
    at: float
    left: deque[tuple[str, str, object | None]]

    def entry(self, kind: str, subject: str, data: str) -> Entry:
        call_id = subject if kind == CALL else None
        agent_id = subject if kind == AGENT else None
        return Entry(self.run, self.seq, self.at, MEMORY, kind, call_id, agent_id, data)


class Touched:
    """Whose memory may have changed since the last moment."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source
        self._calls: set[str] = set()
        self._agents: set[str] = set()
        # What all moments so far come to, and the last of them.
        self._kept: dict[tuple[str, str], str] = {}
        self._last: Moment | None = None

    def note(self, event: Event | None, reports: Sequence[Report]) -> None:
        """Every change of a memory comes with an event or report that names the call or agent."""
        if event is not None:
            self._note(event)
            if isinstance(event, PbxSynced):
                self._calls.update(shown.call_id for shown in event.calls)
            elif isinstance(event, Diverged):
                subjects = [difference.subject for difference in event.differences]
                self._calls.update(subjects)
                self._agents.update(subjects)
        for report in reports:
            self._note(report)

    def _note(self, item: Event | Report) -> None:
        call_of, agent_of = _subjects_of(type(item))  # type: ignore[arg-type]
        if call_of is not None:
            self._calls.add(call_of(item))
        if agent_of is not None:
            self._agents.add(agent_of(item))

    def take(self, run: int, seq: int, at: float) -> Moment:
        """What the engine remembers now of all that was touched: nothing may come in between. Encode it (`move_to`)
        before the next is taken."""
        left: deque[tuple[str, str, object | None]] = deque()
        for agent_id in self._agents:
            self._take_one(left, AGENT, agent_id, self._source.memory_of_agent(agent_id))
        for call_id in self._calls:
            self._take_one(left, CALL, call_id, self._source.memory_of_call(call_id))
        self._agents.clear()
        self._calls.clear()
        left.append((SWITCH, "", {"at": at}))
        return Moment(run, seq, at, left)

    def _take_one(self, left: deque[tuple[str, str, object | None]], kind: str, subject: str, memory: object) -> None:
        # Who came and went between two moments was never remembered.
        if memory is not None or (kind, subject) in self._kept:
            left.append((kind, subject, memory))

    async def move_to(self, entries: list[Entry], moment: Moment) -> None:
        """Put the moment behind `entries`. The engine gets its turns in between; when cancelled, each memory is in the
        one or the other."""
        number = 0
        while moment.left:
            kind, subject, memory = moment.left[0]
            data = "" if memory is None else text_of(memory)
            entries.append(moment.entry(kind, subject, data))
            moment.left.popleft()
            if data and kind != SWITCH:
                self._kept[kind, subject] = data
            else:
                self._kept.pop((kind, subject), None)
            number += 1
            if number % _SLICE_MEMORIES == 0:
                await asyncio.sleep(0)
        self._last = moment

    async def whole(self) -> list[Entry]:
        """The last moment with all that was remembered then, touched or not."""
        entries: list[Entry] = []
        if self._last is None:
            return entries
        for (kind, subject), data in list(self._kept.items()):
            entries.append(self._last.entry(kind, subject, data))
            if len(entries) % _SLICE_WHOLE == 0:
                await asyncio.sleep(0)
        entries.append(self._last.entry(SWITCH, "", text_of({"at": self._last.at})))
        return entries


Getter = Callable[[Any], str]


@cache
def _subjects_of(cls: type) -> tuple[Getter | None, Getter | None]:
    """How to get the ids of the call and of the agent that an event or report is about."""
    if cls is CallEnded:
        return attrgetter("record.call_id"), attrgetter("record.agent_id")
    hints: Mapping[str, Any] = get_type_hints(cls)
    return tuple(attrgetter(name) if name in hints else None for name in ("call_id", "agent_id"))  # type: ignore[return-value]
