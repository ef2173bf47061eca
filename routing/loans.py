"""Everybody who is lent, asked or called, of all surges together; so that nobody is wanted by two of them.

What holds after every move:
- A step has never more people lent, asked, called and expected together than its `seats_max`.
- Nobody is lent from a group that would keep fewer than its `stay_min`, whose health is bad or unknown, or that rests.
- A group that falls short of `stay_min` gets back as many as it lacks, the last ones first, and those on their way back
  count; one that becomes unhealthy, or lends nobody any more, gets back all. Questions to its people are called off.
  Then it rests. Those who were called in do not count: nobody lacks them.
- Every `Lend` is followed by one `GiveBack`, whatever happens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from routing.ladder import Donor, LadderStep, SurgePlan, Way
from routing.lending import Floor, Offer, who_may_come, who_may_go
from routing.loan import SEATED, Loan, LoanPhase, LoanTrigger
from routing.surge_memory import Memory, Rest, Tally
from routing.surge_turn import SurgeTurn
from routing.surge_words import Answer, Ask, AskEnded, CallOff, GiveBack, Lend, Why

P, T = LoanPhase, LoanTrigger
# What is lent by somebody's own word was not chosen by a rule at that moment.
AGREED, CAME = "agreed", "came"


class Loans:
    """`holds` says of conditions whether they hold; what it does not have is unknown."""

    def __init__(self, floor: Floor, holds: Mapping[str, bool], memory: Memory) -> None:
        self.donors: Mapping[str, Donor] = {}
        self._floor, self._holds = floor, holds
        self._loans = {loan.agent_id: loan for loan in memory.loans}
        self._rests = {rest.group_id: rest.until for rest in memory.rests}
        self._tallies = {(tally.surge_id, tally.step_id): tally for tally in memory.tallies}
        self.asks = memory.asks

    # ---- what there is ----

    def __iter__(self) -> Iterator[Loan]:
        """In the order of the work numbers."""
        return (self._loans[agent_id] for agent_id in sorted(self._loans))

    def rests(self) -> tuple[Rest, ...]:
        return tuple(Rest(*rest) for rest in sorted(self._rests.items()))

    def tallies(self) -> tuple[Tally, ...]:
        return tuple(tally for _, tally in sorted(self._tallies.items()))

    def of(self, agent_id: str) -> Loan | None:
        return self._loans.get(agent_id)

    def asked(self, ask_id: str) -> Loan | None:
        """Whoever still has this question, or promised to come after it."""
        live = (P.ASKED, P.CALLED, P.EXPECTED)
        return next((loan for loan in self if loan.ask_id == ask_id and loan.phase in live), None)

    def seated(self, surge_id: str, step_id: str) -> list[Loan]:
        """The step's people, lent or to be, the last ones first."""
        mine = [loan for loan in self if (loan.surge_id, loan.step_id) == (surge_id, step_id) and loan.phase in SEATED]
        return sorted(mine, key=lambda loan: loan.since, reverse=True)

    def lent(self, surge_id: str, step_id: str) -> int:
        return sum(loan.phase is P.LENT for loan in self.seated(surge_id, step_id))

    def next_deadlines(self) -> Iterator[float]:
        yield from (loan.until for loan in self._loans.values() if loan.until)
        yield from self._rests.values()

    # ---- seats are filled ----

    def available(self, plan: SurgePlan, step: LadderStep, now: float) -> tuple[int, str]:
        """How many people the step could get at best, and in words why not more."""
        count, said = 0, []
        if step.lend is not None:
            offer, hindrance = self._who_may_go(plan, step, now)
            count += len(offer.people)
            said.append(f"{step.lend.group_id}: {hindrance or offer}")
        if step.call is not None:
            offer = self._who_may_come(plan, step, now)
            count += len(offer.people)
            said.append(f"{step.call.group_id}, to be called: {offer}")
        return count, "; ".join(said)

    def fill(self, turn: SurgeTurn, plan: SurgePlan, step: LadderStep) -> None:
        """Lend or ask people until every seat is taken or promised; call others for the seats that are left."""
        free = step.seats_max - len(self.seated(plan.surge_id, step.step_id))
        if free > 0 and step.lend is not None:
            offer, _ = self._who_may_go(plan, step, turn.now)
            for agent_id in offer.people[:free]:
                loan = self._new(plan, step, agent_id, step.lend.group_id)
                if step.lend.answer_s is None:
                    self._lend(turn, loan, T.LEND, step.lend.choose, str(offer))
                else:
                    self._ask(turn, loan, T.ASK, step.lend.answer_s, (Way.BANNER,))
                free -= 1
        if free > 0 and step.call is not None:
            for agent_id in self._who_may_come(plan, step, turn.now).people[:free]:
                loan = self._new(plan, step, agent_id, step.call.group_id)
                loan = replace(loan, summoned=True, arrive_s=step.call.arrive_s)
                self._ask(turn, loan, T.CALL, step.call.answer_s, step.call.ways)

    def _who_may_go(self, plan: SurgePlan, step: LadderStep, now: float) -> tuple[Offer, str]:
        """The offer, or what keeps the whole group."""
        assert step.lend is not None
        group_id = step.lend.group_id
        donor = self.donors.get(group_id)
        if donor is None:
            return Offer(), "lends nobody"
        if donor.healthy and not self._holds.get(donor.healthy):
            return Offer(), "its own figures are bad" if donor.healthy in self._holds else "its figures are unknown"
        if self._rests.get(group_id, now) > now:
            return Offer(), "rests, for it had to call people back"
        tally = self._tally(plan.surge_id, step.step_id)
        offer = who_may_go(
            self._floor.people(group_id), step.lend.choose, f"{plan.surge_id} {step.step_id} {now!r}",
            away={loan.agent_id for loan in self if loan.phase is not P.ASKED},
            asked={loan.agent_id for loan in self if loan.phase is P.ASKED},
            declined=tally.declined, stay_min=donor.stay_min,
        )  # fmt: skip
        return offer, ""

    def _who_may_come(self, plan: SurgePlan, step: LadderStep, now: float) -> Offer:
        assert step.call is not None
        seed = f"{plan.surge_id} {step.step_id} {now!r}"
        declined = {*self._tally(plan.surge_id, step.step_id).declined, *self._loans}
        return who_may_come(self._floor.people(step.call.group_id), step.call.choose, seed, declined=declined)

    def _new(self, plan: SurgePlan, step: LadderStep, agent_id: str, donor_id: str) -> Loan:
        return Loan(agent_id, donor_id, plan.group_id, plan.surge_id, step.step_id, P.FREE, 0.0)

    def _lend(self, turn: SurgeTurn, loan: Loan, trigger: LoanTrigger, rule: str, choice: str) -> None:
        self._move(turn, loan, trigger)
        figures = turn.figures(loan.surge_id)
        turn.say(Lend(loan.agent_id, loan.group_id, loan.surge_id, loan.step_id, rule, choice, figures))

    def _ask(self, turn: SurgeTurn, loan: Loan, trigger: LoanTrigger, answer_s: float, ways: tuple[Way, ...]) -> None:
        self.asks += 1
        loan = replace(loan, ask_id=f"{loan.surge_id}.{self.asks}")
        until = turn.now + answer_s
        self._move(turn, loan, trigger, until)
        self._count(loan, asked=1)
        there, figures = trigger is T.ASK, turn.figures(loan.surge_id)
        turn.say(Ask(loan.ask_id, loan.agent_id, ways, until, there, loan.surge_id, loan.step_id, figures))

    # ---- people answer, come and go ----

    def accept(self, turn: SurgeTurn, loan: Loan) -> None:
        self._count(loan, accepted=1)
        self._answered(turn, loan, Answer.ACCEPTED)
        if loan.phase is P.ASKED:
            self._lend(turn, loan, T.ACCEPT, AGREED, "")
        else:
            self._move(turn, loan, T.ACCEPT, turn.now + loan.arrive_s)

    def refuse(self, turn: SurgeTurn, loan: Loan) -> None:
        self._move(turn, loan, T.REFUSE)
        self._count(loan, refused=1, declines=True)
        self._answered(turn, loan, Answer.REFUSED)

    def log_in(self, turn: SurgeTurn, agent_id: str) -> None:
        loan = self._loans.get(agent_id)
        if loan is not None and loan.knows(T.LOG_IN):
            self._count(loan, came=1)
            self._answered(turn, loan, Answer.CAME)
            self._lend(turn, loan, T.LOG_IN, CAME, "")

    def log_out(self, turn: SurgeTurn, agent_id: str) -> None:
        loan = self._loans.get(agent_id)
        if loan is None or not loan.knows(T.LOG_OUT):
            return
        self._move(turn, loan, T.LOG_OUT)
        if loan.phase is P.LENT:
            self._say_back(turn, loan, Why.LOGGED_OUT)
        elif loan.phase is P.ASKED:
            self._answered(turn, loan, Answer.LOGGED_OUT)

    def returned(self, turn: SurgeTurn, loan: Loan) -> None:
        self._move(turn, loan, T.RETURN)

    def recount(self, turn: SurgeTurn) -> None:
        """The floor is right about who is there."""
        for loan in list(self):
            person = self._floor.person(loan.agent_id)
            if person is None:
                self._end(turn, loan, Why.UNKNOWN_AGENT)
                self._loans.pop(loan.agent_id, None)
            elif person.logged_in:
                self.log_in(turn, loan.agent_id)
            else:
                self.log_out(turn, loan.agent_id)

    def lapse(self, turn: SurgeTurn) -> None:
        """Who did not answer or come in time is as one who refused. Rests that are over are forgotten."""
        late = [loan for loan in self if loan.until and loan.until <= turn.now]
        for loan in sorted(late, key=lambda loan: loan.until):
            self._move(turn, loan, T.LAPSE)
            expected = loan.phase is P.EXPECTED
            self._count(loan, unanswered=0 if expected else 1, declines=True)
            self._answered(turn, loan, Answer.DID_NOT_COME if expected else Answer.NO_ANSWER)
        self._rests = {group_id: until for group_id, until in self._rests.items() if until > turn.now}

    # ---- people are given back ----

    def end_step(self, turn: SurgeTurn, surge_id: str, step_id: str, why: Why) -> None:
        for loan in self.seated(surge_id, step_id):
            self._end(turn, loan, why)
        self._tallies.pop((surge_id, step_id), None)

    def trim(self, turn: SurgeTurn, plan: SurgePlan, step: LadderStep) -> None:
        """Fewer seats than people, since the file changed: those who are not lent yet go first."""
        mine = self.seated(plan.surge_id, step.step_id)
        surplus = len(mine) - step.seats_max
        for loan in sorted(mine, key=lambda loan: loan.phase is P.LENT)[: max(0, surplus)]:
            self._end(turn, loan, Why.SURPLUS)

    def guard(self, turn: SurgeTurn) -> None:
        """Call back what the donors can't spare any more."""
        for donor_id in sorted({loan.donor_id for loan in self if _missed(loan)}):
            donor = self.donors.get(donor_id)
            mine = sorted(
                (loan for loan in self if loan.donor_id == donor_id and _missed(loan)),
                key=lambda loan: loan.since, reverse=True,
            )  # fmt: skip
            if donor is None:
                wanted, why = mine, Why.NOT_LENDABLE
            elif donor.healthy and self._holds.get(donor.healthy) is False:
                wanted, why = mine, Why.DONOR_UNHEALTHY
            else:
                wanted, why = self._lacking(donor, mine), Why.DONOR_SHORT
            for loan in wanted:
                self._end(turn, loan, why)
            if wanted and donor is not None:
                self._rests[donor_id] = turn.now + donor.rest_s

    def _lacking(self, donor: Donor, mine: list[Loan]) -> list[Loan]:
        """Those of `mine` that the group needs to keep its least number, and the questions that it can't afford."""
        elsewhere = {loan.agent_id for loan in self if loan.phase is not P.ASKED}
        staying = sum(
            person.logged_in and person.agent_id not in elsewhere for person in self._floor.people(donor.group_id)
        )
        returning = sum(
            loan.donor_id == donor.group_id and loan.phase is P.RETURNING and not loan.summoned for loan in self
        )
        lent = [loan for loan in mine if loan.phase is P.LENT]
        asked = [loan for loan in mine if loan.phase is P.ASKED]
        lacks = max(0, donor.stay_min - staying - returning)
        too_many = max(0, len(asked) - max(0, staying - donor.stay_min))
        return lent[:lacks] + asked[:too_many]

    def _end(self, turn: SurgeTurn, loan: Loan, why: Why) -> None:
        if loan.phase is P.LENT:
            self._move(turn, loan, T.GIVE_BACK)
            self._say_back(turn, loan, why)
        elif loan.phase in SEATED:
            self._move(turn, loan, T.CALL_OFF)
            figures = turn.figures(loan.surge_id)
            turn.say(CallOff(loan.ask_id, loan.agent_id, why, loan.surge_id, loan.step_id, figures))

    # ---- the book ----

    def _move(self, turn: SurgeTurn, loan: Loan, trigger: LoanTrigger, until: float = 0.0) -> None:
        moved = loan.moved(trigger, turn.now, until)
        if moved.phase is P.FREE:
            del self._loans[loan.agent_id]
        else:
            self._loans[loan.agent_id] = moved

    def _tally(self, surge_id: str, step_id: str) -> Tally:
        return self._tallies.get((surge_id, step_id)) or Tally(surge_id, step_id)

    def _count(
        self, loan: Loan, asked: int = 0, accepted: int = 0, refused: int = 0, unanswered: int = 0, came: int = 0,
        declines: bool = False,
    ) -> None:  # fmt: skip
        old = self._tally(loan.surge_id, loan.step_id)
        declined = {*old.declined, loan.agent_id} if declines else old.declined
        self._tallies[loan.surge_id, loan.step_id] = Tally(
            loan.surge_id, loan.step_id, old.asked + asked, old.accepted + accepted, old.refused + refused,
            old.unanswered + unanswered, old.came + came, tuple(sorted(declined)),
        )  # fmt: skip

    def _answered(self, turn: SurgeTurn, loan: Loan, answer: Answer) -> None:
        figures = turn.figures(loan.surge_id)
        turn.say(AskEnded(loan.ask_id, loan.agent_id, answer, loan.surge_id, loan.step_id, figures))

    def _say_back(self, turn: SurgeTurn, loan: Loan, why: Why) -> None:
        figures = turn.figures(loan.surge_id)
        turn.say(GiveBack(loan.agent_id, loan.group_id, loan.surge_id, loan.step_id, why, figures))


def _missed(loan: Loan) -> bool:
    """Whether the group they come from lacks them, or soon might."""
    return loan.phase in (P.ASKED, P.LENT) and not loan.summoned
