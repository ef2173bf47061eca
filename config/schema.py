"""The schema of site.yaml, routing.yaml and ivr.yaml. Unknown keys are refused; units stand in the names.

What one file can't know by itself (does this queue exist?) is looked at in `checks`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from config.asterisk.settings import Codec, Value
from config.document import WrittenInteger


def _as_written(value: object) -> object:
    """Numbers that people dial need no quotes: 0571 stays 0571."""
    return value.text if isinstance(value, WrittenInteger) else value


Language = Literal["zh", "en"]
# One line that people read or hear. Control characters have no place in it, quotes and emoji have.
Text = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=1000), BeforeValidator(_as_written)
]
Texts = dict[Language, Text]
Identifier = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40), BeforeValidator(_as_written)
]
PromptName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*(/[a-z0-9_-]+)?$", max_length=60), BeforeValidator(_as_written)
]
WorkNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]+$", max_length=12), BeforeValidator(_as_written)]
DialledNumber = Annotated[
    str, StringConstraints(pattern=r"^\+?[0-9]+$", max_length=20), BeforeValidator(_as_written)
]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$"), BeforeValidator(_as_written)]
Digit = Annotated[str, StringConstraints(pattern=r"^[0-9]$"), BeforeValidator(_as_written)]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]+$", max_length=253)]
NetworkAddress = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$", max_length=50)]
FolderPath = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f;${}\[\],]+$", max_length=500)]
DATABASE_URL = r"^(sqlite(\+aiosqlite)?|postgres(ql)?|postgresql\+asyncpg)://[^\s]+$"
Port = Annotated[int, Field(ge=1, le=65535)]
PortOrOff = Annotated[int, Field(ge=0, le=65535)]


class Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


# ---- site.yaml ----


class EntryPart(Part):
    """What happens to callers of one number."""

    tree: Identifier
    """The tree of ivr.yaml that greets them."""
    language: Language | None = None
    """The language they hear; empty: the first of the site's."""


class NotReadyReason(Part):
    """Why an agent takes no calls; the digit before it is dialled after the feature code."""

    id: Identifier
    """The word that records and figures carry."""
    names: Texts
    """What people read."""


class Recovery(Part):
    """How an agent whom the switch itself made not ready becomes ready again."""

    no_answer_recovery_s: float | None = Field(None, ge=1, le=3600)
    """Ready again so many seconds after an unanswered ring; empty: only when the agent says so."""
    device_recovery: bool = True
    """Ready again when a phone that had gone is back."""
    ringing_deadline_s: float = Field(2.0, ge=0.5, le=10)
    """A phone that does not report ringing within this time counts as unreachable."""
    wrap_up_s_max: float = Field(600.0, ge=0, le=7200)
    """The longest wrap-up, extensions included."""


class Database(Part):
    """Where records are kept."""

    url: Annotated[str, StringConstraints(pattern=DATABASE_URL)] = "sqlite:///{state_dir}/hotline.db"
    """SQLite or PostgreSQL; {state_dir} is the folder of --state. The variable HOTLINE_DATABASE_URL beats it."""


class Listener(Part):
    """An address that a web server of the switch listens at."""

    host: Host = "127.0.0.1"
    port: Port


class Certificate(Part):
    """Files for TLS, in PEM."""

    certificate: FolderPath
    private_key: FolderPath


class Sip(Part):
    """Where the PBX listens for phones and trunks."""

    bind: NetworkAddress = "127.0.0.1"
    """The address to listen at: 127.0.0.1 for this machine only, 0.0.0.0 for all networks."""
    udp_port: PortOrOff = 5060
    """0 turns it off, as with the other ports here."""
    tcp_port: PortOrOff = 0
    tls_port: PortOrOff = 0
    ws_port: PortOrOff = 0
    """WebSocket, for phones in web pages."""
    wss_port: PortOrOff = 0
    tls: Certificate | None = None
    """Needed for tls_port and wss_port."""
    external_address: Host | None = None
    """Behind NAT: the address the world sees."""
    local_networks: list[NetworkAddress] = Field(default_factory=list)
    """Behind NAT: the networks that see the real address, such as 192.168.0.0/16."""
    codecs: list[Codec] = Field(default_factory=lambda: ["alaw", "ulaw"], min_length=1)
    """Codecs of agents' phones, the preferred first."""
    qualify_every_s: int = Field(3, ge=1, le=60)
    """How often phones are asked whether they are still there."""
    agents_may_dial_entry: bool = False
    """Let agents' phones dial the hotline's own numbers, to try it out."""


class Rtp(Part):
    """Where sound is received: two ports for each phone or caller on a call."""

    port_min: int = Field(10000, ge=1024, le=65534)
    port_max: int = Field(20000, ge=1025, le=65535)
    timeout_s: int = Field(60, ge=0, le=3600)
    """A phone that sends no sound for so long is hung up, a caller after five times as long; 0: never."""
    stun_server: Value | None = None


class Ami(Part):
    """The link between switch and PBX, on this machine."""

    port: Port = 5038


class Registration(Part):
    """A carrier where we register; the password stands in the secrets file, under `trunks`."""

    server_uri: Value
    """Such as sip:carrier.example:5060."""
    user: Value
    expires_s: int = Field(300, ge=60, le=86400)


class Trunk(Part):
    """A line calls come in on, known by its addresses, by our registration there, or both."""

    addresses: list[NetworkAddress] = Field(default_factory=list)
    registration: Registration | None = None
    codecs: list[Codec] = Field(default_factory=lambda: ["alaw", "ulaw"], min_length=1)
    trust_caller_id: bool = False
    """Take the caller's number from P-Asserted-Identity: only where the carrier sets it itself."""
    transport: Literal["udp", "tcp", "tls"] = "udp"


class SiteFile(Part):
    """site.yaml: the installation."""

    name: Texts
    """The hotline's name."""
    time_zone: str
    """Such as Asia/Shanghai."""
    languages: list[Language] = Field(min_length=1)
    """All texts must exist in each; the first is the default."""
    numbers: dict[DialledNumber, EntryPart] = Field(min_length=1)
    """The numbers callers dial."""
    not_ready_reasons: dict[Digit, NotReadyReason] = Field(default_factory=dict)
    recovery: Recovery = Recovery()
    database: Database = Database()
    api: Listener = Listener(port=8086)
    metrics: Listener = Listener(port=9186)
    sip: Sip = Sip()
    rtp: Rtp = Rtp()
    ami: Ami = Ami()
    trunks: dict[Identifier, Trunk] = Field(default_factory=dict)
    music: dict[Identifier, FolderPath | None] = Field(default_factory=dict)
    """Music while waiting: a name and a folder of sound files; empty: made by the switch."""


# ---- routing.yaml ----


class ServiceLevel(Part):
    """So many of the calls (target, 0 to 1) answered within so many seconds (threshold_s)."""

    threshold_s: float = Field(20.0, gt=0, le=3600)
    target: float = Field(0.8, gt=0, le=1)


Level = Annotated[int, Field(ge=1, le=100)]
Strategy = Literal[
    "longest_idle", "best_skill", "round_robin", "top_down", "fewest_calls", "least_talk_time", "least_occupied",
    "random",
]  # fmt: skip


class NamedPart(Part):
    """A skill: what an agent can do."""

    names: Texts
    """What people read."""


class GroupPart(Part):
    """A group (班组): where agents belong."""

    names: Texts
    lendable: bool = False
    """Its agents may be lent to another group for a while."""


class StepPart(Part):
    """What changes for a caller who has waited for so long; it stays so for the rest of the wait in this queue."""

    after_s: float = Field(ge=1, le=86400)
    """Seconds since the caller came to the queue."""
    lower: dict[Identifier, Annotated[int, Field(ge=0, le=99)]] = Field(default_factory=dict)
    """Skills of which less is asked from then on: the new level; 0: it is asked for no more."""
    groups: list[Identifier] = Field(default_factory=list)
    """Groups whose agents may answer, too, from then on."""
    priority: int = Field(0, ge=0, le=100)
    """More priority: each point is worth a minute of waiting."""
    overflow_to: Identifier | None = None
    """The queue that the caller goes on to, with the place that all the waiting is worth."""


class QueuePart(Part):
    """A queue: calls of one kind."""

    names: Texts
    skills: dict[Identifier, Level] = Field(default_factory=dict)
    """What an agent must be able to do to get its calls, each skill at this level (1 to 100) or better."""
    groups: list[Identifier] = Field(default_factory=list)
    """The groups whose agents may answer; empty: all."""
    strategy: Strategy = "longest_idle"
    """Who of those who may is rung first. Ties: see docs/routing.md."""
    weight: float = Field(1.0, ge=0.1, le=10)
    """What a minute of waiting is worth here, against other queues."""
    steps: list[StepPart] = Field(default_factory=list)
    """What changes as a caller's wait grows, in the order of the times."""
    ring_timeout_s: int = Field(12, ge=3, le=120)
    """How long an agent's phone rings, in whole seconds; three rings are 12 s."""
    wrap_up_s: float | None = Field(20.0, ge=0, le=7200)
    """Time for work after each call; 0: none; empty: until the agent ends it."""
    length_max: int = Field(500, ge=1, le=100_000)
    """More callers than this are not let in."""
    wait_s_max: float | None = Field(None, ge=1, le=86400)
    """Callers who waited so long are told goodbye; empty: they may wait as long as they like."""
    service_level: ServiceLevel = ServiceLevel()
    short_abandon_s: float = Field(5.0, ge=0, le=60)
    """Callers who hang up within this time do not count as abandoned."""
    priority: int = Field(0, ge=-100, le=100)
    """Calls of a queue with a higher number are answered first."""
    music: Identifier = "default"


class PhonePart(Part):
    """An agent's phone, where it is not an ordinary SIP phone that registers."""

    webrtc: bool = False
    """The phone of a web page."""
    contact: Value | None = None
    """The phone's fixed address, such as sip:1001@192.168.1.20, when it does not register."""


class AgentPart(Part):
    """An agent (话务员), known by the work number before it."""

    name: Text = ""
    """For supervisors; callers never hear it."""
    group: Identifier
    """Where the agent belongs."""
    skills: dict[Identifier, Level] = Field(default_factory=dict)
    """What the agent can do, from 1 to 100. A skill that is not named is not there."""
    phone: PhonePart = PhonePart()


class RoutingFile(Part):
    """routing.yaml: who answers."""

    skills: dict[Identifier, NamedPart] = Field(default_factory=dict)
    groups: dict[Identifier, GroupPart] = Field(min_length=1)
    queues: dict[Identifier, QueuePart] = Field(min_length=1)
    agents: dict[WorkNumber, AgentPart] = Field(min_length=1)
    overtaken_s_max: float = Field(600.0, ge=10, le=86400)
    """Who has waited for so long is not overtaken any more: not by priority, not by weight."""


# ---- ivr.yaml ----


class PlayNode(Part):
    """Say something, then go on."""

    type: Literal["play"]
    prompts: list[PromptName] = Field(min_length=1)
    then: Identifier


class MenuNode(Part):
    """Say something and let the caller press a key."""

    type: Literal["menu"]
    prompts: list[PromptName] = Field(min_length=1)
    keys: dict[Key, Identifier] = Field(min_length=1)
    """Key: the node it leads to."""
    default: Identifier
    """The node for callers who pressed no key, or a wrong one, `tries` times."""
    tries: int = Field(2, ge=1, le=9)
    first_timeout_s: float = Field(5.0, ge=1, le=60)
    """Time for the first key after the last prompt."""
    wrong_key: PromptName | None = None
    """The prompt said after a wrong key."""
    no_key: PromptName | None = None
    """The prompt said when no key came."""


class QueueNode(Part):
    """Hand the caller to a queue."""

    type: Literal["queue"]
    queue: Identifier
    topic: Text | None = None
    """What the agent reads about the caller's wish."""


class HangUpNode(Part):
    """Say goodbye and end the call."""

    type: Literal["hangup"]
    prompt: PromptName | None = None


NodePart = Annotated[PlayNode | MenuNode | QueueNode | HangUpNode, Field(discriminator="type")]


class TreePart(Part):
    """A tree: named nodes, and the one to begin with."""

    root: Identifier
    nodes: dict[Identifier, NodePart] = Field(min_length=1)


class IvrFile(Part):
    """ivr.yaml: what the caller hears and presses."""

    prompts: dict[PromptName, Texts] = Field(default_factory=dict)
    """A prompt's name and its text in each language. The switch's own texts can be replaced by their names."""
    trees: dict[Identifier, TreePart] = Field(min_length=1)
