"""The longest idle agent answers. Ties go to the lower work number, so that the same events choose the same agent."""

from collections.abc import Mapping, Sequence
from itertools import islice

from routing.decision import Decision

RULE = "longest_idle"
RUNNERS_UP_MAX = 3


def choose_agent(
    idle: Sequence[tuple[float, str]], passed_over: Mapping[str, int], now: float
) -> Decision:
    """Choose from `idle`: (idle since, work number) of the queue's eligible agents, sorted ascending.

    `passed_over` counts the queue's other agents by what keeps them out, e.g. {"on_call": 3}.
    The cost does not depend on how many are eligible.
    """
    if not idle:
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
