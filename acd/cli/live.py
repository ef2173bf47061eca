"""`hotline live`: the floor in the terminal, drawn anew four times a second until Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Sequence
from threading import Event, Thread

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from acd.cli.call_words import Words
from acd.cli.connection import add_api_option, with_switch
from acd.cli.floor_view import Room, render
from cti.client import Client, NotReachable

EVERY_S = 0.25


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("live", help="a live view of calls, agents and waits", description=__doc__)
    add_api_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    console = Console(highlight=False)
    if not console.is_terminal:
        words = Words(args.language)
        text = words("live 需要终端，请改用 hotline status", "live needs a terminal; use `hotline status`")
        print(f"hotline: {text}", file=sys.stderr)
        return 2

    def act(client: Client, words: Words) -> int:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            # By another thread: the signal may come while this one holds the event's own lock, and would wait for ever.
            signal.signal(number, lambda *_: Thread(target=stop.set).start())
        run_live(client, stop, words, console)
        return 0

    return with_switch(args, act)


def run_live(
    client: Client, stop: Event, words: Words, console: Console | None = None, hints: Sequence[str] = ()
) -> None:
    """Draw the floor until `stop` is set; blocks, so give it a thread of its own beside an event loop.

    The picture has the screen to itself: `hints` are lines to keep in sight under it, such as addresses to open.
    A switch that goes away leaves its last picture, marked, until it is back. Raises NotReachable if there is
    none at the beginning, Refused if it turns the token down.
    """
    console = console or Console(highlight=False)
    status = client.status()
    note = ""
    lines = (*hints, words("Ctrl-C 退出", "Ctrl-C ends"))
    below = Text("\n".join(lines), style="dim", no_wrap=True, overflow="ellipsis")
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            room = Room.of(console.width, console.height - len(below.plain.splitlines()) - 1, len(status.queues))
            live.update(Group(render(status, words, room, note), Text(), below), refresh=True)
            if stop.wait(EVERY_S):
                return
            try:
                status, note = client.status(), ""
            except NotReachable:
                note = words("交换系统没有应答，正在重试", "the switch does not answer; trying again")
