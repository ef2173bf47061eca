"""`hotline status`: queues, agents, calls and the parts the switch stands on, once."""

import argparse
import json

from rich.console import Console

from acd.cli.call_words import Words
from acd.cli.connection import add_api_option, with_switch
from acd.cli.floor_view import NARROW, Room, page_width, render
from cti.client import Client
from cti.models import SwitchStatus


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("status", help="queues, agents and calls now", description=__doc__)
    add_api_option(parser)
    parser.add_argument("--json", action="store_true", help="print the API's answer")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    def act(client: Client, words: Words) -> int:
        answer = client.fetch("GET", "/api/v1/status")
        if args.json:
            print(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            console = Console(highlight=False, width=page_width())
            room = Room(narrow=console.width < NARROW)
            console.print(render(SwitchStatus.model_validate(answer), words, room))
        return 0

    return with_switch(args, act)
