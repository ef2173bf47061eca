"""All surges of a site: events in, decisions out.

Whoever drives it tells it the truth of the conditions that plans and donors name, who logs in and out, how people
answered and who is back; carries the decisions out; and looks again at `next_deadline`. It asks the floor for people
and figures, and for nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, get_args

from routing.ladder import Donor, SurgePlan
from routing.lending import Floor
from routing.loan import LoanPhase, LoanTrigger
from routing.loans import Loans
from routing.surge import Surge
from routing.surge_memory import Memory, SurgeMemory
from routing.surge_orders import obey
from routing.surge_turn import SurgeTurn
from routing.surge_words import (
    AgentReturned,
    AskAccepted,
    AskRefused,
    ConditionChanged,
    FloorRecounted,
    LoggedIn,
    LoggedOut,
    Order,
    OrderRefused,
    StepClosed,
    SurgeDecision,
    SurgeEvent,
    Unmatched,
    Why,
)

NO_MEMORY = Memory()


class Surges:
    """The machine. `memory` is what an earlier one left; who was lent stays lent.

    After a restart tell it all conditions and `FloorRecounted`, and let `lent` say who belongs where.
    """

    def __init__(
        self, plans: Iterable[SurgePlan], donors: Iterable[Donor], floor: Floor, memory: Memory = NO_MEMORY
    ) -> None:
        self._floor = floor
        self._holds: dict[str, bool] = {}
        self._loans = Loans(floor, self._holds, memory)
        self._surges: dict[str, Surge] = {}
        # Of plans that the file does not have any more, until the next turn gives their people back.
        self._strays: tuple[SurgeMemory, ...] = ()
        self._seen_at = -inf
        self._configure(plans, donors, memory.surges)

    def handle(self, event: SurgeEvent, now: float) -> list[SurgeDecision]:
        """What follows from the event and from everything that fell due by `now`, which never goes back."""
        turn = SurgeTurn(now, self._floor)
        self._loans.lapse(turn)
        _REACTIONS[type(event)](self, turn, event)
        return self._look(turn)

    def advance(self, now: float) -> list[SurgeDecision]:
        """What fell due by `now`."""
        turn = SurgeTurn(now, self._floor)
        self._loans.lapse(turn)
        return self._look(turn)

    def next_deadline(self) -> float | None:
        """When to look again if nothing happens; later than the last look."""
        due = list(self._loans.next_deadlines())
        for surge in self._surges.values():
            due += (surge.memory.held_until, surge.memory.may_open_at, surge.memory.may_close_at)
        return min((at for at in due if at > self._seen_at and at > 0.0), default=None)

    def change(self, plans: Iterable[SurgePlan], donors: Iterable[Donor], now: float) -> list[SurgeDecision]:
        """The site has a new version. Open steps go on by their ids; what the new version has no place for is given
        back at once if the whole plan is gone (or lends to another group), else in its turn."""
        memory = self.memory()
        self._configure(plans, donors, memory.surges)
        return self.handle(FloorRecounted(), now)

    def memory(self) -> Memory:
        """All that is to be stored."""
        return Memory(
            surges=(*(surge.memory for surge in self._surges.values()), *self._strays),
            loans=tuple(self._loans),
            rests=self._loans.rests(),
            tallies=self._loans.tallies(),
            asks=self._loans.asks,
        )

    def lent(self) -> dict[str, str]:
        """Everybody who is lent now, with the group they are lent to."""
        return {loan.agent_id: loan.group_id for loan in self._loans if loan.phase is LoanPhase.LENT}

    def returning(self) -> tuple[str, ...]:
        """Those who were given back and whose `AgentReturned` has not come."""
        return tuple(loan.agent_id for loan in self._loans if loan.phase is LoanPhase.RETURNING)

    # ---- events ----

    def _condition(self, _turn: SurgeTurn, event: ConditionChanged) -> None:
        self._holds[event.condition] = event.holds

    def _logged_in(self, turn: SurgeTurn, event: LoggedIn) -> None:
        self._loans.log_in(turn, event.agent_id)

    def _logged_out(self, turn: SurgeTurn, event: LoggedOut) -> None:
        self._loans.log_out(turn, event.agent_id)

    def _accepted(self, turn: SurgeTurn, event: AskAccepted) -> None:
        self._loans.guard(turn)  # a group that can't spare anybody any more has the question called off first
        loan = self._loans.asked(event.ask_id)
        if loan is None or not loan.knows(LoanTrigger.ACCEPT):
            turn.say(Unmatched(event, "the question is over"))
        else:
            self._loans.accept(turn, loan)

    def _refused(self, turn: SurgeTurn, event: AskRefused) -> None:
        loan = self._loans.asked(event.ask_id)
        if loan is None:
            turn.say(Unmatched(event, "the question is over"))
        else:
            self._loans.refuse(turn, loan)

    def _returned(self, turn: SurgeTurn, event: AgentReturned) -> None:
        loan = self._loans.of(event.agent_id)
        if loan is None or not loan.knows(LoanTrigger.RETURN):
            turn.say(Unmatched(event, "nobody waits for this agent's return"))
        else:
            self._loans.returned(turn, loan)

    def _recounted(self, turn: SurgeTurn, _event: FloorRecounted) -> None:
        self._loans.recount(turn)

    def _ordered(self, turn: SurgeTurn, order: Order) -> None:
        surge = self._surges.get(order.surge_id)
        if surge is None:
            known = ", ".join(self._surges) or "none"
            turn.say(OrderRefused(order, f"there is no surge plan {order.surge_id}; known are: {known}"))
        else:
            obey(turn, surge, order)

    # ---- looking ----

    def _look(self, turn: SurgeTurn) -> list[SurgeDecision]:
        self._loans.guard(turn)
        self._dissolve(turn)
        for surge in self._surges.values():
            surge.give(turn)
        # Whom one plan takes another has not: its next step may be another one then. No plan takes two steps in a
        # turn, so there are at most as many rounds in which anything is taken.
        for _ in range(len(self._surges) + 1):
            said = len(turn.decisions)
            for surge in self._surges.values():
                surge.take(turn)
            if len(turn.decisions) == said:
                break
        self._seen_at = max(self._seen_at, turn.now)
        return turn.decisions

    def _dissolve(self, turn: SurgeTurn) -> None:
        """Plans that are gone give everybody back, the last step first; so does a loan that no open step stands for."""
        for stray in self._strays:
            for level, entry in reversed(list(enumerate(stray.open))):
                seats, figures = self._loans.lent(stray.surge_id, entry.step_id), turn.figures(stray.surge_id)
                turn.say(
                    StepClosed(
                        stray.surge_id, stray.ladder_id, entry.step_id, 0, level, Why.NOT_CONFIGURED, figures, seats
                    )
                )
                self._loans.end_step(turn, stray.surge_id, entry.step_id, Why.NOT_CONFIGURED)
        self._strays = ()
        for loan in list(self._loans):
            surge = self._surges.get(loan.surge_id)
            if surge is None or not surge.is_open(loan.step_id):
                self._loans.end_step(turn, loan.surge_id, loan.step_id, Why.NOT_CONFIGURED)

    def _configure(self, plans: Iterable[SurgePlan], donors: Iterable[Donor], memories: Iterable[SurgeMemory]) -> None:
        left = {(memory.surge_id, memory.group_id): memory for memory in memories}
        self._loans.donors = {donor.group_id: donor for donor in donors}
        self._surges = {}
        for plan in plans:
            memory = left.pop((plan.surge_id, plan.group_id), None) or SurgeMemory(plan.surge_id, plan.group_id)
            self._surges[plan.surge_id] = Surge(plan, self._loans, self._holds, memory)
        self._strays = tuple(left.values())


_REACTIONS: Mapping[type[SurgeEvent], Callable[[Surges, SurgeTurn, Any], None]] = {
    ConditionChanged: Surges._condition,
    LoggedIn: Surges._logged_in,
    LoggedOut: Surges._logged_out,
    AskAccepted: Surges._accepted,
    AskRefused: Surges._refused,
    AgentReturned: Surges._returned,
    FloorRecounted: Surges._recounted,
    **dict.fromkeys(get_args(Order), Surges._ordered),
}
