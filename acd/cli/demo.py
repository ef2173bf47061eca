"""`hotline demo`: the whole hotline on this machine. The switch and its Asterisk as `hotline serve` runs them, and
real softphones: agents who log in, answer and talk, callers who dial in, press keys and sometimes give up."""

import argparse
import asyncio
import ipaddress
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TextIO

import structlog
import uvloop

from acd.cli.call_words import Words
from acd.cli.live import run_live
from acd.cli.serve import OBSTACLES, running_switch
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.log import set_up
from acd.private_pbx import PrivatePbx
from acd.switch import Switch
from config.loader import load
from cti.client import Client, NotReachable, Refused
from ivr.tree import EnterQueue, Menu, Play, Tree
from scripts.softphones.events import PhoneGoneError, PhoneTimeoutError
from scripts.softphones.farm import PhoneFarm
from scripts.softphones.people import AgentAtPhone, Crowd, Habits

log = structlog.get_logger("demo")

LOG_FILE = "demo.log"
CALLER_LINES_MAX = 30
PLAIN_EVERY_S = 2.0
# Agents' phones need an address that is no trunk's, else the PBX takes their calls for callers'.
PHONE_HOSTS = ("127.0.0.3", "127.0.0.4", "127.0.0.5")
FAILURES = (*OBSTACLES, PhoneGoneError, PhoneTimeoutError)


class DemoError(OSError):
    """The demo cannot run here; the text names fact and remedy."""


def tell(step: str) -> None:
    print(f"hotline: {step}", file=sys.stderr, flush=True)


# ---- who takes part ----


def choose_agents(site: Site, count: int) -> list[str]:
    """So many of the site's agents that together serve as many queues as possible, by work number."""
    left = sorted(site.agents)
    chosen: list[str] = []
    served: set[str] = set()
    while left and len(chosen) < count:
        best = max(left, key=lambda agent: len(set(site.queues_served(agent)) - served))
        left.remove(best)
        chosen.append(best)
        served |= set(site.queues_served(best))
    return sorted(chosen)


def useful_keys(tree: Tree, served: Iterable[str]) -> list[str]:
    """The keys of the first menu that lead to a queue of `served`, each as often as its queue is in there."""
    node = tree.nodes[tree.root]
    while isinstance(node, Play):
        node = tree.nodes[node.then]
    if not isinstance(node, Menu):
        return []
    agents = Counter(served)
    ends = ((key, tree.nodes[name]) for key, name in node.keys.items())
    return sorted(key for key, end in ends if isinstance(end, EnterQueue) for _ in range(agents[end.queue_id]))


def choose_hosts(trunk_addresses: Sequence[str]) -> tuple[str, str]:
    """The loopback addresses of callers (a trunk's) and of agents' phones (nobody's). Raises DemoError."""
    networks = [ipaddress.ip_network(address, strict=False) for address in trunk_addresses]
    loopback = [str(n.network_address) for n in networks if n.is_loopback and n.num_addresses == 1]
    free = [host for host in PHONE_HOSTS if not any(ipaddress.ip_address(host) in n for n in networks)]
    if not loopback or not free:
        raise DemoError(
            "callers of the demo come from this machine, and no trunk of site.yaml is there for them: "
            "add `loopback: {addresses: [127.0.0.2]}` to its trunks"
        )
    return loopback[0], free[0]


# ---- the demo ----


async def demo(args: argparse.Namespace) -> int:
    began = time.monotonic()
    refuse_second_switch(args.state)
    configuration = load(args.config, args.state)
    log_path = Path(args.state) / LOG_FILE
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        stream = stack.enter_context(log_path.open("a", encoding="utf-8"))
        write_log(stack, stream, args)
        switch, pbx = await stack.enter_async_context(
            running_switch(configuration, stop_pbx=True, die_with_parent=True)
        )
        answered = asyncio.Event()
        people = asyncio.create_task(play(args, configuration.site, pbx, answered.set))
        stack.push_async_callback(end_task, people)
        tell(f"API     {switch.api_url}   (hotline status, hotline agents, hotline calls)")
        tell(f"figures {switch.metrics_url}")
        tell(f"log     {log_path}")
        # Until the first answer there is nothing to draw: the steps are told line by line.
        showing = asyncio.create_task(show(args, switch, answered, began))
        stack.push_async_callback(end_task, showing)
        await wait_for_end(stopped, (people, showing), args.seconds)
        tell("stopping: callers hang up, phones and Asterisk end")
    return 0


def refuse_second_switch(state: Path) -> None:
    """The demo ends its Asterisk when it ends: it must not be that of a switch at work."""
    try:
        Client.of_state(state).status()
    except (NotReachable, Refused):
        return
    raise DemoError(
        f"a switch is already running with the state folder {state}: end it, or give the demo its own --state"
    )


def write_log(stack: AsyncExitStack, stream: TextIO, args: argparse.Namespace) -> None:
    """The log goes to its file, so that it does not run through the picture."""
    stack.callback(set_up("json", args.log_level, stream))


async def play(args: argparse.Namespace, site: Site, pbx: PrivatePbx, on_talk: Callable[[], None]) -> None:
    """Agents and callers, until cancelled."""
    sip = pbx.settings.transports
    seed = args.seed if args.seed is not None else random.randrange(10**6)
    tell(f"the people of this demo act by --seed {seed}")
    caller_host, phone_host = choose_hosts([a for trunk in pbx.settings.trunks for a in trunk.addresses])
    target = f"{'127.0.0.1' if sip.bind == '0.0.0.0' else sip.bind}:{sip.udp}"
    passwords = {agent.agent_id: agent.sip_password for agent in pbx.settings.agents}
    number, tree = next(iter(site.entries.items()))
    agent_ids = choose_agents(site, args.agents)
    served = [queue for agent in agent_ids for queue in site.queues_served(agent)]
    habits = Habits()
    async with PhoneFarm(target, phone_host) as phones, PhoneFarm(target, caller_host) as lines:
        tell(f"{len(agent_ids)} agents register and log in: {', '.join(agent_ids)}")
        crowd = Crowd(lines, number, useful_keys(tree, served), habits, f"{seed}/callers", CALLER_LINES_MAX)
        async with asyncio.TaskGroup() as group:
            ready = asyncio.Event()
            for agent_id in agent_ids:
                phone = await phones.softphone(agent_id, passwords[agent_id])
                agent = AgentAtPhone(phone, habits, f"{seed}/{agent_id}", on_talk)
                group.create_task(shift(agent, ready))
            await ready.wait()
            tell(f"callers dial {number}, {args.calls_per_minute:g} a minute")
            group.create_task(
                crowd.arrive(args.calls_per_minute, lambda problem: log.warning("caller", why=str(problem)))
            )


async def shift(agent: AgentAtPhone, ready: asyncio.Event) -> None:
    await agent.start_shift()
    ready.set()
    await agent.work()


async def wait_for_end(stopped: asyncio.Event, tasks: Sequence[asyncio.Task[None]], seconds: float | None) -> None:
    """Until Ctrl-C, the end of the time, or a task's failure, which is raised."""
    stop = asyncio.create_task(stopped.wait())
    try:
        done, _ = await asyncio.wait({stop, *tasks}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
    for task in tasks:
        if task in done:
            task.result()


async def end_task(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# ---- what is seen ----


async def show(args: argparse.Namespace, switch: Switch, answered: asyncio.Event, began: float) -> None:
    plain = args.plain or not sys.stdout.isatty()
    plain_lines = asyncio.create_task(show_plain(switch, began)) if plain else None
    try:
        await answered.wait()
        tell(f"the first call was answered {time.monotonic() - began:.1f} s after the start")
        await (plain_lines if plain_lines is not None else show_live(args, switch))
    finally:
        if plain_lines is not None:
            plain_lines.cancel()


async def show_live(args: argparse.Namespace, switch: Switch) -> None:
    """The picture, until cancelled."""
    stop = threading.Event()
    hints = (f"API {switch.api_url}   figures {switch.metrics_url}   log {args.state / LOG_FILE}",)
    client, words = Client.of_state(args.state), Words(args.language)
    drawing = asyncio.create_task(asyncio.to_thread(run_live, client, stop, words, hints=hints))
    try:
        await asyncio.shield(drawing)
    finally:
        stop.set()
        await asyncio.gather(drawing, return_exceptions=True)


async def show_plain(switch: Switch, began: float) -> None:
    """A line whenever the figures have changed."""
    last = ""
    while True:
        text = floor_line(switch.view())
        if text != last:
            print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)
            last = text
        await asyncio.sleep(PLAIN_EVERY_S)


def floor_line(view: SwitchView) -> str:
    """All calls by place and all agents by state, in a line."""

    def count(words: Iterable[str]) -> str:
        seen = list(words)
        return ", ".join(f"{seen.count(word)} {word}" for word in sorted(set(seen))) or "none"

    staffed = [agent.state for agent in view.agents if agent.state != "logged_out"]
    return f"calls: {count(call.place for call in view.calls)}; agents: {count(staffed)}"


def run(args: argparse.Namespace) -> int:
    try:
        return uvloop.run(demo(args))
    except FAILURES as problem:
        tell(str(problem))
    except BaseExceptionGroup as several:
        expected, other = several.split(FAILURES)
        if other is not None or expected is None:
            raise
        for each in expected.exceptions:
            tell(str(each))
    return 1


def positive_int(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def positive_float(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError(text)
    return number


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "demo", help="a demo with softphones that answer and call (带模拟话务员和来电的演示)", description=__doc__
    )
    parser.add_argument("--agents", type=positive_int, default=6, metavar="N", help="agents at their phones (6)")
    parser.add_argument(
        "--calls-per-minute", type=positive_float, default=12.0, metavar="N", help="callers who arrive, on average (12)"
    )
    parser.add_argument("--seconds", type=positive_float, metavar="S", help="end by itself after so long")
    parser.add_argument("--plain", action="store_true", help="lines in place of the live picture")
    parser.add_argument("--seed", type=int, help="what happens by chance happens so again")
    parser.set_defaults(run=run)
