"""Half the highest load for MINUTES=60: does anything grow?

A real Asterisk, `hotline serve` with its records in SQLite, fifty phones and callers by sipp. Calls are short, so that
as much as possible is begun and ended. Every few seconds memory, descriptors, asyncio tasks and channels are read;
after a warm-up a line is fitted to each: `growth_percent_per_h`, with its standard error. What comes and goes with the
calls (channels, Asterisk's descriptors) is compared besides with what there was before the first call, when the last
is over: `left`. A short run can't tell a growth of 1 % an hour from none: `hours_needed` says how long it would take.

The highest load is the rate at which every call is still served and 99 of 100 callers ring an agent's phone within
P99_S_MAX of dialling, agents being free; --find-highest looks for it, HIGHEST_PER_S is what it found. Progress goes to
stderr; the last line of stdout is the result as JSON.
"""

import argparse
import asyncio
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from acd.core.floor import ENDED_CALLS_MAX
from acd.private_pbx import PrivatePbx, find_launcher
from cti.client import Client
from scripts.bench_recovery import Processors, asterisk_pid, begin_with, make_bench_site, until
from scripts.dispatch.site import PHONE_HOST, SWITCH_NUMBER, TRUNK_HOST, BenchSite
from scripts.ports import free_ports
from scripts.recovery.judge import read_callers
from scripts.recovery.phones import PHONES, numbered_callers
from scripts.recovery.process import ServeProcess
from scripts.soak.samples import FIGURES, Source
from scripts.soak.slope import Slope, fit
from scripts.softphones.sipp import Sipp, SippResult, SippRun

# Two cores that sipp and other programs shared: at 60/s p99 134 ms, Asterisk took 0.75 processors, the switch 0.21; at
# 70/s sipp was too slow to see all of its calls end.
HIGHEST_PER_S = 60.0
TALK_S = 0.5
P99_S_MAX = 0.2
STEP_PER_S, STEP_S = 10.0, 10
SAMPLE_S = 5.0
TOLD_EVERY = 6
WARM_UP_SHARE = 0.25
FULL_CALLS = 1.1 * ENDED_CALLS_MAX  # by then what the switch remembers of ended calls is as much as it ever will be
LIMIT_PERCENT_PER_H = 1.0
OPTIONS_PER_S = 40  # sipp counts as a call each time a phone is asked whether it is there
ALL_OUT_S_MAX = 15.0
ANY_CALLS, ANY_S = 100_000, 3600
SETTLE_S = 3.0  # until the last call is forgotten everywhere
# These go up and down with the calls of the moment; what they grow by is seen when there are none.
OF_THE_CALLS = ("channels", "asterisk_descriptors")


def tell(text: str) -> None:
    print(f"bench-soak: {text}", file=sys.stderr, flush=True)


def phones_run(site: BenchSite, calls: int, seconds: float, *, trace: bool) -> SippRun:
    talk_ms = round(TALK_S * 1000)
    return SippRun(
        str(PHONES.with_suffix("")), site.phones, free_ports(1, PHONE_HOST)[0],
        calls + round(OPTIONS_PER_S * seconds), round(seconds) + 60, echo=True, trace=trace,
        values={"round": 0, "first_ms": talk_ms, "early_ms": talk_ms, "late_ms": talk_ms},
    )  # fmt: skip


def callers_run(site: BenchSite, scenario: Path, per_s: float, seconds: float, *, trace: bool) -> SippRun:
    sip, media = free_ports(2, TRUNK_HOST)
    return SippRun(
        str(scenario.with_suffix("")), f"{TRUNK_HOST}:{sip}", media, round(per_s * seconds), round(seconds) + 30,
        remote=site.pbx, number=SWITCH_NUMBER, per_s=per_s, at_once_max=round(per_s * TALK_S * 10) + 50, trace=trace,
    )  # fmt: skip


async def start(stack: AsyncExitStack, site: BenchSite, folder: Path) -> tuple[ServeProcess, PrivatePbx]:
    """Asterisk and the switch, its agents ready; the phones must be there."""
    pbx = PrivatePbx(site.configuration, await find_launcher(tell))
    await pbx.prepare(tell)
    await pbx.start(die_with_parent=True)
    stack.push_async_callback(pbx.stop)
    serve = ServeProcess(
        site.config_dir, site.state_dir, folder / "switch.log", ("-m", "scripts.soak.watched"),
        {"SOAK_EVERY_S": "1", **({"SOAK_TRACE": "1"} if os.environ.get("SOAK_TRACE") else {})},
    )  # fmt: skip
    await begin_with(stack, serve, site)
    return serve, pbx


# ---- the highest load ----


async def find_highest(folder: Path) -> dict[str, object]:
    """Step up until callers are served late, or not at all."""
    site, highest = make_bench_site(folder), 0.0
    scenario = numbered_callers(folder)
    async with AsyncExitStack() as stack:
        run = phones_run(site, ANY_CALLS, ANY_S, trace=True)
        phones = await stack.enter_async_context(Sipp(run, folder / "phones"))
        await phones.listening()
        serve, pbx = await start(stack, site, folder)
        while True:
            rate = highest + STEP_PER_S
            meter = Processors({"Asterisk": asterisk_pid(pbx), "the switch": serve.pid, "phones": phones.pid})
            callers = Sipp(callers_run(site, scenario, rate, STEP_S, trace=True), folder / f"callers-{rate:g}")
            served, waits_s = await take_step(callers, phones)
            p50_s, p99_s = (waits_s[int(share * (len(waits_s) - 1))] for share in (0.5, 0.99))
            tell(
                f"{rate:g}/s: {served} of {rate * STEP_S:g} served, p50 {p50_s * 1000:.0f} ms, "
                f"p99 {p99_s * 1000:.0f} ms; processors: {meter.read({})}"
            )
            if p99_s > P99_S_MAX or served < round(rate * STEP_S):
                return {"highest_per_s": highest}
            highest = rate
            await until(site, lambda status: not status.calls, ALL_OUT_S_MAX, "the end of the last call")


async def take_step(callers: Sipp, phones: Sipp) -> tuple[int, list[float]]:
    """How many were served, and the times from dialling to the agent's phone, sorted."""
    began_at = time.time()
    async with callers:
        result = await callers.finished()
    rung = [message for message in phones.messages() if message.at >= began_at]
    people = read_callers(callers.messages(), rung).values()
    waits_s = sorted(each.talks[0].rung_at - each.called_at for each in people if each.talks)
    return result.successful, waits_s or [math.inf]


# ---- the long run ----


async def soak(folder: Path, minutes: float, per_s: float) -> dict[str, object]:
    site, seconds = make_bench_site(folder), minutes * 60
    calls = round(per_s * seconds)
    async with AsyncExitStack() as stack:
        phones = await stack.enter_async_context(
            Sipp(phones_run(site, calls, seconds + 120, trace=False), folder / "phones")
        )
        await phones.listening()
        serve, pbx = await start(stack, site, folder)
        assert pbx.instance is not None
        source = Source(serve, pbx.instance)
        before = await source.look()
        tell("before: " + in_words(before))
        tell(f"{calls} calls at {per_s:g}/s, {minutes:g} minutes")
        run = callers_run(site, numbered_callers(folder), per_s, seconds, trace=False)
        callers = await stack.enter_async_context(Sipp(run, folder / "callers"))
        finished = asyncio.create_task(callers.finished())
        samples = await watch(source, finished, per_s, seconds)
        called = await finished
        await until(site, lambda status: not status.calls, ALL_OUT_S_MAX, "the end of the last call")
        await asyncio.sleep(SETTLE_S)
        after = await source.look()
        ended = sum(queue.answered for queue in Client.of_state(site.state_dir).status().queues)
    return report(samples, before, after) | {
        "minutes": minutes, "calls_per_s": per_s, "calls": calls, "lost": calls - min(called.successful, ended),
    }  # fmt: skip


async def watch(
    source: Source, finished: asyncio.Task[SippResult], per_s: float, seconds: float
) -> list[dict[str, float]]:
    """Samples at even distances, from the end of the warm-up to the end of the load."""
    full_s = FULL_CALLS / per_s
    warm_up_s = min(full_s, WARM_UP_SHARE * seconds)
    tell(f"warming up for {warm_up_s:.0f} s" + (f", {full_s:.0f} s would be right" if warm_up_s < full_s else ""))
    began = time.monotonic()
    samples: list[dict[str, float]] = []
    while (due := warm_up_s + len(samples) * SAMPLE_S) < seconds - SAMPLE_S:
        await asyncio.sleep(max(0.0, began + due - time.monotonic()))
        if finished.done():
            raise RuntimeError(f"sipp ended after {time.monotonic() - began:.0f} s: {finished.result()}")
        samples.append(await source.look())
        if len(samples) % TOLD_EVERY == 1:
            tell(f"{due / 60:.1f} min: " + in_words(samples[-1]))
    return samples


def in_words(sample: dict[str, float]) -> str:
    return ", ".join(f"{name} {sample[name]:.6g}" for name in FIGURES)


def report(samples: Sequence[dict[str, float]], before: dict[str, float], after: dict[str, float]) -> dict[str, object]:
    slopes = {name: fit([sample[name] for sample in samples], SAMPLE_S, LIMIT_PERCENT_PER_H) for name in FIGURES}
    steady = {name: slope for name, slope in slopes.items() if name not in OF_THE_CALLS}
    worst = max(steady, key=lambda name: steady[name].percent_per_h)
    hours = max(slope.needed_h for slope in steady.values())
    tell(f"to tell {LIMIT_PERCENT_PER_H:g} % an hour from none, {hours:.1f} hours are needed after the warm-up")
    return {
        "growth_percent_per_h": round(steady[worst].percent_per_h, 2),
        "error": round(steady[worst].error, 2),
        "of": worst,
        "hours_needed": round(hours, 2),
        "left": {name: after[name] - before[name] for name in ("switch_descriptors", "switch_tasks", *OF_THE_CALLS)},
        "figures": {name: describe(slope) for name, slope in slopes.items()},
    }


def describe(slope: Slope) -> dict[str, float]:
    return {
        "start": round(slope.start, 2), "end": round(slope.end, 2),
        "growth_percent_per_h": round(slope.percent_per_h, 2), "error": round(slope.error, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long callers call (default: 60)")
    parser.add_argument("--per-s", type=float, default=HIGHEST_PER_S / 2, help="calls a second (default: %(default)g)")
    parser.add_argument("--find-highest", action="store_true", help="look for the highest load instead")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep traces, logs and records here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-soak-") as temporary:
        folder = args.keep.resolve() if args.keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        work = find_highest(folder) if args.find_highest else soak(folder, args.minutes, args.per_s)
        try:
            result = asyncio.run(work)
        except RuntimeError as problem:
            sys.exit(f"bench-soak: {problem}")
        print(json.dumps(result))


if __name__ == "__main__":
    main()
