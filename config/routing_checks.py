"""What is wrong between the lines of routing.yaml: names that lead nowhere, calls that nobody can take, steps that can
never be taken, queues that lead back to themselves. See `checks`."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from config.document import Place
from config.files import Files, names
from config.problems import Problem, did_you_mean
from config.schema import QueuePart, RoutingFile
from routing.pools import Pools
from routing.requirement import Requirement
from routing.strategy import LONGEST_IDLE

# Told of one queue: enough to see what is meant.
NEAREST_TOLD_MAX = 3


def _names_lead_somewhere(files: Files) -> Iterator[Problem]:
    """Every skill, group and queue that is named exists."""
    routing = files.routing
    if routing is None:
        return
    known = {section: names(files.routing_text, (section,)) for section in ("skills", "groups", "queues")}
    for section, place, name, who in _names_used(routing):
        if name not in known[section]:
            message = f"{who} names the {section[:-1]} '{name}', which does not exist"
            remedy = did_you_mean(name, known[section]) or f"add it to `{section}`"
            # Skills are named by keys, the others by values.
            yield files.routing_text.problem(place, message, remedy, at_key=section == "skills")


def _names_used(routing: RoutingFile) -> Iterator[tuple[str, Place, str, str]]:
    """Section, place, name and who names it."""
    for queue_id, queue in routing.queues.items():
        here: Place = ("queues", queue_id)
        who = f"the queue '{queue_id}'"
        for skill in queue.skills:
            yield "skills", (*here, "skills", skill), skill, who
        for index, group in enumerate(queue.groups):
            yield "groups", (*here, "groups", index), group, who
        for number, step in enumerate(queue.steps):
            there: Place = (*here, "steps", number)
            for skill in step.lower:
                yield "skills", (*there, "lower", skill), skill, f"a step of {who}"
            for index, group in enumerate(step.groups):
                yield "groups", (*there, "groups", index), group, f"a step of {who}"
            if step.overflow_to is not None:
                yield "queues", (*there, "overflow_to"), step.overflow_to, f"a step of {who}"
    for agent_id, agent in routing.agents.items():
        yield "groups", ("agents", agent_id, "group"), agent.group, f"agent {agent_id}"
        for skill in agent.skills:
            yield "skills", ("agents", agent_id, "skills", skill), skill, f"agent {agent_id}"


def _steps_can_be_taken(files: Files) -> Iterator[Problem]:
    """Steps stand in the order of their times, come before the longest wait, and change something."""
    if files.routing is None:
        return
    for queue_id, queue in files.routing.queues.items():
        before_s = 0.0
        for number, step in enumerate(queue.steps):
            place: Place = ("queues", queue_id, "steps", number)
            said = None
            if step.after_s <= before_s:
                said = f"this step comes at {step.after_s:g} s, after one at {before_s:g} s", "put the earlier first"
            elif queue.wait_s_max is not None and step.after_s >= queue.wait_s_max:
                told = f"at {step.after_s:g} s nobody waits any more: wait_s_max is {queue.wait_s_max:g}"
                said = told, "let it come earlier"
            if said is not None:
                yield files.routing_text.problem((*place, "after_s"), *said)
            before_s = max(before_s, step.after_s)
            yield from (files.routing_text.problem((*place, *at), *told) for at, told in _idle_parts(queue, number))


def _idle_parts(queue: QueuePart, number: int) -> Iterator[tuple[Place, tuple[str, str]]]:
    """What a step says and does not change."""
    step, taken = queue.steps[number], queue.steps[:number]
    if not (step.lower or step.groups or step.priority or step.overflow_to):
        yield (), ("this step changes nothing", "give `lower`, `groups`, `priority` or `overflow_to`")
    for skill, level in step.lower.items():
        asked = min([queue.skills.get(skill, 0), *(early.lower[skill] for early in taken if skill in early.lower)])
        if level >= asked:
            told = f"the skill '{skill}' is asked for at {asked} by then; {level} is not lower"
            yield ("lower", skill), (told, "lower it further, or leave it out")
    for index, group in enumerate(step.groups):
        if not queue.groups:
            yield ("groups", index), ("this queue's calls may go to every group already", "leave it out")
        elif group in queue.groups or any(group in early.groups for early in taken):
            yield ("groups", index), (f"the group '{group}' may answer already by then", "leave it out")


def _no_queue_leads_back(files: Files) -> Iterator[Problem]:
    """A caller who overflows never comes to the same queue again. One ring of queues is told once."""
    routing = files.routing
    if routing is None:
        return
    onward = {
        queue_id: [(step.overflow_to, number) for number, step in enumerate(queue.steps) if step.overflow_to]
        for queue_id, queue in routing.queues.items()
    }
    told: set[frozenset[str]] = set()
    for queue_id, steps in onward.items():
        for target, number in steps:
            path = _path(target, queue_id, onward)
            if path and frozenset(path) not in told:
                told.add(frozenset(path))
                message = "callers would go round in circles: " + " > ".join([queue_id, *path])
                place: Place = ("queues", queue_id, "steps", number, "overflow_to")
                yield files.routing_text.problem(place, message, "let one of these queues keep its callers")


def _path(start: str, goal: str, onward: Mapping[str, list[tuple[str, int]]]) -> list[str]:
    """The queues from `start` to `goal`, both included; none if there is no way."""
    came_from: dict[str, str] = {start: ""}
    ahead = [start]
    for here in ahead:
        if here == goal:
            path = [here]
            while came_from[path[0]]:
                path.insert(0, came_from[path[0]])
            return path
        for target, _ in onward.get(here, ()):
            if target not in came_from:
                came_from[target] = here
                ahead.append(target)
    return []


def _somebody_takes_the_calls(files: Files) -> Iterator[Problem]:
    """For every queue there is an agent who has what it asks for, if only at its last step."""
    routing = files.routing
    if routing is None or not _complete(files, routing):
        return
    pools = Pools()
    last = {queue_id: _last_requirement(queue) for queue_id, queue in routing.queues.items()}
    for requirement in last.values():
        if pools.find(requirement, LONGEST_IDLE) is None:
            pools.add(requirement, LONGEST_IDLE)
    met = {
        pool.requirement for agent in routing.agents.values() for pool in pools.met_by(agent.skills, (agent.group,))
    }
    for queue_id, requirement in last.items():
        unknown = {name for name, _ in requirement.skills} - set(routing.skills)
        if requirement not in met and not unknown:
            message = f"nobody can take the calls of the queue '{queue_id}': it asks for {requirement}"
            remedy = _nearest(routing, requirement)
            yield files.routing_text.problem(("queues", queue_id), message, remedy, at_key=True)


def _complete(files: Files, routing: RoutingFile) -> bool:
    """Nothing was cut out for a problem of its own: else who can do what can't be judged."""
    return all(
        len(getattr(routing, section)) == len(names(files.routing_text, (section,)))
        for section in ("skills", "groups", "queues", "agents")
    )


def _last_requirement(queue: QueuePart) -> Requirement:
    requirement = Requirement.of(queue.skills, queue.groups)
    for step in queue.steps:
        requirement = requirement.widened(step.lower, step.groups)
    return requirement


def _nearest(routing: RoutingFile, requirement: Requirement) -> str:
    """Who has the most of it."""
    lacking = {agent_id: _lacks(agent.skills, agent.group, requirement) for agent_id, agent in routing.agents.items()}
    fewest = min(len(lack) for lack in lacking.values())
    nearest = [f"{agent_id} lacks {', '.join(lack)}" for agent_id, lack in lacking.items() if len(lack) == fewest]
    return "nearest: " + "; ".join(nearest[:NEAREST_TOLD_MAX])


def _lacks(skills: Mapping[str, int], group: str, requirement: Requirement) -> list[str]:
    lack = [
        f"{name} {level} (has {skills.get(name, 0)})"
        for name, level in requirement.skills if skills.get(name, 0) < level
    ]  # fmt: skip
    if requirement.groups and group not in requirement.groups:
        lack.append(f"the group {_one_of(requirement.groups)}")
    return lack


def _one_of(groups: Iterable[str]) -> str:
    return " or ".join(sorted(groups))


def _skills_are_used(files: Files) -> Iterator[Problem]:
    """A skill that nobody has, or that no queue asks for, is a slip more often than a plan."""
    routing = files.routing
    if routing is None or not _complete(files, routing):
        return
    had = {skill for agent in routing.agents.values() for skill in agent.skills}
    asked = {skill for queue in routing.queues.values() for skill in queue.skills}
    for skill in routing.skills:
        said = []
        if skill not in had:
            said.append("no agent has it")
        if skill not in asked:
            said.append("no queue asks for it")
        if said:
            message = f"the skill '{skill}' is of no use: " + " and ".join(said)
            yield files.routing_text.problem(("skills", skill), message, "use it, or take it out", at_key=True)


ROUTING_CHECKS: tuple[Callable[[Files], Iterator[Problem]], ...] = (
    _names_lead_somewhere,
    _steps_can_be_taken,
    _no_queue_leads_back,
    _somebody_takes_the_calls,
    _skills_are_used,
)
