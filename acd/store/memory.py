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
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Protocol, get_type_hints

from acd.core.events import Diverged, Event, PbxSynced
from acd.core.memory import AgentMemory, CallMemory
from acd.core.reports import CallEnded, Report
from acd.store.journal import AGENT, CALL, MEMORY, SWITCH, Entry, text_of

# The engine waits while memories are encoded: this many take well under a millisecond.
_SLICE_MEMORIES = 20


class MemorySource(Protocol):
    """What the engine remembers now; None: nothing of it must be kept."""

    def memory_of_call(self, call_id: str) -> CallMemory | None: ...

    def memory_of_agent(self, agent_id: str) -> AgentMemory | None: ...


class Moment:
    """`at`: when it was taken. `seq`: the last entry of the journal that it knows of."""

    def __init__(self, run: int, seq: int, at: float, memories: Collection[tuple[str, str, object | None]]) -> None:
        self.run, self.seq, self.at = run, seq, at
        self._left = deque(memories)

    async def move_to(self, entries: list[Entry]) -> None:
        """Move all behind `entries`. The engine gets its turns in between; when cancelled, each is here or there."""
        number = 0
        while self._left:
            kind, subject, memory = self._left[0]
            entries.append(self._entry(kind, subject, "" if memory is None else text_of(memory)))
            self._left.popleft()
            number += 1
            if number % _SLICE_MEMORIES == 0:
                await asyncio.sleep(0)

    def _entry(self, kind: str, subject: str, data: str) -> Entry:
        call_id = subject if kind == CALL else None
        agent_id = subject if kind == AGENT else None
        return Entry(self.run, self.seq, self.at, MEMORY, kind, call_id, agent_id, data)


class Touched:
    """Whose memory may have changed since the last moment."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source
        self._calls: set[str] = set()
        self._agents: set[str] = set()
        # Of whom a memory is kept, so that nobody is forgotten twice.
        self._kept: set[tuple[str, str]] = set()

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

    def note_all(self) -> None:
        """The next moment is to hold all that is remembered."""
        for kind, subject in self._kept:
            (self._calls if kind == CALL else self._agents).add(subject)

    def take(self, run: int, seq: int, at: float) -> Moment:
        """What the engine remembers now of all that was touched: the caller must not wait between two of them."""
        memories: list[tuple[str, str, object | None]] = []
        looked_at = ((AGENT, self._agents, self._source.memory_of_agent), (CALL, self._calls,
                      self._source.memory_of_call))  # fmt: skip
        for kind, subjects, memory_of in looked_at:
            for subject in subjects:
                self._take_one(memories, kind, subject, memory_of)
            subjects.clear()
        memories.append((SWITCH, "", {"at": at}))
        return Moment(run, seq, at, memories)

    def _take_one(
        self,
        memories: list[tuple[str, str, object | None]],
        kind: str,
        subject: str,
        memory_of: Callable[[str], CallMemory | AgentMemory | None],
    ) -> None:
        memory = memory_of(subject)
        key = (kind, subject)
        if memory is not None:
            self._kept.add(key)
        elif key in self._kept:
            self._kept.discard(key)
        else:
            return
        memories.append((kind, subject, memory))


Getter = Callable[[Any], str]


@cache
def _subjects_of(cls: type) -> tuple[Getter | None, Getter | None]:
    """How to get the ids of the call and of the agent that an event or report is about."""
    if cls is CallEnded:
        return attrgetter("record.call_id"), attrgetter("record.agent_id")
    hints: Mapping[str, Any] = get_type_hints(cls)
    return tuple(attrgetter(name) if name in hints else None for name in ("call_id", "agent_id"))  # type: ignore[return-value]
