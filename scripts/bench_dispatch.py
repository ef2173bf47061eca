"""How long an agent stays idle while callers wait: the switch beside Asterisk's own Queue(), in one run.

Fifty phones and the callers are sipp; both halves use the same Asterisk and the same phones. The gap is taken from
the phones' side of the wire: from the BYE a phone sends to the next INVITE it gets. WAITING=250 keeps so many
callers waiting and counts only gaps that began while they did. Progress goes to stderr; the last line of stdout is
the result as JSON.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from acd.private_pbx import PrivatePbx, find_launcher
from cti.client import Client
from scripts.dispatch.gaps import Gaps, measure_gaps
from scripts.dispatch.site import (
    AGENTS,
    PHONE_HOST,
    QUEUE_NUMBER,
    SWITCH_NUMBER,
    TRUNK_HOST,
    BenchSite,
    make_site,
    start_pbx,
)
from scripts.ports import free_ports
from scripts.softphones.sipp import Sipp, SippRun

CALLS, PER_S, TALK_MS = 700, 30.0, 3000
WAITING_SPARE = 40  # callers on their way into the queue do not count yet
WAITING_MIN = 5  # fewer, and an agent may rightly stay idle: another one took the last caller
CORE_UP_S = 20.0
HALF_S_MAX = 240
OTHERS_MAX = 0.2  # processors
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Half:
    """What one half gave. CPU is in milliseconds of processor time for each call."""

    gaps: Gaps
    asterisk_cpu_ms_per_call: float
    core_cpu_ms_per_call: float = 0.0

    def figures(self) -> dict[str, float]:
        return {
            "p50_ms": round(self.gaps.percentile_ms(50), 2),
            "p99_ms": round(self.gaps.percentile_ms(99), 2),
            "asterisk_cpu_ms_per_call": round(self.asterisk_cpu_ms_per_call, 2),
        }


def tell(text: str) -> None:
    print(f"bench-dispatch: {text}", file=sys.stderr, flush=True)


def cpu_s(pid: int) -> float:
    """Processor time that the process has used, all threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """Processor time that the whole machine has used, by anybody."""
    user, nice, system, _idle, _wait, *interrupts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def ended_children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Meter:
    """Processor time from its making to `read`: of the processes named, and of programs that are none of ours."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._used = {who: cpu_s(pid) for who, pid in pids.items()}
        self._began, self._busy, self._children = time.monotonic(), busy_s(), ended_children_s()

    def read(self) -> tuple[dict[str, float], float]:
        """Seconds by process, and how many processors other programs took. Call it when sipp has ended."""
        used = {who: cpu_s(pid) - self._used[who] for who, pid in self._pids.items()}
        sipp_s = ended_children_s() - self._children
        others_s = busy_s() - self._busy - sum(used.values()) - sipp_s
        return used, others_s / (time.monotonic() - self._began)


async def run_half(name: str, site: BenchSite, number: str, waiting: int, pids: dict[str, int], folder: Path) -> Half:
    """Send all calls to `number` and measure; raises RuntimeError when calls failed."""
    calls = CALLS + (waiting + len(AGENTS) if waiting else 0)
    phones = SippRun(
        "phone_hangs_up", site.phones, free_ports(1, PHONE_HOST)[0], calls, HALF_S_MAX,
        echo=True, values={"answer_ms": 0, "talk_ms": TALK_MS},
    )  # fmt: skip
    sip, media = free_ports(2, TRUNK_HOST)
    callers = SippRun(
        "caller_stays", f"{TRUNK_HOST}:{sip}", media, calls, HALF_S_MAX, remote=site.pbx, number=number,
        caller=f"<sip:13900001234@{TRUNK_HOST}>", per_s=PER_S,
        at_once_max=waiting + len(AGENTS) + WAITING_SPARE if waiting else calls,
    )  # fmt: skip
    tell(f"{name}: {calls} calls")
    async with Sipp(phones, folder / f"{name}-phones") as uas:
        await uas.listening()
        meter = Meter(pids)
        async with Sipp(callers, folder / f"{name}-callers") as uac:
            called = await uac.finished()
            answered = await uas.finished()
            used, others = meter.read()
            if called.successful < calls or answered.successful < calls:
                why = called.errors + answered.errors
                raise RuntimeError(f"{name}: of {calls} calls {called.successful} went well: {why}")
            gaps = measure_gaps(uas.messages(), uac.messages(), max(waiting, WAITING_MIN))
    tell(
        f"{name}: {len(gaps.seconds)} gaps ({gaps.left_out} left out), at most {gaps.waiting_max} waiting, "
        f"p50 {gaps.percentile_ms(50):.1f} ms, p99 {gaps.percentile_ms(99):.1f} ms"
    )
    if others > OTHERS_MAX:
        tell(
            f"{name}: other programs took {others:.1f} processors meanwhile: the figures are worse than they should be"
        )
    per_call = {who: seconds * 1000 / calls for who, seconds in used.items()}
    return Half(gaps, per_call["asterisk"], per_call.get("core", 0.0))


async def start_core(stack: AsyncExitStack, site: BenchSite, launcher: Path, folder: Path) -> int:
    """The switch in its own process, its agents ready; ended with the stack. Returns its pid."""
    log = stack.enter_context((folder / "core.log").open("wb"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scripts.dispatch.core", str(site.config_dir), str(site.state_dir), str(launcher),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=ROOT,
    )  # fmt: skip

    async def end() -> None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()

    stack.push_async_callback(end)
    assert process.stdout is not None
    if not await asyncio.wait_for(process.stdout.readline(), CORE_UP_S):
        raise RuntimeError(f"the switch did not start; its log ends: {(folder / 'core.log').read_text()[-2000:]}")
    await asyncio.to_thread(make_agents_ready, site.state_dir)
    return process.pid


def make_agents_ready(state_dir: Path) -> None:
    """Log everybody in; the switch may still be finding out about the phones."""
    client = Client.of_state(state_dir)
    deadline = time.monotonic() + CORE_UP_S
    while not client.status().ready:
        if time.monotonic() > deadline:
            raise RuntimeError("the switch found no PBX")
        time.sleep(0.1)
    for agent in AGENTS:
        client.command(agent, "login")
        client.command(agent, "ready")


async def bench(folder: Path, waiting: int, halves: str) -> dict[str, object]:
    launcher = await find_launcher(tell)
    site = make_site(folder, length_max=CALLS + waiting + len(AGENTS))
    pbx: PrivatePbx = await start_pbx(site, launcher)
    result: dict[str, object] = {}
    try:
        assert pbx.instance is not None
        assert pbx.instance.pid is not None
        pids = {"asterisk": pbx.instance.pid}
        if "queue" in halves:
            queue = await run_half("queue", site, QUEUE_NUMBER, waiting, pids, folder)
            result["queue"] = queue.figures()
        if "ours" in halves:
            async with AsyncExitStack() as stack:
                pids["core"] = await start_core(stack, site, launcher, folder)
                ours = await run_half("ours", site, SWITCH_NUMBER, waiting, pids, folder)
            result["ours"] = ours.figures() | {"core_cpu_ms_per_call": round(ours.core_cpu_ms_per_call, 2)}
        if len(result) == 2:
            result["p99_ratio"] = round(queue.gaps.percentile_ms(99) / ours.gaps.percentile_ms(99), 1)
    finally:
        await pbx.stop()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--halves", default="queue,ours", help="which to run (default: both)")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep traces and logs here")
    args = parser.parse_args()
    waiting = int(os.environ.get("WAITING", "0"))
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as temporary:
        folder = args.keep.resolve() if args.keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(asyncio.run(bench(folder, waiting, args.halves))))


if __name__ == "__main__":
    main()
