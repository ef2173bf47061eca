"""`hotline serve`: the switch in the foreground, until Ctrl-C or SIGTERM; it begins again when it dies (acd.standby).
Asterisk goes on without it, so that a restart of the switch loses nobody; `--stop-pbx` ends both."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
import uvloop

from acd.listen import CannotListen
from acd.pbx.asterisk.errors import AmiError
from acd.pbx.asterisk.instance import InstanceError
from acd.private_pbx import PrivatePbx, find_launcher
from acd.standby import EXIT_CRASHED, EXIT_FAILED
from acd.store.errors import StoreError
from acd.switch import Switch
from config.asterisk.program import PbxUnusableError
from config.loader import Configuration, load
from config.problems import ConfigurationError
from config.prompts.tools import PromptError

log = structlog.get_logger("serve")

LOOK_EVERY_S = 1.0
Stamps = tuple[tuple[str, int, int, int], ...]

# What can keep the switch from starting; each text names the fact and the remedy.
OBSTACLES = (
    ConfigurationError, PbxUnusableError, PromptError, InstanceError, AmiError, CannotListen, StoreError, OSError,
)  # fmt: skip


def tell(step: str) -> None:
    print(f"hotline: {step}", file=sys.stderr, flush=True)


@asynccontextmanager
async def running_switch(
    configuration: Configuration, *, stop_pbx: bool, die_with_parent: bool = False
) -> AsyncIterator[tuple[Switch, PrivatePbx]]:
    """The switch and its Asterisk, started; ended on the way out (Asterisk only with `stop_pbx`).

    Raises any of OBSTACLES.
    """
    pbx = PrivatePbx(configuration, await find_launcher(tell))
    await pbx.prepare(tell)
    tell("starting Asterisk")
    if not await pbx.start(die_with_parent=die_with_parent):
        tell("Asterisk is running already: taking it over, with its calls")
    keeping = asyncio.create_task(pbx.keep_running())
    try:
        async with Switch(
            configuration.site, configuration.runtime, pbx.ami_settings(), names=configuration.names
        ) as switch:
            yield switch, pbx
    finally:
        keeping.cancel()
        if stop_pbx:
            await pbx.stop()


async def follow_files(config_dir: Path, state_dir: Path, switch: Switch, pbx: PrivatePbx, seen: Stamps) -> None:
    """Take over the configuration whenever its files change from what was `seen`; a bad one is refused whole and told.

    The files are looked at once a second, which works on every file system and misses nothing; a change counts when
    it has stood for a second, so that nobody's half-saved file is read.
    """
    before = seen
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = stamp(config_dir)
        settled, before = now == before, now
        if not settled or now == seen:
            continue
        seen = now
        try:
            configuration = await asyncio.to_thread(load, config_dir, state_dir)
            await pbx.follow(configuration)
        except OBSTACLES as problem:
            log.error("configuration_refused", problem=str(problem), remedy="the one before stays in force")
            continue
        switch.change_site(configuration.site, configuration.names)
        log.info("configuration_taken_over")


def stamp(config_dir: Path) -> Stamps:
    """What changes when a file of the configuration does."""
    stats = [(path.name, path.stat()) for path in sorted(config_dir.glob("*.yaml"))]
    return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)


async def serve(args: argparse.Namespace) -> int:
    tell("reading the configuration")
    seen = stamp(args.config)
    configuration = load(args.config, args.state)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    for notice in configuration.notices:
        tell(notice)
    async with running_switch(configuration, stop_pbx=args.stop_pbx) as (switch, pbx):
        site, sip = configuration.site, pbx.settings.transports
        tell(f"{site.name}: {', '.join(site.entries)} at SIP {sip.bind}:{sip.udp}")
        tell(f"API {switch.api_url}   figures {switch.metrics_url}   agents log in with *11, get ready with *12")
        following = asyncio.create_task(follow_files(args.config, args.state, switch, pbx, seen))
        await stopped.wait()
        tell("stopping")
        following.cancel()
    return 0


def run(args: argparse.Namespace) -> int:
    try:
        return uvloop.run(serve(args))
    except OBSTACLES as problem:
        print(f"hotline: {problem}", file=sys.stderr)
        return EXIT_FAILED
    except Exception:
        log.exception("switch_crashed", remedy="it begins again; please report the lines above")
        return EXIT_CRASHED


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("serve", help="run the switch (运行交换系统)")
    parser.add_argument("--stop-pbx", action="store_true", help="end Asterisk, too, when the switch ends")
    parser.set_defaults(run=run)
