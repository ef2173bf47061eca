"""Whose turn it is, worked out anew from the site and the call alone: what the lines of the floor are held to."""

from acd.core.call import Call, Visit
from acd.core.floor import Floor
from routing.pool import Pool
from routing.requirement import Requirement


def stage_requirement(floor: Floor, visit: Visit) -> Requirement:
    """What the call asks of an agent by the steps that it has taken."""
    queue = floor.lines_of(visit.queue).queue
    levels, groups = dict(queue.skills), set(queue.groups)
    for step in queue.steps[: visit.stage]:
        levels = {name: min(level, step.lower.get(name, level)) for name, level in levels.items()}
        groups |= set(step.groups) if groups else set()
    return Requirement.of(levels, groups)


def find_pool(floor: Floor, visit: Visit) -> Pool:
    pool = floor.pools.find(stage_requirement(floor, visit), floor.lines_of(visit.queue).queue.strategy)
    assert pool is not None, "every stage of a queue has a pool"
    return pool


def priority_of(floor: Floor, call: Call, visit: Visit) -> int:
    return call.priority + sum(step.priority for step in floor.lines_of(visit.queue).queue.steps[: visit.stage])


def rank_claim(floor: Floor, now: float, call: Call, visit: Visit) -> tuple[bool, float]:
    """Overdue calls before others; then the score, or for how long they have been overdue. The higher comes first."""
    waited_s = now - visit.joined_at
    if waited_s >= floor.site.overtaken_s_max:
        return True, waited_s
    return False, floor.lines_of(visit.queue).queue.weight * waited_s / 60.0 + priority_of(floor, call, visit)
