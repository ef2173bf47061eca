"""The parent's end of one phone worker: starts it, sends orders, hands its events on, ends it."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.softphones.events import PhoneEvent, PhoneGoneError
from scripts.softphones.interpreter import phone_python

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 15.0
ORDER_TIMEOUT_S = 10.0
QUIT_TIMEOUT_S = 3.0
LINE_LENGTH_MAX = 1 << 20


class WorkerLink:
    """`on_event` gets every event; `on_end` the reason when the process ended by itself."""

    def __init__(self, on_event: Callable[[PhoneEvent], None], on_end: Callable[[str], None]) -> None:
        self.lines = 0
        self.port = 0
        self._on_event = on_event
        self._on_end = on_end
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._last_words: deque[str] = deque(maxlen=8)
        self._closing = False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, bind: str, log_path: str) -> None:
        """Start the process and wait until its SIP port is open; raises PhoneGoneError when it does not come up."""
        python = await phone_python()
        self._process = await asyncio.create_subprocess_exec(
            python, "-m", "scripts.softphones.phone_worker",
            "--bind", bind, "--parent", str(os.getpid()), "--log", log_path,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=LINE_LENGTH_MAX, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._read_events()), asyncio.create_task(self._read_complaints())]
        try:
            await asyncio.wait_for(asyncio.shield(self._up), START_TIMEOUT_S)
        except TimeoutError:
            await self.close()
            raise PhoneGoneError(f"the phone worker did not start within {START_TIMEOUT_S:g} s") from None

    async def order(self, do: str, **parts: object) -> dict[str, Any]:
        """Send an order and return its answer; raises PhoneGoneError with the worker's reason when it refuses."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._process.stdin.write(json.dumps({"id": number, "do": do, **parts}).encode() + b"\n")
            result = await asyncio.wait_for(answer, ORDER_TIMEOUT_S)
        except TimeoutError:
            raise PhoneGoneError(f"the phone worker {self.pid} did not answer {do!r} (is it frozen?)") from None
        finally:
            self._answers.pop(number, None)
        if not result["ok"]:
            raise PhoneGoneError(f"{do}: {result['error']}")
        return result

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End the process at once: its phones say nothing more, like a pulled plug."""
        self._closing = True
        self._signal(signal.SIGKILL)
        await self._finish()

    async def close(self) -> None:
        """End the process in order: calls are hung up and lines unregistered; by force if that takes too long."""
        if self._process is None:
            return
        self._closing = True
        self.thaw()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), QUIT_TIMEOUT_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self._finish()

    async def _finish(self) -> None:
        assert self._process is not None
        await self._process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _read_events(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while row := await self._process.stdout.readline():
            message = json.loads(row)
            if "id" in message:
                answer = self._answers.get(message["id"])
                if answer is not None and not answer.done():
                    answer.set_result(message)
            elif message["event"] == "up":
                self.port = message["port"]
                self._up.set_result(None)
            else:
                kind, line, call, at = (message.pop(name) for name in ("event", "line", "call", "at"))
                self._on_event(PhoneEvent(kind, line, call, at, message))
        await self._process.wait()
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        why = f"the phone worker ended with {self._process.returncode}: " + " | ".join(self._last_words)
        waiting: list[asyncio.Future[Any]] = [*self._answers.values(), self._up]
        for future in waiting:
            if not future.done():
                future.set_exception(PhoneGoneError(why))
        self._on_end("closed" if self._closing else why)

    async def _read_complaints(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while row := await self._process.stderr.readline():
            self._last_words.append(row.decode(errors="replace").strip())
