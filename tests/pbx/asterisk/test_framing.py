"""Framing: the same messages however the bytes were cut, and bounded whatever the bytes are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from acd.pbx.asterisk.framing import BANNER_BYTES_MAX, Framer, FramingError
from acd.pbx.asterisk.message import parse_message

RECORDING = (Path(__file__).parent / "recordings" / "asterisk-22.10.1.ami").read_bytes()
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
MESSAGE_BYTES_MAX = 1 << 20


def framed(*pieces: bytes) -> list[bytes]:
    framer = Framer(MESSAGE_BYTES_MAX)
    return [message for piece in pieces for message in framer.feed(piece)]


WHOLE = framed(RECORDING)


def test_the_recording_is_what_it_should_be() -> None:
    """A real Asterisk's session: answers, lists, AGI results, command output, a Chinese caller's name."""
    assert len(WHOLE) == RECORDING.count(b"\r\n\r\n") == 116
    messages = [parse_message(raw) for raw in WHOLE]
    assert all("Event" in message or "Response" in message for message in messages)
    assert sum(message.get("EventList") == "Complete" for message in messages) == 3
    assert max(len(message.get_all("Output")) for message in messages) > 40
    assert any(message.get("CallerIDName", "").startswith("王小明") for message in messages)


def test_cut_in_two_at_every_offset() -> None:
    for cut in range(len(RECORDING) + 1):
        assert framed(RECORDING[:cut], RECORDING[cut:]) == WHOLE


def test_byte_by_byte() -> None:
    assert framed(*(RECORDING[at : at + 1] for at in range(len(RECORDING)))) == WHOLE


@hypothesis_settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, len(RECORDING)), max_size=200))
def test_cut_anywhere_any_number_of_times(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(RECORDING)]
    assert framed(*(RECORDING[start:end] for start, end in pairwise(edges))) == WHOLE


@hypothesis_settings(deadline=None, max_examples=200)
@given(st.binary(max_size=2000), st.integers(1, 64))
def test_garbage_after_the_banner_is_cut_the_same_at_any_size(garbage: bytes, size: int) -> None:
    pieces = [garbage[at : at + size] for at in range(0, len(garbage), size)]
    assert framed(BANNER, *pieces) == framed(BANNER, garbage)


def test_version() -> None:
    framer = Framer(MESSAGE_BYTES_MAX)
    framer.feed(BANNER[:10])
    assert framer.version is None
    framer.feed(BANNER[10:])
    assert framer.version == "11.0.0"


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"Asterisk\r\n", b"\x15\x03\x01"]
)
def test_a_peer_that_is_not_asterisk(data: bytes) -> None:
    with pytest.raises(FramingError, match="isn't an Asterisk Manager Interface"):
        framed(data)


def test_a_banner_without_end() -> None:
    with pytest.raises(FramingError):
        framed(BANNER[:-2] + b"x" * BANNER_BYTES_MAX)


def test_a_message_without_end_is_bounded() -> None:
    framer = Framer(1000)
    framer.feed(BANNER)
    for _ in range(11):
        framer.feed(b"x" * 100)
    with pytest.raises(FramingError, match="beyond 1000 bytes"):
        framer.feed(b"x" * 100)
    assert framer.pending_bytes <= 1100


def test_many_small_pieces_of_a_long_message_cost_linear_work() -> None:
    """What was searched isn't searched or copied again: bytes looked at stay near the bytes fed."""

    class Pending(bytearray):
        looked_at = 0

        def find(self, sub: bytes, start: int = 0) -> int:  # type: ignore[override]
            Pending.looked_at += len(self) - start
            return super().find(sub, start)

    framer = Framer(MESSAGE_BYTES_MAX)
    framer.feed(BANNER)
    framer._pending = Pending()
    fed = 20_000
    for _ in range(fed):
        framer.feed(b"x")
    assert framer.pending_bytes == fed
    assert Pending.looked_at <= 5 * fed
