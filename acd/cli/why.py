"""`hotline why CALL`: each decision of one call: who could take it, who was passed over and why, by which rule of which
version of the configuration."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from acd.cli.call_story import figure_in_words, passed_over_in_words, step_in_words
from acd.cli.call_words import Words
from acd.cli.one_call import add_call, tell_call
from acd.cli.records_source import local_time, plain
from acd.core.reports import Decided, ReservationEnded, StepTaken
from acd.store.codec import DecodeError
from acd.store.journal import Entry, report_of
from acd.store.queries import CallStory


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("why", help="why a call went to whom it went", description=__doc__)
    add_call(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    return tell_call(args, _tell)


def _tell(story: CallStory, console: Console, words: Words, zone: tzinfo) -> None:
    found = list(_decisions(story.entries))
    if not found:
        console.print(words("此呼叫没有进入过任何队列。", "This call was never in a queue."))
    for at, report in found:
        console.print(_block(at, report, words, zone))


Told = Decided | StepTaken | ReservationEnded


def _decisions(entries: Sequence[Entry]) -> Iterator[tuple[float, Told]]:
    """The decisions in time order, with the steps and the rings in vain that led to the next one."""
    for entry in entries:
        if entry.type not in ("Decided", "StepTaken", "ReservationEnded"):
            continue
        try:
            report = report_of(entry)
        except DecodeError:
            continue
        if isinstance(report, Decided | StepTaken) or (
            isinstance(report, ReservationEnded) and report.outcome != "accepted"
        ):
            yield entry.now, report


def _block(at: float, report: Told, words: Words, zone: tzinfo) -> Table:
    clock = local_time(at, zone, "%H:%M:%S.%f")[:-3]
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for number, (name, text, style) in enumerate(_lines(report, words)):
        table.add_row(clock if number == 0 else "", name, Text(plain(text), style=style))
    return table


def _lines(report: Told, words: Words) -> Iterator[tuple[str, str, str]]:
    """Name, text and style of each line."""
    if isinstance(report, StepTaken):
        yield words("升级", "step"), step_in_words(report.step, words), "yellow"
    elif isinstance(report, ReservationEnded):
        outcome, reason = words.name("ring", report.outcome), words.name("reason", report.reason)
        yield words("未接", "in vain"), f"{report.agent_id}: {outcome} ({reason})", "yellow"
    else:
        yield from _decided(report, words)


def _decided(report: Decided, words: Words) -> Iterator[tuple[str, str, str]]:
    decision: Any = report.decision
    if decision.agent_id is None:
        yield words("结果", "chosen"), words("无人可接", "nobody"), "red"
    else:
        figure = figure_in_words(decision.rule, decision.figure, words)
        yield words("结果", "chosen"), f"{decision.agent_id} ({figure})", "green"
    version = words(f"，配置版本 {report.version}", f", version {report.version}") if report.version else ""
    rule = words.name("rule", decision.rule)
    where = words(f"队列 {report.queue_id}：{rule}", f"{rule}, queue {report.queue_id}")
    yield words("规则", "rule"), where + version, ""
    if decision.asked:
        yield words("要求", "asked"), decision.asked, ""
    behind = [f"{agent} ({figure_in_words(decision.rule, each, words)})" for agent, each in decision.runners_up]
    eligible = words(f"{decision.eligible} 人", f"{decision.eligible}")
    yield words("可接", "eligible"), eligible + (words("；其次 ", "; next ") + ", ".join(behind) if behind else ""), ""
    if over := passed_over_in_words(decision, words):
        yield words("未选", "passed over"), over, ""
