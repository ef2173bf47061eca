"""`hotline show CALL`: the whole story of one call on a page."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from acd.cli.call_story import KEYS_SHOWN_MAX, tell_story
from acd.cli.call_words import Words
from acd.cli.calls import caller_text, outcome_text
from acd.cli.one_call import add_call, tell_call
from acd.cli.records_source import local_time, plain
from acd.core.masking import mask_name, mask_number
from acd.store.journal import Entry
from acd.store.queries import CallStory, Mapping


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("show", help="tell one call's whole story", description=__doc__)
    add_call(parser)
    parser.add_argument("--all", action="store_true", help="every entry of the journal, as stored")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    def tell(story: CallStory, console: Console, words: Words, zone: tzinfo) -> None:
        console.print(_page(story, words, zone, clear=args.clear))
        if args.all:
            console.print(_journal(story.entries, clear=args.clear), soft_wrap=True)

    return tell_call(args, tell)


def _page(story: CallStory, words: Words, zone: tzinfo, *, clear: bool) -> Group:
    parts: list[Any] = [_header(story, words, zone, clear=clear), _time_line(story, words, zone, clear=clear)]
    if story.rings:
        parts.append(_rings(story.rings, words))
    if len(story.visits) > 1:
        parts.append(_visits(story.visits, words))
    return Group(*parts)


def _header(story: CallStory, words: Words, zone: tzinfo, *, clear: bool) -> Panel:
    title = Text.assemble((words("呼叫 ", "Call "), "bold"), (plain(story.call_id), "bold"))
    if story.record is None:
        body: Any = Text(
            words("进行中（或记录尚未写入）", "in progress (or its record is not written yet)"), style="yellow"
        )
    else:
        body = Group(_facts(story.record, words, zone, clear=clear), *_troubles(story, words))
        title.append("  ").append_text(outcome_text(story.record, words))
    return Panel(body, title=title, title_align="left", box=box.ROUNDED, expand=True)


def _troubles(story: CallStory, words: Words) -> Iterator[Text]:
    """What went otherwise than it should: the switch or the PBX was away."""
    record = story.record
    if record is None:
        return
    if record["unwatched_s"]:
        away = words.seconds(record["unwatched_s"])
        yield Text(words(f"其中 {away}交换机不在", f"The switch was away for {away} of it."), style="yellow")
    if record["fell_back"]:
        told = words("曾由 PBX 应急队列接管", "In the fallback for a while.")
        if record["answered_at"] and not any(ring["outcome"] == "accepted" for ring in story.rings):
            told = words("由 PBX 应急队列接通", "Answered by the PBX's fallback.")
        yield Text(told, style="yellow")


def _facts(record: Mapping, words: Words, zone: tzinfo, *, clear: bool) -> Table:
    def moment(at: float | None) -> str:
        return local_time(at, zone, "%Y-%m-%d %H:%M:%S") if at else "-"

    def figure(seconds: float | None) -> str:
        return "-" if seconds is None else words.seconds(seconds)

    name = plain(record["caller_name"] if clear else mask_name(record["caller_name"]))
    caller = caller_text(record["caller_number"], words, clear=clear) + (f" {name}" if name else "")
    left = [
        (words("主叫", "Caller"), caller),
        (words("被叫", "Dialled"), plain(record["dialled"])),
        (words("语言", "Language"), words.name("language", record["language"])),
        (words("业务", "Topic"), plain(record["topic"]) or "-"),
        (words("队列", "Queue"), plain(record["queue_id"]) or "-"),
        (words("工号", "Agent"), plain(record["agent_id"]) or "-"),
    ]
    middle = [
        (words("到达", "Arrived"), moment(record["arrived_at"])),
        (words("应答", "Answered"), moment(record["answered_at"])),
        (words("结束", "Ended"), moment(record["ended_at"])),
        (words("结束时", "Ended while"), words.name("place", record["place"])),
        (words("先挂机", "Hung up by"), words.name("side", record["hung_up_by"])),
        (words("语音路径", "IVR path"), plain(" > ".join(json.loads(record["ivr_path"]))) or "-"),
    ]
    right = [
        (words("语音", "IVR"), figure(record["ivr_s"])),
        (words("等待", "Wait"), figure(record["wait_s"])),
        (words("振铃", "Ring"), figure(record["ring_s"])),
        (words("通话", "Talk"), figure(record["talk_s"])),
        (words("保持", "Hold"), figure(record["hold_s"])),
        (words("话后", "Wrap-up"), figure(record["wrap_up_s"])),
    ]
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
    for one, two, three in zip(left, middle, right, strict=True):
        table.add_row(one[0], Text(one[1]), two[0], Text(two[1]), three[0], Text(three[1], justify="right"))
    return table


def _time_line(story: CallStory, words: Words, zone: tzinfo, *, clear: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), title=words("经过", "Time line"), title_justify="left")
    table.add_column(words("时刻", "Time"), style="dim", no_wrap=True)
    table.add_column(words("相对", "Offset"), justify="right", no_wrap=True)
    table.add_column(words("事件", "What happened"), overflow="fold")
    begun: float | None = story.record["arrived_at"] if story.record else None
    for line in tell_story(story.entries, words, clear=clear):
        begun = line.at if begun is None else begun
        clock = local_time(line.at, zone, "%H:%M:%S.%f")[:-3]
        table.add_row(clock, _offset(line.at - begun), Text(plain(line.text), style=line.style))
    return table


def _offset(seconds: float) -> str:
    seconds = max(0.0, seconds)
    minutes = int(seconds // 60)
    return f"+{minutes}:{seconds - 60 * minutes:06.3f}" if minutes else f"+{seconds:.3f}"


def _rings(rings: Sequence[Mapping], words: Words) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=words("振铃", "Rings"), title_justify="left")
    for heading in (words("预留", "Reservation"), words("工号", "Agent"), words("队列", "Queue")):
        table.add_column(heading, overflow="fold")
    table.add_column(words("振铃", "Rang"), justify="right")
    table.add_column(words("结果", "Outcome"))
    table.add_column(words("原因", "Reason"))
    for ring in rings:
        rang = ring["ringing_at"] and ring["ended_at"] and words.seconds(ring["ended_at"] - ring["ringing_at"])
        table.add_row(
            Text(plain(ring["reservation_id"])),
            Text(plain(ring["agent_id"])),
            Text(plain(ring["queue_id"])),
            rang or "-",
            words.name("ring", ring["outcome"]),
            Text(words.name("reason", plain(ring["reason"])) if ring["outcome"] != "accepted" else "-"),
        )
    return table


def _visits(visits: Sequence[Mapping], words: Words) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=words("队列经历", "Queue visits"), title_justify="left")
    for heading in (words("队列", "Queue"), words("结果", "Outcome"), words("去向", "To"), words("工号", "Agent")):
        table.add_column(heading)
    table.add_column(words("等待", "Wait"), justify="right")
    for visit in visits:
        table.add_row(
            Text(plain(visit["queue_id"])),
            words.name("outcome", visit["outcome"]),
            Text(words.name("reason", plain(visit["flowed_out_to"])) or "-"),
            Text(plain(visit["agent_id"]) or "-"),
            words.seconds(visit["wait_s"]),
        )
    return table


def _mask_keys(keys: str) -> str:
    return keys if len(keys) <= KEYS_SHOWN_MAX else "*" * len(keys)


_MASKS: dict[str, Callable[[str], str]] = {
    "caller_number": mask_number,
    "caller_name": mask_name,
    "digits": _mask_keys,
}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _MASKS[name](item) if name in _MASKS else _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _journal(entries: Sequence[Entry], *, clear: bool) -> Text:
    text = Text()
    for entry in entries:
        data = entry.data if clear else json.dumps(_masked(json.loads(entry.data)), ensure_ascii=False)
        text.append(f"{entry.run}/{entry.seq} {entry.now:.6f} {entry.kind} {entry.type} ", style="dim")
        text.append(plain(data) + "\n")
    return text
