"""From the SIP messages of a run to the time an agent stays idle while callers wait. Pure."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.softphones.sipp import SippMessage

# A caller counts as waiting this long after the answer of the PBX: by then they are in the queue in either half.
SETTLED_S = 0.5
_USER = re.compile(r"sips?:([^@;>]+)@")


@dataclass(frozen=True)
class Gaps:
    """Seconds from an agent's hang-up to the next INVITE to that agent, both as the phone saw them, sorted.

    Only those are counted at whose beginning at least `waiting_min` callers waited; `left_out` are the others.
    """

    seconds: tuple[float, ...]
    left_out: int
    waiting_max: int

    def percentile_ms(self, percent: float) -> float:
        """Nearest rank; nan when there is none."""
        if not self.seconds:
            return math.nan
        rank = max(1, math.ceil(percent / 100 * len(self.seconds)))
        return self.seconds[rank - 1] * 1000


def measure_gaps(phones: Iterable[SippMessage], callers: Iterable[SippMessage], waiting_min: int) -> Gaps:
    """`phones` and `callers` are the messages of the two sides, in order, with clocks that agree."""
    rung, hung_up = _rings_and_hang_ups(phones)
    arrivals = sorted(_answered_at(callers))
    rings = sorted(at for times in rung.values() for at in times)
    seconds, left_out, waiting_max = [], 0, 0
    for agent, times in hung_up.items():
        for at in times:
            waiting = bisect_right(arrivals, at - SETTLED_S) - bisect_right(rings, at)
            waiting_max = max(waiting_max, waiting)
            following = bisect_right(rung[agent], at)
            if waiting < waiting_min or following == len(rung[agent]):
                left_out += 1
            else:
                seconds.append(rung[agent][following] - at)
    return Gaps(tuple(sorted(seconds)), left_out, waiting_max)


def _rings_and_hang_ups(phones: Iterable[SippMessage]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """When each agent was rung first for each call, and when each hung up first: repeated messages don't count."""
    rung: dict[str, list[float]] = {}
    hung_up: dict[str, list[float]] = {}
    agent_of: dict[str, str] = {}
    over: set[str] = set()
    for message in phones:
        if message.method == "INVITE" and not message.sent and message.call_id not in agent_of:
            agent = agent_of[message.call_id] = _user(message.start_line)
            rung.setdefault(agent, []).append(message.at)
        elif message.method == "BYE" and message.sent and message.call_id not in over:
            over.add(message.call_id)
            hung_up.setdefault(agent_of[message.call_id], []).append(message.at)
    return rung, hung_up


def _answered_at(callers: Iterable[SippMessage]) -> Sequence[float]:
    first: dict[str, float] = {}
    for message in callers:
        if message.status == 200 and not message.sent and message.headers.get("cseq", "").endswith("INVITE"):
            first.setdefault(message.call_id, message.at)
    return list(first.values())


def _user(start_line: str) -> str:
    found = _USER.search(start_line)
    return found.group(1) if found else ""
