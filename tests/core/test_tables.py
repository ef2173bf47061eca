"""The transition tables, as data: nothing is out of reach, nothing leaves the end, every word is used."""

from typing import Any

import pytest

from acd.core import agent, call, events, reservation
from acd.core.agent import AgentState, AgentTrigger
from acd.core.call import CallTrigger, Place
from acd.core.engine import REACTIONS
from acd.core.reservation import ReservationState, ReservationTrigger

MACHINES: dict[str, Any] = {
    "call": (call.TRANSITIONS, Place, CallTrigger, {Place.ARRIVING, Place.DIALLING}, {Place.ENDED}),
    "agent": (agent.TRANSITIONS, AgentState, AgentTrigger, {AgentState.LOGGED_OUT}, set()),
    "reservation": (
        reservation.TRANSITIONS, ReservationState, ReservationTrigger, {ReservationState.PENDING},
        {ReservationState.REJECTED, ReservationState.TIMED_OUT, ReservationState.RESCINDED,
         ReservationState.COMPLETED},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_only_the_final_ones_are_never_left(name: str) -> None:
    table, states, triggers, first, final = MACHINES[name]
    reached = set(first)
    while more := {after for (before, _), after in table.items() if before in reached} - reached:
        reached |= more
    assert reached == set(states)
    assert set(states) - {before for before, _ in table} == final
    assert {trigger for _, trigger in table} == set(triggers)


def test_every_place_but_the_last_can_end() -> None:
    assert all((place, CallTrigger.ENDED) in call.TRANSITIONS for place in Place if place is not Place.ENDED)


def test_nothing_but_ready_is_reserved() -> None:
    assert [before for before, trigger in agent.TRANSITIONS if trigger is AgentTrigger.RESERVE] == [AgentState.READY]


def test_the_engine_reacts_to_every_event_there_is() -> None:
    assert set(REACTIONS) == set(events.Event.__args__)
