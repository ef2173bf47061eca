"""From Asterisk's events to the core's. The dialplan's own UserEvents say where a caller is; the rest says who rings,
who hung up first, and which phones live."""

from collections.abc import Callable, Collection, Mapping

from acd.core import events
from acd.core.events import Event
from acd.core.words import Phone, RingEnd, Side
from acd.pbx.asterisk.tracks import AFTER_CALL, CLOSING, FALLBACK, IVR, RING, WAITING_ROOM, Track, Tracks, endpoint_of

WANTED = frozenset({
    "AsyncAGIStart", "AsyncAGIExec", "AsyncAGIEnd", "UserEvent", "Newchannel", "Hangup", "HangupRequest",
    "DialBegin", "DialState", "DeviceStateChange", "ContactStatus", "FullyBooted", "Shutdown",
})  # fmt: skip

# ITU-T Q.850 causes of a failed Dial. By the cause, not by DIALSTATUS, which calls a refusal CHANUNAVAIL.
RING_ENDS: dict[int, RingEnd] = {
    17: RingEnd.BUSY,
    21: RingEnd.REJECTED,
    3: RingEnd.UNREACHABLE,
    20: RingEnd.UNREACHABLE,
    18: RingEnd.NO_ANSWER,
    19: RingEnd.NO_ANSWER,
    0: RingEnd.NO_ANSWER,
    16: RingEnd.NO_ANSWER,
    127: RingEnd.NO_ANSWER,
}

PHONES: dict[str, Phone] = {
    "UNAVAILABLE": Phone.UNREACHABLE,
    "INVALID": Phone.UNKNOWN,
    "UNKNOWN": Phone.UNKNOWN,
}

CONTACTS: dict[str, Phone] = {"Unreachable": Phone.UNREACHABLE, "Reachable": Phone.REACHABLE}

# Feature codes an agent dials; the rest of the digits are the argument.
FEATURES: dict[str, Callable[[str, str, str], events.AgentEvent]] = {
    "11": lambda agent, _, request: events.LoginRequested(agent, "phone", request),
    "12": lambda agent, _, request: events.ReadyRequested(agent, request),
    "13": lambda agent, digits, request: events.NotReadyRequested(agent, digits, request),
    "14": lambda agent, _, request: events.LogoutRequested(agent, request),
    "15": lambda agent, _, request: events.WrapUpExtended(agent, EXTENSION_S, request),
    "16": lambda agent, _, request: events.WrapUpEnded(agent, request),
    "19": lambda agent, _, request: events.StateAsked(agent, request),
}
EXTENSION_S = 30.0
FEATURE_REQUEST = "feature:"


class Inbound:
    """Turns messages into events, and keeps the tracks. `agents` may change at any time; `on_late_leg` is told when an
    agent's leg of a rescinded reservation appears, so that it can be ended."""

    def __init__(
        self, tracks: Tracks, agents: Collection[str], post: Callable[[Event], None], on_late_leg: Callable[[str], None]
    ) -> None:
        self.tracks = tracks
        self.agents = agents
        self.phones: dict[str, Phone] = {}
        self._post = post
        self._on_late_leg = on_late_leg
        self._events = {
            "AsyncAGIStart": self._agi_started, "UserEvent": self._user_event, "Newchannel": self._new_channel,
            "Hangup": self._hangup, "HangupRequest": self._hangup_request, "DialBegin": self._dial_begin,
            "DialState": self._dial_state, "DeviceStateChange": self._device_state, "ContactStatus": self._contact,
        }  # fmt: skip
        self._user_events = {
            "AcdWaiting": self._waiting, "AcdRing": self._ring, "AcdAnswered": self._answered, "AcdDone": self._done,
            "AcdAfterCall": self._after_call, "AcdFallback": self._fallback,
            "AcdFallbackAnswered": self._fallback_answered, "AcdFallbackDone": self._fallback_done,
            "AcdFeature": self._feature, "AcdUnknownNumber": self._unknown_number,
        }  # fmt: skip

    def take(self, message: Mapping[str, str]) -> None:
        react = self._events.get(message["Event"])
        if react is not None:
            react(message)

    # ---- channels ----

    def _agi_started(self, m: Mapping[str, str]) -> None:
        call_id = m["Uniqueid"]
        track = self.tracks.by_call.get(call_id) or self.tracks.add(call_id, m["Channel"], IVR)
        track.room, track.redirecting = IVR, False
        self._arrived(call_id, m.get("Exten", ""), m)

    def _arrived(self, call_id: str, dialled: str, m: Mapping[str, str]) -> None:
        self._post(events.CallArrived(call_id, dialled, known(m["CallerIDNum"]), known(m["CallerIDName"])))

    def _new_channel(self, m: Mapping[str, str]) -> None:
        agent_id = endpoint_of(m["Channel"])
        if agent_id not in self.agents:
            return
        channels = self.tracks.phone_channels.setdefault(agent_id, set())
        channels.add(m["Channel"])
        if len(channels) == 1:
            self._post(events.PhoneBusyChanged(agent_id, busy=True))

    def _hangup_request(self, m: Mapping[str, str]) -> None:
        channel = m["Channel"]
        if (track := self.tracks.by_channel.get(channel)) is not None:
            track.first_hangup = track.first_hangup or Side.CALLER
        elif (track := self.tracks.by_leg.get(channel)) is not None and track.answered:
            track.first_hangup = track.first_hangup or Side.AGENT

    def _hangup(self, m: Mapping[str, str]) -> None:
        channel = m["Channel"]
        leg_of = self.tracks.by_leg.get(channel)
        if leg_of is not None and leg_of.answered:
            # The talk is over as soon as the agent's leg is gone, though the caller may hear the end of a prompt yet.
            self._talk_ended(leg_of, leg_of.first_hangup or Side.SYSTEM)
        self._phone_channel_gone(channel)
        track = self.tracks.by_channel.get(channel)
        if track is None:
            return
        by = track.first_hangup or Side.SYSTEM
        if track.answered:
            self._talk_ended(track, by)
        self.tracks.drop(track)
        gone_by = Side.CALLER if by is Side.CALLER else Side.SYSTEM
        self._post(events.CallerHungUp(track.call_id, gone_by, int(m.get("Cause", "0") or 0)))

    def _phone_channel_gone(self, channel: str) -> None:
        agent_id = endpoint_of(channel)
        channels = self.tracks.phone_channels.get(agent_id)
        if channels is not None and channel in channels:
            channels.remove(channel)
            if not channels:
                self._post(events.PhoneBusyChanged(agent_id, busy=False))

    def _dial_begin(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_channel.get(m.get("Channel", ""))
        if track is None or track.room != RING:
            return
        self.tracks.set_leg(track, m["DestChannel"])
        if track.reservation_id in track.rescinded:
            self._on_late_leg(track.leg)

    def _dial_state(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_channel.get(m.get("Channel", ""))
        if track is not None and track.room == RING and m.get("DialStatus") in ("RINGING", "PROGRESS"):
            self._post(events.AgentRinging(track.call_id, track.reservation_id, track.agent_id))

    def _device_state(self, m: Mapping[str, str]) -> None:
        self._note_phone(m.get("Device", "").removeprefix("PJSIP/"), phone_of(m["State"]))

    def _contact(self, m: Mapping[str, str]) -> None:
        """The answer to being asked whether it lives: the device's state hides it while the phone has a call."""
        phone = CONTACTS.get(m["ContactStatus"])
        if phone is not None:
            self._note_phone(m["EndpointName"], phone)

    def _note_phone(self, agent_id: str, phone: Phone) -> None:
        if agent_id in self.agents and self.phones.get(agent_id) is not phone:
            self.phones[agent_id] = phone
            self._post(events.PhoneChanged(agent_id, phone))

    # ---- the dialplan's own events ----

    def _user_event(self, m: Mapping[str, str]) -> None:
        react = self._user_events.get(m["UserEvent"])
        if react is not None:
            react(m)

    def _track(self, m: Mapping[str, str], room: str) -> Track:
        """The caller's track, in the room where it says it is; a call that was not known is known from now on."""
        call_id = m["call"]
        track = self.tracks.by_call.get(call_id) or self.tracks.add(call_id, m["Channel"], room)
        track.room, track.redirecting = room, False
        return track

    def _waiting(self, m: Mapping[str, str]) -> None:
        track = self._track(m, WAITING_ROOM)
        self._forget_ring(track)
        self._post(events.CallWaiting(track.call_id, m["reservation"]))

    def _ring(self, m: Mapping[str, str]) -> None:
        track = self._track(m, RING)
        track.reservation_id, track.agent_id = m["reservation"], m["agent"]
        track.last_reservation_id = track.reservation_id
        track.answered, track.talked, track.first_hangup = False, False, None

    def _answered(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_call.get(m["call"])
        if track is None or track.reservation_id != m["reservation"]:
            return
        track.answered = True
        self._post(events.AgentAnswered(track.call_id, m["reservation"], m["agent"]))

    def _done(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_call.get(m["call"])
        if track is None or track.reservation_id != m["reservation"]:
            return
        if track.answered:
            self._talk_ended(track, track.first_hangup or Side.SYSTEM)
        elif track.reservation_id not in track.rescinded and not track.talked:
            end = ring_end(m["status"], int(m["cause"] or 0))
            self._post(events.RingEnded(track.call_id, track.reservation_id, track.agent_id, end))
        self._forget_ring(track)

    def _talk_ended(self, track: Track, by: Side) -> None:
        track.answered, track.talked = False, True
        if track.room == FALLBACK:
            self._post(events.FallbackEnded(track.call_id, by))
        else:
            self._post(events.TalkEnded(track.call_id, track.reservation_id, track.agent_id, by))

    def _forget_ring(self, track: Track) -> None:
        self.tracks.set_leg(track, "")
        track.reservation_id = track.agent_id = ""
        track.rescinded.clear()

    def _after_call(self, m: Mapping[str, str]) -> None:
        self._post(events.CallInAfterCall(self._track(m, AFTER_CALL).call_id))

    def _fallback(self, m: Mapping[str, str]) -> None:
        self._post(events.CallInFallback(self._track(m, FALLBACK).call_id))

    def _fallback_answered(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_call.get(m["call"])
        if track is not None:
            track.answered, track.agent_id, track.first_hangup = True, m["agent"], None
            self.tracks.set_leg(track, m["Channel"])
            self._post(events.FallbackAnswered(track.call_id, m["agent"]))

    def _fallback_done(self, m: Mapping[str, str]) -> None:
        track = self.tracks.by_call.get(m["call"])
        if track is not None and track.answered:
            self._talk_ended(track, track.first_hangup or Side.SYSTEM)

    def _unknown_number(self, m: Mapping[str, str]) -> None:
        track = self._track(m, CLOSING)
        self._arrived(track.call_id, m["dialled"], m)

    def _feature(self, m: Mapping[str, str]) -> None:
        code, agent_id = m["code"], m["agent"]
        make = FEATURES.get(code[:2])
        if make is not None:
            self._post(make(agent_id, code[2:], FEATURE_REQUEST + m["Channel"]))


def known(value: str) -> str:
    """Asterisk writes `<unknown>` for what it does not know."""
    return "" if value == "<unknown>" else value


def phone_of(device_state: str) -> Phone:
    return PHONES.get(device_state, Phone.REACHABLE)


def ring_end(status: str, cause: int) -> RingEnd:
    """Why a Dial brought no answer. The caller's own hang-up during it comes as a Hangup, never here."""
    if status == "ANSWER":
        return RingEnd.RESCINDED
    end = RING_ENDS.get(cause, RingEnd.FAILED)
    if status == "CHANUNAVAIL" and end is RingEnd.NO_ANSWER:
        return RingEnd.UNREACHABLE
    return end
