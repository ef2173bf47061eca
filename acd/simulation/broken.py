"""The invariants by name, and what is raised when one does not hold."""

INVARIANTS = {
    "one_place": "a call is in exactly one place, and what it holds fits the place",
    "books": "per queue: offered = answered + abandoned + flowed out + open",
    "one_reservation": "at most one live reservation per agent and per call; core, call and agent agree on it",
    "fenced": "a word about one reservation moves no other",
    "one_bridge": "at most one agent talks to a caller, and one caller to an agent; the PBX's truth",
    "rings_ready": "nothing rings an agent who is not ready by the core's word; the PBX's truth",
    "ended_holds_nothing": "an ended call holds no place in line, reservation, agent or deadline",
    "dispatch": "no ready agent sits beside a waiting call they could take: engine at once, PBX's truth within a bound",
    "order": "who waited longest, priority counted, is rung for first, and the agent who was idle longest is rung",
    "timers": "every deadline that is needed is set, and none is overdue",
    "agrees": "what the floor keeps twice agrees with a recount from scratch",
    "healed": "floor and PBX do not differ for longer than the reconciler's bound",
    "asks_well": "nothing is asked of the PBX that it must never be asked",
    "records": "each caller's own log and the records agree: none missing, none doubled, agent and times right",
    "runs": "the engine fails on no event",
    "rest": "at the end of the day all comes to rest: nothing is held by anybody",
}


class BrokenError(AssertionError):
    """An invariant of `INVARIANTS` does not hold; the text says where it shows."""

    def __init__(self, invariant: str, text: str) -> None:
        assert invariant in INVARIANTS, invariant
        super().__init__(invariant, text)
        self.invariant, self.text = invariant, text

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"
