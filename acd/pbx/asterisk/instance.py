"""A private Asterisk: one process that belongs to one folder, started and stopped, and nothing left behind.

It outlives the switch unless asked not to: callers who wait then fall back to Asterisk's own queue, and the next
switch that starts on the same folder takes the running process over.
"""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from acd.parent import die_with

BOOT_S_MAX = 30.0
STOP_S_MAX = 8.0
COMMAND_S_MAX = 10.0
# 5 descriptors a leg, 2 legs a call: enough for thousands.
DESCRIPTORS = 65536
# A Unix socket's address holds 108 bytes, the last one zero.
SOCKET_PATH_BYTES_MAX = 107


class InstanceError(Exception):
    """Asterisk does not start, does not answer, or can't have what it needs; the text names fact and remedy."""


@dataclass(frozen=True)
class Listen:
    """An address Asterisk is going to listen at: `kind` is "udp" or "tcp", `what` the setting that asked for it."""

    what: str
    kind: str
    host: str
    port: int


def occupied(listens: Sequence[Listen]) -> list[Listen]:
    """Those that another process already has, or whose address this machine has not."""
    return [listen for listen in listens if not _free(listen)]


def _free(listen: Listen) -> bool:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    kind = socket.SOCK_DGRAM if listen.kind == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError:
            return False
    return True


def _may_be_prompt() -> bool:
    """Whether this process may ask for real-time scheduling (`asterisk -p`), by which sound and signalling do not
    wait for other programs. Asterisk ends at once if it asks and may not."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except OSError:
        return False
    os.sched_setscheduler(0, *before)
    return True


class AsteriskInstance:
    """The Asterisk of the folder `home` (with etc/asterisk.conf in it), run by `launcher`.

    With `die_with_parent` the kernel kills it when this process, or the thread that called `start`, is gone.
    """

    def __init__(
        self,
        launcher: Path,
        home: Path,
        *,
        listens: Sequence[Listen] = (),
        time_zone: str = "",
        die_with_parent: bool = False,
    ) -> None:
        self._launcher = launcher
        self._home = home
        self._listens = tuple(listens)
        self._environment = {**os.environ, **({"TZ": time_zone} if time_zone else {})}
        self._die_with_parent = die_with_parent
        # Not asyncio's: it would kill Asterisk with the event loop.
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        """Of the process started or taken over, None before and after."""
        return self._pid

    @property
    def console_log(self) -> Path:
        return self._home / "log" / "console"

    @property
    def _control(self) -> Path:
        return self._home / "run" / "asterisk.ctl"

    async def start(self) -> bool:
        """Start it and wait until it is fully booted. False: one of this folder was running and is taken over.

        Raises InstanceError.
        """
        running = self._running_pid()
        if running is not None:
            self._pid = running
            await self._booted()
            return False
        self._check()
        self.console_log.parent.mkdir(parents=True, exist_ok=True)
        self._control.unlink(missing_ok=True)
        with self.console_log.open("wb") as log:
            self._spawn(log)
        try:
            await self._booted()
            self._check_listening()
        except BaseException:
            await self.stop()
            raise
        return True

    async def ended(self) -> None:
        """Returns when the process started or taken over is gone, whatever ended it."""
        if self._pid is not None:
            await self._gone(self._pid)

    async def stop(self) -> None:
        """End it, calls included: first asked, then killed. Returns when the process is gone."""
        pid, self._pid = self._pid, None
        if pid is None:
            return
        for sign, patience_s in ((signal.SIGTERM, STOP_S_MAX), (signal.SIGKILL, STOP_S_MAX)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, sign)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._gone(pid)
                break
        else:
            raise InstanceError(f"Asterisk (pid {pid}) does not die: look at it with ps -o stat,wchan -p {pid}")
        self._process = None
        self._control.unlink(missing_ok=True)

    async def command(self, line: str) -> str:
        """What the CLI answers to `line`. Raises InstanceError."""
        process = await asyncio.create_subprocess_exec(
            *self._arguments("-rx", line),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
        )
        try:
            async with asyncio.timeout(COMMAND_S_MAX):
                said, _ = await process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        text = said.decode("utf-8", "replace")
        if process.returncode != 0:
            raise InstanceError(f"Asterisk's command line did not take {line!r}: {text.strip()[-300:]}")
        return text

    async def reload(self, modules: Sequence[str]) -> None:
        """Have `modules` (with .so) read their configuration again; calls in progress go on."""
        for module in modules:
            await self.command(f"module reload {module}")

    def _arguments(self, *more: str) -> list[str]:
        return [str(self._launcher), "-C", str(self._home / "etc" / "asterisk.conf"), *more]

    def _check(self) -> None:
        if not (self._home / "etc" / "asterisk.conf").is_file():
            raise InstanceError(f"{self._home}/etc/asterisk.conf is missing: write the configuration first")
        if len(os.fsencode(self._control)) > SOCKET_PATH_BYTES_MAX:
            raise InstanceError(f"{self._control} is too long for a socket's address: choose a folder nearer to /")
        taken = occupied(self._listens)
        if taken:
            ports = ", ".join(f"{one.what} ({one.kind} {one.host}:{one.port})" for one in taken)
            raise InstanceError(f"in use by another process, or no address of this machine: {ports}")

    def _spawn(self, log: IO[bytes]) -> None:
        try:
            self._process = subprocess.Popen(
                self._arguments("-f", *(("-p",) if _may_be_prompt() else ())),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_in_child(self._die_with_parent, os.getpid()),
            )
        except OSError as error:
            raise InstanceError(f"{self._launcher} does not start ({error})") from error
        self._pid = self._process.pid

    async def _booted(self) -> None:
        """`core waitfullybooted` hangs until it is so; before there is a socket it fails at once."""
        try:
            async with asyncio.timeout(BOOT_S_MAX):
                while True:
                    self._check_alive()
                    if self._control.exists():
                        with contextlib.suppress(InstanceError):
                            # An Asterisk that gives up ends this without an error, and without saying so.
                            if "fully booted" in await self.command("core waitfullybooted"):
                                return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise InstanceError(f"Asterisk was not up within {BOOT_S_MAX:.0f} s:\n{self._tail()}") from None

    def _check_alive(self) -> None:
        code = self._process.poll() if self._process is not None else None
        if code is not None:
            raise InstanceError(f"Asterisk ended with code {code} while starting:\n{self._tail()}")

    def _check_listening(self) -> None:
        """A port lost in a race after the check: Asterisk goes on without, we do not."""
        refused = [line for line in self._lines() if "Address already in use" in line]
        if refused:
            raise InstanceError("a port was taken while Asterisk started:\n" + "\n".join(refused))

    def _lines(self) -> list[str]:
        try:
            return self.console_log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def _tail(self) -> str:
        return "\n".join(self._lines()[-15:]) or f"(nothing in {self.console_log})"

    def _running_pid(self) -> int | None:
        """The process of this folder that a switch before us has left running."""
        try:
            pid = int((self._home / "run" / "asterisk.pid").read_text())
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._home / "etc" / "asterisk.conf") in arguments else None

    async def _gone(self, pid: int) -> None:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(descriptor, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        if self._process is not None:
            self._process.wait()


def _in_child(die_with_parent: bool, parent: int) -> Callable[[], None]:
    """What the child does before it becomes Asterisk; all that may be looked up is looked up in the parent."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        if die_with_parent:
            die_with(parent)

    return prepare
