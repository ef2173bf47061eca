"""The site of the benchmark: fifty agents with phones at known addresses, one queue, no greeting, no wrap-up."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

from acd.private_pbx import PrivatePbx
from config.loader import Configuration, load
from scripts.ports import free_ports

TRUNK_HOST, PHONE_HOST = "127.0.0.2", "127.0.0.3"
AGENTS = tuple(str(number) for number in range(2001, 2051))
SWITCH_NUMBER, QUEUE_NUMBER = "10086", "10087"
RTP_MIN, RTP_MAX = 10000, 15999  # two ports a leg; the phones' and callers' own are chosen by the system, above
SOUNDS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline" / "bench-dispatch"


@dataclass(frozen=True)
class BenchSite:
    """Where everything is: the folders, and host:port of the PBX and of the phones."""

    config_dir: Path
    state_dir: Path
    pbx: str
    phones: str
    configuration: Configuration


def make_site(folder: Path, length_max: int) -> BenchSite:
    """Write the YAML of the site below `folder`, on ports that are free, and load it."""
    sip, ami, api, metrics = free_ports(4)
    phones = f"{PHONE_HOST}:{free_ports(1, PHONE_HOST)[0]}"
    config_dir, state_dir = folder / "config", folder / "state"
    config_dir.mkdir()
    names = {"zh": "测试", "en": "Benchmark"}
    files: dict[str, object] = {
        "site.yaml": {
            "name": names,
            "time_zone": "Asia/Shanghai",
            "languages": ["zh", "en"],
            "numbers": {SWITCH_NUMBER: {"tree": "straight"}},
            "not_ready_reasons": {"1": {"id": "break", "names": names}},
            "api": {"host": "127.0.0.1", "port": api},
            "metrics": {"host": "127.0.0.1", "port": metrics},
            "sip": {"bind": "127.0.0.1", "udp_port": sip},
            "rtp": {"port_min": RTP_MIN, "port_max": RTP_MAX, "timeout_s": 60},
            "ami": {"port": ami},
            "trunks": {"callers": {"addresses": [TRUNK_HOST]}},
        },
        "routing.yaml": {
            "queues": {"main": {"names": names, "ring_timeout_s": 20, "wrap_up_s": 0, "length_max": length_max}},
            "groups": {"inbound": {"names": names}},
            "agents": {agent: {"group": "inbound", "phone": {"contact": f"sip:{agent}@{phones}"}} for agent in AGENTS},
        },
        "ivr.yaml": {
            "prompts": {},
            "trees": {"straight": {"root": "queue", "nodes": {"queue": {"type": "queue", "queue": "main"}}}},
        },
    }
    for name, content in files.items():
        # JSON is YAML.
        (config_dir / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return BenchSite(config_dir, state_dir, f"127.0.0.1:{sip}", phones, load(config_dir, state_dir))


async def start_pbx(site: BenchSite, launcher: Path) -> PrivatePbx:
    """The switch's own Asterisk with, beside the switch's rooms, a number that leads straight into Queue()."""
    pbx = PrivatePbx(site.configuration, launcher)
    music = [m.model_copy(update={"directory": SOUNDS / "music"}) for m in pbx.settings.music]
    agents = [agent.model_copy(update={"qualify": False}) for agent in pbx.settings.agents]
    SOUNDS.mkdir(parents=True, exist_ok=True)
    pbx.settings = pbx.settings.model_copy(
        # sipp would count each OPTIONS as a call. Sounds are kept for the next run.
        update={"agents": tuple(agents), "sounds": SOUNDS / "sounds", "music": tuple(music)}
    )
    await asyncio.to_thread(_make_music)
    await pbx.prepare(lambda step: None)
    _add_queue(pbx.settings.home / "etc")
    await pbx.start(die_with_parent=True)
    return pbx


def _make_music() -> None:
    from config.prompts import music

    music.build(SOUNDS / "music")


def _add_queue(etc: Path) -> None:
    members = "\n".join(f"member => PJSIP/{agent}" for agent in AGENTS)
    with (etc / "queues.conf").open("a") as file:
        file.write(
            "\n[bench]\nstrategy = rrmemory\nmusicclass = default\ntimeout = 20\nretry = 1\nwrapuptime = 0\n"
            f"ringinuse = no\njoinempty = yes\nannounce-frequency = 0\nannounce-holdtime = no\n{members}\n"
        )
    with (etc / "extensions.conf").open("a") as file:
        file.write(
            f"\n[entry](+)\nexten => {QUEUE_NUMBER},1,Answer(,i)\n same => n,Queue(bench)\n same => n,Hangup()\n"
        )
