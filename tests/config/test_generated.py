"""What is derived from the sources is current, and says what the sources say."""

import json
from enum import StrEnum

from acd.core import agent, call, reservation
from config.loader import SCHEMAS
from scripts import generate


def test_the_files_are_current() -> None:
    stale = [path.name for path, text in generate.generated().items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "run `make generate`"


def test_every_file_has_a_schema_that_refuses_unknown_settings() -> None:
    for name in SCHEMAS:
        schema = json.loads(generate.json_schema(name))
        objects = [schema, *schema.get("$defs", {}).values()]
        assert all(part["additionalProperties"] is False for part in objects if "properties" in part)


def test_every_transition_of_every_machine_is_drawn() -> None:
    for module in (call, agent, reservation):
        drawn = generate.diagram(module.TRANSITIONS, "x")
        for (before, trigger), after in module.TRANSITIONS.items():
            arrow = next((line for line in drawn.splitlines() if f" {before} --> {after}:" in line), "")
            assert trigger in arrow.partition(": ")[2].split(", ") or f"`{trigger}` leads to `{after}`" in drawn


def test_a_trigger_from_everywhere_is_said_once() -> None:
    class State(StrEnum):
        A = "a"
        B = "b"
        END = "end"

    class Trigger(StrEnum):
        GO = "go"
        STOP = "stop"

    table: dict[tuple[StrEnum, StrEnum], StrEnum] = {
        (State.A, Trigger.GO): State.B,
        (State.A, Trigger.STOP): State.END,
        (State.B, Trigger.STOP): State.END,
    }

    drawn = generate.diagram(table, "a")

    assert "a --> b: go" in drawn
    assert "end --> [*]" in drawn
    assert "--> end" not in drawn
    assert "From every state but a final one: `stop` leads to `end`." in drawn
