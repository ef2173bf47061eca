"""The exchange: every channel, phone and queue member of the simulated PBX, and its two wires to the core."""

from collections import deque
from collections.abc import Callable

from acd.core.events import CallerHungUp, CallGone, Event, PbxState, PbxSynced, PhoneBusyChanged, PhoneChanged
from acd.core.words import Side
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.phone import SimulatedPhone
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.pbx.simulated.wire import Wire

CAUSE_NORMAL = 16
CAUSE_PBX_DOWN = 41
# So long a call's end is remembered for a core that listens; for one that does not, until it does.
ENDS_KEPT_S = 6.0


class Exchange:
    """`events` is the wire to the core; what is told while it is cut is lost, as on a real link.

    `unplayable` names prompts that cannot be played; `prompt_s` the length of others than the usual. `violations`
    collects what the core must never ask for, with what a real PBX would have made of it: a test expects none.
    `core_heard_at` is None while the core's heartbeat goes on, else when it was last heard; `fall_back` takes a
    caller into the fallback. `ended` are the calls whose end is remembered, oldest first.
    """

    def __init__(self, time: VirtualTime, delays: Delays) -> None:
        self.time, self.delays = time, delays
        self.events: Wire[Event] = Wire(time, lambda event: None, lambda: delays.vary(delays.link_s))
        self.channels: dict[str, Channel] = {}
        self.phones: dict[str, SimulatedPhone] = {}
        self.members: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.ended: deque[CallGone] = deque()
        self.prompt_s: dict[str, float] = {}
        self.unplayable: set[str] = set()
        self.violations: list[str] = []
        self.core_heard_at: float | None = time.now
        self.fall_back: Callable[[Channel], None] = lambda channel: None

    # ---- the core, as the rooms see it ----

    @property
    def core_away(self) -> bool:
        """The heartbeat is too old: what every room asks before it relies on the core."""
        return self.core_heard_at is not None and self.time.now - self.core_heard_at > self.delays.heartbeat_s_max

    def tell(self, event: Event) -> None:
        self.events.send(event)

    def tell_busy(self, phone: SimulatedPhone, before: bool) -> None:
        if phone.busy != before:
            self.tell(PhoneBusyChanged(phone.agent_id, phone.busy))

    def tell_phone(self, phone: SimulatedPhone) -> None:
        self.tell(PhoneChanged(phone.agent_id, phone.known))

    def state(self) -> PbxState:
        """All that is held now, as the core may ask for at any time."""
        phones = self.phones.values()
        return PbxState(
            tuple(channel.seen() for channel in self.channels.values()),
            {phone.agent_id: phone.known for phone in phones},
            frozenset(phone.agent_id for phone in phones if phone.busy),
            {agent_id: presence for agent_id, (presence, _) in self.members.items()},
            tuple(self.ended),
        )

    def synced(self) -> PbxSynced:
        """The first thing a core hears: all that is held, and which calls ended while none listened."""
        state = self.state()
        return PbxSynced(state.calls, state.phones, state.busy_phones, state.members, state.ended)

    # ---- channels ----

    def enter(self, channel: Channel, room: Room) -> None:
        """Leave the room one is in, whatever goes on there, for another."""
        self.leave(channel)
        channel.room, channel.entered_at = room, self.time.now

    def leave(self, channel: Channel) -> None:
        if channel.stop is not None:
            channel.stop()
            channel.stop = None
        channel.caller.talking = False
        if channel.leg is not None:
            channel.leg.drop()

    def hang_up(self, channel: Channel, by: Side, cause: int = CAUSE_NORMAL) -> None:
        """The caller's channel ends, and with it everything that hangs on it."""
        last = channel.seen()
        self.leave(channel)
        del self.channels[channel.call_id]
        if cause != CAUSE_PBX_DOWN:
            self._remember_end(CallGone(last, self.time.now, self._ended_by(channel, by), cause))
        channel.caller.ended_by = by
        self.tell(CallerHungUp(channel.call_id, by, cause))

    def _ended_by(self, channel: Channel, by: Side) -> Side:
        return Side.AGENT if channel.room is Room.AFTER_CALL else by

    def _remember_end(self, gone: CallGone) -> None:
        self.ended.append(gone)
        while self.core_heard_at is None and self.ended[0].ended_at < self.time.now - ENDS_KEPT_S:
            self.ended.popleft()
