"""What a sceptic writes down beside a surge, from its decisions alone, and will not put up with.

The never-list: two steps of a plan opened in one instant; a change sooner than the hold times allow; somebody lent who
is lent already; more people than seats; somebody lent below what the group must keep, or by a group that is in need;
anybody lent, asked or told without an end of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.ladder import Donor, LadderStep, SurgePlan
from routing.loans import AGREED, CAME
from routing.surge import STEPS_APART_S_MIN
from routing.surge_words import (
    Answer,
    Ask,
    AskEnded,
    CallOff,
    GiveBack,
    Held,
    LadderTaken,
    Lend,
    Resumed,
    StepClosed,
    StepOpened,
    StepShort,
    SurgeDecision,
    Why,
)
from tests.routing.ladder_floor import LadderFloor

Seat = tuple[str, str]
AUTOMATIC = (Why.CONDITION, Why.NO_LADDER)
STAYS = (Answer.ACCEPTED, Answer.CAME)


@dataclass(slots=True)
class Change:
    """The last step of a plan that was opened or closed, and how long it is to be left alone."""

    at: float
    until: float
    opened: str = ""
    ordered: bool = False
    short: bool = False


@dataclass(slots=True)
class Books:
    floor: LadderFloor
    plans: Mapping[str, SurgePlan]
    donors: Mapping[str, Donor]
    truth: Mapping[str, bool]
    seated: dict[str, Seat] = field(default_factory=dict)
    lent: dict[str, Lend] = field(default_factory=dict)
    returning: dict[str, Lend] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    ladders: dict[str, str] = field(default_factory=dict)
    open: dict[Seat, bool] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    arrive_s: float = 300.0

    def write(self, now: float, decisions: Sequence[SurgeDecision]) -> None:
        opened = Counter(one.surge_id for one in decisions if isinstance(one, StepOpened))
        assert not opened or max(opened.values()) == 1, "two steps were opened in one instant"
        for one in decisions:
            self._write(now, one)

    def _write(self, now: float, one: SurgeDecision) -> None:
        match one:
            case LadderTaken():
                self.ladders[one.surge_id] = one.ladder_id
            case Held():
                self.held.add(one.surge_id)
            case Resumed():
                self.held.discard(one.surge_id)
            case StepOpened() | StepClosed():
                self._changed(now, one)
            case StepShort():
                change = self.changes.get(one.surge_id)
                if change is not None and change.opened == one.step_id:
                    change.short = True
            case Ask():
                self._asked(one)
            case AskEnded() | CallOff():
                self._answered(now, one)
            case Lend():
                self._lent(one)
            case GiveBack():
                self._given_back(one)
            case _:
                pass

    # ---- steps ----

    def _changed(self, now: float, one: StepOpened | StepClosed) -> None:
        change = self.changes.get(one.surge_id)
        assert change is None or now > change.at or one.why is Why.NOT_CONFIGURED, "two changes in one instant"
        if one.why in AUTOMATIC:
            assert one.surge_id not in self.held, "a step was changed while the shift leader held"
            if change is not None:
                soonest = change.until
                if isinstance(one, StepOpened) and change.short and not change.ordered:
                    soonest = min(soonest, change.at + STEPS_APART_S_MIN)
                assert now >= soonest, f"{one} comes {soonest - now} s too soon"
        key = (one.surge_id, one.step_id)
        if isinstance(one, StepClosed):
            del self.open[key]
            self.changes.pop(one.surge_id, None)
            if one.why is not Why.NOT_CONFIGURED:
                self.changes[one.surge_id] = Change(now, now + self.plans[one.surge_id].settle_closed_s)
            return
        assert key not in self.open, "a step was opened twice"
        self.open[key] = one.why is Why.ORDERED
        step = self.step(*key)
        assert step is not None, "a step was opened that the ladder in force does not have"
        settle_s = self.plans[one.surge_id].settle_s if step.settle_s is None else step.settle_s
        self.changes[one.surge_id] = Change(now, now + settle_s, one.step_id, one.why is Why.ORDERED)

    def step(self, surge_id: str, step_id: str) -> LadderStep | None:
        """As the ladder in force has it."""
        ladder = self.plans[surge_id].ladder(self.ladders.get(surge_id, "")) if surge_id in self.plans else None
        return ladder.step(step_id) if ladder is not None else None

    # ---- people ----

    def _asked(self, ask: Ask) -> None:
        assert ask.agent_id not in self.lent, "somebody was asked who is lent"
        self._wanted(ask.surge_id, ask.step_id)
        self._sit(ask.agent_id, ask.surge_id, ask.step_id)
        assert ask.ask_id not in self.asks, "two questions have one id"
        self.asks[ask.ask_id], self.due[ask.ask_id] = ask, ask.until

    def _answered(self, now: float, one: AskEnded | CallOff) -> None:
        assert one.ask_id in self.asks, "an end without a question"
        ask = self.asks[one.ask_id]
        assert ask.agent_id == one.agent_id, "the answer is another's"
        if isinstance(one, CallOff) or one.answer not in STAYS:
            del self.asks[one.ask_id], self.due[one.ask_id]
            del self.seated[one.agent_id]
        else:
            self.due[one.ask_id] = now + self.arrive_s

    def _lent(self, one: Lend) -> None:
        assert one.agent_id not in self.lent, "somebody was lent twice"
        assert one.agent_id not in self.returning, "somebody was lent who had not returned"
        if one.rule in (AGREED, CAME):
            question = next((ask for ask in self.asks.values() if ask.agent_id == one.agent_id), None)
            assert question is not None, "somebody was lent who was not asked"
            del self.asks[question.ask_id], self.due[question.ask_id]
        else:
            self._wanted(one.surge_id, one.step_id)
            self._sit(one.agent_id, one.surge_id, one.step_id)
        self.lent[one.agent_id] = one
        if one.rule != CAME:
            donor = self.donors[self.floor.workers[one.agent_id].group_id]
            assert self.staying(donor.group_id) >= donor.stay_min, "somebody was lent whom the group must keep"
            assert self.truth.get(donor.healthy, not donor.healthy), "a group lent that is in need"

    def _given_back(self, one: GiveBack) -> None:
        assert one.agent_id in self.lent, "somebody was given back who was not lent"
        lend = self.lent.pop(one.agent_id)
        assert (lend.group_id, lend.step_id) == (one.group_id, one.step_id), "given back to another step or group"
        del self.seated[one.agent_id]
        if one.why not in (Why.LOGGED_OUT, Why.UNKNOWN_AGENT):
            self.returning[one.agent_id] = lend

    def _wanted(self, surge_id: str, step_id: str) -> None:
        assert self.open[surge_id, step_id] or surge_id not in self.held, "somebody was taken while the leader held"

    def _sit(self, agent_id: str, surge_id: str, step_id: str) -> None:
        assert agent_id not in self.seated, "somebody is wanted twice"
        self.seated[agent_id] = (surge_id, step_id)

    def staying(self, group_id: str) -> int:
        away = {*self.lent, *self.returning}
        return sum(worker.logged_in and worker.agent_id not in away for worker in self.floor.people(group_id))

    # ---- after every turn ----

    def check(self, now: float) -> None:
        assert all(due > now for due in self.due.values()), "a question has no end"
        for (surge_id, step_id), people in Counter(self.seated.values()).items():
            step = self.step(surge_id, step_id)
            assert (surge_id, step_id) in self.open, "people sit on the seats of a step that is closed"
            assert step is None or people <= step.seats_max, "more people than seats"
        for agent_id, lend in self.lent.items():
            assert self.floor.workers[agent_id].logged_in, "somebody is lent who has left"
            if lend.rule != CAME:
                self._donor_can_spare(self.floor.workers[agent_id].group_id)

    def _donor_can_spare(self, group_id: str) -> None:
        donor = self.donors.get(group_id)
        assert donor is not None, "a group lends that may not"
        assert self.truth.get(donor.healthy) is not False, "a group in need has not got its people back"
        back = [
            agent_id for agent_id, lend in self.returning.items()
            if lend.rule != CAME and self.floor.workers[agent_id].group_id == group_id
        ]  # fmt: skip
        assert self.staying(group_id) + len(back) >= donor.stay_min, "a group is short and has not got its people back"
