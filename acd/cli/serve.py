"""`hotline serve`: the switch in the foreground, until Ctrl-C or SIGTERM; it begins again when it dies (acd.standby).
Asterisk goes on without it, so that a restart of the switch loses nobody; `--stop-pbx` ends both."""

import argparse
import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
import uvloop

from acd import standby
from acd.listen import CannotListen
from acd.pbx.asterisk.errors import AmiError
from acd.pbx.asterisk.instance import InstanceError
from acd.priority import loading
from acd.private_pbx import PrivatePbx, find_launcher
from acd.say import say
from acd.standby import ASKED_TO_END, EXIT_CRASHED, EXIT_FAILED
from acd.store.errors import StoreError
from acd.switch import Switch
from config.asterisk.program import PbxUnusableError
from config.changes import in_words
from config.loader import SCHEMAS, Configuration, load
from config.problems import ConfigurationError
from config.prompts.tools import PromptError
from config.saved_files import LOOK_EVERY_S, Rest, Stamps, look, still_written
from config.versions import Staged, Versions

log = structlog.get_logger("serve")

# What can keep the switch from starting; each text names the fact and the remedy.
OBSTACLES = (
    ConfigurationError, PbxUnusableError, PromptError, InstanceError, AmiError, CannotListen, StoreError, OSError,
)  # fmt: skip


@asynccontextmanager
async def running_switch(
    configuration: Configuration, *, stop_pbx: bool, die_with_parent: bool = False
) -> AsyncIterator[tuple[Switch, PrivatePbx]]:
    """The switch and its Asterisk, started; ended on the way out (Asterisk only with `stop_pbx`).

    Raises any of OBSTACLES.
    """
    pbx = PrivatePbx(configuration, await find_launcher(say))
    pbx.claim()
    await pbx.prepare(say)
    try:
        say("starting Asterisk")
        if not await pbx.start(die_with_parent=die_with_parent):
            say("Asterisk is running already: taking it over, with its calls")
        keeping = asyncio.create_task(pbx.keep_running())
        try:
            async with Switch(
                configuration.site, configuration.runtime, pbx.ami_settings(), names=configuration.names
            ) as switch:
                yield switch, pbx
        finally:
            keeping.cancel()
    finally:
        if stop_pbx:
            await pbx.stop()


async def follow_files(
    config_dir: Path, versions: Versions, switch: Switch, pbx: PrivatePbx, rest: Rest, configuration: Configuration
) -> None:
    """Take over the configuration whenever its files are saved; a bad one is refused whole and told, and the one in
    force, at first `configuration`, stays."""
    clock, written = asyncio.get_running_loop(), ""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = look(config_dir, SCHEMAS)
        if not rest.has_come(now, clock.time()):
            continue
        before, written = written, still_written(config_dir, SCHEMAS)
        if written:
            if written != before:
                log.info("configuration_being_written", file=written, remedy="it counts as soon as it is closed")
            continue
        rest.read = now
        try:
            # A look for garbage stops all threads, for long among the many objects that are made here.
            with loading():
                configuration = await take_over(configuration, config_dir, now, versions, switch, pbx)
        except OBSTACLES as problem:
            log.error("configuration_refused", problem=str(problem), remedy="the one before stays in force")
        except Exception:  # a fault of ours in one file must not keep the next from being read
            log.exception("configuration_refused", remedy="the one before stays in force; please report this")


async def take_over(
    before: Configuration, config_dir: Path, seen: Stamps, versions: Versions, switch: Switch, pbx: PrivatePbx
) -> Configuration:
    """Put the files in force in place of `before`, wholly or not at all; they are kept as a version before they count.

    They are read in a thread while calls go on. If they are not as they were `seen` after that, they were saved once
    more, and `before` is returned: the next look will see them. Raises any of OBSTACLES.
    """
    fresh = await asyncio.to_thread(load, config_dir, before.runtime.state_dir)
    if look(config_dir, SCHEMAS) != seen:
        return before
    staged = await asyncio.to_thread(versions.stage, fresh.sources, config_dir, time.time())
    fresh = fresh.kept_as(staged.version.number)
    try:
        await pbx.follow(fresh)
        version = await asyncio.to_thread(versions.keep, staged)
    except Exception:
        versions.discard(staged)
        with suppress(*OBSTACLES):
            await pbx.follow(before)
        raise
    switch.change_site(fresh.site, fresh.names)
    log.info("configuration_taken_over", version=version.number, changes=in_words(version.changes, "en", 5))
    await asyncio.sleep(0)  # calls have their turn before all that was replaced is freed
    return fresh


def load_to_begin(config_dir: Path, state_dir: Path, versions: Versions) -> Configuration:
    """The configuration of the files; if they are not sound and a switch has died, that of the newest version: it was
    in force then, and goes on until the files are put right. Raises ConfigurationError."""
    try:
        return load(config_dir, state_dir)
    except ConfigurationError as problem:
        newest = versions.newest() if standby.died_before else None
        if newest is None:
            raise
        log.error("configuration_refused", problem=str(problem), remedy=f"version {newest.number} stays in force")
        return load(config_dir, state_dir, instead={name: versions.path(newest.number, name) for name in newest.files})


def stage_first(
    configuration: Configuration, versions: Versions, config_dir: Path
) -> tuple[Configuration, Staged | None]:
    """The configuration of a start with the number of its version, and that version, still to be kept.

    Where none can be kept the switch starts all the same, as version 0: callers wait for it.
    """
    try:
        staged = versions.stage(configuration.sources, config_dir, time.time())
    except OSError as problem:
        log.error("version_not_kept", problem=str(problem), remedy=f"see to {versions.folder}, then start again")
        return configuration, None
    return configuration.kept_as(staged.version.number), staged


def end_when_asked() -> asyncio.Event:
    """Have the first signal that asks for the end cancel this task, wherever its start has come to: what has begun is
    then ended in order. Returns what is set by then."""
    loop, task, asked = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()
    assert task is not None, "called in a task"

    def end() -> None:
        if not asked.is_set():
            say("stopping")
            asked.set()
            task.cancel()

    for number in ASKED_TO_END:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end)
    return asked


async def serve(args: argparse.Namespace) -> int:
    say("reading the configuration")
    rest, versions = Rest(look(args.config, SCHEMAS)), Versions(args.state)
    configuration, staged = stage_first(load_to_begin(args.config, args.state, versions), versions, args.config)
    asked = end_when_asked()
    for notice in configuration.notices:
        say(notice)
    try:
        async with running_switch(configuration, stop_pbx=args.stop_pbx) as (switch, pbx):
            if staged is not None:
                versions.keep(staged)
            site, sip = configuration.site, pbx.settings.transports
            say(f"{site.name}: {', '.join(site.entries)} at SIP {sip.bind}:{sip.udp}")
            say(f"API {switch.api_url}   figures {switch.metrics_url}   agents log in with *11, get ready with *12")
            following = asyncio.create_task(follow_files(args.config, versions, switch, pbx, rest, configuration))
            try:
                await asyncio.Event().wait()
            finally:
                following.cancel()
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
    finally:
        if staged is not None:
            versions.discard(staged)
    return 0


def run(args: argparse.Namespace) -> int:
    try:
        return uvloop.run(serve(args))
    except OBSTACLES as problem:
        say(str(problem))
        return EXIT_FAILED
    except Exception:
        log.exception("switch_crashed", remedy="it begins again; please report the lines above")
        return EXIT_CRASHED


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("serve", help="run the switch (运行交换系统)")
    parser.add_argument("--stop-pbx", action="store_true", help="end Asterisk, too, when the switch ends")
    parser.set_defaults(run=run)
