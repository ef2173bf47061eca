"""One day: the script is played on the real engine and runtime over the simulated PBX, and everything is checked."""

import gc
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from acd.core.commands import Command, RingAgent
from acd.core.events import CallWaiting, Event, LogoutRequested, Restored, SiteChanged
from acd.core.reconcile import Reconciler
from acd.core.reports import CallRecord, DivergenceHealed, Report
from acd.pbx.simulated import entry
from acd.pbx.simulated.channel import Channel
from acd.pbx.simulated.delays import Delays
from acd.simulation import callers_log
from acd.simulation.broken import BrokenError
from acd.simulation.caller import LoggedCaller, Talk
from acd.simulation.checks import StepChecks
from acd.simulation.faults import SOUND, Faults
from acd.simulation.hotline import AGENTS, make_site
from acd.simulation.people import People
from acd.simulation.recount import check_overdue, check_wrap_ups, recount
from acd.simulation.script import (
    AgentAsks,
    CallIn,
    CoreDies,
    LinkLost,
    Outage,
    PbxRestarts,
    PhoneDoes,
    PhoneTakes,
    Script,
    SiteChanges,
    Spoil,
)
from acd.simulation.store_twin import StoreTwin
from acd.simulation.switch import SimulatedSwitch
from acd.simulation.truth import Truth

RECOUNT_EVERY = 500
RECONCILE_EVERY_S = 5.0
CORE_NOTICED_S = 0.25
SPOILT_FOR_S = 20.0
BEHIND_S = 0.0005
REST_S = 400.0
LOGGED_OUT_S = 60.0


@dataclass(slots=True)
class Result:
    """What a day came to. `broken` is None if every check held; `at` is when it did not, in seconds of the day.

    `struck` counts the faults that found their moment, `healed` the differences that the reconciler put right, `lost`
    the callers without a record.
    """

    calls: int = 0
    steps: int = 0
    struck: int = 0
    healed: int = 0
    talked: int = 0
    lost: int = 0
    broken: BrokenError | None = None
    at: float = 0.0
    trace: str = ""
    outcomes: dict[str, int] = field(default_factory=dict)


class Day:
    """`play` runs the script to its end and beyond, until all rests."""

    def __init__(self, script: Script) -> None:
        self.script = script
        delays = Delays(prompt_s=1.5, closing_s=1.0, vary=self._vary)
        self.checks = StepChecks(self._take_record)
        self.switch = SimulatedSwitch(delays)
        self.twin = StoreTwin(self.switch.time)
        self.switch.observers = (self.checks, self.twin, self)
        self.truth = Truth(self.switch, self._is_spoilt)
        self.truth.look_at(self.checks.ended_reservations, self.checks.asked_at)
        self.people = People(self.switch, self.truth.ring_begins)
        self.faults = Faults(self.switch.time.call_in, self._spoil)
        self.callers: dict[str, LoggedCaller] = {}
        self.reconciler = Reconciler()
        self.healed = 0
        self.began_at = self.switch.time.now
        self._version = 0
        self._next_item = 0
        self._outage = False
        self._missing: list[str] = []
        self._unheard: set[str] = set()
        self._unnoticed: list[tuple[float, float]] = []
        self._spoilt_calls: set[str] = set()
        self._spoilt_until: dict[str, float] = {}
        self._late_until = 0.0
        self._violations = 0
        self._giving_up: dict[str, dict[str, LoggedCaller]] = {}
        self._acts: dict[type, Callable[[Any], None]] = {
            CallIn: self._call_in,
            AgentAsks: self.people.ask,
            PhoneTakes: self.people.take_rings,
            PhoneDoes: self.people.use_phone,
            SiteChanges: self._change_site,
            Spoil: self.faults.arm_spoil,
            LinkLost: self._arm,
            PbxRestarts: self._arm,
            CoreDies: self._arm_killer,
        }

    def _vary(self, seconds: float) -> float:
        """Half as short to half as long again, by the time alone: taking an item out of the script varies no other."""
        return seconds * (0.5 + self.switch.time.now * 977.0 % 1.0)

    # ---- the day ----

    def play(self) -> Result:
        collects = gc.isenabled()
        gc.disable()
        result = Result()
        try:
            self._begin()
            self._run_script()
            self._come_to_rest()
        except BrokenError as broken:
            result.broken, result.at = broken, self.switch.time.now - self.began_at
            result.trace = traceback.format_exc()
        finally:
            if collects:
                gc.enable()
        result.calls, result.steps, result.struck = len(self.callers), self.checks.steps, self.faults.struck
        result.talked = sum(bool(caller.talks) for caller in self.callers.values())
        result.healed, result.lost = self.healed, len(self._missing)
        return result

    def _begin(self) -> None:
        pbx, time = self.switch.pbx, self.switch.time
        pbx.events.course, pbx.commands.course = self._event_sent, self._command_sent
        self._fall_back, pbx.exchange.fall_back = pbx.exchange.fall_back, self._take_into_fallback
        for agent_id in AGENTS:
            self.people.hire(agent_id)
        self._boot(None)
        self._restore_link()
        time.call_in(RECONCILE_EVERY_S, self._reconcile)
        self._wait_for_item()

    def _run_script(self) -> None:
        time = self.switch.time
        last = self.script[-1].at if self.script else 0.0
        time.run_until(self.began_at + last + 1.0)

    def _wait_for_item(self) -> None:
        if self._next_item < len(self.script):
            item = self.script[self._next_item]
            self.switch.time.call_at(self.began_at + item.at, self._do_item)

    def _do_item(self) -> None:
        item = self.script[self._next_item]
        self._next_item += 1
        self._wait_for_item()
        self._acts[type(item)](item)

    def _come_to_rest(self) -> None:
        """The last callers are served or give up, the last agents go home, and nothing is left."""
        switch = self.switch
        switch.run(REST_S)
        assert switch.core is not None, "every outage is shorter than the rest"
        for agent_id in list(switch.core.engine.floor.agents):
            switch.post(LogoutRequested(agent_id))
        switch.run(LOGGED_OUT_S)
        self._recount()
        self.checks.observe(switch.time.now, None, ())
        left = switch.leftovers()
        if left:
            raise BrokenError("rest", "; ".join(left[:5]))
        known = self.twin.records.keys() | self._unheard
        missing = self._missing = [call_id for call_id in self.callers if call_id not in known]
        if missing:
            raise BrokenError("records", f"{len(missing)} without a record: {missing[:5]}")
        if extra := self.twin.records.keys() - self.callers.keys():
            raise BrokenError("records", f"records of nobody: {sorted(extra)[:5]}")

    # ---- what the items do ----

    def _call_in(self, item: CallIn) -> None:
        exchange = self.switch.pbx.exchange
        call_id = f"{int(self.switch.time.now)}.{len(self.callers) + 1}"
        caller = LoggedCaller(exchange, call_id, item, self._talk)
        self.callers[call_id] = caller
        if item.gives_up:
            self._giving_up.setdefault(item.gives_up, {})[call_id] = caller
        channel = Channel(call_id, caller, item.dialled, "", "", self.switch.time.now)
        exchange.channels[call_id] = channel
        entry.arrive(exchange, channel)

    def _take_into_fallback(self, channel: Channel) -> None:
        self.callers[channel.call_id].begin_wait(fell_back=True)
        self._fall_back(channel)

    def _talk(self, caller: LoggedCaller, talk: Talk) -> None:
        self.truth.talk(caller, talk)
        if talk.ended_at:
            self.people.talked(caller, talk)

    def _change_site(self, item: SiteChanges) -> None:
        self._version = item.version
        self.switch.post(SiteChanged(make_site(item.version)))

    # ---- outages ----

    def _arm(self, item: Outage) -> None:
        self.faults.arm_outage(item, partial(self._strike, item))

    def _arm_killer(self, item: CoreDies) -> None:
        core = self.switch.core
        if core is not None:
            self.twin.watch(core.engine)
        if item.on is None:
            self.switch.time.call_in(CORE_NOTICED_S, partial(self._strike, item))
        else:
            self._arm(item)

    def _strike(self, item: Outage) -> None:
        """One outage at a time: a moment that comes in the middle of another is let pass."""
        core, time = self.switch.core, self.switch.time
        if self._outage or core is None or self.truth.linked_at is None:
            return
        self._outage = True
        self.faults.struck += 1
        if isinstance(item, CoreDies):
            self._kill(item)
            return
        self.truth.link_lost(core.engine.floor)
        self.reconciler.forget()
        if isinstance(item, LinkLost):
            self.switch.pbx.lose_link(item.noticed_s)
            if item.noticed_s:
                self._unnoticed.append((time.now, time.now + min(item.noticed_s, item.down_s)))
        else:
            # Whom the core had not heard of yet when the PBX died, nobody in the world remembers.
            floor = core.engine.floor
            self._unheard |= {c for c in self.switch.pbx.channels if c not in floor.calls and not floor.has_ended(c)}
            self.switch.pbx.restart()
        time.call_in(item.down_s, self._restore_link)

    def _kill(self, item: CoreDies) -> None:
        core, time = self.switch.core, self.switch.time
        assert core is not None, "only a core that lives is killed"
        self.twin.watch(core.engine)
        self.truth.link_lost(core.engine.floor)
        self.reconciler.forget()
        # Dead at once, in the middle of its step too: what it has not asked for yet it never will.
        core.die()
        self.switch.kill()
        told = self.twin.lose()
        # What happened after the last sign of life that was stored, the next core can't tell from what came later.
        self._unnoticed.append((told.watched_until, time.now))
        time.call_in(item.down_s, partial(self._boot, told))
        time.call_in(item.down_s + item.link_s, self._restore_link)

    def _boot(self, told: Restored | None) -> None:
        site = make_site(self._version)
        core = self.switch.boot(site)
        self.checks.begin(core)
        core.post(SiteChanged(site))
        if told is not None:
            core.post(told)
            self._recount()

    def _restore_link(self) -> None:
        self._outage = False
        self.switch.pbx.restore_link()
        self.truth.link_restored()
        self.switch.time.call_in(1.0, self._recount)

    # ---- what passes ----

    def _event_sent(self, event: Event) -> Sequence[float]:
        kind = type(event)
        if kind is CallWaiting:
            self.callers[event.call_id].begin_wait()  # type: ignore[union-attr]
        giving_up = self._giving_up.get(kind.__name__)
        if giving_up:
            self._give_up(giving_up, event)
        return self.faults.show(self.faults.sent, event) if kind in self.faults.sent else SOUND

    def _command_sent(self, command: Command) -> Sequence[float]:
        kind = type(command)
        if kind is RingAgent:
            self.checks.check_command(command)  # type: ignore[arg-type]
        giving_up = self._giving_up.get(kind.__name__)
        if giving_up:
            self._give_up(giving_up, command)
        course = self.faults.show(self.faults.asked, command) if kind in self.faults.asked else SOUND
        return self._keep_order(command, course) if self._late_until or course is not SOUND else SOUND

    def _keep_order(self, command: Command, course: Sequence[float]) -> Sequence[float]:
        """Commands go by one connection: a late one keeps back all that follow."""
        now = self.switch.time.now
        if course:
            self._late_until = max(self._late_until, now + course[0])
        if self._late_until <= now:
            self._late_until = 0.0
            return course
        late_s = self._late_until - now
        self._late_until += BEHIND_S
        self._spoil(command, late_s)
        return (late_s,) if course else course

    def _give_up(self, giving_up: dict[str, LoggedCaller], item: Event | Command) -> None:
        caller = giving_up.pop(getattr(item, "call_id", ""), None)
        if caller is not None:
            self.faults.struck += 1
            caller.hang_up_after(caller.item.after_s)

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if self.checks.steps % RECOUNT_EVERY == 0:
            self._recount()
        violations = self.switch.pbx.violations
        if len(violations) > self._violations:
            self._judge_violations(violations)
        if type(event) in self.faults.handled and event is not None:
            self.faults.show(self.faults.handled, event)
        if type(event).__name__ == "Diverged":
            self.healed += sum(isinstance(report, DivergenceHealed) for report in reports)

    def _judge_violations(self, violations: list[str]) -> None:
        """What the PBX must never be asked. Words that were spoilt on the wire lead to it; nothing else may."""
        for text in violations[self._violations :]:
            subject = text.split()[1].rstrip(":")
            call_id = subject.rpartition(".")[0] if subject.count(".") > 1 else subject
            if not self._is_spoilt(call_id):
                raise BrokenError("asks_well", text)
        self._violations = len(violations)

    def _spoil(self, item: object, delay_s: float) -> None:
        until = self.switch.time.now + delay_s + SPOILT_FOR_S
        for subject in (getattr(item, "call_id", ""), getattr(item, "agent_id", "")):
            if subject:
                self._spoilt_until[subject] = until
                self._spoilt_calls.add(subject)

    def _is_spoilt(self, subject: str) -> bool:
        until = self._spoilt_until.get(subject)
        return until is not None and until >= self.switch.time.now

    # ---- checks at large ----

    def _recount(self) -> None:
        if self.switch.core is not None:
            recount(self.switch.core.engine.floor)
            check_wrap_ups(self.switch.core.engine.floor)

    def _reconcile(self) -> None:
        """As the real switch does: the PBX's whole state is read and compared while the link is up."""
        switch, now = self.switch, self.switch.time.now
        switch.time.call_in(RECONCILE_EVERY_S, self._reconcile)
        if switch.core is None or self.truth.linked_at is None:
            return
        core = switch.core
        check_overdue(core.engine.floor, now)
        if not core.engine.floor.pbx_up:
            # The link is back, its first word on the way.
            return
        found = self.reconciler.compare(core.engine.floor, switch.pbx.state(), now)
        if found is not None:
            core.post(found)
        self.truth.compare()

    def _take_record(self, record: CallRecord) -> None:
        caller = self.callers.get(record.call_id)
        if caller is None:
            raise BrokenError("records", f"{record.call_id} has a record and never called")
        unnoticed_s = sum(
            max(0.0, min(until, caller.ended_at) - max(since, caller.arrived_at)) for since, until in self._unnoticed
        )
        callers_log.compare(caller, record, record.call_id in self._spoilt_calls, unnoticed_s)


def play(script: Script) -> Result:
    return Day(script).play()
