"""One round of chaos: a crowd calls, a fault strikes, all is judged when the last call is over."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from scripts.drill.faults import Fault, Scene
from scripts.drill.judge import Away, Verdict, judge
from scripts.drill.load import Load
from scripts.drill.people import Caller
from scripts.drill.records import read_records

LOOK_S = 0.1
STEADY_S = 2.0
HEAL_S_MAX = 60.0
DRAIN_S_MAX = 90.0
WRITTEN_S_MAX = 20.0
# Calls that begin or end just then are on one side only.
ON_THE_WAY_MAX = 1

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """The crowd calls for `before_s` until the fault strikes, and for `after_s` when it is healed."""

    before_s: float
    after_s: float


@dataclass(frozen=True)
class Outcome:
    """`running` calls when the fault struck; `heal_s` from its end until the switch was ready, knew of every caller on
    the line and no other, and this stayed so."""

    fault: Fault
    running: int
    heal_s: float
    verdict: Verdict


async def play(scene: Scene, fault: Fault, load: Load, timing: Timing, tell: Tell) -> Outcome:
    people = scene.people
    first = len(people.callers)
    load.begin()
    telling = asyncio.get_running_loop().create_task(_keep_telling(scene, fault.name, tell))
    try:
        await asyncio.sleep(timing.before_s)
        running = len(people.on_line)
        tell(f"{fault.name}: struck while {running} calls run, {len(people.talking)} of them talking")
        began_at = time.time()
        await fault.strike(scene, fault.lasts_s)
        ended_at = time.time()
        healed_at = await _healed(scene)
        tell(f"{fault.name}: healed after {healed_at - ended_at:.1f} s")
        await asyncio.sleep(timing.after_s)
        await load.stop()
        callers = people.callers[first:]
        await _drained(callers)
        aways = [Away(began_at, ended_at, healed_at + 1)] if fault.unwatched else []
        verdict = await _judged(scene, callers, aways)
    finally:
        await load.stop()
        telling.cancel()
    return Outcome(fault, running, healed_at - ended_at, verdict)


async def _healed(scene: Scene) -> float:
    """Since when all is well (UTC seconds)."""
    deadline = time.monotonic() + HEAL_S_MAX
    since = 0.0
    while time.monotonic() < deadline:
        status = await scene.switch.status()
        on_line = sum(1 for caller in scene.people.on_line if caller.leg.answered)
        well = status is not None and status.ready and abs(len(status.calls) - on_line) <= ON_THE_WAY_MAX
        since = (since or time.time()) if well else 0.0
        if since and time.time() - since >= STEADY_S:
            return since
        await asyncio.sleep(LOOK_S)
    return since or time.time()


async def _drained(callers: list[Caller]) -> None:
    """Until the last has been served or has given up. Who is left then is lost."""
    for _ in range(round(DRAIN_S_MAX / LOOK_S)):
        if not any(caller.on_line for caller in callers):
            return
        await asyncio.sleep(LOOK_S)


async def _judged(scene: Scene, callers: list[Caller], aways: list[Away]) -> Verdict:
    """When the records are written, or should have been."""
    deadline = time.monotonic() + WRITTEN_S_MAX
    numbers = {caller.number for caller in callers if caller.leg.answered or caller.leg.log.answered_at}
    while True:
        records = await asyncio.to_thread(read_records, scene.database)
        if numbers <= {record.number for record in records} or time.monotonic() > deadline:
            return judge(scene.people, records, aways, callers)
        await asyncio.sleep(LOOK_S)


async def _keep_telling(scene: Scene, name: str, tell: Tell) -> None:
    while True:
        await asyncio.sleep(5)
        people = scene.people
        running, talking, called = len(people.on_line), len(people.talking), len(people.callers)
        tell(f"{name}: {running} calls run, {talking} talk, {called} called so far")
