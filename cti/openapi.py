"""The API's own description, made from the models: OpenAPI 3.1."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cti.agent_commands import AGENT_COMMANDS
from cti.models import AgentList, AgentStatus, Alive, Answer, CallList, Problem, Readiness, SwitchStatus

READS: dict[str, tuple[str, type[BaseModel]]] = {
    "/healthz": ("The process is alive and its event loop turns.", Alive),
    "/readyz": ("Callers are served in full; 503 otherwise, with the reasons.", Readiness),
    "/api/v1/status": ("The whole switch now.", SwitchStatus),
    "/api/v1/agents": ("All agents.", AgentList),
    "/api/v1/agents/{agent_id}": ("One agent.", AgentStatus),
    "/api/v1/calls": ("Live calls, callers' numbers masked.", CallList),
}


@cache
def describe_api() -> dict[str, Any]:
    answers = [model for _, model in READS.values()] + [Answer, Problem]
    bodies = [command.body for command in AGENT_COMMANDS.values()]
    _, schemas = models_json_schema(
        [(model, "serialization") for model in answers] + [(model, "validation") for model in bodies],
        ref_template="#/components/schemas/{model}",
    )
    paths = {path: {"get": _describe(path, text, model)} for path, (text, model) in READS.items()}
    for name, command in AGENT_COMMANDS.items():
        path = f"/api/v1/agents/{{agent_id}}/{name}"
        paths[path] = {"post": {**_describe(path, command.summary, Answer), "requestBody": _content(command.body)}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hotline switch", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _describe(path: str, summary: str, answer: type[BaseModel]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "Done.", **_content(answer)},
            "default": {"description": "A problem.", **_content(Problem, "application/problem+json")},
        },
    }
    if path.startswith("/api/"):
        operation["security"] = [{"token": []}]
    if "{agent_id}" in path:
        agent_id = {"name": "agent_id", "in": "path", "required": True, "schema": {"type": "string"}}
        operation["parameters"] = [agent_id]
    return operation


def _content(model: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    return {"content": {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}
