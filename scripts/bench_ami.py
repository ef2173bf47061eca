"""How many events a second of CPU time the AMI link takes in, beside stock panoramisk and a bare parser.

A feeder in a process of its own floods the reader over loopback TCP with seven kinds of event of about twenty
headers; the reader is one of

- link: `AmiLink` on uvloop, as the switch runs it, every event wanted, parsed and given to a callback;
- stock: panoramisk's Manager as it comes, on asyncio, one callback for each kind;
- bare: bytes cut at blank lines and colons into a plain dict on uvloop, and nothing else: a bound for Python.

Each callback reads the same two headers. What counts is the reading process's own CPU time between the start
of the flood and its last event. Each reader runs in a fresh process, several rounds in turn; the median counts.

The last line of output is `{"link_events_per_s", "stock_events_per_s", "bare_events_per_s", "vs_stock"}`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import structlog
import uvloop
from panoramisk.manager import Manager

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a checkout needs no installing

from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.settings import AmiSettings

USERNAME = "bench"
SECRET = "bench"
READER_DEADLINE_S = 60.0
"""The longest one reader may take; beyond it the run is broken."""

CHANNEL = {
    "Channel": "PJSIP/trunk-{n:08x}",
    "ChannelState": "6",
    "ChannelStateDesc": "Up",
    "CallerIDNum": "139{n:08d}",
    "CallerIDName": "Caller {n}",
    "ConnectedLineNum": "1001",
    "ConnectedLineName": "Wang",
    "Language": "zh",
    "AccountCode": "",
    "Context": "waiting-room",
    "Exten": "s",
    "Priority": "4",
    "Uniqueid": "1732359412.{n}",
    "Linkedid": "1732359412.{n}",
}
DESTINATION = {
    "DestChannel": "PJSIP/1001-{n:08x}",
    "DestChannelState": "5",
    "DestUniqueid": "1732359413.{n}",
    "DestLinkedid": "1732359412.{n}",
}
BRIDGE = {
    "BridgeUniqueid": "0f2c6b1e-0000-4000-8000-{n:012x}",
    "BridgeType": "basic",
    "BridgeTechnology": "simple_bridge",
    "BridgeCreator": "<unknown>",
    "BridgeName": "<unknown>",
    "BridgeNumChannels": "2",
    "BridgeVideoSourceMode": "none",
}
KINDS: dict[str, Mapping[str, str]] = {
    "Newchannel": {**CHANNEL, "ChanVariable": "ACD_CALL={n}"},
    "Hangup": {**CHANNEL, "Cause": "16", "Cause-txt": "Normal Clearing", "TechCause": "SIP 200 OK"},
    "UserEvent": {**CHANNEL, "UserEvent": "AcdRing", "res": "{n}.1", "agent": "1001", "queue": "10086-mandarin"},
    "DialBegin": {**CHANNEL, **DESTINATION, "DialString": "1001/sip:1001@127.0.0.1:5062"},
    "DialEnd": {**CHANNEL, **DESTINATION, "DialStatus": "ANSWER"},
    "BridgeEnter": {**BRIDGE, **CHANNEL},
    "BridgeLeave": {**BRIDGE, **CHANNEL},
}


def flood_block(cycles: int) -> bytes:
    """`cycles` of each kind, no two alike."""
    messages = []
    for n in range(cycles):
        for name, headers in KINDS.items():
            lines = [f"{key}: {value.format(n=n)}" for key, value in headers.items()]
            messages.append("\r\n".join([f"Event: {name}", "Privilege: call,all", *lines]) + "\r\n\r\n")
    return "".join(messages).encode()


# -- the feeder -----------------------------------------------------------------------------------------------


def feed(cycles: int, blocks: int) -> None:
    """Serve one reader: log it in, answer its first Ping, then flood."""
    block = flood_block(cycles)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        connection, _ = server.accept()
    with connection, connection.makefile("rb") as actions:
        connection.sendall(b"Asterisk Call Manager/11.0.0\r\n")
        while True:
            action = read_action(actions)
            answer = f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: Authentication accepted\r\n\r\n"
            connection.sendall(answer.encode())
            if action["Action"] == "Ping":
                break
        for _ in range(blocks):
            connection.sendall(block)
        actions.read()  # until the reader leaves


def read_action(actions: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in actions:
        name, separator, value = line.decode().rstrip("\r\n").partition(": ")
        if not separator:
            return headers
        headers[name] = value
    raise EOFError


# -- the readers ----------------------------------------------------------------------------------------------


class Count:
    """Counts events to a goal and keeps the CPU time from `begin` to there."""

    def __init__(self, goal: int) -> None:
        self.goal = goal
        self.seen = 0
        self.cpu_s = 0.0
        self.done = asyncio.Event()

    def begin(self) -> None:
        gc.collect()
        self.cpu_s = time.process_time()

    def event(self, event: Mapping[str, str]) -> None:
        if event["Channel"] and event["Uniqueid"]:
            self.seen += 1
        if self.seen == self.goal:
            self.cpu_s = time.process_time() - self.cpu_s
            self.done.set()


async def read_by_link(port: int, count: Count) -> None:
    settings = AmiSettings(port=port, username=USERNAME, secret=SECRET, boot_wait_s=0)
    link = AmiLink(settings, wanted=tuple(KINDS), on_event=count.event, on_up=lambda: None, on_down=lambda reason: None)
    await link.start()
    await link.wait_up(10)
    count.begin()
    await link.request({"Action": "Ping"})
    await count.done.wait()
    await link.close()


async def read_by_stock(port: int, count: Count) -> None:
    manager = Manager(host="127.0.0.1", port=port, username=USERNAME, secret=SECRET, ping_delay=1000)
    for name in KINDS:
        manager.register_event(name, lambda manager, event: count.event(event))
    await manager.connect()
    await manager.authenticated_future
    count.begin()
    manager.send_action({"Action": "Ping"})
    await count.done.wait()
    manager.close()


class BareProtocol(asyncio.BufferedProtocol):
    """No banner, no answers, no bounds, no choice of events, no callback."""

    def __init__(self, count: Count) -> None:
        self.count = count
        self.rest = b""
        self.buffer = memoryview(bytearray(64 * 1024))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.count.begin()
        cast(asyncio.WriteTransport, transport).write(b"Action: Ping\r\nActionID: 1\r\n\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        messages = (self.rest + self.buffer[:nbytes]).split(b"\r\n\r\n")
        self.rest = messages.pop()
        count = self.count
        for message in messages:
            if message.startswith(b"Event: "):
                event = {}
                for line in message.decode("utf-8", "replace").split("\r\n"):
                    name, _, value = line.partition(": ")
                    event[name] = value
                if event["Channel"] and event["Uniqueid"]:
                    count.seen += 1
        if count.seen == count.goal:
            count.cpu_s = time.process_time() - count.cpu_s
            count.done.set()


async def read_bare(port: int, count: Count) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: BareProtocol(count), "127.0.0.1", port)
    await count.done.wait()
    transport.close()


READERS: dict[str, tuple[Callable[[int, Count], Any], Callable[[], asyncio.AbstractEventLoop]]] = {
    "link": (read_by_link, uvloop.new_event_loop),
    "stock": (read_by_stock, asyncio.new_event_loop),
    "bare": (read_bare, uvloop.new_event_loop),
}


def read(reader: str, port: int, goal: int) -> None:
    """One measurement in this process; prints the events per second of CPU time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    work, loop_factory = READERS[reader]

    async def measured() -> float:
        count = Count(goal)
        async with asyncio.timeout(READER_DEADLINE_S):
            await work(port, count)
        return goal / count.cpu_s

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        print(runner.run(measured()))


# -- the run --------------------------------------------------------------------------------------------------


def measure(reader: str, cycles: int, blocks: int) -> float:
    feeder = subprocess.Popen(
        [sys.executable, __file__, "--feed", str(cycles), str(blocks)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert feeder.stdout is not None
        port = feeder.stdout.readline().strip()
        goal = cycles * blocks * len(KINDS)
        command = [sys.executable, __file__, "--read", reader, port, str(goal)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return float(result.stdout)
    finally:
        feeder.kill()
        feeder.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=98_000, help="events in each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each reader (%(default)s)")
    parser.add_argument("--feed", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--read", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.feed:
        feed(*arguments.feed)
        return
    if arguments.read:
        reader, port, goal = arguments.read
        read(reader, int(port), int(goal))
        return
    cycles = 200
    blocks = max(1, arguments.events // (cycles * len(KINDS)))
    block = flood_block(cycles)
    messages = cycles * len(KINDS)
    print(
        f"{blocks * messages} events a measurement, {len(KINDS)} kinds, {len(block) / messages:.0f} bytes and "
        f"{block.count(b': ') / messages:.1f} headers on average",
        file=sys.stderr,
    )
    rates: dict[str, list[float]] = {reader: [] for reader in READERS}
    for round_number in range(1, arguments.rounds + 1):
        for reader, measured in rates.items():
            measured.append(measure(reader, cycles, blocks))
            each_us = 1e6 / measured[-1]
            print(
                f"round {round_number} {reader:5} {measured[-1]:9.0f} events/s, {each_us:5.1f} us each", file=sys.stderr
            )
    median = {reader: statistics.median(measured) for reader, measured in rates.items()}
    figures: dict[str, float] = {f"{reader}_events_per_s": round(rate) for reader, rate in median.items()}
    figures["vs_stock"] = round(median["link"] / median["stock"], 2)
    print(json.dumps({name: figures[name] for name in KEYS}))


KEYS = ("link_events_per_s", "stock_events_per_s", "bare_events_per_s", "vs_stock")

if __name__ == "__main__":
    main()
