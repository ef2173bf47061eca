"""What the commands about one call share: the call is looked up, and told; or it is said that there is none."""

import argparse
import sys
from collections.abc import Callable
from datetime import tzinfo

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.cli.call_words import Words
from acd.cli.records_source import add_options, answer, zone_of
from acd.store.queries import CallStory, call_story

Teller = Callable[[CallStory, Console, Words, tzinfo], None]


def add_call(parser: argparse.ArgumentParser) -> None:
    add_options(parser)
    parser.add_argument("call", metavar="CALL", help="the call's id, as hotline calls lists it")


def tell_call(args: argparse.Namespace, tell: Teller) -> int:
    """Look `args.call` up and tell it; returns the exit code."""
    try:
        zone = zone_of(args)
    except ValueError as error:
        print(f"hotline: {error}", file=sys.stderr)
        return 2

    async def question(connection: AsyncConnection) -> CallStory | None:
        return await call_story(connection, args.call)

    def tell_story(story: CallStory | None, console: Console, words: Words) -> int:
        if story is None:
            unknown = words(f"没有呼叫 {args.call} 的记录。用 hotline calls 查看呼叫列表。",
                            f"no call {args.call} is known. hotline calls lists them.")  # fmt: skip
            print(f"hotline: {unknown}", file=sys.stderr)
            return 1
        tell(story, console, words, zone)
        return 0

    return answer(args, question, tell_story)
