"""`hotline simulate`: whole days with faults on the simulated PBX, checked after every event; replayable by seed."""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from acd.cli.call_words import Words
from acd.simulation.broken import INVARIANTS
from acd.simulation.day import CALLS, make_day
from acd.simulation.run import Result, play
from acd.simulation.script import Script, count_faults, read_script, write_script
from acd.simulation.shrink import shrink

TOLD_EVERY_S = 5.0


@dataclass(slots=True)
class Total:
    """What all the days came to; `lost` are callers without a record."""

    days: int = 0
    calls: int = 0
    events: int = 0
    faults: int = 0
    healed: int = 0
    lost: int = 0
    failed: int = 0

    def add(self, result: Result) -> None:
        self.days += 1
        self.calls += result.calls
        self.events += result.steps
        self.faults += result.struck
        self.healed += result.healed
        self.lost += result.lost
        self.failed += result.broken is not None


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "simulate",
        help="simulated days with faults, everything checked",
        description="Play days of callers, agents and faults on the simulated PBX and check everything after every"
        " event. A failure prints its seed and the shortest script that shows it. Exits 1 if a day failed.",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first seed (default 1)")
    parser.add_argument("--seeds", type=int, default=1, metavar="K", help="so many seeds from N on (default 1)")
    parser.add_argument("--days", type=int, default=1, metavar="D", help="so many days a seed (default 1)")
    parser.add_argument("--calls", type=int, default=CALLS, metavar="C", help=f"calls a day (default {CALLS})")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="so many processes (default 1)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="play this script instead, as a failure left it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: every check held; 1: a day failed, or the script can't be read."""
    words = Words(args.language)
    if args.script is not None:
        return _replay(args.script, words)
    days = itertools.product(range(args.seed, args.seed + args.seeds), range(args.days))
    total, began = Total(), time.perf_counter()
    failures: list[tuple[int, int, Result]] = []
    told_at = began
    for seed, day, result in _play_all(days, args.calls, args.jobs):
        total.add(result)
        if result.broken is not None:
            failures.append((seed, day, result))
            _tell(words(f"种子 {seed} 第 {day} 天：{result.broken}", f"seed {seed}, day {day}: {result.broken}"))
        if time.perf_counter() - told_at >= TOLD_EVERY_S:
            told_at = time.perf_counter()
            _tell_progress(total, args.seeds * args.days, told_at - began, words)
    seconds = time.perf_counter() - began
    if failures:
        _explain(*failures[0], args.calls, Path(args.state), words)
    _sum_up(total, seconds, failures[0] if failures else None)
    return 1 if failures else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell_progress(total: Total, days: int, seconds: float, words: Words) -> None:
    per_s = total.calls / seconds
    _tell(
        words(
            f"{total.days}/{days} 天，{total.calls} 个呼叫，{per_s:.0f} 呼叫/秒，失败 {total.failed}",
            f"{total.days} of {days} days, {total.calls} calls, {per_s:.0f} calls/s, {total.failed} failed",
        )
    )


def _sum_up(total: Total, seconds: float, failure: tuple[int, int, Result] | None) -> None:
    """The last line of the output, for programs."""
    figures = {**asdict(total), "calls_per_s": round(total.calls / seconds) if seconds else 0}
    figures["seconds"] = round(seconds, 1)
    if failure is not None:
        seed, day, result = failure
        assert result.broken is not None, "a failure has broken something"
        figures |= {"failed_seed": seed, "failed_day": day, "invariant": result.broken.invariant}
    print(json.dumps(figures))


# ---- playing ----


def _play_day(seed: int, day: int, calls: int) -> tuple[int, int, Result]:
    return seed, day, play(make_day(seed, day, calls))


def _play_all(days: Iterable[tuple[int, int]], calls: int, jobs: int) -> Iterator[tuple[int, int, Result]]:
    """The days as they are done; with several processes not always in order."""
    if jobs <= 1:
        for seed, day in days:
            yield _play_day(seed, day, calls)
        return
    with ProcessPoolExecutor(jobs) as pool:
        ahead = iter(days)
        running = {pool.submit(_play_day, seed, day, calls) for seed, day in itertools.islice(ahead, 4 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(_play_day, seed, day, calls) for seed, day in itertools.islice(ahead, 1)}


def _replay(path: Path, words: Words) -> int:
    try:
        script, seed = read_script(path)
    except (OSError, ValueError) as error:
        _tell(f"hotline: {error}")
        return 1
    began, total = time.perf_counter(), Total()
    result = play(script)
    total.add(result)
    if result.broken is not None:
        _tell_failure(result, words)
    _sum_up(total, time.perf_counter() - began, (seed, 0, result) if result.broken else None)
    return 1 if result.broken else 0


# ---- failures ----


def _tell_failure(result: Result, words: Words) -> None:
    assert result.broken is not None, "a failure has broken something"
    _tell(result.trace)
    _tell(
        words(
            f"第 {result.at:.4f} 秒违反 {result.broken.invariant}：{result.broken.text}",
            f"{result.broken.invariant} does not hold at {result.at:.4f} s of the day: {result.broken.text}",
        )
    )
    _tell(words("应当：", "It says: ") + INVARIANTS[result.broken.invariant])


def _explain(seed: int, day: int, result: Result, calls: int, state: Path, words: Words) -> None:
    """Shrink the script of the first failure, keep it, and say how to see it again."""
    script = make_day(seed, day, calls)
    _tell(words(f"正在缩短脚本（{len(script)} 项）……", f"Shrinking the script of {len(script)} items ..."))
    short, came_to = shrink(script, result)
    path = _keep(short, seed, day, state)
    _tell_failure(came_to, words)
    _tell(
        words(
            f"最短脚本 {len(short)} 项（{count_faults(short)} 个故障），重放：hotline simulate --script {path}",
            f"The shortest script has {len(short)} items ({count_faults(short)} faults). Replay it with:\n"
            f"  hotline simulate --script {path}\n"
            f"and the whole day with:\n  hotline simulate --seed {seed} --days {day + 1} --calls {calls}",
        )
    )
    if len(short) <= 40:
        _tell("\n".join(f"  {item}" for item in short))


def _keep(script: Script, seed: int, day: int, state: Path) -> Path:
    folder = state / "simulation"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed-{seed}-day-{day}.json"
    write_script(path, script, seed)
    return path
