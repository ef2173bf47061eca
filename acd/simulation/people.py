"""The simulated agents: what they ask for, and how they and their phones take a ring."""

from collections.abc import Callable
from functools import partial

from acd.core.events import (
    AgentEvent,
    LoginRequested,
    LogoutRequested,
    NotReadyRequested,
    ReadyRequested,
    ReservationRejected,
    StateAsked,
    WrapUpEnded,
    WrapUpExtended,
)
from acd.pbx.simulated.leg import Leg
from acd.pbx.simulated.phone import Manner, SimulatedPhone, gives_no_sign, rejects, rings_on, vanishes_after
from acd.simulation.caller import LoggedCaller, Talk
from acd.simulation.script import AgentAsks, PhoneDoes, PhoneTakes
from acd.simulation.switch import SimulatedSwitch

STATION = "phone"
BREAK = "1"


def answers(phone: SimulatedPhone, leg: Leg) -> None:
    """Answer after as long as the caller's item says."""
    phone.ring(leg)
    caller = leg.channel.caller
    assert isinstance(caller, LoggedCaller), "the simulated days know no other callers"
    phone.exchange.time.call_in(caller.item.answer_s, partial(phone.answer_leg, leg))


def make_manner(item: PhoneTakes) -> Manner:
    makers: dict[str, Callable[[], Manner]] = {
        "answers": lambda: answers,
        "rings_on": lambda: rings_on,
        "gives_no_sign": lambda: gives_no_sign,
        "rejects": lambda: rejects(item.code, item.after_s),
        "vanishes": lambda: vanishes_after(item.after_s),
    }
    return makers[item.manner]()


class People:
    """`ring_begins` is told of each ring before the phone takes it."""

    def __init__(self, switch: SimulatedSwitch, ring_begins: Callable[[str, Leg], None]) -> None:
        self._switch = switch
        self._ring_begins = ring_begins

    def hire(self, agent_id: str) -> None:
        self._switch.pbx.add_phone(agent_id, self._watched(agent_id, answers))

    def take_rings(self, item: PhoneTakes) -> None:
        self._switch.pbx.phones[item.agent_id].manner = self._watched(item.agent_id, make_manner(item))

    def _watched(self, agent_id: str, manner: Manner) -> Manner:
        def watched(phone: SimulatedPhone, leg: Leg) -> None:
            self._ring_begins(agent_id, leg)
            manner(phone, leg)

        return watched

    def use_phone(self, item: PhoneDoes) -> None:
        phone = self._switch.pbx.phones[item.agent_id]
        acts: dict[str, Callable[[], None]] = {
            "vanish": phone.vanish,
            "unplug": phone.unplug,
            "plug_in": phone.plug_in,
            "begin_own_call": phone.begin_own_call,
            "end_own_call": phone.end_own_call,
            "hang_up": phone.hang_up,
        }
        acts[item.act]()

    def ask(self, item: AgentAsks) -> None:
        event = self._make_request(item.agent_id, item.ask)
        if event is not None:
            self._switch.post(event)

    def _make_request(self, agent_id: str, ask: str) -> AgentEvent | None:
        match ask:
            case "login":
                return LoginRequested(agent_id, STATION)
            case "ready":
                return ReadyRequested(agent_id)
            case "not_ready":
                return NotReadyRequested(agent_id, BREAK)
            case "logout":
                return LogoutRequested(agent_id)
            case "state":
                return StateAsked(agent_id)
            case "decline":
                core = self._switch.core
                agent = core.engine.floor.agents.get(agent_id) if core else None
                return ReservationRejected(agent_id, agent.reservation_id) if agent else None
        raise ValueError(f"no agent asks for {ask!r}")

    def talked(self, caller: LoggedCaller, talk: Talk) -> None:
        """The talk has ended: the agent may see to the wrap-up by hand."""
        wrap_up_s, time = caller.item.wrap_up_s, self._switch.time
        if wrap_up_s > 0.0:
            time.call_in(wrap_up_s, lambda: self._switch.post(WrapUpEnded(talk.agent_id)))
        elif wrap_up_s < 0.0:
            time.call_in(0.5, lambda: self._switch.post(WrapUpExtended(talk.agent_id, -wrap_up_s)))
