"""How long callers notice that the switch was killed: 50 talk, 300 wait, kill -9, and it begins again by itself.

A real Asterisk, fifty phones and 350 callers by sipp, `hotline serve` with its records in SQLite. One agent hangs up
in the moment after the kill, when nobody listens. `seconds` is from the kill to the INVITE that this agent's phone gets
for the first in line: by then the new switch has found its memories, its link and every call, and has noticed by itself
that the agent is free. The parts of that time are told before, by what the process says as it begins.

`lost`: callers of the 350 who were dropped, whose talk was cut, or who have no record, a wrong one or two; seen from
the messages at the callers' and the phones' side. `order_kept`: those who waited were rung for in the order in which
they had joined; callers who came within 50 ms of each other are no order. Progress goes to stderr; the last line of
stdout is the result as JSON.

Callers send sound, 17,500 packets a second: on two cores sipp and Asterisk, which runs in real time, leave the switch
little of them. With --silent nobody but Asterisk sends any; `processors meanwhile` says who took what.
"""

import argparse
import asyncio
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from itertools import count
from pathlib import Path

from acd.pbx.asterisk.instance import Listen, occupied
from acd.private_pbx import PrivatePbx, find_launcher
from cti.client import Client
from cti.models import SwitchStatus
from cti.token import URL_FILE
from scripts.bench_dispatch import busy_s, cpu_s, make_agents_ready
from scripts.dispatch.site import AGENTS, PHONE_HOST, SOUNDS, SWITCH_NUMBER, TRUNK_HOST, BenchSite, make_site
from scripts.ports import free_ports
from scripts.recovery.judge import Record, find_lost, find_overtaken, read_callers
from scripts.recovery.phones import PHONES, number_of, numbered_callers
from scripts.recovery.process import ServeProcess
from scripts.softphones.sipp import Sipp, SippMessage, SippRun

WAITING = 300
CALLS = WAITING + len(AGENTS)
PER_S = 25.0
FIRST_TALK_S = 20.0  # by then all have called
EARLY_TALK_S = 30.0  # so long after the restart the others talk on
LATE_TALK_S = 2.0
KILL_BEFORE_HANG_UP_S = 0.1
ALL_OUT_S_MAX = 10.0
RUN_S_MAX = 180
ASKED_MAX = 50_000  # how often phones are asked whether they are there; sipp counts these as calls
START_S_MAX = 60.0
LOOK_S = 0.25
TOLD_MAX = 5

# What the new process says, and what it has done by then. Its API is published when store and memories are open.
API_UP = "(the API is published)"
PARTS = (
    ("hotline: reading the configuration", "begun again"),
    ("hotline: finding Asterisk", "configuration"),
    ("hotline: prompts and music", "Asterisk found"),
    ("hotline: starting Asterisk", "files for Asterisk"),
    ("taking it over", "Asterisk taken over"),
    (API_UP, "store and memories"),
    ('"ami_up"', "link"),
    ('"pbx_link_up"', "sync"),
)


def tell(text: str) -> None:
    print(f"bench-recovery: {text}", file=sys.stderr, flush=True)


def make_bench_site(folder: Path) -> BenchSite:
    """That of the dispatch benchmark, with the sounds which that has made."""
    for attempt in count(1):
        place = folder / f"site-{attempt}"
        place.mkdir()
        site = make_site(place, length_max=CALLS)
        content = json.loads((site.config_dir / "site.yaml").read_text(encoding="utf-8"))
        # They were free for UDP.
        ports = [Listen(name, "tcp", "127.0.0.1", content[name]["port"]) for name in ("ami", "api", "metrics")]
        if not occupied(ports):
            break
    if (SOUNDS / "sounds").is_dir():
        shutil.copytree(SOUNDS / "sounds", site.state_dir / "asterisk" / "sounds")
    return site


def phones_run(site: BenchSite) -> SippRun:
    return SippRun(
        str(PHONES.with_suffix("")), site.phones, free_ports(1, PHONE_HOST)[0], CALLS + ASKED_MAX, RUN_S_MAX, echo=True,
        values={
            "round": len(AGENTS), "first_ms": round(FIRST_TALK_S * 1000), "early_ms": round(EARLY_TALK_S * 1000),
            "late_ms": round(LATE_TALK_S * 1000),
        },
    )  # fmt: skip


def callers_run(site: BenchSite, folder: Path, silent: bool) -> SippRun:
    sip, media = free_ports(2, TRUNK_HOST)
    scenario = numbered_callers(folder, silent=silent)
    return SippRun(
        str(scenario.with_suffix("")), f"{TRUNK_HOST}:{sip}", media, CALLS, RUN_S_MAX,
        remote=site.pbx, number=SWITCH_NUMBER, per_s=PER_S, at_once_max=CALLS,
    )  # fmt: skip


# ---- the run ----


async def begin(serve: ServeProcess, site: BenchSite) -> None:
    """The first switch, its agents ready."""
    await serve.start()
    await serve.heard("figures", START_S_MAX)
    await until(site, lambda status: all(a.phone == "reachable" for a in status.agents), START_S_MAX, "the phones")
    await asyncio.to_thread(make_agents_ready, site.state_dir)


async def until(site: BenchSite, holds: Callable[[SwitchStatus], bool], timeout_s: float, wanted: str) -> None:
    """Look at the switch until it is as wanted. Raises RuntimeError."""
    client = Client.of_state(site.state_dir)
    deadline = time.monotonic() + timeout_s
    while True:
        status = await asyncio.to_thread(client.status)
        if holds(status):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain for {wanted}: {describe(status)}")
        await asyncio.sleep(LOOK_S)


def describe(status: SwitchStatus) -> str:
    places, agents = (Counter(call.place for call in status.calls), Counter(agent.state for agent in status.agents))
    return f"calls {dict(places)}, agents {dict(agents)}, phones {dict(Counter(a.phone for a in status.agents))}"


def all_called(status: SwitchStatus) -> bool:
    places = Counter(call.place for call in status.calls)
    return (places["talking"], places["waiting"]) == (len(AGENTS), WAITING)


async def first_talk_began(phones: Sipp) -> float:
    """When the first of all talks began: the ACK to the phone (UTC seconds)."""
    while True:
        for message in phones.messages():
            if message.method == "ACK":
                return message.at
        await asyncio.sleep(LOOK_S)


async def kill_in_time(serve: ServeProcess, site: BenchSite, phones: Sipp) -> float:
    """kill -9 when all talk and wait who should, just before the first agent hangs up. Returns when (UTC seconds)."""
    async with asyncio.timeout(FIRST_TALK_S):
        hangs_up_at = await first_talk_began(phones) + FIRST_TALK_S
    left_s = hangs_up_at - KILL_BEFORE_HANG_UP_S - time.time()
    await until(site, all_called, left_s - 2 * LOOK_S, f"{len(AGENTS)} who talk and {WAITING} who wait")
    await asyncio.sleep(hangs_up_at - KILL_BEFORE_HANG_UP_S - time.time())
    killed_at = time.time()
    serve.kill_switch()
    return killed_at


async def run(folder: Path, silent: bool) -> dict[str, object]:
    launcher = await find_launcher(tell)
    site = make_bench_site(folder)
    serve = ServeProcess(site.config_dir, site.state_dir, folder / "switch.log")
    async with AsyncExitStack() as stack:
        phones = await stack.enter_async_context(Sipp(phones_run(site), folder / "phones"))
        await phones.listening()
        pbx = PrivatePbx(site.configuration, launcher)
        await pbx.prepare(tell)
        await pbx.start(die_with_parent=True)
        stack.push_async_callback(pbx.stop)
        await begin_with(stack, serve, site)
        tell(f"{CALLS} callers at {PER_S:g}/s")
        callers = await stack.enter_async_context(Sipp(callers_run(site, folder, silent), folder / "callers"))
        killed_at = await kill_in_time(serve, site, phones)
        meter = Processors({"Asterisk": asterisk_pid(pbx), "phones": phones.pid, "callers": callers.pid})
        await serve.heard('"pbx_link_up"', START_S_MAX, after=killed_at)
        tell(f"processors meanwhile: {meter.read({'the switch': serve.pid})}")
        api_up_at = (site.state_dir / URL_FILE).stat().st_mtime
        called = await callers.finished()
        tell(f"callers: {called.successful} served, {called.failed} not {called.errors[:500]}")
        await until(site, lambda status: not status.calls, ALL_OUT_S_MAX, "the end of the last call")
        await serve.stop()
        return judge(site, serve, killed_at, api_up_at, list(phones.messages()), list(callers.messages()))


async def begin_with(stack: AsyncExitStack, serve: ServeProcess, site: BenchSite) -> None:
    stack.push_async_callback(serve.stop)
    await begin(serve, site)


def asterisk_pid(pbx: PrivatePbx) -> int:
    assert pbx.instance is not None
    assert pbx.instance.pid is not None
    return pbx.instance.pid


class Processors:
    """How many processors each of the processes takes from now on, and how many all other programs do."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._used = {who: cpu_s(pid) for who, pid in pids.items()}
        self._began, self._busy = time.monotonic(), busy_s()

    def read(self, begun: Mapping[str, int]) -> str:
        """In words; `begun` are processes that were made since."""
        used = {who: cpu_s(pid) - self._used[who] for who, pid in self._pids.items()}
        used |= {who: cpu_s(pid) for who, pid in begun.items()}
        used["others"] = busy_s() - self._busy - sum(used.values())
        passed_s = time.monotonic() - self._began
        return ", ".join(f"{who} {seconds / passed_s:.2f}" for who, seconds in used.items())


# ---- what came of it ----


def judge(
    site: BenchSite, serve: ServeProcess, killed_at: float, api_up_at: float, at_phones: list[SippMessage],
    at_callers: list[SippMessage],
) -> dict[str, object]:
    callers = read_callers(at_callers, at_phones)
    numbers = [number_of(call) for call in range(1, CALLS + 1)]
    lost = find_lost(numbers, callers, read_records(site.state_dir / "hotline.db"))
    for number, problems in lost.items():
        tell(f"caller {number}: {'; '.join(problems)}")
    waited = [caller for caller in callers.values() if caller.talks and caller.talks[-1].rung_at > killed_at]
    overtaken = find_overtaken(waited)
    for one, other in overtaken[:TOLD_MAX]:
        tell(f"caller {one.number} waited longer than {other.number}, who was served first")
    if len(waited) != WAITING:
        tell(f"{len(waited)} callers were rung for after the restart, {WAITING} waited")
    rung_at = min(talk.rung_at for caller in waited for talk in caller.talks if talk.rung_at > killed_at)
    tell_parts(serve, killed_at, api_up_at, rung_at)
    seconds = rung_at - killed_at
    return {"seconds": round(seconds, 3), "lost": len(lost), "order_kept": not overtaken and len(waited) == WAITING}


def tell_parts(serve: ServeProcess, killed_at: float, api_up_at: float, rung_at: float) -> None:
    before = killed_at
    for said, part in PARTS:
        at = api_up_at if said == API_UP else serve.when(said, before)
        if at is None:
            tell(f"  {part}: not said")
            continue
        tell(f"  {part}: {at - before:.3f} s")
        before = at
    tell(f"  the first ring: {rung_at - before:.3f} s")


def read_records(database: Path) -> list[Record]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT caller_number, outcome, agent_id, talk_s FROM calls").fetchall()
    return [Record(*row) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--silent", action="store_true", help="callers send no sound, which spares Asterisk and sipp much"
    )
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep traces, logs and records here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-recovery-") as temporary:
        folder = args.keep.resolve() if args.keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            result = asyncio.run(run(folder, args.silent))
        except RuntimeError as problem:
            sys.exit(f"bench-recovery: {problem}")
        print(json.dumps(result))


if __name__ == "__main__":
    main()
