"""A person who is wanted for a surge: from the first question until they are back.

Rules of the machine:
- Who is logged in is lent at once, or asked first; who is not is called. Nobody is two of these at a time, in however
  many surges.
- A question ends by exactly one of: a yes, a no, no answer in time (`lapse`), a log-out, or because the people are not
  needed any more (`call_off`). Every answer carries the question's id: a late one changes nothing.
- Who was called and said yes is expected, and has a time to come in; to log in is to have come. Who is called and logs
  in without an answer has come as well.
- Who is given back keeps the call that goes on, and is on the way back (`returning`) until the floor says `return`.
- A log-out ends everything but a call to somebody who was not there anyway.
- Who goes back to free is free for the next surge.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class LoanPhase(StrEnum):
    FREE = "free"
    ASKED = "asked"
    CALLED = "called"
    EXPECTED = "expected"
    LENT = "lent"
    RETURNING = "returning"


class LoanTrigger(StrEnum):
    LEND = "lend"
    ASK = "ask"
    CALL = "call"
    ACCEPT = "accept"
    REFUSE = "refuse"
    LAPSE = "lapse"
    CALL_OFF = "call_off"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    GIVE_BACK = "give_back"
    RETURN = "return"


P, T = LoanPhase, LoanTrigger
TRANSITIONS: dict[tuple[LoanPhase, LoanTrigger], LoanPhase] = {
    (P.FREE, T.LEND): P.LENT,
    (P.FREE, T.ASK): P.ASKED,
    (P.FREE, T.CALL): P.CALLED,
    (P.ASKED, T.ACCEPT): P.LENT,
    (P.ASKED, T.REFUSE): P.FREE,
    (P.ASKED, T.LAPSE): P.FREE,
    (P.ASKED, T.CALL_OFF): P.FREE,
    (P.ASKED, T.LOG_OUT): P.FREE,
    (P.CALLED, T.ACCEPT): P.EXPECTED,
    (P.CALLED, T.LOG_IN): P.LENT,
    (P.CALLED, T.REFUSE): P.FREE,
    (P.CALLED, T.LAPSE): P.FREE,
    (P.CALLED, T.CALL_OFF): P.FREE,
    (P.EXPECTED, T.LOG_IN): P.LENT,
    (P.EXPECTED, T.REFUSE): P.FREE,
    (P.EXPECTED, T.LAPSE): P.FREE,
    (P.EXPECTED, T.CALL_OFF): P.FREE,
    (P.LENT, T.GIVE_BACK): P.RETURNING,
    (P.LENT, T.LOG_OUT): P.FREE,
    (P.RETURNING, T.RETURN): P.FREE,
    (P.RETURNING, T.LOG_OUT): P.FREE,
}

# Who sits on one of the step's seats, or has been promised one.
SEATED = frozenset({P.ASKED, P.CALLED, P.EXPECTED, P.LENT})


@dataclass(frozen=True, slots=True)
class Loan:
    """One person of the group `donor_id` for one step; `group_id` is the group they are lent to.

    `since` is when the phase began, `until` when it ends by itself (0: not). `ask_id` names the question, empty for who
    was not asked. `summoned`: called in, so that nobody lacks them where they come from; `arrive_s` is the time they
    have to log in once they agreed.
    """

    agent_id: str
    donor_id: str
    group_id: str
    surge_id: str
    step_id: str
    phase: LoanPhase
    since: float
    until: float = 0.0
    ask_id: str = ""
    summoned: bool = False
    arrive_s: float = 0.0

    def knows(self, trigger: LoanTrigger) -> bool:
        return (self.phase, trigger) in TRANSITIONS

    def moved(self, trigger: LoanTrigger, now: float, until: float = 0.0) -> "Loan":
        """Raises KeyError for a trigger that the phase does not know."""
        return replace(self, phase=TRANSITIONS[self.phase, trigger], since=now, until=until)
