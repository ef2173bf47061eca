"""Bytes of an AMI connection -> whole messages, however the bytes were cut on the way.

The stream is one banner line (`Asterisk Call Manager/<version>`) and then messages, each ended by an empty
line. Work is linear in the bytes whatever their chunks, and no more than one message is kept.
"""

from __future__ import annotations

BANNER = b"Asterisk Call Manager/"
BANNER_BYTES_MAX = 256
_END = b"\r\n\r\n"


class FramingError(Exception):
    """The peer doesn't speak AMI, or its message is beyond the bound: only a new connection helps."""


class Framer:
    """Feed it what was read; it gives back the messages that are complete, without their final blank line."""

    def __init__(self, message_bytes_max: int) -> None:
        self.message_bytes_max = message_bytes_max
        self.version: str | None = None
        self._pending = bytearray()

    @property
    def pending_bytes(self) -> int:
        """Bytes kept of a message that isn't complete: at most the bound and one read more."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """Raises FramingError for a peer that isn't Asterisk's manager or a message over the bound."""
        if self.version is None:
            rest = self._take_banner(data)
            if rest is None:
                return []
            data = rest
        pending = self._pending
        if not pending:
            messages = data.split(_END)
            pending += messages.pop()
            return messages
        return self._feed_onto(pending, data)

    def _feed_onto(self, pending: bytearray, data: bytes) -> list[bytes]:
        if len(pending) > self.message_bytes_max:
            raise FramingError(f"a message goes beyond {self.message_bytes_max} bytes")
        # The end may lie across the seam; what was searched before isn't searched again.
        had = len(pending)
        seam = max(0, had - len(_END) + 1)
        pending += data
        end = pending.find(_END, seam)
        if end < 0:
            return []
        first = bytes(pending[:end])
        messages = data[end + len(_END) - had :].split(_END)
        self._pending = bytearray(messages.pop())
        messages.insert(0, first)
        return messages

    def _take_banner(self, data: bytes) -> bytes | None:
        pending = self._pending
        pending += data
        end = pending.find(b"\n")
        line = bytes(pending[: BANNER_BYTES_MAX if end < 0 else end])
        if line[: len(BANNER)] != BANNER[: len(line)] or (end < 0 and len(pending) >= BANNER_BYTES_MAX):
            raise FramingError("the first line isn't Asterisk's: this port isn't an Asterisk Manager Interface")
        if end < 0:
            return None
        if len(line) < len(BANNER):
            raise FramingError("the first line isn't Asterisk's: this port isn't an Asterisk Manager Interface")
        self.version = line[len(BANNER) :].decode("ascii", "replace").strip()
        rest = bytes(pending[end + 1 :])
        self._pending = bytearray()
        return rest
