"""Everything a private Asterisk needs to be told, as one frozen value; no input or output here."""

from collections import Counter
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from acd.core.site import FALLBACK_QUEUE
from config.asterisk.program import Program

# What goes into a section name, an extension or a dial string. `;` begins a comment, `*` parts a reservation
# from an agent, `&` parts agents, a line's end begins another setting.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
# The head of queues.conf and musiconhold.conf: no section of ours may be called so.
RESERVED_NAME = "general"
AgentId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,20}$")]
# The right side of a setting: printable ASCII, no comment, no variable, no template brackets.
Value = Annotated[str, StringConstraints(pattern=r"^[!-:=-Z\]^-z|~]{1,200}$")]
Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.~-]{8,128}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{1,20}$")]
Codec = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{2,10}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(_[A-Z]{2})?$")]
Port = Annotated[int, Field(ge=0, le=65535)]  # 0: this transport is off


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Registration(_Frozen):
    """A trunk that we register at: the carrier's server and the account it gave."""

    server_uri: Value  # sip:carrier.example:5060
    user: Value
    password: Secret = Field(repr=False)
    expires_s: int = Field(300, ge=60)


class Trunk(_Frozen):
    """Where calls come from: known by its addresses (an IP, a network in CIDR form), or registered at, or both."""

    name: Name
    addresses: tuple[Value, ...] = ()
    registration: Registration | None = None
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    # Take the caller's number from P-Asserted-Identity; only for a carrier that sets it itself.
    trust_caller_id: bool = False
    transport: str = Field("udp", pattern="^(udp|tcp|tls)$")

    @model_validator(mode="after")
    def _known_somehow(self) -> Self:
        if not self.addresses and self.registration is None:
            raise ValueError(f"trunk {self.name}: give its addresses, or the registration at the carrier")
        return self


class AgentEndpoint(_Frozen):
    """An agent's phone: registers as `agent_id`, unless `contact` (a SIP URI) says where it always is."""

    agent_id: AgentId
    sip_password: Secret = Field(repr=False)
    webrtc: bool = False
    contact: Value | None = None
    qualify: bool = True  # False: never asked whether it is there, always taken to be


class FallbackQueue(_Frozen):
    """A queue for the time the switch is away; its members are mirrored over AMI."""

    queue_id: Name
    music: Name = "default"


class MusicClass(_Frozen):
    name: Name
    directory: Path  # at least one sound file, else Asterisk hangs up on who should hear it


class AmiUser(_Frozen):
    name: Name
    secret: Secret = Field(repr=False)


class Ami(_Frozen):
    """`live` is the switch's own; `admin` may only reload. With `tls`, the port speaks TLS."""

    bind: Value = "127.0.0.1"
    port: int = Field(5038, ge=1, le=65535)
    live: AmiUser
    admin: AmiUser
    tls: bool = False
    write_timeout_ms: int = Field(5000, ge=100)


class Tls(_Frozen):
    certificate: Path
    private_key: Path


class Transports(_Frozen):
    """Addresses and ports to listen at; port 0 turns a transport off. `ws` and `wss` end in the path /ws."""

    bind: Value = "127.0.0.1"
    udp: Port = 5060
    tcp: Port = 0
    tls: Port = 0
    ws: Port = 0
    wss: Port = 0
    # Behind NAT: the address the world sees, and the networks that see the real one.
    external_address: Value | None = None
    local_networks: tuple[Value, ...] = ()


class Rtp(_Frozen):
    port_min: int = Field(10000, ge=1024, le=65534)
    port_max: int = Field(20000, ge=1025, le=65535)
    # Seconds without a packet after which a phone's leg is ended, and a caller's after five times that; 0 never.
    timeout_s: int = Field(60, ge=0)
    stun_server: Value | None = None

    @model_validator(mode="after")
    def _room_for_a_call(self) -> Self:
        if self.port_max - self.port_min < 3:
            raise ValueError("rtp: port_max must be at least port_min + 3 (two ports a leg)")
        return self


class PbxSettings(_Frozen):
    """`home` holds etc, run, log, spool, lib of the instance; sounds are looked for in `sounds`."""

    home: Path
    program: Program
    ami: Ami
    transports: Transports = Transports()
    tls: Tls | None = None
    rtp: Rtp = Rtp()
    trunks: tuple[Trunk, ...] = ()
    agents: tuple[AgentEndpoint, ...] = ()
    agent_codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    queues: tuple[FallbackQueue, ...] = (FallbackQueue(queue_id=FALLBACK_QUEUE),)
    music: tuple[MusicClass, ...]
    sounds: Path
    entry_numbers: tuple[Number, ...] = ("10086", "1860")
    agents_may_dial_entry: bool = False
    languages: tuple[Language, ...] = ("zh", "en")  # the first is the callers' unless they choose
    time_zone: str = Field("Asia/Shanghai", pattern=r"^[A-Za-z0-9_+/-]+$")
    ring_timeout_s: int = Field(20, ge=3, le=120)  # of the fallback; the switch sends its own
    qualify_every_s: int = Field(3, ge=1)
    heartbeat_s_max: int = Field(10, ge=3)
    music_turn_s: int = Field(8, ge=1, le=20)  # between two looks at the heartbeat in the waiting room
    ivr_guard_s: int = Field(8, ge=2)  # without the switch rolling it on, the IVR gives way to the fallback

    @property
    def fallback_turn_s(self) -> int:
        """A turn in the fallback outlasts any ring in it."""
        return self.ring_timeout_s + 15

    @property
    def listens(self) -> tuple[tuple[str, str, str, int], ...]:
        """What is listened at: (name of the setting, "udp" or "tcp", address, port)."""
        of = self.transports
        kinds = {"udp": "udp", "tcp": "tcp", "tls": "tcp", "ws": "tcp", "wss": "tcp"}
        sip = [(f"sip.{name}_port", kind, of.bind, getattr(of, name)) for name, kind in kinds.items()]
        return (("ami.port", "tcp", self.ami.bind, self.ami.port), *(one for one in sip if one[3]))

    @property
    def trunk_shares_loopback(self) -> bool:
        """A trunk at 127.0.0.1, where phones of this machine may be too."""
        return any(_holds_loopback(address) for trunk in self.trunks for address in trunk.addresses)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("agent", [agent.agent_id for agent in self.agents])
        names = [f"trunk-{trunk.name}" for trunk in self.trunks]
        _unique("trunk", names)
        _unique("queue", [queue.queue_id for queue in self.queues])
        _unique("entry number", list(self.entry_numbers))
        _unique("music class", [music.name for music in self.music])
        known = {music.name for music in self.music}
        for queue in self.queues:
            if queue.music not in known:
                raise ValueError(f"queue {queue.queue_id}: music {queue.music} is not defined")
        if RESERVED_NAME in known or any(queue.queue_id == RESERVED_NAME for queue in self.queues):
            raise ValueError(f"no queue and no music class can be called {RESERVED_NAME}: Asterisk keeps that name")
        if "default" not in known:
            raise ValueError("music: a class named 'default' is needed")
        if FALLBACK_QUEUE not in {queue.queue_id for queue in self.queues}:
            raise ValueError("queues: one named 'default' is needed for callers who have not chosen yet")
        if not self.languages or not self.entry_numbers:
            raise ValueError("at least one language and one entry number are needed")
        if self.tls is None and (self.transports.tls or self.transports.wss or self.ami.tls):
            raise ValueError("tls: a certificate and its key are needed for the tls, wss or AMI TLS port")
        for trunk in self.trunks:
            if not getattr(self.transports, trunk.transport):
                raise ValueError(f"trunk {trunk.name}: the {trunk.transport} transport is off")
        for path in (self.home, self.sounds, *(music.directory for music in self.music)):
            if not path.is_absolute() or any(ord(c) < 32 or c in ";${}[]," for c in str(path)):
                raise ValueError(f"{path}: an absolute path without ; $ {{}} [] and commas is needed")
        return self


def _holds_loopback(address: str) -> bool:
    try:
        return ip_address("127.0.0.1") in ip_network(address, strict=False)
    except ValueError:
        return address == "localhost"


def _unique(what: str, names: list[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"{what} given twice: {', '.join(twice)}")
