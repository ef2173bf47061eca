"""The engine: events in, commands and reports out, time passed in. The same events at the same times always give
the same commands, so that a run can be replayed from its journal."""

from collections.abc import Callable
from typing import Any

from acd.core import callers, events, phones, reconcile, requests, restore, resync, rings, site_change, waiting
from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call
from acd.core.commands import Command, StopRinging
from acd.core.distribution import distribute
from acd.core.events import Event
from acd.core.floor import Floor
from acd.core.memory import AgentMemory, CallMemory, remember_agent, remember_call
from acd.core.reports import Report
from acd.core.rings import fail, finish_wrap_up
from acd.core.site import Site
from acd.core.view import AgentView, CallView, QueueView, SwitchView
from acd.core.words import Reason, RingEnd

# What each event does: the whole of what the engine reacts to.
REACTIONS: dict[type, Callable[[Floor, Any, float], None]] = {
    events.CallArrived: callers.arrived,
    events.PromptEnded: callers.prompt_ended,
    events.CallWaiting: waiting.waiting,
    events.CallInAfterCall: callers.in_after_call,
    events.CallerHungUp: callers.hung_up,
    events.CallInFallback: callers.in_fallback,
    events.FallbackAnswered: callers.fallback_answered,
    events.FallbackEnded: callers.fallback_ended,
    events.AgentRinging: rings.ringing,
    events.AgentAnswered: rings.answered,
    events.RingEnded: rings.ring_ended,
    events.TalkEnded: rings.talk_ended,
    events.CommandFailed: rings.command_failed,
    events.PhoneChanged: phones.phone_changed,
    events.PhoneBusyChanged: phones.phone_busy_changed,
    events.PbxLost: resync.lost,
    events.PbxSynced: resync.synced,
    events.PbxCaughtUp: resync.caught_up,
    events.Diverged: reconcile.diverged,
    events.Restored: restore.restored,
    events.LoginRequested: requests.login,
    events.LogoutRequested: requests.logout,
    events.ReadyRequested: requests.ready,
    events.NotReadyRequested: requests.not_ready,
    events.WrapUpExtended: requests.extend_wrap_up,
    events.WrapUpEnded: requests.end_wrap_up,
    events.StateAsked: requests.tell_state,
    events.ReservationRejected: requests.reject,
    events.SiteChanged: site_change.site_changed,
}


class Engine:
    """`handle` an event, `advance` to a time, ask for the `next_deadline`; then `take_reports`.

    `now` is UTC seconds since the epoch and must never go back.
    """

    def __init__(self, site: Site) -> None:
        self.floor = Floor(site)

    def handle(self, event: Event, now: float) -> list[Command]:
        REACTIONS[type(event)](self.floor, event, now)
        return self._settle(now)

    def advance(self, now: float) -> list[Command]:
        """Let everything happen that was due by `now`."""
        while (due := self.floor.deadlines.pop(now)) is not None:
            _DUE[due[0]](self.floor, due[1], now)
        return self._settle(now)

    def next_deadline(self) -> float | None:
        """When `advance` wants to be called next; None: not before the next event."""
        return self.floor.deadlines.next()

    def take_reports(self) -> list[Report]:
        """What was made of the events since the last call."""
        reports, self.floor.reports = self.floor.reports, []
        return reports

    def memory_of_call(self, call_id: str) -> CallMemory | None:
        """What must outlive this run of an open call; None: there is no such call."""
        call = self.floor.calls.get(call_id)
        return remember_call(call, self.floor.reservations.get(call.reservation_id)) if call else None

    def memory_of_agent(self, agent_id: str) -> AgentMemory | None:
        """What must outlive this run of an agent; None: they are logged out, or unknown."""
        agent = self.floor.agents.get(agent_id)
        return remember_agent(agent, self.floor.deadlines) if agent else None

    def watched_until(self, now: float) -> float:
        """The sign of life to store beside the memories: `now`, or when the link was lost if it is down."""
        floor = self.floor
        return now if floor.pbx_up else floor.watched_until or now

    def _settle(self, now: float) -> list[Command]:
        floor = self.floor
        distribute(floor, now)
        floor.mirror_agents()
        commands, floor.commands = floor.commands, []
        return commands

    def view(self, now: float) -> SwitchView:
        """Everything that can be seen now. Costs O(calls + agents): for people and scrapes, not for decisions."""
        floor = self.floor
        return SwitchView(
            now,
            floor.pbx_up,
            tuple(_view_call(call, now) for call in floor.calls.values()),
            tuple(_view_agent(agent) for agent in floor.agents.values()),
            tuple(_view_queue(floor, queue_id, now) for queue_id in floor.queues),
        )


def _no_ringing(floor: Floor, reservation_id: str, now: float) -> None:
    """The phone has given no sign of ringing: it is not there, whatever the PBX believes."""
    _give_up(floor, reservation_id, RingEnd.UNREACHABLE, now)


def _ring_overdue(floor: Floor, reservation_id: str, now: float) -> None:
    """The PBX should have ended the ring long ago."""
    _give_up(floor, reservation_id, RingEnd.FAILED, now)


def _give_up(floor: Floor, reservation_id: str, end: RingEnd, now: float) -> None:
    held = floor.reservations[reservation_id]
    fail(floor, held, end, now)
    floor.commands.append(StopRinging(held.call_id, reservation_id, held.agent_id))


def _wrap_up_over(floor: Floor, agent_id: str, now: float) -> None:
    finish_wrap_up(floor, floor.agents[agent_id], now)


def _recovered(floor: Floor, agent_id: str, now: float) -> None:
    agent = floor.agents[agent_id]
    if agent.state is AgentState.NOT_READY and agent.reason == Reason.NO_ANSWER:
        floor.move_agent(agent, AgentTrigger.GET_READY, now)


_DUE: dict[str, Callable[[Floor, str, float], None]] = {
    "ringing": _no_ringing,
    "ring": _ring_overdue,
    "wrap_up": _wrap_up_over,
    "recovery": _recovered,
    "wait_max": waiting.waited_too_long,
    "step": waiting.step_due,
}


def _view_call(call: Call, now: float) -> CallView:
    wait_s = sum(visit.wait_s for visit in call.visits) + (now - call.visit.entered_at if call.visit else 0.0)
    queue_id = call.visit.queue.queue_id if call.visit else (call.visits[-1].queue_id if call.visits else "")
    return CallView(
        call.call_id, call.place, call.since, call.dialled, call.caller_number, queue_id, call.agent_id,
        call.arrived_at, wait_s, call.topic,
    )  # fmt: skip


def _view_agent(agent: Agent) -> AgentView:
    return AgentView(
        agent.agent_id, agent.profile.name, agent.state, agent.since, agent.reason, agent.pending or "",
        agent.phone, agent.phone_busy, agent.call_id, agent.queue_ids,
    )  # fmt: skip


def _view_queue(floor: Floor, queue_id: str, now: float) -> QueueView:
    lines = floor.queues[queue_id]
    first = lines.visits.first()
    oldest = floor.calls[first[1]].visit if first else None
    longest_wait_s = now - oldest.joined_at if oldest else 0.0
    return QueueView(queue_id, len(lines.visits), longest_wait_s, {k: n for k, n in lines.pool.standings.items() if n})
