"""What the adapter knows of the channels behind the calls. Channels exist here and nowhere else in the switch."""

from dataclasses import dataclass, field

from acd.core.words import Side

# Rooms of the dialplan a caller can be in; `ivr` is the part of `entry` that the switch leads.
IVR, WAITING_ROOM, RING, AFTER_CALL, CLOSING, FALLBACK = (
    "ivr", "waiting-room", "ring", "after-call", "closing", "fallback",
)  # fmt: skip


@dataclass(slots=True)
class Track:
    """One caller's channel. A Redirect is safe only in the waiting room, and one at a time (`redirecting`):
    anywhere else it would cut a talk. `leg` is the agent's channel of the ring or talk in progress; `reservation_id`
    is that of the ring or talk, `last_reservation_id` also after it. `answered`: they talk; `talked`: they did."""

    call_id: str
    channel: str
    room: str
    redirecting: bool = False
    reservation_id: str = ""
    last_reservation_id: str = ""
    agent_id: str = ""
    leg: str = ""
    answered: bool = False
    talked: bool = False
    rescinded: set[str] = field(default_factory=set)
    first_hangup: Side | None = None
    play: int = 0
    language: str = ""


class Tracks:
    """Every caller's track, by call and by channel; and how many channels each agent's phone has."""

    def __init__(self) -> None:
        self.by_call: dict[str, Track] = {}
        self.by_channel: dict[str, Track] = {}
        self.by_leg: dict[str, Track] = {}
        self.phone_channels: dict[str, set[str]] = {}

    def add(self, call_id: str, channel: str, room: str) -> Track:
        track = Track(call_id, channel, room)
        self.by_call[call_id] = self.by_channel[channel] = track
        return track

    def drop(self, track: Track) -> None:
        self.by_call.pop(track.call_id, None)
        self.by_channel.pop(track.channel, None)
        self.by_leg.pop(track.leg, None)

    def set_leg(self, track: Track, leg: str) -> None:
        self.by_leg.pop(track.leg, None)
        track.leg = leg
        if leg:
            self.by_leg[leg] = track

    def replace(self, fresh: "Tracks") -> None:
        """Everything is known anew."""
        self.by_call, self.by_channel, self.by_leg = fresh.by_call, fresh.by_channel, fresh.by_leg
        self.phone_channels = fresh.phone_channels

    def correct(self, call_id: str, fresh: "Tracks") -> None:
        """What was known of the call was wrong: `fresh` knows better, also if it knows nothing of it."""
        known = self.by_call.get(call_id)
        if known is not None:
            self.drop(known)
        track = fresh.by_call.get(call_id)
        if track is not None:
            self.by_call[call_id] = self.by_channel[track.channel] = track
            self.set_leg(track, track.leg)


def endpoint_of(channel: str) -> str:
    """`PJSIP/1001-0000002a` -> `1001`; '' for channels of another kind."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""
