"""The web application: who may ask, what can be asked, and what the switch says.

Everything under `/api/` wants the token; `/healthz` and `/readyz` tell nothing but whether the switch is well.
"""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from cti.agent_commands import AGENT_COMMANDS, AgentCommand
from cti.day import Day
from cti.models import AgentList, AgentStatus, Alive, Answer, Body, CallList
from cti.openapi import describe_api
from cti.problems import Respond, answer_problems, refuse, refuse_body, respond
from cti.status import make_readiness, make_status, show_agent, show_call
from cti.switch_port import SwitchPort
from cti.token import tokens_match

PORT: Final = web.AppKey("port", SwitchPort)
DAY: Final = web.AppKey("day", Day)
TOKEN: Final = web.AppKey("token", str)
DEADLINE_S: Final = web.AppKey("deadline_s", float)

BODY_BYTES_MAX: Final = 16 * 1024
ASK_DEADLINE_S: Final = 5.0


def make_app(port: SwitchPort, token: str, day: Day, *, deadline_s: float = ASK_DEADLINE_S) -> web.Application:
    """An application over the running switch. `deadline_s`: how long an agent's request may wait for its reply."""
    app = web.Application(middlewares=[answer_problems, require_token], client_max_size=BODY_BYTES_MAX)
    app[PORT], app[TOKEN], app[DAY], app[DEADLINE_S] = port, token, day, deadline_s
    app.router.add_get("/healthz", tell_alive)
    app.router.add_get("/readyz", tell_ready)
    app.router.add_get("/api/v1/status", tell_status)
    app.router.add_get("/api/v1/agents", list_agents)
    app.router.add_get("/api/v1/agents/{agent_id}", tell_agent)
    app.router.add_get("/api/v1/calls", list_calls)
    app.router.add_get("/api/v1/openapi.json", tell_description)
    for name, command in AGENT_COMMANDS.items():
        app.router.add_post(f"/api/v1/agents/{{agent_id}}/{name}", perform(command))
    return app


@web.middleware
async def require_token(request: web.Request, handler: Respond) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not tokens_match(given.strip(), request.app[TOKEN]):
            raise refuse(
                HTTPStatus.UNAUTHORIZED,
                "The request has no valid token.",
                "Send `Authorization: Bearer TOKEN` with the token in the file api-token of the state folder.",
            )
    return await handler(request)


# ---- health ----


async def tell_alive(request: web.Request) -> web.Response:
    """That this is answered at all shows that the event loop turns."""
    return respond(Alive(alive=True, loop_lag_s=request.app[PORT].health().loop_lag_s))


async def tell_ready(request: web.Request) -> web.Response:
    readiness = make_readiness(request.app[PORT].health())
    return respond(readiness, HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE)


# ---- what is ----


async def tell_status(request: web.Request) -> web.Response:
    port = request.app[PORT]
    return respond(make_status(port.view(), port.health(), request.app[DAY]))


async def list_agents(request: web.Request) -> web.Response:
    view, day = request.app[PORT].view(), request.app[DAY]
    return respond(AgentList(agents=tuple(show_agent(agent, view.at, day) for agent in view.agents)))


async def list_calls(request: web.Request) -> web.Response:
    view = request.app[PORT].view()
    return respond(CallList(calls=tuple(show_call(call, view.at) for call in view.calls)))


async def tell_agent(request: web.Request) -> web.Response:
    agent_id = request.match_info["agent_id"]
    agent = _find_agent(request, agent_id)
    if agent is None:
        raise _unknown_agent(f"No agent {agent_id} in this site.")
    return respond(agent)


async def tell_description(request: web.Request) -> web.Response:
    return web.json_response(describe_api())


# ---- what is asked for an agent ----


def perform(command: AgentCommand) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def respond_to(request: web.Request) -> web.Response:
        agent_id = request.match_info["agent_id"]
        body = await _read_body(request, command.body)
        port = request.app[PORT]
        reply = await port.ask(
            lambda request_id: command.make(agent_id, body, request_id), request.app[DEADLINE_S]
        )
        if reply.word == "unknown_agent":
            raise _unknown_agent(reply.detail or f"No agent {agent_id} in this site.")
        if not reply.accepted:
            raise refuse(HTTPStatus.CONFLICT, reply.detail or "The switch refuses this now.", word=reply.word)
        return respond(
            Answer(
                agent_id=agent_id, accepted=True, word=reply.word, detail=reply.detail,
                agent=_find_agent(request, agent_id),
            )
        )  # fmt: skip

    return respond_to


async def _read_body(request: web.Request, model: type[Body]) -> Body:
    raw = await request.read()
    try:
        return model.model_validate(json.loads(raw) if raw.strip() else {})
    except ValidationError as error:
        raise refuse_body(error) from error
    except (ValueError, RecursionError) as error:
        remedy = 'Send an object such as {"reason": "meal"}, in UTF-8.'
        raise refuse(HTTPStatus.BAD_REQUEST, "The body is not JSON.", remedy) from error


def _find_agent(request: web.Request, agent_id: str) -> AgentStatus | None:
    view, day = request.app[PORT].view(), request.app[DAY]
    return next((show_agent(agent, view.at, day) for agent in view.agents if agent.agent_id == agent_id), None)


def _unknown_agent(detail: str) -> Exception:
    return refuse(HTTPStatus.NOT_FOUND, detail, "`hotline agents` lists the work numbers.", "unknown_agent")
