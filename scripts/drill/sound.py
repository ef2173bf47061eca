"""What people say and hear: each says the own name in every packet of sound, and notes whose name comes in.

A PBX that bridges two legs of the same codec passes packets on as they are. So who hears whom is known from the sound
itself, whatever any program believes.
"""

import struct
from dataclasses import dataclass, field

PAYLOAD_BYTES = 160
NAME_BYTES = 8
ALAW = 8
RTP_HEAD_BYTES = 12
# A name that was not heard for so long and then is again was heard twice.
PAUSE_S = 1.5
SAMPLES_A_TICK = 800
TICK_S = 0.1


def spoken(name: str) -> bytes:
    """20 ms of sound that say `name`, of at most 8 ASCII characters."""
    return name.encode().ljust(NAME_BYTES, b"\0") * (PAYLOAD_BYTES // NAME_BYTES)


def who_speaks(payload: bytes) -> str:
    """The name, "" if it is other sound (music, a prompt, silence)."""
    name = payload[:NAME_BYTES]
    if name[:1] not in (b"a", b"c") or payload[NAME_BYTES : 4 * NAME_BYTES] != name * 3:
        return ""
    return name.rstrip(b"\0").decode("ascii", "replace")


@dataclass(slots=True)
class Heard:
    """Someone's voice, without a pause. Times are UTC seconds."""

    name: str
    first_at: float
    last_at: float
    packets: int = 1


@dataclass(slots=True)
class Voice:
    """One leg's sound: what it sends and what it has heard."""

    name: str
    ssrc: int
    heard: list[Heard] = field(default_factory=list)
    sound_at: float = 0.0  # when anything at all last came in
    _seq: int = 0

    def next_packet(self) -> bytes:
        self._seq += 1
        head = struct.pack(
            ">BBHII", 0x80, ALAW, self._seq & 0xFFFF, self._seq * SAMPLES_A_TICK & 0xFFFFFFFF, self.ssrc
        )
        return head + spoken(self.name)

    def take(self, packet: bytes, now: float) -> None:
        self.sound_at = now
        name = who_speaks(packet[RTP_HEAD_BYTES:])
        if not name:
            return
        last = self.heard[-1] if self.heard else None
        if last is not None and last.name == name and now - last.last_at <= PAUSE_S:
            last.last_at, last.packets = now, last.packets + 1
        else:
            self.heard.append(Heard(name, now, now))

    def hears(self, now: float) -> str:
        """Whom they hear now, "" for nobody."""
        last = self.heard[-1] if self.heard else None
        return last.name if last is not None and now - last.last_at <= PAUSE_S else ""
