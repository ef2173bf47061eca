"""The whole of what Asterisk holds, read at once: the callers, the talks, the phones, the fallback's members; and
the calls that ended while nobody listened."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from acd.core.events import CallGone, CallSeen, PbxState
from acd.core.site import FALLBACK_QUEUE
from acd.core.words import Phone, Side
from acd.pbx.asterisk.inbound import known, phone_of
from acd.pbx.asterisk.message import Message
from acd.pbx.asterisk.tracks import AFTER_CALL, CLOSING, FALLBACK, IVR, RING, Tracks, endpoint_of

VARIABLES = (
    "ACD_CALL", "ACD_DIALLED", "ACD_ARRIVED", "ACD_QUEUE", "ACD_JOINED", "ACD_PRIO", "ACD_RES", "ACD_AGENT", "ACD_ANS",
)  # fmt: skip
STATUS = (("Action", "Status"), ("Variables", ",".join(VARIABLES)))
DEVICES = (("Action", "DeviceStateList"),)
MEMBERS = (("Action", "QueueStatus"),)
# Where the dialplan writes each caller's end, below the minute (UTC) in which it was.
ENDED = (("Action", "DBGetTree"), ("Family", "acd-ended"))


@dataclass(slots=True)
class _Leg:
    """One channel of the Status list."""

    channel: str
    uniqueid: str
    linkedid: str
    context: str
    application: str
    bridge: str
    number: str
    name: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def is_caller(self) -> bool:
        return self.values["ACD_CALL"] == self.uniqueid

    def time(self, name: str) -> float:
        return _seconds(self.values[name])


def read_status(items: Iterable[Message], agents: Collection[str], tracks: Tracks) -> tuple[CallSeen, ...]:
    """The callers of a Status list, as the core sees them; `tracks`, which is empty, gets a track for each."""
    legs = [_read_leg(item) for item in items]
    by_bridge: dict[str, list[_Leg]] = {}
    for leg in legs:
        if leg.bridge:
            by_bridge.setdefault(leg.bridge, []).append(leg)
        agent_id = endpoint_of(leg.channel)
        if agent_id in agents:
            tracks.phone_channels.setdefault(agent_id, set()).add(leg.channel)
    return tuple(_read_call(leg, by_bridge, legs, tracks) for leg in legs if leg.is_caller)


def _read_leg(item: Message) -> _Leg:
    given = item.variables("Variable")
    values = {name: "" if given.get(name, "(null)") == "(null)" else given[name] for name in VARIABLES}
    return _Leg(
        item["Channel"], item["Uniqueid"], item.get("Linkedid", ""), item.get("Context", ""),
        item.get("Application", ""), item.get("BridgeID", ""), known(item.get("CallerIDNum", "")),
        known(item.get("CallerIDName", "")), values,
    )  # fmt: skip


def _read_call(leg: _Leg, by_bridge: dict[str, list[_Leg]], legs: list[_Leg], tracks: Tracks) -> CallSeen:
    values = leg.values
    partners = [other for other in by_bridge.get(leg.bridge, ()) if other is not leg]
    talking = bool(partners) and leg.context in (RING, FALLBACK)
    room = IVR if leg.context == "entry" else leg.context
    track = tracks.add(leg.uniqueid, leg.channel, room)
    track.reservation_id, track.agent_id, track.answered = values["ACD_RES"], values["ACD_AGENT"], talking
    track.last_reservation_id = values["ACD_RES"]
    for other in partners or [o for o in legs if o.linkedid == leg.linkedid and o is not leg]:
        if room in (RING, FALLBACK) and endpoint_of(other.channel):
            tracks.set_leg(track, other.channel)
            track.agent_id = endpoint_of(other.channel)
    ringing_or_talking = room in (RING, FALLBACK, AFTER_CALL)
    return CallSeen(
        leg.uniqueid, leg.context, values["ACD_DIALLED"], leg.number, leg.name, values["ACD_QUEUE"],
        leg.time("ACD_ARRIVED"), leg.time("ACD_JOINED"), leg.time("ACD_ANS"), int(leg.time("ACD_PRIO")),
        values["ACD_RES"], track.agent_id if ringing_or_talking else "", talking,
    )  # fmt: skip


def read_phones(items: Iterable[Message], agents: Collection[str]) -> dict[str, Phone]:
    """Agents' phones of a DeviceStateList."""
    phones = {}
    for item in items:
        agent_id = item.get("Device", "").removeprefix("PJSIP/")
        if agent_id in agents:
            phones[agent_id] = phone_of(item["State"])
    return phones


def read_members(items: Iterable[Message]) -> list[tuple[str, str]]:
    """(queue, interface) of every member of a QueueStatus list."""
    return [(item["Queue"], item["Location"]) for item in items if item.name == "QueueMember"]


def read_presence(items: Iterable[Message]) -> dict[str, str]:
    """What the fallback takes each agent for, by the queue that all of them serve."""
    return {
        item["Location"].removeprefix("PJSIP/"): "paused" if item.get("Paused", "0") == "1" else "ready"
        for item in items
        if item.name == "QueueMember" and item["Queue"] == FALLBACK_QUEUE
    }


def read_state(
    calls: Iterable[Message],
    phones: Iterable[Message],
    members: Iterable[Message],
    agents: Collection[str],
    tracks: Tracks,
) -> PbxState:
    """All of it together; `tracks`, which is empty, gets a track for each caller."""
    seen = read_status(calls, agents, tracks)
    busy = frozenset(agent_id for agent_id, channels in tracks.phone_channels.items() if channels)
    return PbxState(seen, read_phones(phones, agents), busy, read_presence(members))


ENDED_FIELDS = (
    "room", "dialled", "queue", "arrived", "joined", "answered", "priority", "reservation", "agent", "ended", "cause",
    "number",
)  # fmt: skip


def read_ended(items: Iterable[Message]) -> tuple[CallGone, ...]:
    """The ends that the dialplan's `gone` wrote: `/acd-ended/<minute>/<call id>` and its fields in a row.

    One that can't be read is passed over: it is an end, and what has ended needs nothing any more.
    """
    ends = []
    for item in items:
        call_id = item.get("Key", "").rpartition("/")[2]
        fields = item.get("Val", "").split("|")
        if call_id and len(fields) == len(ENDED_FIELDS):
            ends.append(_read_end(call_id, dict(zip(ENDED_FIELDS, fields, strict=True))))
    return tuple(ends)


def read_minutes(items: Iterable[Message]) -> set[str]:
    """The minutes of those ends."""
    return {parts[2] for item in items if len(parts := item.get("Key", "").split("/")) == 4}


def _read_end(call_id: str, fields: dict[str, str]) -> CallGone:
    room, answered_at = fields["room"], _seconds(fields["answered"])
    last = CallSeen(
        call_id, room, fields["dialled"], fields["number"], "", fields["queue"], _seconds(fields["arrived"]),
        _seconds(fields["joined"]), answered_at, int(_seconds(fields["priority"])), fields["reservation"],
        fields["agent"] if answered_at or room == RING else "", bool(answered_at) and room in (RING, FALLBACK),
    )  # fmt: skip
    by = {AFTER_CALL: Side.AGENT, CLOSING: Side.SYSTEM}.get(room, Side.CALLER)
    return CallGone(last, _seconds(fields["ended"]), by, int(_seconds(fields["cause"])))


def _seconds(text: str) -> float:
    """Of a number, or of a time in UTC as the dialplan writes it (2026-12-31T08:59:00.123); 0 if it is neither."""
    try:
        return datetime.fromisoformat(f"{text}+00:00").timestamp() if "T" in text else float(text)
    except ValueError:
        return 0.0
