"""The site of a drill: a number with a greeting, three that lead straight into a queue, agents with phones at one
address."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.loader import Configuration, load
from scripts.drill.people import CALLERS_HOST, PHONES_HOST
from scripts.ports import free_ports

GREETED = "10086"  # a word of welcome, then the queue `main`
MAIN, URGENT, OTHER = "10087", "10088", "10089"  # straight into the queue of the name
QUEUES = {MAIN: "main", URGENT: "urgent", OTHER: "other"}
URGENT_PRIORITY = 2
RTP_MIN, RTP_MAX = 10000, 15999
RTP_TIMEOUT_S = 10
# Prompts and music are made once for all drills of this user.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline" / "drill"
SOUNDS = ("sounds", "music")
_NAMES = {"zh": "演练", "en": "Drill"}
_WELCOME = "您好，欢迎致电移动客户服务热线。"


@dataclass(frozen=True)
class DrillSite:
    """Where everything is; `pbx` is host:port."""

    config_dir: Path
    state_dir: Path
    pbx: str
    phones_port: int
    agents: Mapping[str, Sequence[str]]
    configuration: Configuration

    @property
    def pbx_home(self) -> Path:
        return self.state_dir / "asterisk"

    @property
    def ami_port(self) -> int:
        return self._port("ami")

    @property
    def api_port(self) -> int:
        return self._port("api")

    def _port(self, part: str) -> int:
        return int(json.loads((self.config_dir / "site.yaml").read_text(encoding="utf-8"))[part]["port"])


def make_site(
    folder: Path, agents: Mapping[str, Sequence[str]], *, wrap_up_s: float = 0.0, ring_timeout_s: int = 5
) -> DrillSite:
    """Write and load it below `folder`, on free ports. `agents`: work number -> queues they serve."""
    sip, ami, api, metrics = free_ports(4)
    phones_port = free_ports(1, PHONES_HOST)[0]
    config_dir, state_dir = folder / "config", folder / "state"
    config_dir.mkdir(parents=True)
    queue = {"names": _NAMES, "ring_timeout_s": ring_timeout_s, "wrap_up_s": wrap_up_s}
    skills = ("main", "urgent", "other")
    files: dict[str, object] = {
        "site.yaml": {
            "name": _NAMES, "time_zone": "Asia/Shanghai", "languages": ["zh"],
            "numbers": {GREETED: {"tree": "greeted"}} | {n: {"tree": queue_id} for n, queue_id in QUEUES.items()},
            "not_ready_reasons": {"1": {"id": "break", "names": _NAMES}},
            "recovery": {"no_answer_recovery_s": 2},
            "api": {"host": "127.0.0.1", "port": api}, "metrics": {"host": "127.0.0.1", "port": metrics},
            "sip": {"bind": "127.0.0.1", "udp_port": sip},
            "rtp": {"port_min": RTP_MIN, "port_max": RTP_MAX, "timeout_s": RTP_TIMEOUT_S},
            "ami": {"port": ami}, "trunks": {"callers": {"addresses": [CALLERS_HOST]}},
        },
        "routing.yaml": {
            "skills": {skill: {"names": _NAMES} for skill in skills},
            "groups": {"inbound": {"names": _NAMES}},
            "queues": {
                skill: queue | {"skills": {skill: 50}} | ({"priority": URGENT_PRIORITY} if skill == "urgent" else {})
                for skill in skills
            },
            "agents": {
                agent_id: {
                    "group": "inbound", "skills": dict.fromkeys(queues, 50),
                    "phone": {"contact": f"sip:{agent_id}@{PHONES_HOST}:{phones_port}"},
                }
                for agent_id, queues in agents.items()
            },
        },
        "ivr.yaml": {
            "prompts": {"welcome": {"zh": _WELCOME}},
            "trees": {q: {"root": "queue", "nodes": {"queue": {"type": "queue", "queue": q}}} for q in QUEUES.values()}
            | {"greeted": {"root": "greeting", "nodes": {
                "greeting": {"type": "play", "prompts": ["welcome"], "then": "queue"},
                "queue": {"type": "queue", "queue": "main"}}}},
        },
    }  # fmt: skip
    for name, content in files.items():
        # JSON is YAML.
        (config_dir / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    _take_sounds(state_dir / "asterisk", CACHE / str(len(agents)))
    return DrillSite(config_dir, state_dir, f"127.0.0.1:{sip}", phones_port, agents, load(config_dir, state_dir))


def _take_sounds(home: Path, cache: Path) -> None:
    for name in SOUNDS:
        if (cache / name).is_dir():
            shutil.copytree(cache / name, home / name)


def keep_sounds(site: DrillSite) -> None:
    """What this drill had to make need not be made for the next with as many agents."""
    cache = CACHE / str(len(site.agents))
    if cache.exists():
        return
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as made:
        for name in SOUNDS:
            shutil.copytree(site.pbx_home / name, Path(made) / "sounds" / name)
        with suppress(OSError):  # another drill was first
            (Path(made) / "sounds").rename(cache)
