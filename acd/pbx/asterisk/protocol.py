"""The bytes of one AMI connection in both directions, each bounded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from acd.pbx.asterisk.errors import AmiBusy, AmiDown
from acd.pbx.asterisk.framing import Framer, FramingError

READ_SLICE_BYTES = 64 * 1024
"""No more is read before the rest of the loop has its turn: uvloop would otherwise read on for 0.5 s in a burst."""


class AmiProtocol(asyncio.BufferedProtocol):
    """Reads slices of 64 KB into one buffer and hands on whole messages; writes at once, up to a bound.

    `fault` says why this side ended the connection, once it has, and `silent_s` how long nothing had come by then.
    With `late_after_s` > 0, bytes that come after such a silence end it: what they tell was sent we can't know when.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        framer: Framer,
        write_buffer_bytes_max: int,
        dead_after_s: float,
        on_messages: Callable[[list[bytes]], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._framer = framer
        self._write_buffer_bytes_max = write_buffer_bytes_max
        self._dead_after_s = dead_after_s
        self._on_messages = on_messages
        self._on_lost = on_lost
        self._buffer = memoryview(bytearray(READ_SLICE_BYTES))
        self.fault: str | None = None
        self.received = False
        self.late_after_s = 0.0
        self.silent_s = 0.0
        self._heard_at = self._loop.time()
        self._accepted_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        raw_socket = transport.get_extra_info("socket")
        if raw_socket is not None:
            _keep_alive(raw_socket, self._dead_after_s)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        silent_s = self._loop.time() - self._heard_at
        if 0 < self.late_after_s <= silent_s:
            self.abort(f"nothing came for {silent_s:.1f} s, and what comes now is late")
            return
        self._heard_at += silent_s
        self.received = True
        if nbytes * 2 >= READ_SLICE_BYTES:
            self.transport.pause_reading()
            self._loop.call_soon(self._resume_reading)
        try:
            messages = self._framer.feed(bytes(self._buffer[:nbytes]))
        except FramingError as problem:
            self.abort(str(problem))
        else:
            self._on_messages(messages)

    def _resume_reading(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    @property
    def waiting_bytes(self) -> int:
        """Bytes the system has not taken yet, because Asterisk doesn't read."""
        return self.transport.get_write_buffer_size()

    @property
    def sent_bytes(self) -> int:
        """Bytes the system has taken."""
        return self._accepted_bytes - self.waiting_bytes

    def write(self, data: bytes) -> None:
        """Raises AmiDown when the connection is closing, AmiBusy when too much waits to be written."""
        if self.transport.is_closing():
            raise AmiDown("the AMI connection is closing")
        waiting = self.waiting_bytes
        if waiting + len(data) > self._write_buffer_bytes_max:
            raise AmiBusy(f"{waiting} bytes wait until Asterisk reads them: send less at a time")
        self._accepted_bytes += len(data)
        self.transport.write(data)

    def close(self) -> None:
        """End the connection after what waits has been written (panoramisk's Manager calls this)."""
        self.fault = self.fault or "closed by the switch"
        self.transport.close()

    def abort(self, reason: str) -> None:
        """End the connection at once; the first reason stays."""
        if self.fault is None:
            self.fault, self.silent_s = reason, self._loop.time() - self._heard_at
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        theirs = "Asterisk closed the connection" if exc is None else f"the connection broke: {exc}"
        self._on_lost(self.fault or theirs)


def _keep_alive(raw_socket: Any, dead_after_s: float) -> None:
    """TCP's own watch, for a host that vanished: first probe after `dead_after_s`, dead three probes later."""
    every_s = max(1, round(dead_after_s))
    raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", every_s), ("TCP_KEEPINTVL", every_s), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):  # not on every system
            raw_socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
