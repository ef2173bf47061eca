"""What is wrong with surge ladders and donors beyond their form: names that lead nowhere, steps that can never be
taken, ladders that never count, queues that two plans fight for."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from config.condition_checks import Known as KnownToConditions
from config.condition_checks import check_condition
from config.document import Document, Place
from config.ladders import DonorPart, LadderPart, LadderStepPart, SurgePart, written_conditions
from config.problems import Problem, did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the file defines: for each group how many agents it has, and which groups are lendable."""

    queues: Collection[str]
    people: Mapping[str, int]
    lendable: Collection[str]
    calendars: Mapping[str, Collection[str]]


def check_surges(
    document: Document, surges: Mapping[str, SurgePart], donors: Mapping[str, DonorPart], known: Known
) -> Iterator[Problem]:
    """All problems of `surge:` and `donors:`. Never raises."""
    yield from _donors(document, donors, known)
    yield from _queues(document, surges, known)
    yield from _conditions(document, surges, donors, known)
    for surge_id, surge in surges.items():
        here: Place = ("surge", surge_id)
        yield from _group(document, (*here, "lends_to"), surge.lends_to, known)
        yield from _order_of_ladders(document, (*here, "ladders"), surge.ladders)
        for ladder_id, ladder in surge.ladders.items():
            there: Place = (*here, "ladders", ladder_id)
            yield from _both_ways(document, there, ladder)
            yield from _step_ids(document, there, ladder)
            for number, step in enumerate(ladder.steps):
                place: Place = (*there, "steps", number)
                yield from _both_ways(document, place, step)
                yield from _step(_Here(document, place, step, surge, donors, known))


def places_of_names(surges: Mapping[str, SurgePart]) -> Iterator[Place]:
    """Where texts stand that every language of the site must have."""
    for surge_id, surge in surges.items():
        yield "surge", surge_id, "names"
        for ladder_id, ladder in surge.ladders.items():
            yield "surge", surge_id, "ladders", ladder_id, "names"
            for number in range(len(ladder.steps)):
                yield "surge", surge_id, "ladders", ladder_id, "steps", number, "names"


# ---- names ----


def _donors(document: Document, donors: Mapping[str, DonorPart], known: Known) -> Iterator[Problem]:
    for group_id in donors:
        place: Place = ("donors", group_id)
        if group_id not in known.people:
            yield _no_group(document, place, group_id, known, at_key=True)
        elif group_id not in known.lendable:
            yield _not_lendable(document, place, group_id, at_key=True)


def _queues(document: Document, surges: Mapping[str, SurgePart], known: Known) -> Iterator[Problem]:
    """Every queue exists and has one plan: two could both be active for it."""
    plans: dict[str, str] = {}
    for surge_id, surge in surges.items():
        for index, queue_id in enumerate(surge.queues):
            place: Place = ("surge", surge_id, "queues", index)
            if queue_id not in known.queues:
                message = f"the queue '{queue_id}' does not exist"
                yield document.problem(place, message, did_you_mean(queue_id, known.queues))
            elif plans.get(queue_id) == surge_id:
                yield document.problem(place, f"the queue '{queue_id}' is named twice", "remove one of them")
            elif queue_id in plans:
                message = (
                    f"the queue '{queue_id}' has the plan '{plans[queue_id]}' already: both could be active at once"
                )
                remedy = "remove it here, or make the ladders of both those of one plan, each with its own `active`"
                yield document.problem(place, message, remedy)
            plans.setdefault(queue_id, surge_id)


def _group(document: Document, place: Place, group_id: str, known: Known) -> Iterator[Problem]:
    if group_id not in known.people:
        yield _no_group(document, place, group_id, known)


def _no_group(document: Document, place: Place, group_id: str, known: Known, *, at_key: bool = False) -> Problem:
    message = f"the group '{group_id}' does not exist"
    return document.problem(place, message, did_you_mean(group_id, known.people), at_key=at_key)


def _not_lendable(document: Document, place: Place, group_id: str, *, at_key: bool = False) -> Problem:
    message = f"the group '{group_id}' lends nobody"
    return document.problem(place, message, "write `lendable: true` at it under `groups`", at_key=at_key)


# ---- conditions ----


def _conditions(
    document: Document, surges: Mapping[str, SurgePart], donors: Mapping[str, DonorPart], known: Known
) -> Iterator[Problem]:
    for written in written_conditions(surges, donors):
        # A wrong name among the plan's own queues is said there.
        queues = {*known.queues, *written.queues}
        yield from check_condition(document, written.place, written.part, KnownToConditions(queues, known.calendars))


def _both_ways(document: Document, place: Place, part: LadderPart | LadderStepPart) -> Iterator[Problem]:
    if part.opens is not None and part.opens == part.closes:
        message = "`opens` and `closes` are the same: what closes wins, so nothing would ever be opened"
        yield document.problem((*place, "closes"), message, "leave a gap between the way in and the way out")


def _order_of_ladders(document: Document, place: Place, ladders: Mapping[str, LadderPart]) -> Iterator[Problem]:
    """A ladder counts if none before it does: not behind one that always does, nor behind one with its condition."""
    always, seen = "", list[tuple[str, LadderPart]]()
    for ladder_id, ladder in ladders.items():
        twin = next((before for before, one in seen if ladder.active and one.active == ladder.active), "")
        remedy = "give each an `active` of its own, and put the one without last"
        if always:
            message = f"the ladder '{ladder_id}' never counts: '{always}' before it always does"
            yield document.problem((*place, ladder_id), message, remedy, at_key=True)
        elif twin:
            message = f"the ladder '{ladder_id}' never counts: '{twin}' before it is active at the same times"
            yield document.problem((*place, ladder_id), message, remedy, at_key=True)
        always = always or ("" if ladder.active else ladder_id)
        seen.append((ladder_id, ladder))


# ---- steps ----


@dataclass(frozen=True, slots=True)
class _Here:
    document: Document
    place: Place
    step: LadderStepPart
    surge: SurgePart
    donors: Mapping[str, DonorPart]
    known: Known

    def problem(self, message: str, remedy: str, *steps: str | int) -> Problem:
        return self.document.problem((*self.place, *steps), message, remedy)


def _step_ids(document: Document, place: Place, ladder: LadderPart) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, step in enumerate(ladder.steps):
        if step.id in seen:
            message = f"the ladder has a step '{step.id}' already"
            yield document.problem((*place, "steps", number, "id"), message, "choose another word")
        seen.add(step.id)


def _step(here: _Here) -> Iterator[Problem]:
    """A step can be taken: it does something, its numbers fit, and there is somebody for it."""
    step = here.step
    named = [problem for problem in _step_groups(here) if problem is not None]
    yield from named
    if step.seats_min > step.seats_max and step.seats_max:
        message = f"seats_min is {step.seats_min}, more than seats_max, which is {step.seats_max}"
        yield here.problem(message, "lower one or raise the other", "seats_min")
    elif step.lend is None and step.call is None:
        if step.seats_max or step.seats_min:
            key = "seats_max" if step.seats_max else "seats_min"
            yield here.problem("nobody is named for these seats", "add `lend` or `call`", key)
        elif step.tell is None:
            yield here.problem(f"the step '{step.id}' does nothing", "add `lend`, `call` or `tell`")
    elif not step.seats_max:
        yield here.problem(f"the step '{step.id}' has no seats", "add seats_max", "lend" if step.lend else "call")
    elif not named:
        yield from _somebody_is_there(here)


def _step_groups(here: _Here) -> Iterator[Problem | None]:
    step, known = here.step, here.known
    if step.lend is not None:
        group_id, place = step.lend.group, (*here.place, "lend", "group")
        if group_id not in known.people:
            yield _no_group(here.document, place, group_id, known)
        elif group_id == here.surge.lends_to:
            message = f"the group '{group_id}' would lend its people to itself"
            yield here.document.problem(place, message, "name another; those who are not logged in go under `call`")
        elif group_id not in known.lendable:
            yield _not_lendable(here.document, place, group_id)
    if step.call is not None:
        yield from _group(here.document, (*here.place, "call", "group"), step.call.group, known)
    for index, group_id in enumerate(step.tell.groups if step.tell is not None else ()):
        yield from _group(here.document, (*here.place, "tell", "groups", index), group_id, known)


def _somebody_is_there(here: _Here) -> Iterator[Problem]:
    """With everybody logged in, or nobody, the step's least number can be had."""
    step, people = here.step, here.known.people
    lend, call = step.lend, step.call
    needed = max(1, step.seats_min)
    stay_min = here.donors.get(lend.group, DonorPart()).stay_min if lend is not None else 0
    lent = max(0, people[lend.group] - stay_min) if lend is not None else 0
    called = people[call.group] if call is not None else 0
    # Of one group somebody is either there or not.
    same = lend is not None and call is not None and lend.group == call.group
    if (max(lent, called) if same else lent + called) >= needed:
        return
    groups = sorted({part.group for part in (lend, call) if part is not None})
    if not any(people[group_id] for group_id in groups):
        message = f"the step '{step.id}' can never be taken: no agent belongs to {_either(groups)}"
        yield here.problem(message, "give agents this group, or name another", "lend" if lend else "call", "group")
    else:
        kept = f", of whom {stay_min} stay" if stay_min else ""
        message = (
            f"the step '{step.id}' can never be taken: it needs {needed}, and {_either(groups)} has"
            f" {sum(people[group_id] for group_id in groups)}{kept}"
        )
        yield here.problem(message, "lower seats_min or the donor's stay_min", "seats_min")


def _either(groups: list[str]) -> str:
    return " or ".join(f"'{group_id}'" for group_id in groups)
