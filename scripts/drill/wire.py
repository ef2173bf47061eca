"""The link between switch and Asterisk as a wire that can be cut: nothing passes any more, and neither end is told."""

import asyncio
from contextlib import suppress
from typing import Self

from scripts.ports import free_ports

HOST = "127.0.0.1"
CHUNK_BYTES = 65536


class Wire:
    """A TCP relay from a free `port` to `to_port`, both on loopback.

    While cut, what either end sends waits, as it does where packets are lost, and a new connection gets no word.
    Mended, what waits is delivered late.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self.port = free_ports(1)[0]
        self._whole = asyncio.Event()
        self._whole.set()
        self._relays: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, HOST, self.port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for relay in list(self._relays):
            relay.cancel()
        if self._relays:
            await asyncio.wait(self._relays)

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        try:
            with suppress(OSError):
                await self._relay(reader, writer)
        finally:
            self._relays.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        there_reader, there_writer = await asyncio.open_connection(HOST, self._to_port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, there_writer))
                both.create_task(self._pass(there_reader, writer))
        except* OSError:
            pass
        finally:
            there_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()
        await self._whole.wait()
        writer.close()
