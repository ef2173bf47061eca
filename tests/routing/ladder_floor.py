"""A floor that lends: its people, and a scene in which surges are told what happens and told on in short lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from acd.store.codec import decode_memory, encode
from routing.ladder import Donor, SurgePlan
from routing.surge_memory import Memory
from routing.surge_words import (
    AgentReturned,
    Ask,
    AskAccepted,
    AskEnded,
    AskRefused,
    CallOff,
    ConditionChanged,
    FloorRecounted,
    GiveBack,
    Held,
    LadderExhausted,
    LadderTaken,
    Lend,
    LoggedIn,
    LoggedOut,
    Notify,
    OrderRefused,
    Resumed,
    StepClosed,
    StepOpened,
    StepShort,
    StepSkipped,
    SurgeDecision,
    SurgeEvent,
)
from routing.surges import Surges


@dataclass(slots=True)
class Worker:
    agent_id: str
    group_id: str
    logged_in: bool = True
    lendable: bool = True
    idle_since: float = 0.0
    calls_answered: int = 0
    rank: int = 0


@dataclass(slots=True)
class LadderFloor:
    workers: dict[str, Worker]
    live: dict[str, float] = field(default_factory=dict)

    def people(self, group_id: str) -> Iterable[Worker]:
        return [worker for worker in self.workers.values() if worker.group_id == group_id]

    def person(self, agent_id: str) -> Worker | None:
        return self.workers.get(agent_id)

    def figures(self, surge_id: str) -> Mapping[str, float]:
        return self.live


def floor_of(groups: Mapping[str, Sequence[str]], out: Sequence[str] = ()) -> LadderFloor:
    """Groups with their work numbers; all are logged in but `out`. Who is named first has been idle the longest."""
    everyone = [(agent_id, group_id) for group_id, agents in groups.items() for agent_id in agents]
    return LadderFloor(
        {
            agent_id: Worker(agent_id, group_id, agent_id not in out, idle_since=float(rank), rank=rank)
            for rank, (agent_id, group_id) in enumerate(everyone)
        }
    )


class Scene:
    """Surges as a switch drives them: deadlines are kept, and who is given back has returned unless `on_call`."""

    def __init__(self, plans: Sequence[SurgePlan], donors: Sequence[Donor], floor: LadderFloor) -> None:
        self.plans, self.donors, self.floor = plans, donors, floor
        self.surges = Surges(plans, donors, floor)
        self.now = 0.0
        self.decisions: list[tuple[float, SurgeDecision]] = []
        self.on_call: set[str] = set()

    # ---- what happens; each returns what was decided, in words ----

    def tell(self, event: SurgeEvent) -> list[str]:
        return self._took(self.surges.handle(event, self.now))

    def told(self, **conditions: bool) -> list[str]:
        return [said for name, holds in conditions.items() for said in self.tell(ConditionChanged(name, holds))]

    def later(self, seconds: float) -> list[str]:
        """Time goes by; every deadline is kept. What was decided has its moment before it."""
        until, said = self.now + seconds, list[str]()
        while (due := self.surges.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            said += [f"{self.now:g}: {one}" for one in self._took(self.surges.advance(self.now))]
        self.now = until
        return said

    def log_in(self, agent_id: str) -> list[str]:
        self.floor.workers[agent_id].logged_in = True
        return self.tell(LoggedIn(agent_id))

    def log_out(self, agent_id: str) -> list[str]:
        self.floor.workers[agent_id].logged_in = False
        return self.tell(LoggedOut(agent_id))

    def says_yes(self, agent_id: str) -> list[str]:
        return self.tell(AskAccepted(self.question(agent_id)))

    def says_no(self, agent_id: str) -> list[str]:
        return self.tell(AskRefused(self.question(agent_id)))

    def hangs_up(self, agent_id: str) -> list[str]:
        self.on_call.discard(agent_id)
        return self.tell(AgentReturned(agent_id))

    def kill(self) -> list[str]:
        """The switch dies and begins again with what was stored, as stored."""
        self.surges = Surges(self.plans, self.donors, self.floor, self.stored())
        return self.tell(FloorRecounted())

    def change(self, plans: Sequence[SurgePlan]) -> list[str]:
        """The file was saved with these plans, and the donors as they stand."""
        self.plans = plans
        return self._took(self.surges.change(plans, self.donors, self.now))

    def stored(self) -> Memory:
        return decode_memory(Memory, encode(self.surges.memory()))

    # ---- what is seen ----

    def question(self, agent_id: str) -> str:
        """The last one that was put to the agent."""
        asks = [one.ask_id for _, one in self.decisions if isinstance(one, Ask) and one.agent_id == agent_id]
        return asks[-1] if asks else "none"

    def lent(self) -> list[str]:
        return sorted(self.surges.lent())

    def open_steps(self) -> list[str]:
        return [step.step_id for surge in self.surges.memory().surges for step in surge.open]

    def _took(self, decisions: list[SurgeDecision]) -> list[str]:
        self.decisions += [(self.now, one) for one in decisions]
        said = [words(one) for one in decisions]
        for one in decisions:
            there = isinstance(one, GiveBack) and one.agent_id in self.surges.returning()
            if isinstance(one, GiveBack) and there and one.agent_id not in self.on_call:
                said += self.tell(AgentReturned(one.agent_id))
        return said


def words(decision: SurgeDecision) -> str:
    match decision:
        case LadderTaken(ladder_id=ladder_id):
            return f"ladder {ladder_id or 'none'}"
        case StepOpened(step_id=step_id):
            return f"open {step_id}"
        case StepClosed(step_id=step_id):
            return f"close {step_id}"
        case StepShort(step_id=step_id, seats=seats, seats_min=seats_min):
            return f"short {step_id} {seats} of {seats_min}"
        case LadderExhausted():
            return "exhausted"
        case Lend(agent_id=agent_id):
            return f"lend {agent_id}"
        case GiveBack(agent_id=agent_id, why=why):
            return f"back {agent_id} {why}"
        case Ask(agent_id=agent_id, logged_in=logged_in):
            return f"{'ask' if logged_in else 'call'} {agent_id}"
        case AskEnded(agent_id=agent_id, answer=answer):
            return f"{agent_id} {answer}"
        case CallOff(agent_id=agent_id, why=why):
            return f"call off {agent_id} {why}"
        case Notify(group_ids=group_ids):
            return f"notify {' '.join(group_ids)}"
        case Held(until=until):
            return f"held until {until:g}"
        case Resumed(by=by):
            return f"resumed by {by or 'time'}"
        case StepSkipped(step_id=step_id):
            return f"skip {step_id}"
        case OrderRefused(why=why):
            return f"refused: {why}"
        case _:
            return f"unmatched: {decision.why}"
