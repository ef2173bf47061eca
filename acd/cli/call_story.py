"""A call's journal told in words: each entry worth telling becomes one line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from acd.cli.call_words import Words
from acd.core import events, reports
from acd.core.events import Event
from acd.core.reports import Report
from acd.store.codec import DecodeError
from acd.store.journal import Entry, event_of, report_of
from routing.decision import Decision
from routing.step import Step

KEYS_SHOWN_MAX = 2
"""More keys than this may be a number that only the caller should know."""


@dataclass(frozen=True, slots=True)
class Line:
    """`at`: UTC seconds. `style` is rich's."""

    at: float
    text: str
    style: str = ""


def passed_over_in_words(decision: Decision, words: Words) -> str:
    """Who had all that was asked and could not be rung, by what kept them."""
    return words("，", ", ").join(
        f"{words.name('agent_state', why)} {count}" for why, count in sorted(decision.passed_over.items()) if count
    )


def decision_in_words(decision: Decision, words: Words) -> str:
    """Who was chosen and why, who came next, who was passed over."""
    over = passed_over_in_words(decision, words)
    passed = words("；未选：", "; passed over: ") + over if over else ""
    rule = words.name("rule", decision.rule)
    if decision.agent_id is None:
        return words(f"无人可接（规则：{rule}）", f"nobody eligible (rule: {rule})") + passed
    figure = figure_in_words(decision.rule, decision.figure, words)
    chosen = words(
        f"选 {decision.agent_id}：{rule}（{figure}），可接 {decision.eligible} 人",
        f"{decision.agent_id} chosen: {rule} ({figure}), of {decision.eligible} eligible",
    )
    behind = [f"{agent} {figure_in_words(decision.rule, each, words)}" for agent, each in decision.runners_up]
    after = words("、", ", ").join(behind)
    return chosen + (words(f"；其次 {after}", f"; next {after}") if after else "") + passed


def figure_in_words(rule: str, figure: float, words: Words) -> str:
    """What the rule compared, with its unit."""
    if rule in ("longest_idle", "least_talk_time"):
        return words.seconds(figure)
    if rule == "least_occupied":
        return f"{figure:.0f} %"
    return words(f"{figure:.0f} 次", f"{figure:.0f} calls") if rule == "fewest_calls" else f"{figure:.0f}"


def step_in_words(step: Step, words: Words) -> str:
    """What a step changes."""
    parts = [
        words(f"{skill} 降至 {level}", f"{skill} from {level}") if level
        else words(f"不再要求 {skill}", f"{skill} no longer asked for")
        for skill, level in sorted(step.lower.items())
    ]  # fmt: skip
    if step.groups:
        parts.append(words("增加班组 ", "also the group ") + words("、", ", ").join(step.groups))
    if step.priority:
        parts.append(words(f"优先级 +{step.priority}", f"priority +{step.priority}"))
    if step.overflow_to:
        parts.append(words(f"溢出到 {step.overflow_to}", f"overflows to {step.overflow_to}"))
    return words("，", ", ").join(parts)


def _step_taken(report: reports.StepTaken, words: Words, _clear: bool) -> str:
    waited = words.seconds(report.step.after_s)
    what = step_in_words(report.step, words)
    zh, en = f"等待满 {waited}（第 {report.number} 步）：", f"has waited {waited} (step {report.number}): "
    return words(zh, en) + what


Teller = Callable[[Any, Words, bool], str]


def _prompt_ended(event: events.PromptEnded, words: Words, clear: bool) -> str:
    if event.failed:
        return words("语音播放失败", "the prompt could not be played")
    if not event.digits:
        return words("语音播完，未按键", "prompt ended, no key pressed")
    shown = event.digits if clear or len(event.digits) <= KEYS_SHOWN_MAX else "*" * len(event.digits)
    return words(f"按键 {shown}", f"pressed {shown}")


_TOLD_MOVES = {
    "greeted": ("进入自动语音", "greeted by the IVR"),
    "returned": ("回到队列，原位置保留", "back in the queue, place kept"),
    "held": ("被保持", "put on hold"),
    "retrieved": ("恢复通话", "retrieved"),
    "consulted": ("话务员咨询中", "the agent consults"),
    "conferenced": ("进入会议", "in conference"),
    "sent_to_ivr": ("转到自动语音", "sent to the IVR"),
    "fell_back": ("由 PBX 应急队列接管", "taken over by the PBX's fallback"),
    "callback_accepted": ("接受回呼", "accepted a callback"),
    "called_back": ("回呼中", "being called back"),
    "sent_to_message": ("转到留言", "sent to leave a message"),
}


def _call_moved(report: reports.CallMoved, words: Words, _clear: bool) -> str:
    told = _TOLD_MOVES.get(report.trigger)
    return words(*told) if told else ""


def _visit_ended(report: reports.VisitEnded, words: Words, _clear: bool) -> str:
    visit = report.visit
    if visit.outcome == "answered":
        return ""
    outcome, waited = words.name("outcome", visit.outcome), words.seconds(visit.wait_s)
    to = visit.flowed_out_to and words("，去向：", ", to ") + words.name("reason", visit.flowed_out_to)
    return words(f"离开队列 {visit.queue_id}：{outcome}，等待 {waited}", f"left queue {visit.queue_id}: {outcome} after"
                 f" {waited}") + to  # fmt: skip


def _reservation_ended(report: reports.ReservationEnded, words: Words, _clear: bool) -> str:
    outcome = words.name("ring", report.outcome)
    why = "" if report.reason == "answered" else words.name("reason", report.reason)
    rang = (
        words(f"振铃 {words.seconds(report.ring_s)}", f"rang {words.seconds(report.ring_s)}") if report.ring_s else ""
    )
    details = words("，", ", ").join(part for part in (why, rang) if part)
    tail = words(f"（{details}）", f" ({details})") if details else ""
    return words(f"{report.agent_id} 的预留：{outcome}{tail}", f"reservation of {report.agent_id}: {outcome}{tail}")


def _agent_moved(report: reports.AgentMoved, words: Words, _clear: bool) -> str:
    if report.trigger != "withdraw":
        return ""
    why = words.name("reason", report.reason)
    return words(f"{report.agent_id} 转为示忙（{why}）", f"{report.agent_id} is made not ready ({why})")


def _call_ended(report: reports.CallEnded, words: Words, _clear: bool) -> str:
    record = report.record
    outcome, why = words.name("outcome", record.outcome), words.name("reason", record.reason)
    return words(f"呼叫结束：{outcome}", f"call ended: {outcome}") + (words(f"（{why}）", f" ({why})") if why else "")


def _phone_rings(report: reports.ReservationRinging, words: Words, _clear: bool) -> str:
    agent, delay_ms = report.agent_id, f"{report.delay_s * 1000:.0f}"
    return words(f"{agent} 的话机振铃（{delay_ms} 毫秒后）", f"{agent}'s phone rings (after {delay_ms} ms)")


def _established(report: reports.CallEstablished, words: Words, _clear: bool) -> str:
    agent, waited = report.agent_id, words.seconds(report.wait_s)
    return words(f"{agent} 接听，客户等待 {waited}", f"{agent} answers after {waited} of waiting")


def _talk_finished(report: reports.TalkFinished, words: Words, _clear: bool) -> str:
    talked, side = words.seconds(report.talk_s), words.name("side", report.by)
    return words(f"通话 {talked}，{side}先挂机", f"talked {talked}, {side} hung up first")


def _restored(report: reports.CallRestored, words: Words, _clear: bool) -> str:
    place = words.name("place", report.place)
    return words(f"交换机重启，继续此呼叫（{place}）", f"the switch began again and took the call up ({place})")


_TELLERS: dict[type, tuple[str, Teller]] = {
    events.PromptEnded: ("", _prompt_ended),
    events.FallbackAnswered: ("green", lambda e, w, _: w(f"应急队列由 {e.agent_id} 接听",
                                                         f"answered by {e.agent_id} in the fallback")),
    events.FallbackEnded: ("", lambda e, w, _: w("应急通话结束", "the fallback's talk ended")),
    events.CommandFailed: ("red", lambda e, w, _: w(f"PBX 未能执行 {e.command}：{e.message}",
                                                    f"the PBX could not do {e.command}: {e.message}")),
    events.CallerHungUp: ("", lambda e, w, _: w(f"线路释放（{w.name('side', e.by)}，原因码 {e.cause}）",
                                                f"line cleared (by {w.name('side', e.by)}, cause {e.cause})")),
    reports.CallOpened: ("", lambda r, w, _: w(f"来电，拨打 {r.dialled}", f"call arrives for {r.dialled}")),
    reports.CallMoved: ("", _call_moved),
    reports.CallQueued: ("", lambda r, w, _: w(f"进入队列 {r.queue_id}，排第 {r.position} 位",
                                               f"enters queue {r.queue_id} at position {r.position}")),
    reports.StepTaken: ("yellow", _step_taken),
    reports.VisitEnded: ("yellow", _visit_ended),
    reports.Decided: ("cyan", lambda r, w, _: decision_in_words(r.decision, w)),
    reports.ReservationCreated: ("", lambda r, w, _: w(f"预留给 {r.agent_id}（已等待 {w.seconds(r.wait_s)}）",
                                                       f"reserved for {r.agent_id} (waited {w.seconds(r.wait_s)})")),
    reports.ReservationRinging: ("", _phone_rings),
    reports.ReservationEnded: ("", _reservation_ended),
    reports.CallEstablished: ("green", _established),
    reports.TalkFinished: ("", _talk_finished),
    reports.AgentMoved: ("yellow", _agent_moved),
    reports.WrapUpFinished: ("dim", lambda r, w, _: w(f"{r.agent_id} 话后处理 {w.seconds(r.wrap_up_s)}",
                                                      f"{r.agent_id} wrapped up for {w.seconds(r.wrap_up_s)}")),
    reports.CallRestored: ("yellow", _restored),
    reports.CallEnded: ("bold", _call_ended),
    reports.NoTransition: ("dim", lambda r, w, _: w(f"已忽略：{r.machine} 在状态 {r.state} 不接受 {r.trigger}",
                                                    f"refused: a {r.machine} that is {r.state} takes no {r.trigger}")),
}  # fmt: skip


def _item(entry: Entry) -> Event | Report | None:
    return event_of(entry) if entry.kind == "event" else report_of(entry)


def tell_story(entries: Sequence[Entry], words: Words, *, clear: bool) -> Iterator[Line]:
    """The lines in time order; what was only bookkeeping is left out."""
    for entry in entries:
        try:
            item = _item(entry)
        except DecodeError as error:
            yield Line(entry.now, f"{entry.type}: {error}", "red")
            continue
        style, teller = _TELLERS.get(type(item), ("", None))
        text = teller(item, words, clear) if teller else ""
        if text:
            yield Line(entry.now, text, style)
