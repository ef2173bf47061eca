"""A configuration as large as any: by default 10,000 agents, 1,000 queues, 200 skills. For benchmarks and tests.

    python -m scripts.large_site FOLDER
"""

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SKILLS_OF_AN_AGENT = 5

SITE = """\
name: {zh: 大型热线, en: Large hotline}
time_zone: Asia/Shanghai
languages: [zh, en]
numbers:
  10086: {tree: hotline}
sip: {udp_port: 1000}
# Two ports for each caller who may wait, four for each agent.
rtp: {port_min: 1024, port_max: 65535}
"""

IVR = """\
prompts:
  welcome: {zh: 您好, en: Welcome}
trees:
  hotline:
    root: greeting
    nodes:
      greeting: {type: play, prompts: [welcome], then: enquiry}
      enquiry: {type: queue, queue: queue_0000}
"""


@dataclass(frozen=True, slots=True)
class Size:
    agents: int = 10_000
    queues: int = 1_000
    skills: int = 200
    groups: int = 20


def write_large_site(folder: Path, size: Size | None = None, seed: int = 1) -> None:
    """Write the three files into `folder`. The same size and seed give the same files, and they are sound."""
    routing = "\n".join(routing_lines(size or Size(), random.Random(seed))) + "\n"
    for name, text in (("site.yaml", SITE), ("routing.yaml", routing), ("ivr.yaml", IVR)):
        (folder / name).write_text(text, encoding="utf-8")


def routing_lines(size: Size, chance: random.Random) -> Iterator[str]:
    yield "skills:"
    for skill in range(size.skills):
        yield f"  {skill_name(skill)}: {{names: {{zh: 技能 {skill}, en: Skill {skill}}}}}"
    yield "groups:"
    for number in range(size.groups):
        yield f"  group_{number:02}: {{names: {{zh: 班组 {number}, en: Group {number}}}}}"
    yield "queues:"
    for queue in range(size.queues):
        asked, level = skill_name(queue % size.skills), 40 + queue % 50
        yield f"  queue_{queue:04}:"
        yield f"    names: {{zh: 队列 {queue}, en: Queue {queue}}}"
        yield f"    skills: {{{asked}: {level}}}"
        yield "    steps:"
        yield f"      - {{after_s: 60, lower: {{{asked}: {level // 2}}}}}"
        yield f"    priority: {queue % 5}"
        yield "    wrap_up_s: 15"
        yield "    length_max: 10"
        yield "    service_level: {threshold_s: 20, target: 0.8}"
    yield "agents:"
    for agent in range(size.agents):
        group = f"group_{agent % size.groups:02}"
        skills = ", ".join(f"{skill_name(skill)}: {level}" for skill, level in _levels(agent, size, chance))
        yield f"  {10_000 + agent}: {{name: 话务员 {agent}, group: {group}, skills: {{{skills}}}}}"


def _levels(agent: int, size: Size, chance: random.Random) -> list[tuple[int, int]]:
    """An agent's skills. Every skill is somebody's best, so that every queue is served."""
    best = agent % size.skills
    others = [skill for skill in chance.sample(range(size.skills), SKILLS_OF_AN_AGENT) if skill != best]
    return [(best, 100), *((skill, chance.randint(1, 99)) for skill in others)][:SKILLS_OF_AN_AGENT]


def skill_name(skill: int) -> str:
    return f"skill_{skill:03}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    write_large_site(folder)


if __name__ == "__main__":
    main()
