"""Errors of the API: RFC 9457 problem details, each with the fact and what to do about it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from acd.health import SwitchStopped
from cti.models import Problem

log = structlog.get_logger("cti")

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refusal(Exception):  # noqa: N818 - said as a fact
    """Ends a request with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refuse(status: HTTPStatus, detail: str, remedy: str = "", word: str = "") -> Refusal:
    return Refusal(Problem(title=status.phrase, status=status, detail=detail, remedy=remedy, word=word))


def refuse_body(error: ValidationError) -> Refusal:
    """422 with one entry per field that is wrong. What was sent is not repeated: it may be personal."""
    errors = tuple(
        {"field": ".".join(map(str, one["loc"])) or "(body)", "fact": one["msg"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    detail = "; ".join(f"{one['field']}: {one['fact']}" for one in errors)
    remedy = "Correct the fields named in errors; /api/v1/openapi.json describes the body."
    return Refusal(Problem(title=status.phrase, status=status, detail=detail, remedy=remedy, errors=errors))


def respond(model: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=model.model_dump_json(), status=status, content_type="application/json")


def respond_problem(problem: Problem) -> web.Response:
    response = web.Response(
        text=problem.model_dump_json(), status=problem.status, content_type="application/problem+json"
    )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="hotline"'
    return response


@web.middleware
async def answer_problems(request: web.Request, handler: Respond) -> web.StreamResponse:
    """Whatever goes wrong leaves as a problem document, never as a page of HTML or a trace."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return respond_problem(refusal.problem)
    except web.HTTPException as error:
        return _convert(error)
    except TimeoutError:
        status = HTTPStatus.GATEWAY_TIMEOUT
        problem = refuse(status, "The switch has not answered in time.", "See /readyz, then ask again.").problem
        return respond_problem(problem)
    except SwitchStopped as stopped:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        detail = str(stopped) or "The switch takes no requests now."
        return respond_problem(refuse(status, detail, "Wait until it has started.").problem)
    except Exception:
        log.exception("api_request_failed", method=request.method, path=request.path)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return respond_problem(refuse(status, "The switch met an error of its own.", "Its log tells more.").problem)


def _convert(error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    detail, remedy = {
        HTTPStatus.NOT_FOUND: ("There is nothing at this path.", "/api/v1/openapi.json lists the paths."),
        HTTPStatus.METHOD_NOT_ALLOWED: (
            "This path does not take this method.", f"Use {error.headers.get('Allow', 'another')}.",
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("The body is too large.", "Send less than 16 KiB."),
    }.get(status, (error.reason, ""))  # fmt: skip
    response = respond_problem(refuse(status, detail, remedy).problem)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response
