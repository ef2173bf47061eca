"""What is made to fail, for how long, and how it is set right again."""

import asyncio
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scripts.drill.people import People
from scripts.drill.switch import Switch
from scripts.drill.wire import Wire

VANISHED = 4  # one phone in so many
NO_ROOM_BYTES = 1


@dataclass(frozen=True)
class Scene:
    """What a fault can lay hands on."""

    people: People
    switch: Switch
    wire: Wire
    agent_ids: tuple[str, ...]

    @property
    def database(self) -> Path:
        return self.switch.site.state_dir / "hotline.db"


@dataclass(frozen=True)
class Fault:
    """`strike` does it, waits `lasts_s` and sets it right, as far as the switch does not do so by itself. `unwatched`:
    meanwhile the switch can't see the calls."""

    name: str
    strike: Callable[[Scene, float], Awaitable[None]]
    lasts_s: float
    unwatched: bool = True


async def crash_switch(scene: Scene, lasts_s: float) -> None:
    """It begins again by itself, within the second."""
    scene.switch.kill_switch()


async def kill_switch(scene: Scene, lasts_s: float) -> None:
    """It stays away: who stands by to begin it again is killed, too."""
    killed_at = await scene.switch.kill()
    await asyncio.sleep(killed_at + lasts_s - time.time())
    await scene.switch.start()


async def kill_asterisk(scene: Scene, lasts_s: float) -> None:
    """The switch starts it again. Carriers notice at once that the calls are gone."""
    await scene.switch.kill_pbx()
    scene.people.lines_died()


async def cut_link(scene: Scene, lasts_s: float) -> None:
    scene.wire.cut()
    await asyncio.sleep(lasts_s)
    scene.wire.mend()


async def lock_database(scene: Scene, lasts_s: float) -> None:
    """Another process holds it, so that nothing can be written."""
    made = sqlite3.connect(scene.database, timeout=30, isolation_level=None, check_same_thread=False)
    with closing(made) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN EXCLUSIVE")
        await asyncio.sleep(lasts_s)
        connection.execute("ROLLBACK")


async def fill_disk(scene: Scene, lasts_s: float) -> None:
    """No file of the switch may grow any more: its database, its spill, its log."""
    before = resource.prlimit(scene.switch.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scene.switch.pid, resource.RLIMIT_FSIZE, (NO_ROOM_BYTES, before[1]))
    await asyncio.sleep(lasts_s)
    resource.prlimit(scene.switch.pid, resource.RLIMIT_FSIZE, before)


async def unplug_phones(scene: Scene, lasts_s: float) -> None:
    gone = scene.agent_ids[::VANISHED]
    for agent_id in gone:
        scene.people.vanish(agent_id)
    await asyncio.sleep(lasts_s)
    for agent_id in gone:
        scene.people.come_back(agent_id)


FAULTS = (
    Fault("switch killed (-9)", crash_switch, 0.0),
    Fault("switch killed (-9) for 1 s", kill_switch, 1.0),
    Fault("switch killed (-9) for 60 s", kill_switch, 60.0),
    Fault("Asterisk killed (-9)", kill_asterisk, 0.0),
    Fault("link cut without FIN for 5 s", cut_link, 5.0),
    Fault("link cut without FIN for 60 s", cut_link, 60.0),
    Fault("database locked for 30 s", lock_database, 30.0, unwatched=False),
    Fault("disk full for 20 s", fill_disk, 20.0, unwatched=False),
    Fault("a quarter of the phones gone for 20 s", unplug_phones, 20.0, unwatched=False),
)
QUICK = (FAULTS[0], FAULTS[3], FAULTS[4])
