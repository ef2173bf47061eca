"""`hotline serve` as ops start it: a process whose every word is kept with the moment at which it was said."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVE = ("-m", "acd.cli.main")
STOP_S_MAX = 20.0


class ServeProcess:
    """`program` is what Python runs, with `variables` in its environment. What is said goes to `log`, too."""

    def __init__(
        self,
        config_dir: Path,
        state_dir: Path,
        log: Path,
        program: Sequence[str] = SERVE,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._arguments = [*program, "--config", str(config_dir), "--state", str(state_dir), "--log-format", "json"]
        self._variables = {"PYTHONUNBUFFERED": "1"} | dict(variables or {})
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.said: list[tuple[float, str]] = []

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, "serve", cwd=ROOT, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=os.environ | self._variables,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with self._log.open("ab") as file:
            async for line in self._process.stdout:
                at = time.time()
                file.write(line)
                file.flush()
                async with self._news:
                    self.said.append((at, line.decode("utf-8", "replace").rstrip()))
                    self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    @property
    def pid(self) -> int:
        """The switch's own, not that of the process which stands by."""
        assert self._process is not None
        return switch_pid(self._process.pid)

    async def heard(self, text: str, timeout_s: float, after: float = 0.0) -> float:
        """When it first said `text`, from `after` on. Raises RuntimeError if it ends, or does not say so in time."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                while (at := self.when(text, after)) is None:
                    if self._reading is not None and self._reading.done():
                        raise RuntimeError(f"hotline serve ended before it said {text!r}: {self._last_words()}")
                    await self._news.wait()
                return at
        except TimeoutError:
            raise RuntimeError(f"no {text!r} within {timeout_s:g} s: {self._last_words()}") from None

    def when(self, text: str, after: float = 0.0) -> float | None:
        """When it first said `text`, from `after` on."""
        return next((at for at, line in self.said if at >= after and text in line), None)

    def _last_words(self) -> str:
        return "\n".join(line for _, line in self.said[-10:])

    def kill_switch(self) -> None:
        """With SIGKILL, as an out-of-memory killer would; it begins again by itself."""
        os.kill(self.pid, signal.SIGKILL)

    async def kill(self) -> None:
        """End it for good."""
        assert self._process is not None
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """End it with SIGTERM; its last records are written by then. Killed if that takes too long."""
        assert self._process is not None
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_S_MAX)
        await self.kill()
        if self._reading is not None:
            await self._reading


def switch_pid(standing_by: int) -> int:
    """The one child of the process that stands by (acd.standby)."""
    return int(Path(f"/proc/{standing_by}/task/{standing_by}/children").read_text().split()[0])
