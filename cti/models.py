"""What the API takes and gives, as pydantic models. Times are UTC, durations are seconds."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """Of a request: what it does not know is an error of the sender, said at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# ---- requests ----


class LoginBody(Body):
    station: Word = "api"
    """From where the agent logs in; a second station takes over from the first."""


class NotReadyBody(Body):
    reason: Word = "unspecified"
    """One of the site's reasons, or its digit."""


class ExtendBody(Body):
    extra_s: Annotated[float, Field(gt=0, le=3600)]


class RejectBody(Body):
    reservation_id: Word


class NoBody(Body):
    pass


# ---- answers ----


class PartStatus(Model):
    """A part that the switch stands on; `reason` says why it is down."""

    up: bool
    reason: str = ""


class CallStatus(Model):
    """A live call. `wait_s` is its waiting so far, `place_s` how long it has been in its `place`."""

    call_id: str
    place: str
    place_s: float
    dialled: str
    caller_number: str
    queue_id: str
    agent_id: str
    arrived_at: datetime
    wait_s: float
    topic: str


class AgentStatus(Model):
    """`reason` goes with not_ready; `reason_names` is what people read, by language, if it is the site's own."""

    agent_id: str
    name: str
    state: str
    state_s: float
    reason: str
    reason_names: dict[str, str]
    pending: str
    phone: str
    phone_busy: bool
    call_id: str
    queue_ids: tuple[str, ...]


class ServiceLevel(Model):
    """Answered within the threshold, of all visits answered or abandoned within it or that reached it unresolved.

    `value` is None before there is any such visit.
    """

    value: float | None
    threshold_s: float


class QueueStatus(Model):
    """A queue now, and what it has had since the switch started. `agents` counts them by what they count as."""

    queue_id: str
    names: dict[str, str]
    waiting: int
    longest_wait_s: float
    agents: dict[str, int]
    offered: int
    answered: int
    abandoned: int
    flowed_out: int
    average_answer_s: float | None
    service_level: ServiceLevel | None


class EndedCall(Model):
    """A call that ended lately."""

    call_id: str
    ended_at: datetime
    caller_number: str
    outcome: str
    reason: str
    place: str
    hung_up_by: str
    queue_id: str
    agent_id: str
    wait_s: float
    talk_s: float


class SwitchStatus(Model):
    """The whole switch at one moment. `ended_calls` are the latest, newest first."""

    at: datetime
    site: str
    site_names: dict[str, str]
    ready: bool
    pbx: PartStatus
    database: PartStatus
    loop_lag_s: float
    journal_lag_s: float
    spilled_records: int
    clock_drift_s: float = 0.0
    queues: tuple[QueueStatus, ...]
    agents: tuple[AgentStatus, ...]
    calls: tuple[CallStatus, ...]
    ended_calls: tuple[EndedCall, ...]


class AgentList(Model):
    agents: tuple[AgentStatus, ...]


class CallList(Model):
    calls: tuple[CallStatus, ...]


class Answer(Model):
    """The switch's answer to an agent's request, and the agent as they are now.

    `word` is what became of it: `ready`, `pending` (after the call), `logged_in`, ...
    """

    agent_id: str
    accepted: bool
    word: str
    detail: str
    agent: AgentStatus | None


class Alive(Model):
    alive: bool
    loop_lag_s: float


class Readiness(Model):
    """`parts` by name: `pbx`, `database`."""

    ready: bool
    parts: dict[str, PartStatus]


class Problem(Model):
    """An error, as RFC 9457 has it. `detail` states the fact, `remedy` what to do about it.

    `word` is the switch's own word for a refusal; `errors` lists what is wrong with a body, by field.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    remedy: str = ""
    word: str = ""
    errors: tuple[dict[str, str], ...] = ()
