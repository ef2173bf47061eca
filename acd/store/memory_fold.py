"""What the switch remembers as it lies in the table of memories and in the spill: moment upon moment, folded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from acd.core.reports import CallEnded
from acd.store.journal import AGENT, CALL, MEMORY, SWITCH, Entry

ENDED_SINCE_S = 600.0
"""Calls that ended so long before the last sign of life are told, so that none gets a second record."""

Key = tuple[str, str]
"""Kind and id."""

Version = tuple[int, int]
"""The run of the switch and the last entry of its journal that a moment knows of: moments in their order."""


@dataclass(slots=True)
class Moments:
    """One or more whole moments as one: `memories` are what the last of them says of each subject, "" to forget it.

    What an earlier run remembered is void once a later one has remembered anything: it has taken over what it wants.
    """

    version: Version = (0, 0)
    switch: str = ""
    memories: dict[Key, str] = field(default_factory=dict)

    def add(self, later: "Moments") -> None:
        if later.version < self.version:
            return
        if later.version[0] > self.version[0]:
            self.memories.clear()
        self.version, self.switch = later.version, later.switch
        self.memories.update(later.memories)


class Fold:
    """Takes entries in order. A moment counts when its last entry has come: a torn one never does."""

    def __init__(self) -> None:
        self.moments = Moments()
        self._open: dict[Key, str] = {}
        self._version: Version = (0, 0)

    def take(self, entry: Entry) -> None:
        """Entries of the journal are passed over."""
        if entry.kind != MEMORY:
            return
        version = entry.run, entry.seq
        if version != self._version:
            self._version, self._open = version, {}
        if entry.type == SWITCH:
            self.moments.add(Moments(version, entry.data, self._open))
            self._open = {}
        elif entry.type in (CALL, AGENT):
            self._open[entry.type, entry.call_id or entry.agent_id or ""] = entry.data


class Left:
    """What an earlier run left in the spill: its memories, and the calls that ended of late."""

    def __init__(self) -> None:
        self._fold = Fold()
        self._ended: dict[str, float] = {}

    def take(self, entry: Entry) -> None:
        self._fold.take(entry)
        if entry.type == CallEnded.__name__ and entry.call_id:
            self._ended[entry.call_id] = entry.now
            while self._ended[first := next(iter(self._ended))] < entry.now - ENDED_SINCE_S:
                del self._ended[first]

    @property
    def moments(self) -> Moments:
        return self._fold.moments

    @property
    def ended(self) -> Collection[str]:
        return self._ended.keys()


def fold(entries: Sequence[Entry]) -> Moments:
    folding = Fold()
    for entry in entries:
        folding.take(entry)
    return folding.moments
