"""Make what is derived from the sources: JSON Schemas for editors, diagrams of the state machines for people.

`python -m scripts.generate` writes the files; with `--check` it writes nothing and exits 1 when one is not current.
"""

import argparse
import inspect
import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from acd.core import agent, call, reservation
from config.loader import SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
MACHINES: tuple[tuple[str, ModuleType, str], ...] = (
    ("Call", call, "arriving"),
    ("Agent", agent, "logged_out"),
    ("Reservation", reservation, "pending"),
)
_DOCS_HEADER = """\
# The state machines

Made by `make generate` from the tables in `acd/core`; change those, not this page. Each machine's rules stand first,
as its source states them, then the diagram. An event that has no transition is counted and logged, never ignored.
"""


def generated() -> dict[Path, str]:
    """Every derived file by its path, and its text."""
    files = {
        ROOT / "config" / "schemas" / f"{Path(name).stem}.schema.json": json_schema(name) for name in sorted(SCHEMAS)
    }
    files[ROOT / "docs" / "state-machines.md"] = state_machines()
    return files


def json_schema(name: str) -> str:
    schema = SCHEMAS[name].model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def state_machines() -> str:
    parts = [_DOCS_HEADER]
    for title, module, first in MACHINES:
        parts += [f"## {title}\n", (inspect.getdoc(module) or "").strip() + "\n", diagram(module.TRANSITIONS, first)]
    return "\n".join(parts)


def diagram(transitions: Mapping[tuple[StrEnum, StrEnum], StrEnum], first: str) -> str:
    """One Mermaid diagram. Arrows between the same states share a line; what every state can do is said below it."""
    states = list(dict.fromkeys([state for state, _ in transitions] + list(transitions.values())))
    final = [state for state in states if not any(before is state for before, _ in transitions)]
    everywhere = _everywhere(transitions, len(states) - len(final))
    arrows: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (before, trigger), after in transitions.items():
        if trigger not in everywhere:
            arrows.setdefault((before, after), []).append(trigger.value)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}: {', '.join(triggers)}" for (before, after), triggers in arrows.items()]
    lines += [f"    {state} --> [*]" for state in final]
    lines.append("```\n")
    lines += [f"From every state but a final one: `{t}` leads to `{after}`.\n" for t, after in everywhere.items()]
    return "\n".join(lines)


def _everywhere(transitions: Mapping[tuple[StrEnum, StrEnum], StrEnum], live_states: int) -> dict[StrEnum, StrEnum]:
    """Triggers that lead from every state that is not final to one and the same."""
    targets: dict[StrEnum, list[StrEnum]] = {}
    for (_, trigger), after in transitions.items():
        targets.setdefault(trigger, []).append(after)
    return {t: found[0] for t, found in targets.items() if len(found) == live_states > 1 and len(set(found)) == 1}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")
    options = parser.parse_args()
    stale = [
        path for path, text in generated().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if options.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not current: run `make generate`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generated()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
