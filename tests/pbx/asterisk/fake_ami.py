"""An Asterisk Manager Interface to test against: a TCP server that speaks just enough of the protocol.

By default it logs in who knows the secret, answers Ping, and answers any other action with Success. A test
changes that by `answers[action]`: a function from the action's headers to the bytes to send back (b"" for
silence). Nothing here waits for time to pass.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType

Headers = list[tuple[str, str]]
Answer = Callable[["FakeAction"], bytes]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USERNAME = "hotline"
SECRET = "loopback-only"


class FakeAction:
    """One action as it was received, header by header."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.headers: Headers = []
        for line in raw.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            self.headers.append((name, value))

    def __getitem__(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def name(self) -> str:
        return self["Action"]

    @property
    def id(self) -> str:
        return self["ActionID"]


def message(*lines: str) -> bytes:
    """A message's bytes from its lines."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"Event: {name}", "Privilege: call,all", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    return message(*lines)


def success(action: FakeAction, text: str = "OK", *more: str) -> bytes:
    return message("Response: Success", f"ActionID: {action.id}", f"Message: {text}", *more)


def error(action: FakeAction, text: str) -> bytes:
    return message("Response: Error", f"ActionID: {action.id}", f"Message: {text}")


def list_start(action: FakeAction) -> bytes:
    return success(action, "List will follow", "EventList: start")


def list_item(action: FakeAction, name: str, *lines: str) -> bytes:
    return message(f"Event: {name}", f"ActionID: {action.id}", *lines)


def list_end(action: FakeAction, name: str, items: int = 1) -> bytes:
    return message(f"Event: {name}", f"ActionID: {action.id}", "EventList: Complete", f"ListItems: {items}")


def log_in(action: FakeAction) -> bytes:
    if action["Secret"] != SECRET or action["Username"] != USERNAME:
        return error(action, "Authentication failed")
    accepted = success(action, "Authentication accepted")
    return accepted + message("Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted")


def pong(action: FakeAction) -> bytes:
    return message("Response: Success", f"ActionID: {action.id}", "Ping: Pong", "Timestamp: 1732359412.000001")


class FakeAmi:
    """`async with FakeAmi() as ami`: listens on a free port of 127.0.0.1 until the block ends."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.banner = BANNER
        self.answers: dict[str, Answer] = {"login": log_in, "ping": pong}
        self.actions: list[FakeAction] = []
        self.logins = 0
        self.accepted = 0
        self.reading = asyncio.Event()
        self.reading.set()
        self._tls = tls
        self._arrived: asyncio.Queue[FakeAction] = asyncio.Queue()
        self._connected: asyncio.Queue[None] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> FakeAmi:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.reading.set()
        self.drop()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def listen(self) -> None:
        """Also again after `stop_listening`, on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        assert self._server is not None
        self._server.close()

    async def connected(self) -> None:
        """Wait for the next connection."""
        await asyncio.wait_for(self._connected.get(), 5)

    async def next_action(self, name: str | None = None) -> FakeAction:
        """The next action that arrived (with that name: others, such as Login and Ping, are passed over)."""
        while True:
            action = await asyncio.wait_for(self._arrived.get(), 5)
            if name is None or action.name.lower() == name.lower():
                return action

    def send(self, data: bytes) -> None:
        """To the newest connection."""
        self._writers[-1].write(data)

    async def send_all(self, data: bytes) -> None:
        """To the newest connection, waiting until the system has taken it."""
        self._writers[-1].write(data)
        await self._writers[-1].drain()

    def drop(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def named(self, name: str) -> list[FakeAction]:
        return [action for action in self.actions if action.name.lower() == name.lower()]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        self.accepted += 1
        writer.write(self.banner)
        self._connected.put_nowait(None)
        try:
            while True:
                await self.reading.wait()
                action = FakeAction((await reader.readuntil(b"\r\n\r\n"))[:-4])
                self.actions.append(action)
                self.logins += action.name.lower() == "login"
                answer = self.answers.get(action.name.lower(), success)
                self._arrived.put_nowait(action)
                writer.write(answer(action))
                if action.name.lower() == "logoff":
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            if writer in self._writers:
                self._writers.remove(writer)
            self._tasks.discard(task)
