"""The switch of a drill, as ops have it: `hotline serve` in a process that can be killed, its Asterisk in another."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

from cti.client import Client, NotReachable, Refused
from cti.models import AgentStatus, Answer, SwitchStatus
from scripts.drill.site import DrillSite, keep_sounds
from scripts.drill.wire import Wire
from scripts.recovery.process import switch_pid

ROOT = Path(__file__).resolve().parents[2]
UP_S_MAX = 60.0
LOOK_S = 0.05
CLIENT_S = 2.0

T = TypeVar("T")


class Switch:
    """`wire`: the AMI link goes over it. `environment` is added to the switch's own."""

    def __init__(self, site: DrillSite, wire: Wire | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.site = site
        self._environment = {**os.environ, **(environment or {})}
        self._module = "acd.cli.main"
        if wire is not None:
            self._module, self._environment["DRILL_AMI_PORT"] = "scripts.drill.serve", str(wire.port)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        await self.until_ready()
        await asyncio.to_thread(keep_sounds, self.site)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.kill()
        await self.kill_pbx(signal.SIGTERM)

    # ---- the process ----

    @property
    def log(self) -> Path:
        return self.site.config_dir.parent / "switch.log"

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module, "--config", str(self.site.config_dir),
                "--state", str(self.site.state_dir), "serve",
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=self._environment,
                start_new_session=True,
            )  # fmt: skip
        # As its own `go_first` does: a machine full of tests is not to make it slow to start.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, -10)

    def kill_switch(self) -> float:
        """With -9; it begins again by itself. Returns when (UTC seconds)."""
        os.kill(self.pid, signal.SIGKILL)
        return time.time()

    async def kill(self) -> float:
        """With -9, and the process that stands by, too: it stays away. Returns when (UTC seconds)."""
        assert self._process is not None
        at = time.time()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        return at

    @property
    def pid(self) -> int:
        """The switch's own, not that of the process which stands by."""
        assert self._process is not None
        return switch_pid(self._process.pid)

    # ---- its Asterisk ----

    @property
    def pbx_pid(self) -> int:
        return int((self.site.pbx_home / "run" / "asterisk.pid").read_text())

    async def kill_pbx(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """Returns when the process is gone."""
        try:
            pidfd = os.pidfd_open(self.pbx_pid)
        except (OSError, ValueError):
            return
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(pidfd, gone.set)
        try:
            for each in (sign, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, each)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), 10)
                    break
        finally:
            loop.remove_reader(pidfd)
            os.close(pidfd)

    # ---- what it says ----

    async def ask(self, question: Callable[[Client], T]) -> T:
        """Raises NotReachable, Refused."""
        return await asyncio.to_thread(
            lambda: question(Client.of_state(self.site.state_dir, f"http://127.0.0.1:{self.site.api_port}"))
        )

    async def status(self) -> SwitchStatus | None:
        """None if it does not answer."""
        try:
            return await self.ask(Client.status)
        except (NotReachable, Refused):
            return None

    async def agent(self, agent_id: str) -> AgentStatus:
        return await self.ask(lambda client: client.agent(agent_id))

    async def request(self, agent_id: str, command: str, **body: object) -> Answer:
        return await self.ask(lambda client: client.command(agent_id, command, body))

    async def get_ready(self, *agent_ids: str) -> None:
        for agent_id in agent_ids:
            await self.until_phone(agent_id, "reachable")
            await self.request(agent_id, "login")
            await self.request(agent_id, "ready")

    async def until_phone(self, agent_id: str, phone: str) -> None:
        await self.until(lambda status: agent_of(status, agent_id).phone == phone)

    async def until_ready(self, within_s: float = UP_S_MAX) -> SwitchStatus:
        """Until it has its PBX and its database."""
        return await self.until(lambda status: status.ready, within_s)

    async def until(self, condition: Callable[[SwitchStatus], bool], within_s: float = UP_S_MAX) -> SwitchStatus:
        """Until its status is so. Raises TimeoutError with what it said last."""
        deadline = time.monotonic() + within_s
        status = None
        while time.monotonic() < deadline:
            status = await self.status()
            if status is not None and condition(status):
                return status
            await asyncio.sleep(LOOK_S)
        raise TimeoutError(f"not within {within_s:g} s: {status}\n{self.log.read_text(errors='replace')[-3000:]}")


def agent_of(status: SwitchStatus, agent_id: str) -> AgentStatus:
    return next(agent for agent in status.agents if agent.agent_id == agent_id)
