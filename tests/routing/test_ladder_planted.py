"""For each thing that must never happen, a bug that lets it: the sceptic's books must find it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from routing import loan, loans
from routing.lending import Offer, who_may_go
from routing.loan import LoanPhase, LoanTrigger
from routing.loans import Loans
from routing.surge import Surge
from routing.surge_memory import Memory
from routing.surges import Surges
from tests.routing.test_ladder_stateful import Surging

Plant = Callable[[pytest.MonkeyPatch], None]


def two_steps_at_once(plant: pytest.MonkeyPatch) -> None:
    take = Surge.take

    def twice(surge: Surge, turn: Any) -> None:
        take(surge, turn)
        if surge.memory.changed_at == turn.now:
            surge._change(may_open_at=turn.now)
            take(surge, turn)

    plant.setattr(Surge, "take", twice)


def after(name: str, field: str) -> Plant:
    """After this move of a surge, the given time is now."""

    def planted(plant: pytest.MonkeyPatch) -> None:
        move = getattr(Surge, name)

        def moved(surge: Surge, turn: Any, *args: Any, **kwargs: Any) -> None:
            move(surge, turn, *args, **kwargs)
            surge._change(**{field: turn.now})

        plant.setattr(Surge, name, moved)

    return planted


def without(of: type, name: str) -> Plant:
    return lambda plant: plant.setattr(of, name, lambda *args, **kwargs: None)


def asked_are_not_counted(plant: pytest.MonkeyPatch) -> None:
    seated = Loans.seated
    lent = LoanPhase.LENT
    plant.setattr(Loans, "seated", lambda *args: [one for one in seated(*args) if one.phase is lent])


def choosing(**ignored: Any) -> Plant:
    """Whoever may go is found with some of the facts replaced."""

    def offer(*args: Any, **kwargs: Any) -> Offer:
        return who_may_go(*args, **{**kwargs, **ignored})

    return lambda plant: plant.setattr(loans, "who_may_go", offer)


def hold_is_not_heard(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(Surge, "held", property(lambda surge: False))


def loans_are_forgotten(plant: pytest.MonkeyPatch) -> None:
    memory = Surges.memory

    def forgetful(surges: Surges) -> Memory:
        whole = memory(surges)
        return Memory(whole.surges, whole.loans[1:], whole.rests, whole.tallies, whole.asks)

    plant.setattr(Surges, "memory", forgetful)


def times_are_forgotten(plant: pytest.MonkeyPatch) -> None:
    """A switch that begins again may change steps at once."""
    begin = Surge.__init__

    def anew(surge: Surge, *args: Any) -> None:
        begin(surge, *args)
        surge._change(may_open_at=0.0, may_close_at=0.0)

    plant.setattr(Surge, "__init__", anew)


def nobody_waits_for_the_last_call(plant: pytest.MonkeyPatch) -> None:
    plant.setitem(loan.TRANSITIONS, (LoanPhase.LENT, LoanTrigger.GIVE_BACK), LoanPhase.FREE)


# What the books say: of a change that comes too soon, and of people who are not where they should be.
SOON = "two steps were opened in one instant|two changes in one instant|too soon|another look changes something"
ASTRAY = (
    "a step that is closed|more people than seats|has not got its people back|who has left|never given back"
    "|who is lent|who is on the way back|wanted twice|lent twice"
)

PLANTED: dict[str, tuple[Plant, str]] = {
    "two steps at once": (two_steps_at_once, "two steps were opened in one instant"),
    "no time to work": (after("take_step", "may_open_at"), SOON),
    "closed as soon as opened": (after("take_step", "may_close_at"), SOON),
    "opened as soon as closed": (after("shut", "may_open_at"), SOON),
    "all closed at once": (after("shut", "may_close_at"), SOON),
    "times forgotten when killed": (times_are_forgotten, SOON),
    "people stay when the step is over": (without(Loans, "end_step"), "a step that is closed"),
    "nobody is told of the return": (without(Loans, "_say_back"), ASTRAY),
    "a log-out goes unnoticed": (without(Loans, "log_out"), ASTRAY),
    "loans forgotten when killed": (loans_are_forgotten, ASTRAY),
    "lent again before they are back": (nobody_waits_for_the_last_call, "who is on the way back|had not returned"),
    "those asked are not counted": (asked_are_not_counted, "more people than seats|a step that is closed"),
    "seats that were taken away": (without(Loans, "trim"), "more people than seats"),
    "whoever is lent may be lent": (choosing(away=()), "lent twice|wanted twice|had not returned|asked who is lent"),
    "whoever is asked may be asked": (choosing(asked=()), "wanted twice|asked who is lent"),
    "the group keeps nobody": (choosing(stay_min=0), "whom the group must keep|another look changes something"),
    "the group gets nobody back": (without(Loans, "guard"), "has not got its people back|may not"),
    "a question never ends": (without(Loans, "lapse"), "a question has no end"),
    "a hold is not heard": (hold_is_not_heard, "while the shift leader held|while the leader held"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, said = PLANTED[name]
    plant(monkeypatch)
    run = partial(
        run_state_machine_as_test, Surging,
        settings=settings(
            max_examples=400, stateful_step_count=50, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip

    with pytest.raises(AssertionError, match=said):
        run()
