"""Surge ladders and donors as they are written in routing.yaml, and the values made of them.

Conditions stand where they are used; their figures are those of all the plan's queues together unless they say
otherwise. The core knows them by names that are made here, such as `surge.inbound.day.opens`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from config.conditions import ConditionPart, condition
from config.document import Place
from config.schema import Identifier, Part, Texts
from routing.condition import Condition
from routing.ladder import Calling, Donor, Ladder, LadderStep, Lending, SurgePlan, Telling, Way
from routing.lending import Choice

WayName = Literal["banner", "call", "webhook"]
ChoiceName = Literal["longest_idle", "fewest_calls", "top_down", "random"]


class DonorPart(Part):
    """What a group keeps for itself when its people are lent."""

    stay_min: int = Field(0, ge=0, le=10_000)
    """So many of those who are logged in stay at least."""
    healthy: ConditionPart | None = None
    """People are lent only while this holds, and called back when it does not; empty: always."""
    rest_s: float = Field(300.0, ge=10, le=86400)
    """After people had to be called back, nobody is lent for so long."""


class LendPart(Part):
    """People who are logged in."""

    group: Identifier
    choose: ChoiceName = "longest_idle"
    """Whom first."""
    consent: Literal["auto", "confirm"] = "auto"
    """auto: they are lent at once; confirm: they are asked."""
    answer_s: float = Field(30.0, ge=5, le=600)
    """With confirm: who says nothing for so long is as one who refused, and the next one is asked."""


class CallPart(Part):
    """People who are not logged in: they are asked to come, for the seats that nobody else took."""

    group: Identifier
    choose: ChoiceName = "top_down"
    """Whom first."""
    ways: list[WayName] = Field(min_length=1)
    """banner: a line on the screen; call: a call that asks to press 1; webhook: a request to another system."""
    answer_s: float = Field(60.0, ge=10, le=3600)
    """Time to say yes."""
    arrive_s: float = Field(1800.0, ge=60, le=28800)
    """Time to log in after a yes."""


class TellPart(Part):
    """Groups that are told; no answer is expected."""

    groups: list[Identifier] = Field(min_length=1)
    ways: list[WayName] = Field(min_length=1)


class LadderStepPart(Part):
    """One step: more people, or word to those who decide."""

    id: Identifier
    """The word that journal and orders carry. Steps with the same id in two ladders of a plan are the same step."""
    names: Texts
    seats_min: int = Field(0, ge=0, le=1000)
    """The step is taken only if so many people could be had."""
    seats_max: int = Field(0, ge=0, le=1000)
    """Never more than so many."""
    lend: LendPart | None = None
    call: CallPart | None = None
    tell: TellPart | None = None
    active: ConditionPart | None = None
    """The step exists only while this holds; empty: always."""
    opens: ConditionPart | None = None
    """Instead of the ladder's."""
    closes: ConditionPart | None = None
    """Instead of the ladder's."""
    settle_s: float | None = Field(None, ge=10, le=86400)
    """Instead of the plan's."""


class LadderPart(Part):
    """Steps in the order in which they are taken; given back in reverse."""

    names: Texts
    active: ConditionPart | None = None
    """The ladder counts while this holds and none before it does; empty: whenever none before it does."""
    opens: ConditionPart
    """The next step is taken while this holds."""
    closes: ConditionPart
    """The last step is given back while this holds; it beats `opens`."""
    steps: list[LadderStepPart] = Field(min_length=1)


class SurgePart(Part):
    """What is done for some queues when more calls come than the floor can take."""

    names: Texts
    queues: list[Identifier] = Field(min_length=1)
    """Whose figures count. A queue has one plan."""
    lends_to: Identifier
    """The group that people join for the time."""
    settle_s: float = Field(240.0, ge=10, le=86400)
    """Each step is given so much time to work before anything else is changed."""
    settle_closed_s: float = Field(90.0, ge=10, le=86400)
    """The same after a step was given back."""
    hold_s_max: float = Field(7200.0, ge=60, le=86400)
    """A hold of the shift leader ends by itself after this time."""
    ladders: dict[Identifier, LadderPart] = Field(min_length=1)
    """The first whose `active` holds is in force. The next one takes over what is open."""


# ---- values ----


def surge_plans(parts: Mapping[str, SurgePart]) -> tuple[SurgePlan, ...]:
    return tuple(
        SurgePlan(
            surge_id=surge_id,
            queue_ids=tuple(part.queues),
            group_id=part.lends_to,
            ladders=tuple(_ladder(f"surge.{surge_id}", *item) for item in part.ladders.items()),
            names=_named(part.names),
            settle_s=part.settle_s,
            settle_closed_s=part.settle_closed_s,
            hold_s_max=part.hold_s_max,
        )
        for surge_id, part in parts.items()
    )


def donor_values(parts: Mapping[str, DonorPart], lendable: Collection[str]) -> tuple[Donor, ...]:
    """One for each group that may be lent, described under `donors` or not."""
    every = {group_id: parts.get(group_id, DonorPart()) for group_id in lendable}
    return tuple(
        Donor(group_id, part.stay_min, f"donors.{group_id}.healthy" if part.healthy else "", part.rest_s)
        for group_id, part in every.items()
    )


def surge_conditions(
    surges: Mapping[str, SurgePart], donors: Mapping[str, DonorPart], zone: ZoneInfo
) -> dict[str, Condition]:
    """Every condition by the name that plans and donors have for it. Total for what the checks let pass."""
    return {written.name: condition(written.part, zone) for written in written_conditions(surges, donors)}


@dataclass(frozen=True, slots=True)
class WrittenCondition:
    """A condition with its place in the file. `part` names the queues that it is about."""

    name: str
    place: Place
    part: ConditionPart
    queues: tuple[str, ...] = ()


def written_conditions(surges: Mapping[str, SurgePart], donors: Mapping[str, DonorPart]) -> Iterator[WrittenCondition]:
    for group_id, donor in donors.items():
        if donor.healthy is not None:
            yield WrittenCondition(f"donors.{group_id}.healthy", ("donors", group_id, "healthy"), donor.healthy)
    for surge_id, surge in surges.items():
        for ladder_id, ladder in surge.ladders.items():
            name, place = f"surge.{surge_id}.{ladder_id}", ("surge", surge_id, "ladders", ladder_id)
            yield from _written(name, place, ladder, surge.queues)
            for number, step in enumerate(ladder.steps):
                yield from _written(f"{name}.{step.id}", (*place, "steps", number), step, surge.queues)


def _written(
    name: str, place: Place, part: LadderPart | LadderStepPart, queues: list[str]
) -> Iterator[WrittenCondition]:
    for key in ("active", "opens", "closes"):
        found: ConditionPart | None = getattr(part, key)
        if found is not None:
            if found.queue is None and found.queues is None:
                found = found.model_copy(update={"queues": list(dict.fromkeys(queues))})
            yield WrittenCondition(f"{name}.{key}", (*place, key), found, tuple(queues))


def _ladder(above: str, ladder_id: str, part: LadderPart) -> Ladder:
    name = f"{above}.{ladder_id}"
    return Ladder(
        ladder_id=ladder_id,
        opens=f"{name}.opens",
        closes=f"{name}.closes",
        steps=tuple(_step(name, step) for step in part.steps),
        names=_named(part.names),
        active=f"{name}.active" if part.active else "",
    )


def _step(above: str, part: LadderStepPart) -> LadderStep:
    name = f"{above}.{part.id}"
    return LadderStep(
        step_id=part.id,
        names=_named(part.names),
        seats_min=part.seats_min,
        seats_max=part.seats_max,
        lend=None if part.lend is None else _lending(part.lend),
        call=None if part.call is None else _calling(part.call),
        tell=None if part.tell is None else Telling(tuple(part.tell.groups), _ways(part.tell.ways)),
        opens=f"{name}.opens" if part.opens else "",
        closes=f"{name}.closes" if part.closes else "",
        active=f"{name}.active" if part.active else "",
        settle_s=part.settle_s,
    )


def _lending(part: LendPart) -> Lending:
    return Lending(part.group, Choice(part.choose), part.answer_s if part.consent == "confirm" else None)


def _calling(part: CallPart) -> Calling:
    return Calling(part.group, _ways(part.ways), part.answer_s, part.arrive_s, Choice(part.choose))


def _ways(names: list[WayName]) -> tuple[Way, ...]:
    return tuple(map(Way, names))


def _named(texts: Texts) -> dict[str, str]:
    return {str(language): text for language, text in texts.items()}
