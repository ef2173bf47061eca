"""The longest idle agent answers. Ties go to the lower work number, so that the same events choose the same agent."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Protocol

from routing.decision import Decision

RULE = "longest_idle"
RUNNERS_UP_MAX = 3


class IdleLine(Protocol):
    """(idle since, work number) of the eligible agents in ascending order; a sorted list of tuples is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[float, str]: ...

    def __iter__(self) -> Iterator[tuple[float, str]]: ...


def choose_agent(idle: IdleLine, passed_over: Mapping[str, int], now: float) -> Decision:
    """Choose from `idle`, the queue's eligible agents; nobody if it is empty.

    `passed_over` counts the queue's other agents by what keeps them out, e.g. {"on_call": 3}.
    The cost does not depend on how many are eligible.
    """
    if not len(idle):
        return Decision(None, RULE, passed_over=dict(passed_over))
    since, agent_id = idle[0]
    return Decision(
        agent_id,
        RULE,
        figure=now - since,
        eligible=len(idle),
        runners_up=tuple((other, now - at) for at, other in islice(idle, 1, 1 + RUNNERS_UP_MAX)),
        passed_over=dict(passed_over),
    )
