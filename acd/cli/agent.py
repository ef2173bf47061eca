"""`hotline agent`: an agent's state by hand, through the running switch; `hotline agents`: all of them."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from acd.cli.call_words import Words
from acd.cli.connection import add_api_option, with_switch
from acd.cli.floor_view import agent_table, name_reason, page_width, tell_lasting
from cti.client import Client
from cti.models import AgentList, AgentStatus, Answer

REPLY_WORDS = {
    "logged_in": ("已签入，当前示忙；准备好后请示闲", "logged in, not ready; say `ready` to take calls"),
    "logged_out": ("已签出", "logged out"),
    "ready": ("空闲，可接来电", "ready"),
    "not_ready": ("示忙", "not ready"),
    "pending": ("已记下，通话结束后生效", "noted; it takes effect after the call"),
    "wrap_up_extended": ("话后处理已延长", "wrap-up extended"),
    "reserved": ("来电振铃中", "a call rings"),
    "on_call": ("通话中", "on a call"),
    "wrap_up": ("话后处理中", "in wrap-up"),
}

# What is typed -> the API's command. `extend` and `not-ready` take a word more.
ACTIONS = {
    "login": ("login", "签入", "log in; lands in not ready"),
    "logout": ("logout", "签出", "log out, after the call if there is one"),
    "ready": ("ready", "示闲", "take calls"),
    "not-ready": ("not-ready", "示忙", "take no calls, for a reason of the site or its digit"),
    "extend": ("wrap-up/extend", "延长话后处理", "give the wrap-up more seconds"),
    "end-wrap-up": ("wrap-up/end", "提前结束话后处理", "end the wrap-up now"),
    "show": ("", "显示状态", "show the agent's state"),
}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("agent", help="log an agent in or out, ready or not ready", description=__doc__)
    parser.add_argument("agent_id", metavar="AGENT", help="work number (工号)")
    add_api_option(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, (_, zh, en) in ACTIONS.items():
        one = actions.add_parser(action, help=f"{en} ({zh})")
        if action == "not-ready":
            one.add_argument("reason", nargs="?", default="unspecified", metavar="REASON")
        elif action == "extend":
            one.add_argument("extra_s", type=float, metavar="SECONDS")
    parser.set_defaults(run=run)
    every = commands.add_parser("agents", help="list the agents", description="All agents and what they do now.")
    add_api_option(every)
    every.add_argument("--json", action="store_true", help="print the API's answer")
    every.set_defaults(run=run_list)


def run(args: argparse.Namespace) -> int:
    def act(client: Client, words: Words) -> int:
        if args.action == "show":
            tell_agent(client.agent(args.agent_id), words)
        else:
            tell_answer(client.command(args.agent_id, ACTIONS[args.action][0], make_body(args)), words)
        return 0

    return with_switch(args, act)


def run_list(args: argparse.Namespace) -> int:
    def act(client: Client, words: Words) -> int:
        answer = client.fetch("GET", "/api/v1/agents")
        if args.json:
            print(json.dumps(answer, ensure_ascii=False, indent=2))
            return 0
        Console(highlight=False, width=page_width()).print(
            agent_table(AgentList.model_validate(answer).agents, words, everybody=True)
        )
        return 0

    return with_switch(args, act)


def make_body(args: argparse.Namespace) -> Mapping[str, Any]:
    if args.action == "login":
        return {"station": "cli"}
    if args.action == "not-ready":
        return {"reason": args.reason}
    return {"extra_s": args.extra_s} if args.action == "extend" else {}


def tell_answer(answer: Answer, words: Words) -> None:
    pair = REPLY_WORDS.get(answer.word)
    text = words(*pair) if pair else answer.word
    if answer.word == "not_ready" and answer.agent and answer.agent.reason:
        text += words("：", ": ") + name_reason(answer.agent, words)
    print(f"{answer.agent_id} {text}")


def tell_agent(agent: AgentStatus, words: Words) -> None:
    parts = [words.name("agent_state", agent.state), tell_lasting(agent.state_s)]
    if agent.reason:
        parts.append(name_reason(agent, words))
    if agent.pending:
        parts.append(words("之后：", "then ") + words.name("agent_state", agent.pending))
    if agent.call_id:
        parts.append(words("呼叫 ", "call ") + agent.call_id)
    phones = {"reachable": ("话机正常", "phone registered"), "unreachable": ("话机不可达", "phone unreachable")}
    parts.append(words(*phones.get(agent.phone, ("话机状态未知", "phone unknown"))))
    parts.append(words("队列 ", "queues ") + ", ".join(agent.queue_ids))
    print(f"{agent.agent_id} {agent.name}  " + words("，", ", ").join(parts))
