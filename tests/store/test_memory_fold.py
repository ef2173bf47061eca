"""Moments as they lie in the spill: one that a kill has torn never counts."""

from acd.store.journal import AGENT, MEMORY, SWITCH, Entry
from acd.store.memory_fold import fold


def of_agent(seq: int, agent_id: str, data: str) -> Entry:
    return Entry(1, seq, 1000.0 + seq, MEMORY, AGENT, None, agent_id, data)


def sign(seq: int) -> Entry:
    return Entry(1, seq, 1000.0 + seq, MEMORY, SWITCH, None, None, f"{seq}")


def test_a_torn_moment_never_counts() -> None:
    whole = [of_agent(4, "1001", "ready"), sign(4)]
    torn = [of_agent(9, "1001", ""), of_agent(9, "1002", "ready")]
    moments = fold([*whole, *torn])
    assert (moments.version, moments.switch, moments.memories) == ((1, 4), "4", {(AGENT, "1001"): "ready"})


def test_nor_does_it_when_later_ones_are_whole() -> None:
    whole = [of_agent(4, "1001", "ready"), sign(4)]
    torn = [of_agent(9, "1001", "")]
    later = [of_agent(12, "1002", "ready"), sign(12)]
    moments = fold([*whole, *torn, *later])
    assert (moments.version, moments.memories) == ((1, 12), {(AGENT, "1001"): "ready", (AGENT, "1002"): "ready"})
