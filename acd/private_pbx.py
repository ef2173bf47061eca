"""The Asterisk of this switch: found, given its prompts, music and configuration, started, and kept in step with the
site. What it needs lives below the state folder; nothing of a system-wide Asterisk is touched."""

import asyncio
import fcntl
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from acd.pbx.asterisk.errors import AmiError
from acd.pbx.asterisk.instance import AsteriskInstance, InstanceError, Listen
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.settings import AmiSettings
from config.asterisk import render
from config.asterisk.program import PbxUnusableError, locate
from config.asterisk.reload import reloads, restarts
from config.asterisk.settings import PbxSettings
from config.loader import Configuration
from config.prompts import music, speech
from config.prompts.texts import SYSTEM_TEXTS, work_number_texts

log = structlog.get_logger("private_pbx")

INSTALL_SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "install_asterisk.sh"
# A first installation downloads a whole Asterisk.
INSTALL_S_MAX = 900.0
RELOAD_DEADLINE_S = 30.0
# Between the end of an Asterisk and the start of the next; longer each time that it does not last.
RESTART_PAUSE_S_MIN, RESTART_PAUSE_S_MAX = 0.2, 30.0

Tell = Callable[[str], None]


class PrivatePbx:
    """One Asterisk below `configuration.runtime.state_dir`. It goes on when the switch ends or dies, unless
    `stop` is called: callers who wait are then served by its fallback."""

    def __init__(self, configuration: Configuration, launcher: Path) -> None:
        self._program = locate(launcher)
        self.settings: PbxSettings = configuration.pbx(self._program)
        self._configuration = configuration
        self.instance: AsteriskInstance | None = None
        self._changed: tuple[str, ...] = ()

    def claim(self) -> None:
        """Keep every other switch away from this Asterisk, until this process ends. Raises PbxUnusableError."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        self._claim = os.open(self.settings.home / "switch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._claim)
            raise PbxUnusableError(
                f"another switch runs with this state folder: it holds {self.settings.home}; end that one, or name "
                "another folder with --state"
            ) from None

    async def prepare(self, tell: Tell) -> None:
        """Make prompts, music and configuration files; what exists is not made again.

        Raises PromptError, PbxUnusableError, OSError.
        """
        tell("prompts and music")
        await asyncio.to_thread(self._make_sounds)
        self._changed = await asyncio.to_thread(render.write, self.settings)

    def _make_sounds(self) -> None:
        speech.build(self._texts(), self.settings.sounds)
        for klass in self.settings.music:
            if klass.directory.is_relative_to(self.settings.home):
                music.build(klass.directory)

    def _texts(self) -> Mapping[str, Mapping[str, str]]:
        """Prompt name -> language -> text: the switch's own, the agents' work numbers, the site's."""
        return SYSTEM_TEXTS | work_number_texts(self._configuration.site.agents) | dict(self._configuration.prompts)

    async def start(self, *, die_with_parent: bool = False) -> bool:
        """Start Asterisk, or take over the one of this folder that still runs (False). Raises InstanceError."""
        self.instance = AsteriskInstance(
            self.settings.program.launcher,
            self.settings.home,
            listens=[Listen(*listen) for listen in self.settings.listens],
            time_zone=self.settings.time_zone,
            die_with_parent=die_with_parent,
        )
        fresh = await self.instance.start()
        stale = [] if fresh else self._stale()
        if stale and await self._is_idle():
            await self.instance.stop()
            fresh = await self.instance.start()
        if fresh:
            self._started_with.write_text(repr(self.settings.listens), encoding="utf-8")
        else:
            # It runs with the configuration of an earlier start: agents may have changed since.
            await self._reload(reloads(render.render(self.settings)))
            self._warn_of_restart(stale)
        return fresh

    async def keep_running(self) -> None:
        """Start Asterisk again whenever it ends by itself, the sooner the longer it has lived. Never returns.

        The calls that were in it are gone with it; the switch finds that out by itself, and nobody has to log in
        anew.
        """
        assert self.instance is not None, "only what was started can be kept running"
        clock = asyncio.get_running_loop()
        pause_s = RESTART_PAUSE_S_MIN
        while True:
            began = clock.time()
            await self.instance.ended()
            pause_s = RESTART_PAUSE_S_MIN if clock.time() - began > RESTART_PAUSE_S_MAX else pause_s
            log.error(
                "asterisk_ended", pid=self.instance.pid, again_in_s=pause_s,
                remedy=f"it is started again; why it ended is in {self.instance.console_log} and beside it",
            )  # fmt: skip
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_PAUSE_S_MAX)
            try:
                await self.instance.start()
            except (InstanceError, OSError) as problem:
                log.error("asterisk_does_not_start", problem=str(problem), again_in_s=pause_s)
            else:
                log.warning("asterisk_started_again", pid=self.instance.pid)

    @property
    def _started_with(self) -> Path:
        """Where the addresses that the running Asterisk was started with are kept."""
        return self.settings.home / "run" / "listens"

    def _stale(self) -> list[str]:
        """What the running Asterisk was started with and a reload does not change: files, and its addresses."""
        try:
            before = self._started_with.read_text(encoding="utf-8")
        except OSError:
            before = ""
        return [*restarts(self._changed), *(["addresses and ports"] if before != repr(self.settings.listens) else [])]

    async def _is_idle(self) -> bool:
        """No call in it, so that a restart hurts nobody."""
        assert self.instance is not None, "asked of a running Asterisk"
        return "0 active channels" in await self.instance.command("core show channels count")

    def _warn_of_restart(self, stale: Sequence[str]) -> None:
        if stale:
            log.warning("asterisk_wants_restart", changed=stale, remedy="it counts when Asterisk starts again")

    async def follow(self, configuration: Configuration) -> None:
        """Take over a changed site: render again, reload what changed. Calls in progress go on."""
        self._configuration = configuration
        self.settings = await asyncio.to_thread(configuration.pbx, self._program)
        await asyncio.to_thread(self._make_sounds)
        changed = await asyncio.to_thread(render.write, self.settings)
        await self._reload(reloads(changed))
        self._warn_of_restart(restarts(changed))

    async def _reload(self, modules: Iterable[str]) -> None:
        """Have the modules read their files again, as the AMI user who may do nothing else. Raises AmiError."""
        admin = self.settings.ami.admin
        settings = replace(self.ami_settings(), username=admin.name, secret=admin.secret, boot_wait_s=0)
        link = AmiLink(settings, wanted=(), on_event=_ignore, on_up=_ignore, on_down=_ignore)
        await link.start()
        try:
            await link.wait_up(settings.connect_deadline_s + settings.login_deadline_s)
            for module in modules:
                answer = await link.request({"Action": "Reload", "Module": module}, deadline_s=RELOAD_DEADLINE_S)
                if not answer.ok:
                    raise AmiError(f"Asterisk did not reload {module} ({answer.message}): see its log")
        finally:
            await link.close()

    async def stop(self) -> None:
        """End Asterisk and every call in it."""
        if self.instance is not None:
            await self.instance.stop()

    def ami_settings(self) -> AmiSettings:
        ami = self.settings.ami
        return AmiSettings(username=ami.live.name, secret=ami.live.secret, host=ami.bind, port=ami.port)


def _ignore(*_: object) -> None:
    """The link's news are its waiter's: `wait_up` and `request` raise."""


async def find_launcher(tell: Tell) -> Path:
    """The Asterisk to run, installed first if there is none. Raises PbxUnusableError with what to do."""
    if not INSTALL_SCRIPT.is_file():
        raise PbxUnusableError(f"{INSTALL_SCRIPT} is missing: run the switch from its checkout, or name an Asterisk")
    process = await asyncio.create_subprocess_exec(
        str(INSTALL_SCRIPT), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
    )
    tell("finding Asterisk")
    try:
        async with asyncio.timeout(INSTALL_S_MAX):
            said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        raise
    except TimeoutError:
        process.terminate()
        raise PbxUnusableError(
            f"Asterisk was not installed within {INSTALL_S_MAX:.0f} s: run {INSTALL_SCRIPT} by hand and see why"
        ) from None
    lines = said.decode().split()
    if process.returncode != 0 or not lines:
        raise PbxUnusableError(f"there is no Asterisk: {INSTALL_SCRIPT} said why above")
    return Path(lines[-1])
