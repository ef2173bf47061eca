"""What the shift leader orders: hold, resume, skip a step, take one or give one back now.

An order is done or refused with the reason; nothing is done in part.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from routing.ladder import LadderStep
from routing.surge import STEPS_APART_S_MIN, Surge
from routing.surge_turn import SurgeTurn
from routing.surge_words import (
    Held,
    HoldOrdered,
    Order,
    OrderRefused,
    Resumed,
    ResumeOrdered,
    SkipOrdered,
    StepDownOrdered,
    StepSkipped,
    StepUpOrdered,
    Why,
)

NO_LADDER = "no ladder is in force"


def obey(turn: SurgeTurn, surge: Surge, order: Order) -> None:
    refused = _ORDERS[type(order)](turn, surge, order)
    if refused:
        turn.say(OrderRefused(order, refused))


def _hold(turn: SurgeTurn, surge: Surge, order: HoldOrdered) -> str:
    for_s = surge.plan.hold_s_max if order.for_s is None else order.for_s
    if not 0.0 < for_s <= surge.plan.hold_s_max:
        return f"a hold lasts up to {surge.plan.hold_s_max:g} s, not {for_s:g}"
    until = turn.now + for_s
    surge.memory = replace(surge.memory, held_until=until)
    turn.say(Held(order.surge_id, until, order.by, turn.figures(order.surge_id)))
    return ""


def _resume(turn: SurgeTurn, surge: Surge, order: ResumeOrdered) -> str:
    if not surge.held and not surge.memory.skipped:
        return "nothing is held or skipped"
    surge.memory = replace(surge.memory, held_until=0.0, skipped=())
    turn.say(Resumed(order.surge_id, order.by, turn.figures(order.surge_id)))
    return ""


def _skip(turn: SurgeTurn, surge: Surge, order: SkipOrdered) -> str:
    step = _named(surge, order.step_id)
    if isinstance(step, str):
        return step
    if surge.is_open(step.step_id):
        return f"the step {step.step_id} is open: order it down"
    if step.step_id in surge.memory.skipped:
        return f"the step {step.step_id} is skipped already"
    surge.memory = replace(surge.memory, skipped=(*surge.memory.skipped, step.step_id))
    turn.say(StepSkipped(order.surge_id, step.step_id, order.by, turn.figures(order.surge_id)))
    return ""


def _up(turn: SurgeTurn, surge: Surge, order: StepUpOrdered) -> str:
    if refused := _too_soon(turn, surge):
        return refused
    ladder = surge.ladder
    if ladder is None:
        return NO_LADDER
    passed_over: Mapping[str, str] = {}
    if order.step_id:
        step = _named(surge, order.step_id)
        if isinstance(step, str):
            return step
        if surge.is_open(step.step_id):
            return f"the step {step.step_id} is open already"
        # Skipped or not: who names a step wants it.
        if hindrance := surge.hindrance(step, turn.now, seats_min=1):
            return hindrance
    else:
        found, passed_over = surge.next_step(ladder, turn.now, seats_min=1)
        if found is None:
            return "; ".join(f"{step_id}: {why}" for step_id, why in passed_over.items()) or "every step is open"
        step = found
    surge.take_step(turn, step, Why.ORDERED, passed_over, order.by)
    return ""


def _down(turn: SurgeTurn, surge: Surge, order: StepDownOrdered) -> str:
    if not surge.memory.open:
        return "no step is open"
    step_id = order.step_id or surge.memory.open[-1].step_id
    if not surge.is_open(step_id):
        open_steps = ", ".join(entry.step_id for entry in surge.memory.open)
        return f"the step {step_id} is not open; open are {open_steps}"
    if refused := _too_soon(turn, surge):
        return refused
    surge.shut(turn, step_id, Why.ORDERED, order.by)
    return ""


def _named(surge: Surge, step_id: str) -> LadderStep | str:
    """The step of the ladder in force, or why there is none."""
    ladder = surge.ladder
    if ladder is None:
        return NO_LADDER
    known = ", ".join(step.step_id for step in ladder.steps)
    return ladder.step(step_id) or f"the ladder {ladder.ladder_id} has no step {step_id}; it has {known}"


def _too_soon(turn: SurgeTurn, surge: Surge) -> str:
    changed_at = surge.memory.changed_at
    if changed_at is not None and turn.now < changed_at + STEPS_APART_S_MIN:
        return "a step was changed this very moment: look, and order again"
    return ""


_ORDERS: Mapping[type[Order], Callable[[SurgeTurn, Surge, Any], str]] = {
    HoldOrdered: _hold,
    ResumeOrdered: _resume,
    SkipOrdered: _skip,
    StepUpOrdered: _up,
    StepDownOrdered: _down,
}
