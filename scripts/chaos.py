"""Faults at their worst: the switch, its Asterisk, their link, the database, the disk and phones fail while dozens of
real calls run, one after another; then every call is judged by what caller and agent saw.

Progress goes to stderr, the table to stdout. Exits 1 if any call was lost, or talked to two. `--quick` is the minute
that `make test` plays.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from scripts.drill.faults import FAULTS, QUICK, Fault, Scene
from scripts.drill.load import Crowd, Load
from scripts.drill.people import People
from scripts.drill.round import Outcome, Timing, play
from scripts.drill.site import make_site
from scripts.drill.switch import Switch
from scripts.drill.wire import Wire

QUEUES = ("main", "urgent", "other")
NOT_READY = 2  # so many agents are there and must never ring
WRAP_UP_S = 1.0
TOLD_MAX = 12


def tell(text: str) -> None:
    print(f"chaos: {text}", file=sys.stderr, flush=True)


async def chaos(
    folder: Path, faults: Sequence[Fault], agents: int, crowd: Crowd, timing: Timing, seed: int
) -> list[Outcome]:
    agent_ids = tuple(str(number) for number in range(2001, 2001 + agents))
    idle_ids = tuple(str(number) for number in range(2001 + agents, 2001 + agents + NOT_READY))
    site = make_site(folder, dict.fromkeys((*agent_ids, *idle_ids), QUEUES), wrap_up_s=WRAP_UP_S)
    outcomes = []
    async with AsyncExitStack() as stack:
        people = await stack.enter_async_context(People(site.pbx, site.phones_port, site.agents))
        wire = await stack.enter_async_context(Wire(site.ami_port))
        switch = await stack.enter_async_context(Switch(site, wire))
        scene = Scene(people, switch, wire, agent_ids)
        await switch.get_ready(*agent_ids)
        for agent_id in idle_ids:
            await switch.until_phone(agent_id, "reachable")
            await switch.request(agent_id, "login")
        load = Load(people, crowd, seed)
        for fault in faults:
            outcome = await play(scene, fault, load, timing, tell)
            rung = [agent_id for agent_id in idle_ids if people.phones[agent_id].rings]
            outcome.verdict.wrong += [f"{agent_id} rang, who was not ready" for agent_id in rung]
            for line in outcome.verdict.wrong[:TOLD_MAX]:
                tell(f"{fault.name}: {line}")
            outcomes.append(outcome)
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    heads = ("fault", "calls", "running", "answered", "lost", "double bridges", "down with Asterisk", "seconds to heal")
    rows = [
        (
            outcome.fault.name, str(outcome.verdict.calls), str(outcome.running), str(outcome.verdict.answered),
            str(len(outcome.verdict.lost)), str(len(outcome.verdict.doubled)), str(len(outcome.verdict.with_pbx)),
            f"{outcome.heal_s:.1f}",
        )
        for outcome in outcomes
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = []
    for row in (heads, *rows):
        figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *figures]))
    return "\n".join(lines)


NOTES = """
running: calls on the line when the fault struck. lost: callers who were dropped, forgotten, or whose record is missing
or wrong. down with Asterisk: calls that it carried when it was killed; they have their records."""


def run(*, quick: bool, keep: Path | None, seed: int, only: str = "") -> list[Outcome]:
    faults = [fault for fault in (QUICK if quick else FAULTS) if only in fault.name]
    if quick:
        agents, crowd, timing = 10, Crowd(2.5, talk_s=(2.0, 4.0)), Timing(4.0, 0.0)
    else:
        agents, crowd, timing = 20, Crowd(3.0, talk_s=(4.0, 9.0)), Timing(12.0, 5.0)
    with tempfile.TemporaryDirectory(prefix="chaos-") as temporary:
        folder = keep.resolve() if keep else Path(temporary)
        return asyncio.run(chaos(folder, faults, agents, crowd, timing, seed))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three faults in about a minute")
    parser.add_argument("--only", default="", metavar="WORD", help="faults with this in their name")
    parser.add_argument("--seed", type=int, default=1, help="of the crowd")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep site, records and logs in this new folder")
    args = parser.parse_args()
    if args.keep is not None and args.keep.exists():
        parser.error(f"{args.keep} exists: name a folder that is not there yet")
    # Ended politely, it ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    outcomes = run(quick=args.quick, keep=args.keep, seed=args.seed, only=args.only)
    print(table(outcomes))
    print(NOTES)
    tell(f"{time.monotonic() - began:.0f} s")
    return int(any(outcome.verdict.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
