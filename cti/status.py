"""The switch's view as the API's answers: callers' numbers masked, moments as dates, states with their duration."""

from datetime import UTC, datetime

from acd.core.masking import mask_number
from acd.core.reports import CallRecord
from acd.core.view import AgentView, CallView, QueueView, SwitchView
from acd.health import Health
from cti.day import Day
from cti.models import (
    AgentStatus,
    CallStatus,
    EndedCall,
    PartStatus,
    QueueStatus,
    Readiness,
    ServiceLevel,
    SwitchStatus,
)


def make_status(view: SwitchView, health: Health, day: Day) -> SwitchStatus:
    parts = make_readiness(health).parts
    return SwitchStatus(
        at=_date(view.at),
        site=day.site.name,
        site_names=dict(day.names.get("site", {})),
        ready=health.ready,
        pbx=parts["pbx"],
        database=parts["database"],
        loop_lag_s=health.loop_lag_s,
        journal_lag_s=health.journal_lag_s,
        spilled_records=health.spilled_records,
        clock_drift_s=round(health.clock_drift_s, 3),
        queues=tuple(_show_queue(queue, view, day) for queue in view.queues),
        agents=tuple(show_agent(agent, view.at, day) for agent in view.agents),
        calls=tuple(show_call(call, view.at) for call in view.calls),
        ended_calls=tuple(_show_ended(record) for record in reversed(day.ended_calls)),
    )


def make_readiness(health: Health) -> Readiness:
    return Readiness(
        ready=health.ready,
        parts={
            "pbx": PartStatus(up=health.pbx_up, reason=health.pbx_reason),
            "database": PartStatus(up=health.database_ok, reason=health.database_reason),
        },
    )


def show_agent(agent: AgentView, at: float, day: Day) -> AgentStatus:
    return AgentStatus(
        agent_id=agent.agent_id,
        name=agent.name,
        state=agent.state,
        # An agent who was never moved has been so since before the switch started.
        state_s=_lasted(agent.since, at) if agent.since else 0.0,
        reason=agent.reason,
        reason_names=dict(day.names.get(agent.reason, {})),
        pending=agent.pending,
        phone=agent.phone,
        phone_busy=agent.phone_busy,
        call_id=agent.call_id,
        queue_ids=agent.queue_ids,
    )


def show_call(call: CallView, at: float) -> CallStatus:
    return CallStatus(
        call_id=call.call_id,
        place=call.place,
        place_s=_lasted(call.since, at),
        dialled=call.dialled,
        caller_number=mask_number(call.caller_number),
        queue_id=call.queue_id,
        agent_id=call.agent_id,
        arrived_at=_date(call.arrived_at),
        wait_s=round(call.wait_s, 3),
        topic=call.topic,
    )


def _show_queue(queue: QueueView, view: SwitchView, day: Day) -> QueueStatus:
    site_queue = day.site.queues.get(queue.queue_id)
    tally = day.tally(queue.queue_id)
    level = None
    if site_queue is not None:
        threshold_s = site_queue.service_level_threshold_s
        late = day.count_late(queue.queue_id, threshold_s, view.calls)
        level = ServiceLevel(value=tally.service_level(late), threshold_s=threshold_s)
    return QueueStatus(
        queue_id=queue.queue_id,
        names=dict(site_queue.names) if site_queue else {},
        waiting=queue.waiting,
        longest_wait_s=round(queue.longest_wait_s, 3),
        agents=dict(queue.agents),
        offered=tally.offered,
        answered=tally.answered,
        abandoned=tally.abandoned,
        flowed_out=tally.flowed_out,
        average_answer_s=tally.answered_wait_s / tally.answered if tally.answered else None,
        service_level=level,
    )


def _show_ended(record: CallRecord) -> EndedCall:
    return EndedCall(
        call_id=record.call_id,
        ended_at=_date(record.ended_at),
        caller_number=mask_number(record.caller_number),
        outcome=record.outcome,
        reason=record.reason,
        place=record.place,
        hung_up_by=record.hung_up_by,
        queue_id=record.queue_id,
        agent_id=record.agent_id,
        wait_s=round(record.wait_s, 3),
        talk_s=round(record.talk_s, 3),
    )


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _lasted(since: float, at: float) -> float:
    return round(max(0.0, at - since), 3)
