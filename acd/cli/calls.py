"""`hotline calls`: the calls of the database as a table, the newest first."""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import tzinfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.cli.call_words import Words
from acd.cli.records_source import add_options, answer, local_time, parse_moment, plain, zone_of
from acd.core.masking import mask_number
from acd.core.words import Outcome
from acd.store.queries import LIMIT_DEFAULT, CallFilter, Mapping, count_calls, list_calls

COLOURS = {"answered": "green", "self_served": "green", "abandoned": "red", "failed": "bold red", "blocked": "yellow"}

Found = tuple[Sequence[Mapping], dict[str, int]]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("calls", help="list calls from the records", description=__doc__)
    add_options(parser)
    parser.add_argument("--since", metavar="TIME", help="30m, 2h, 1d, today, 2026-01-31 or '2026-01-31 08:00'")
    parser.add_argument("--until", metavar="TIME", help="the same; calls that arrived before it")
    parser.add_argument("--queue", default="", help="only calls that were in this queue")
    parser.add_argument("--agent", default="", help="only calls that rang this work number")
    parser.add_argument("--outcome", default="", choices=[outcome.value for outcome in Outcome])
    parser.add_argument("--number", default="", help="only callers with this in their number")
    parser.add_argument("--limit", type=int, default=LIMIT_DEFAULT, help=f"at most so many (default {LIMIT_DEFAULT})")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        zone = zone_of(args)
        now = time.time()
        wanted = CallFilter(
            since=parse_moment(args.since, zone, now) if args.since else None,
            until=parse_moment(args.until, zone, now) if args.until else None,
            queue_id=args.queue,
            agent_id=args.agent,
            outcome=args.outcome,
            number=args.number,
            limit=max(1, args.limit),
        )
    except ValueError as error:
        print(f"hotline: {error}", file=sys.stderr)
        return 2

    async def question(connection: AsyncConnection) -> Found:
        return await list_calls(connection, wanted), await count_calls(connection, wanted)

    def tell(found: Found, console: Console, words: Words) -> int:
        calls, counts = found
        if calls:
            console.print(_table(calls, words, zone, clear=args.clear))
        console.print(_summary(len(calls), counts, words))
        return 0

    return answer(args, question, tell)


def _table(calls: Sequence[Mapping], words: Words, zone: tzinfo, *, clear: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(words("到达", "Arrived"), no_wrap=True)
    # Whole, to be copied; only ids longer than Asterisk's own are folded.
    table.add_column(words("呼叫", "Call"), overflow="fold", min_width=13)
    table.add_column(words("主叫", "Caller"), no_wrap=True)
    table.add_column(words("队列", "Queue"), overflow="ellipsis", no_wrap=True)
    table.add_column(words("工号", "Agent"), no_wrap=True)
    table.add_column(words("结果", "Outcome"), overflow="fold")
    table.add_column(words("等待(秒)", "Wait s"), justify="right", no_wrap=True)
    table.add_column(words("通话(秒)", "Talk s"), justify="right", no_wrap=True)
    for call in calls:
        table.add_row(
            local_time(call["arrived_at"], zone, "%m-%d %H:%M:%S"),
            Text(plain(call["call_id"])),
            Text(caller_text(call["caller_number"], words, clear=clear)),
            Text(plain(call["queue_id"]) or "-"),
            Text(plain(call["agent_id"]) or "-"),
            outcome_text(call, words, brief=True),
            f"{call['wait_s']:.1f}" if call["queue_id"] else "-",
            f"{call['talk_s']:.1f}" if call["answered_at"] else "-",
        )
    return table


def caller_text(number: str, words: Words, *, clear: bool) -> str:
    """The caller's number as it may be shown."""
    shown = plain(number if clear else mask_number(number))
    return words("未提供", "withheld") if shown.strip().lower() in ("", "anonymous") else shown


def outcome_text(call: Mapping, words: Words, *, brief: bool = False) -> Text:
    """The outcome in its colour, with where or why; `brief` leaves out who hung up a call that was answered."""
    outcome = call["outcome"]
    text = Text(words.name("outcome", outcome), style=COLOURS.get(outcome, ""))
    if call["reason"] and not (brief and outcome == Outcome.ANSWERED):
        why = words.name("reason", plain(call["reason"]))
        text.append(words(f"（{why}）", f" ({why})"), style="dim")
    if brief and call["fell_back"]:
        text.append(words("（应急队列）", " (fallback)"), style="yellow")
    if brief and call["unwatched_s"]:
        away = words.seconds(call["unwatched_s"])
        text.append(words(f"（失联 {away}）", f" (unwatched {away})"), style="yellow")
    return text


def _summary(shown: int, counts: dict[str, int], words: Words) -> Text:
    total = sum(counts.values())
    if not total:
        return Text(words("没有符合条件的呼叫。", "No such calls."))
    each = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    parts = words("，", ", ").join(f"{words.name('outcome', outcome)} {count}" for outcome, count in each)
    text = Text(words(f"共 {total} 通：{parts}", f"{total} calls: {parts}"))
    if shown < total:
        text.append(words(f"（显示最近 {shown} 通）", f" (the latest {shown} shown)"), style="dim")
    return text
