"""The live state of one surge plan: which steps are open, and when the next may be opened or closed.

Rules, in the order in which they are looked at:

1. Hold: ends at its time, so that nobody stays lent because it was forgotten.
2. Ladder in force: the first whose `active` holds; as long as one before it is unknown, it stays as it was. When it
   changes, steps that both ladders have by the same id go on as the new one's; the others stay open, get nobody new,
   and are given back in their turn by the new one's `closes`. With none in force all are given back in turn.
3. Surplus: an open step with more people than its `seats_max` (the file or the ladder changed) gives the last back.
4. Close: the step taken last, while `closes` holds, not before `may_close_at`; one at a time.
5. Fill: free seats of open steps (a no, a log-out, a recall) go to the next ones, unless `closes` holds.
6. Short: nobody is left to ask and fewer than `seats_min` came. It is said once, and nobody waits for its effect.
7. Open: the first step that is not open, not skipped, active, and for which `seats_min` people could be had, while
   `opens` holds and `closes` does not, not before `may_open_at`; one at a time. If there is none, it is said once.

- After a step is opened, nothing is changed for `settle_s`; after one is closed, nothing for `settle_closed_s`.
- What is unknown neither holds nor fails to: a switch that begins again changes nothing until it is told.
- While the shift leader holds, nothing but the first three rules is looked at. Answers are still taken, and a group
  that is in need gets its people back. An order to open or close counts at once, also then, and a step that is open
  by order is filled in any case; but within the bounds of people: never more than `seats_max`, never below what a
  donor keeps. Times count from it as from any change.
- A skipped step is not taken until the ladder is empty again, or the order to resume.
"""

from collections.abc import Mapping
from dataclasses import replace

from routing.ladder import Ladder, LadderStep, SurgePlan
from routing.loans import Loans
from routing.surge_memory import OpenStep, SurgeMemory
from routing.surge_turn import SurgeTurn
from routing.surge_words import (
    FigureValues,
    LadderExhausted,
    LadderTaken,
    Notify,
    Resumed,
    StepClosed,
    StepOpened,
    StepShort,
    Why,
)

# Two orders closer than this are one order given twice; nor does a step that stays short open the next any sooner.
STEPS_APART_S_MIN = 1.0


class Surge:
    """`loans` and `holds` are those of all plans together."""

    def __init__(self, plan: SurgePlan, loans: Loans, holds: Mapping[str, bool], memory: SurgeMemory) -> None:
        self.plan, self.memory = plan, memory
        self._loans, self._holds = loans, holds

    @property
    def ladder(self) -> Ladder | None:
        """The ladder in force; None also where the file has lost it and the next one is not known yet."""
        return self.plan.ladder(self.memory.ladder_id)

    @property
    def held(self) -> bool:
        return self.memory.held_until > 0.0

    def is_open(self, step_id: str) -> bool:
        return any(step.step_id == step_id for step in self.memory.open)

    def give(self, turn: SurgeTurn) -> None:
        """First what sets people free, in all plans."""
        self._end_hold(turn)
        self._take_ladder(turn)
        self._trim(turn)
        if not self.held:
            self._close(turn)

    def take(self, turn: SurgeTurn) -> None:
        """Then what needs people."""
        self._fill(turn)
        self._note_short(turn)
        if not self.held and self._open(turn):
            self._fill(turn)
            self._note_short(turn)

    # ---- hold and ladder ----

    def _end_hold(self, turn: SurgeTurn) -> None:
        if self.held and turn.now >= self.memory.held_until:
            self._change(held_until=0.0)
            turn.say(Resumed(self.plan.surge_id, "", self._figures(turn)))

    def _take_ladder(self, turn: SurgeTurn) -> None:
        before, now = self.memory.ladder_id, self._ladder_wanted()
        if now is not None and now != before:
            self._change(ladder_id=now, exhausted=False)
            turn.say(LadderTaken(self.plan.surge_id, now, before, self._figures(turn)))

    def _ladder_wanted(self) -> str | None:
        """Empty: none; None: not known yet."""
        for ladder in self.plan.ladders:
            active = self._holds.get(ladder.active) if ladder.active else True
            if active is None:
                return None
            if active:
                return ladder.ladder_id
        return ""

    # ---- open steps ----

    def _trim(self, turn: SurgeTurn) -> None:
        for step in self._steps_in_force():
            self._loans.trim(turn, self.plan, step)

    def _fill(self, turn: SurgeTurn) -> None:
        for step in self._steps_in_force():
            wanted = not self.held and self._holds.get(self._closes(step)) is False
            if self._in_season(step) and (wanted or self._entry(step).ordered):
                self._loans.fill(turn, self.plan, step)

    def _note_short(self, turn: SurgeTurn) -> None:
        for step in self._steps_in_force():
            mine = self._loans.seated(self.plan.surge_id, step.step_id)
            lent = self._loans.lent(self.plan.surge_id, step.step_id)
            short = len(mine) == lent < step.seats_min
            entry = self._entry(step)
            if short is entry.short:
                continue
            changed = tuple(replace(one, short=short) if one is entry else one for one in self.memory.open)
            self._change(open=changed)
            if short:
                turn.say(StepShort(self.plan.surge_id, step.step_id, lent, step.seats_min, self._figures(turn)))
                self._wait_no_longer(turn, entry)

    def _wait_no_longer(self, turn: SurgeTurn, entry: OpenStep) -> None:
        """The step was the last change, and nobody insisted on it: there is no effect to wait for."""
        if self.memory.changed_at == entry.opened_at and not entry.ordered:
            soonest = max(turn.now, entry.opened_at + STEPS_APART_S_MIN)
            self._change(may_open_at=min(self.memory.may_open_at, soonest))

    def _steps_in_force(self) -> list[LadderStep]:
        """The open steps that the ladder in force has, the first taken first."""
        ladder = self.ladder
        found = [ladder.step(entry.step_id) for entry in self.memory.open] if ladder is not None else []
        return [step for step in found if step is not None]

    def _entry(self, step: LadderStep) -> OpenStep:
        return next(entry for entry in self.memory.open if entry.step_id == step.step_id)

    # ---- a step is closed ----

    def _close(self, turn: SurgeTurn) -> None:
        if not self.memory.open or turn.now < self.memory.may_close_at:
            return
        last = self.memory.open[-1].step_id
        ladder = self.ladder
        if not self.memory.ladder_id:
            self.shut(turn, last, Why.NO_LADDER)
        elif ladder is not None and self._holds.get(self._closes(ladder.step(last))):
            self.shut(turn, last, Why.CONDITION)

    def shut(self, turn: SurgeTurn, step_id: str, why: Why, by: str = "") -> None:
        """Close an open step: its people are given back."""
        surge_id, ladder = self.plan.surge_id, self.ladder
        rest = tuple(entry for entry in self.memory.open if entry.step_id != step_id)
        until = turn.now + self.plan.settle_closed_s
        self._change(
            open=rest, changed_at=turn.now, may_open_at=until, may_close_at=until, exhausted=False,
            skipped=self.memory.skipped if rest else (),
        )  # fmt: skip
        number = ladder.number(step_id) if ladder is not None else 0
        seats = self._loans.lent(surge_id, step_id)
        turn.say(
            StepClosed(surge_id, self.memory.ladder_id, step_id, number, len(rest), why, self._figures(turn), seats, by)
        )
        self._loans.end_step(turn, surge_id, step_id, Why.STEP_CLOSED)

    # ---- a step is opened ----

    def _open(self, turn: SurgeTurn) -> bool:
        ladder = self.ladder
        if ladder is None:
            return False
        if self.memory.exhausted and not self._holds.get(ladder.opens):
            self._change(exhausted=False)
        # On most days nothing is wanted, and nobody need be counted.
        idle = not any(self._holds.get(name) for name in (ladder.opens, *(step.opens for step in ladder.steps)))
        if idle or turn.now < self.memory.may_open_at:
            return False
        step, passed_over = self.next_step(ladder, turn.now)
        wanted = self._holds.get((step.opens if step is not None else "") or ladder.opens)
        if not wanted or self._holds.get(self._closes(step)) is not False:
            return False
        if step is not None:
            self.take_step(turn, step, Why.CONDITION, passed_over)
            return True
        if not self.memory.exhausted:
            self._change(exhausted=True)
            turn.say(LadderExhausted(self.plan.surge_id, ladder.ladder_id, passed_over, self._figures(turn)))
        return False

    def next_step(
        self, ladder: Ladder, now: float, seats_min: int | None = None
    ) -> tuple[LadderStep | None, dict[str, str]]:
        """The first step that could be taken, and why those before it can't be. `seats_min`: see `hindrance`."""
        passed_over: dict[str, str] = {}
        for step in ladder.steps:
            if self.is_open(step.step_id):
                continue
            skipped = step.step_id in self.memory.skipped
            hindrance = "skipped by order" if skipped else self.hindrance(step, now, seats_min)
            if not hindrance:
                return step, passed_over
            passed_over[step.step_id] = hindrance
        return None, passed_over

    def hindrance(self, step: LadderStep, now: float, seats_min: int | None = None) -> str:
        """Why the step can't be taken now; empty if it can. `seats_min` in place of the step's own."""
        if not self._in_season(step):
            return "not active now"
        if step.lend is None and step.call is None:
            return ""
        needed = max(1, step.seats_min if seats_min is None else seats_min)
        count, said = self._loans.available(self.plan, step, now)
        return "" if count >= needed else f"{count} of {needed} people could be had ({said})"

    def take_step(
        self, turn: SurgeTurn, step: LadderStep, why: Why, passed_over: Mapping[str, str], by: str = ""
    ) -> None:
        """Open a step of the ladder in force; its seats are filled later in this turn."""
        ladder = self.ladder
        assert ladder is not None
        surge_id = self.plan.surge_id
        until = turn.now + (self.plan.settle_s if step.settle_s is None else step.settle_s)
        self._change(
            open=(*self.memory.open, OpenStep(step.step_id, turn.now, ordered=why is Why.ORDERED)),
            changed_at=turn.now, may_open_at=until, may_close_at=until, exhausted=False,
            skipped=tuple(step_id for step_id in self.memory.skipped if step_id != step.step_id),
        )  # fmt: skip
        figures = self._figures(turn)
        number, level = ladder.number(step.step_id), len(self.memory.open)
        turn.say(StepOpened(surge_id, ladder.ladder_id, step.step_id, number, level, why, figures, passed_over, by))
        if step.tell is not None:
            turn.say(Notify(step.tell.group_ids, step.tell.ways, surge_id, step.step_id, figures))

    # ---- small things ----

    def _closes(self, step: LadderStep | None) -> str:
        ladder = self.ladder
        assert ladder is not None
        return (step.closes if step is not None else "") or ladder.closes

    def _in_season(self, step: LadderStep) -> bool:
        return not step.active or self._holds.get(step.active, False)

    def _figures(self, turn: SurgeTurn) -> FigureValues:
        return turn.figures(self.plan.surge_id)

    def _change(self, **fields: object) -> None:
        self.memory = replace(self.memory, **fields)  # type: ignore[arg-type]
