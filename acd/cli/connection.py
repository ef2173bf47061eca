"""The way from a command to the running switch, and what is said when it is not there."""

import argparse
import sys
from collections.abc import Callable

from acd.cli.call_words import Words
from acd.cli.refusals import tell_refusal
from cti.client import Client, NotReachable, Refused

EXIT_REFUSED, EXIT_NOT_REACHABLE = 1, 3


def add_api_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api", metavar="URL", help="the switch's API, if not the one that --state DIR tells of")


def with_switch(args: argparse.Namespace, act: Callable[[Client, Words], int]) -> int:
    """Run `act` with a client of the running switch; a refusal or no switch ends in its message and exit code."""
    words = Words(args.language)
    try:
        return act(Client.of_state(args.state, args.api), words)
    except NotReachable as absent:
        tell_absent(absent, words)
        return EXIT_NOT_REACHABLE
    except Refused as refused:
        print(f"hotline: {tell_refusal(refused.problem, words)}", file=sys.stderr)
        return EXIT_REFUSED


def tell_absent(absent: NotReachable, words: Words) -> None:
    print(
        words(
            f"hotline: 找不到运行中的交换系统（{absent.looked_at}）。\n"
            "请用 hotline serve（或 make run）启动；若已在运行，请用 --state 指定它的状态目录。",
            f"hotline: {absent}.\n"
            "Start it with `hotline serve` (or `make run`); if it runs, name its state folder with --state.",
        ),
        file=sys.stderr,
    )
