"""The floor as a picture for the terminal: queues, agents, calls, and what has just ended. Pure: a status to a page."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from acd.cli.call_words import Words
from acd.clock import DRIFT_S_MAX
from cti.models import AgentStatus, CallStatus, EndedCall, QueueStatus, SwitchStatus

PIPE_WIDTH = 120
NARROW = 100

STATE_COLOURS = {
    "on_call": "green", "reserved": "yellow", "wrap_up": "cyan", "ready": "bright_green", "not_ready": "magenta",
    "logged_out": "dim",
}  # fmt: skip
PLACE_COLOURS = {"waiting": "yellow", "ringing": "bright_yellow", "talking": "green", "in_fallback": "red"}
OUTCOME_COLOURS = {"answered": "green", "self_served": "green", "abandoned": "red", "failed": "bold red"}
# Those who are busy with callers come first; within a state by work number.
STATE_ORDER = ("on_call", "reserved", "wrap_up", "ready", "not_ready", "logged_out")
PLACE_ORDER = ("ringing", "waiting", "in_fallback", "talking")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of the floor a page takes: rows of the agents' and calls' tables, and of the ended calls."""

    rows: int = 40
    ended: int = 8
    narrow: bool = False

    @classmethod
    def of(cls, width: int, height: int, queues: int) -> "Room":
        """What fits on a screen beside the header, the queues and the tables' own heads."""
        narrow = width < NARROW
        free = height - queues - (15 if narrow else 11)
        ended = max(2, min(8, free // 3))
        return cls(max(2, (free - ended) // (2 if narrow else 1)), ended, narrow)


def render(status: SwitchStatus, words: Words, room: Room = Room(), note: str = "") -> RenderableType:
    """The whole floor; what does not fit in the `room` is counted."""
    parts: list[RenderableType] = [
        _header(status, words, note), Text(), queue_table(status.queues, words, room.narrow), Text(),
    ]  # fmt: skip
    agents = agent_table(status.agents, words, room.rows)
    calls = call_table(status.calls, words, room.rows)
    if room.narrow:
        parts += [agents, Text(), calls]
    else:
        side_by_side = Table.grid(padding=(0, 6))
        side_by_side.add_row(agents, calls)
        parts.append(side_by_side)
    if status.ended_calls:
        parts += [Text(), ended_table(status.ended_calls[: room.ended], words)]
    return Group(*parts)


def _header(status: SwitchStatus, words: Words, note: str) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {plain(status.site_names.get(words.language) or status.site)} ", style="bold reverse")
    line.append(f"  {status.at.astimezone(find_zone()):%H:%M:%S}   ")
    for name, part in ((words("交换机", "PBX"), status.pbx), (words("数据库", "database"), status.database)):
        line.append("● ", style="green" if part.up else "bold red")
        line.append(name)
        if not part.up:
            line.append(words(" 断开", " down") + (f" ({plain(part.reason)})" if part.reason else ""), style="bold red")
        line.append("   ")
    if status.spilled_records:
        count = status.spilled_records
        line.append(words(f"待写记录 {count}   ", f"{count} records wait   "), style="yellow")
    if abs(status.clock_drift_s) > DRIFT_S_MAX:
        drift = f"{status.clock_drift_s:+.1f}"
        line.append(words(f"系统时钟被调 {drift} 秒   ", f"system clock set by {drift} s   "), style="yellow")
    if note:
        line.append(note, style="bold red")
    return line


def queue_table(queues: Sequence[QueueStatus], words: Words, narrow: bool = False) -> Table:
    """What each queue holds, its agents by what they do, and its figures since the switch started."""
    table = _table()
    table.add_column(words("队列", "Queue"), no_wrap=True)
    headings = [
        words("等待", "Waiting"), words("最长", "Longest"), words("可接", "Free"), words("振铃", "Ring"),
        words("通话", "Talk"), words("话后", "Wrap-up"), words("示忙", "Not ready"), words("呼入", "Offered"),
        words("接听", "Answered"), words("放弃", "Abandoned"), words("服务水平", "Service level"),
        words("平均应答", "ASA"),
    ]  # fmt: skip
    kept = [0, 1, 2, 4, 7, 9, 10] if narrow else list(range(len(headings)))
    for index in kept:
        table.add_column(headings[index], justify="right", no_wrap=True)
    for queue in queues:
        agents = queue.agents
        asa = queue.average_answer_s
        cells = [
            _count(queue.waiting, "bold yellow"),
            _lasting(queue.longest_wait_s) if queue.waiting else _none(),
            _count(agents.get("eligible", 0), "bright_green"),
            _count(agents.get("reserved", 0), "yellow"),
            _count(agents.get("on_call", 0), "green"),
            _count(agents.get("wrap_up", 0), "cyan"),
            _count(agents.get("not_ready", 0), "magenta"),
            _count(queue.offered),
            _count(queue.answered, "green"),
            _count(queue.abandoned, "red"),
            _level(queue, words),
            _none() if asa is None else Text(words.seconds(asa)),
        ]
        name = queue.names.get(words.language) or queue.queue_id
        table.add_row(_plain(name), *(cells[index] for index in kept))
    return table


def _level(queue: QueueStatus, words: Words) -> Text:
    """Always with its threshold: a service level alone says nothing."""
    level = queue.service_level
    if level is None or level.value is None:
        return _none()
    text = Text(f"{level.value:.0%}")
    text.append(words(f" /{level.threshold_s:g}秒", f" in {level.threshold_s:g} s"), style="dim")
    return text


def agent_table(
    agents: Sequence[AgentStatus], words: Words, rows: int | None = None, everybody: bool = False
) -> Table:
    """Agents who are logged in, those with callers first; `everybody`: all, by work number."""
    table = _table()
    for heading in (words("工号", "Agent"), words("姓名", "Name"), words("状态", "State")):
        table.add_column(heading, no_wrap=True)
    table.add_column(words("时长", "For"), justify="right", no_wrap=True)
    table.add_column(words("说明", "Note"), no_wrap=True, overflow="ellipsis")
    shown = list(agents) if everybody else [agent for agent in agents if agent.state != "logged_out"]
    shown.sort(key=lambda agent: agent.agent_id if everybody else (_rank(STATE_ORDER, agent.state), agent.agent_id))
    cut = shown if rows is None else shown[:rows]
    for agent in cut:
        table.add_row(
            agent.agent_id,
            _plain(agent.name),
            Text(words.name("agent_state", agent.state), style=STATE_COLOURS.get(agent.state, "")),
            _lasting(agent.state_s),
            _agent_note(agent, words),
        )
    out = len(agents) - len(shown)
    if len(cut) < len(shown):
        _add_rest(table, len(shown) - len(cut), words)
    elif out:
        table.add_row("", Text(words(f"未签入 {out} 人", f"{out} logged out"), style="dim"))
    return table


def _agent_note(agent: AgentStatus, words: Words) -> Text:
    notes = []
    if agent.state == "not_ready" and agent.reason:
        notes.append(name_reason(agent, words))
    if agent.pending:
        notes.append("→ " + words.name("agent_state", agent.pending))
    if agent.phone == "unreachable" and agent.state != "logged_out":
        notes.append(words("话机不可达", "phone unreachable"))
    if agent.phone == "unknown" and agent.state != "logged_out":
        notes.append(words("话机状态未知", "phone unknown"))
    return Text(" ".join(notes), style="dim")


def name_reason(agent: AgentStatus, words: Words) -> str:
    """The site's own name for why the agent is not ready, else the switch's word for it."""
    return plain(agent.reason_names.get(words.language) or words.name("reason", agent.reason))


def call_table(calls: Sequence[CallStatus], words: Words, rows: int | None = None) -> Table:
    """Live calls: those that wait and ring first, the longest wait on top."""
    table = _table()
    table.add_column(words("来电", "Caller"), no_wrap=True)
    table.add_column(words("位置", "Place"), no_wrap=True)
    table.add_column(words("时长", "For"), justify="right", no_wrap=True)
    table.add_column(words("等待", "Wait"), justify="right", no_wrap=True)
    table.add_column(words("工号", "Agent"), no_wrap=True)
    ordered = sorted(calls, key=lambda call: (_rank(PLACE_ORDER, call.place), -call.wait_s, call.call_id))
    cut = ordered if rows is None else ordered[:rows]
    for call in cut:
        table.add_row(
            _caller(call.caller_number, words),
            Text(words.name("place", call.place), style=PLACE_COLOURS.get(call.place, "")),
            _lasting(call.place_s),
            _lasting(call.wait_s) if call.queue_id else _none(),
            call.agent_id or _none(),
        )
    if not calls:
        table.add_row(Text(words("没有呼叫", "no calls"), style="dim"))
    if len(cut) < len(ordered):
        _add_rest(table, len(ordered) - len(cut), words)
    return table


def ended_table(calls: Sequence[EndedCall], words: Words) -> Table:
    table = _table()
    table.add_column(words("刚结束", "Ended"), no_wrap=True)
    table.add_column(words("来电", "Caller"), no_wrap=True)
    table.add_column(words("结果", "Outcome"), no_wrap=True)
    table.add_column(words("原因", "Why"), no_wrap=True, overflow="ellipsis")
    table.add_column(words("工号", "Agent"), no_wrap=True)
    table.add_column(words("等待", "Wait"), justify="right", no_wrap=True)
    table.add_column(words("通话", "Talk"), justify="right", no_wrap=True)
    zone = find_zone()
    for call in calls:
        table.add_row(
            f"{call.ended_at.astimezone(zone):%H:%M:%S}",
            _caller(call.caller_number, words),
            Text(words.name("outcome", call.outcome), style=OUTCOME_COLOURS.get(call.outcome, "yellow")),
            Text(words.name("reason", plain(call.reason)), style="dim"),
            call.agent_id or _none(),
            _lasting(call.wait_s) if call.queue_id else _none(),
            _lasting(call.talk_s) if call.talk_s else _none(),
        )
    return table


# ---- small parts ----


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold dim")


def _rank(order: tuple[str, ...], word: str) -> int:
    return order.index(word) if word in order else len(order)


def _add_rest(table: Table, count: int, words: Words) -> None:
    table.add_row(Text("…", style="dim"), Text(words(f"另有 {count}", f"{count} more"), style="dim"))


def _caller(number: str, words: Words) -> Text:
    if number.strip().lower() in ("", "anonymous"):
        return Text(words("未提供", "withheld"), style="dim")
    return Text(plain(number))


def _count(count: int, style: str = "") -> Text:
    return Text(str(count), style=style) if count else Text("0", style="dim")


def _none() -> Text:
    return Text("-", style="dim")


def _lasting(seconds: float) -> Text:
    return Text(tell_lasting(seconds))


def _plain(text: str) -> Text:
    return Text(plain(text))


def plain(text: str) -> str:
    """What others wrote must not drive the terminal: control characters become visible."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def tell_lasting(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def find_zone() -> tzinfo:
    """The reader's TZ, else China's."""
    try:
        return ZoneInfo(os.environ.get("TZ", "").lstrip(":") or "Asia/Shanghai")
    except (ValueError, OSError, LookupError):
        return timezone(timedelta(hours=8), "CST")


def page_width() -> int:
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
