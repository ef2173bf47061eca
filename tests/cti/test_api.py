"""The API as a program on the other side of the socket meets it."""

import json
from http import HTTPStatus

import aiohttp
import pytest

from acd.core.events import CallerHungUp, CallGone, CallSeen, PbxSynced, TalkEnded
from acd.core.words import Phone, Side
from acd.health import Health
from cti.agent_commands import AGENT_COMMANDS
from tests.cti.conftest import Web

# ---- who may ask ----


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x", "Bearer tök"])
async def test_without_the_token_nothing_is_told(web: Web, header: str) -> None:
    headers = {"Authorization": header.format(token=web.server.access.token)}
    for path in ("/api/v1/status", "/api/v1/agents/1001", "/api/v1/nothing", "/api/v1/openapi.json"):
        async with web.session.get(path, headers=headers) as answer:
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            problem = await answer.json(content_type="application/problem+json")
            assert "api-token" in problem["remedy"]


async def test_without_the_token_nothing_is_done(web: Web) -> None:
    async with web.session.post("/api/v1/agents/1001/login", headers={"Authorization": "Bearer no"}) as answer:
        assert answer.status == 401
    assert web.switch.view().agents[0].state == "logged_out"


# ---- agents ----


async def test_an_agent_logs_in_gets_ready_and_takes_a_call(web: Web) -> None:
    status, answer = await web.post("/api/v1/agents/1001/login", {"station": "cli"})
    assert (status, answer["word"], answer["agent"]["state"]) == (200, "logged_in", "not_ready")
    status, answer = await web.post("/api/v1/agents/1001/ready")
    assert (status, answer["word"], answer["agent"]["state"]) == (200, "ready", "ready")
    web.switch.call("c1")
    web.switch.answer()
    status, agent = await web.get("/api/v1/agents/1001")
    assert (status, agent["state"], agent["call_id"]) == (200, "on_call", "c1")
    status, answer = await web.post("/api/v1/agents/1001/not-ready", {"reason": "meal"})
    assert (status, answer["word"]) == (200, "pending")
    assert answer["agent"]["pending"] == "not_ready"


async def test_the_wrap_up_is_extended_and_ended(web: Web) -> None:
    web.switch.staff("1001")
    web.switch.call("c1")
    ring = web.switch.answer()
    web.switch.post(TalkEnded("c1", ring.reservation_id, "1001", Side.AGENT))
    status, answer = await web.post("/api/v1/agents/1001/wrap-up/extend", {"extra_s": 30})
    assert (status, answer["word"]) == (200, "wrap_up_extended")
    web.switch.advance(45.0)
    assert (await web.get("/api/v1/agents/1001"))[1]["state"] == "wrap_up"
    status, answer = await web.post("/api/v1/agents/1001/wrap-up/end")
    assert (status, answer["agent"]["state"]) == (200, "ready")


async def test_a_ringing_call_is_rejected_by_its_reservation_only(web: Web) -> None:
    web.switch.staff("1001")
    web.switch.call("c1")
    status, problem = await web.post("/api/v1/agents/1001/reject", {"reservation_id": "c0.1"})
    assert (status, problem["word"]) == (409, "refused")
    status, answer = await web.post("/api/v1/agents/1001/reject", {"reservation_id": "c1.1"})
    assert (status, answer["word"], answer["agent"]["reason"]) == (200, "rejected", "rejected")


async def test_logging_out_ends_the_day(web: Web) -> None:
    web.switch.staff("1001")
    status, answer = await web.post("/api/v1/agents/1001/logout")
    assert (status, answer["agent"]["state"]) == (200, "logged_out")


async def test_what_the_switch_refuses_is_a_conflict_with_its_reason(web: Web) -> None:
    status, problem = await web.post("/api/v1/agents/1001/ready")
    assert status == 409
    assert problem["title"] == "Conflict"
    assert problem["status"] == 409
    assert "not logged in" in problem["detail"]
    web.switch.staff("1001")
    status, problem = await web.post("/api/v1/agents/1001/not-ready", {"reason": "holiday"})
    assert status == 409
    assert "1 break, 2 meal" in problem["detail"]


@pytest.mark.parametrize("agent_id", ["9999", "%E5%BC%A0%E4%B8%89", "1001%2Fready", "%0d%0aX"])
async def test_an_unknown_agent_is_not_found(web: Web, agent_id: str) -> None:
    for status, problem in (
        await web.get(f"/api/v1/agents/{agent_id}"),
        await web.post(f"/api/v1/agents/{agent_id}/login"),
    ):
        assert status == 404
        assert problem["remedy"]


# ---- bad input ----


@pytest.mark.parametrize(
    ("command", "body", "field"),
    [
        ("not-ready", {"reason": ""}, "reason"),
        ("not-ready", {"reason": 7}, "reason"),
        ("not-ready", {"reason": "meal", "reasn": "x"}, "reasn"),
        ("wrap-up/extend", {}, "extra_s"),
        ("wrap-up/extend", {"extra_s": -1}, "extra_s"),
        ("wrap-up/extend", {"extra_s": "soon"}, "extra_s"),
        ("wrap-up/extend", {"extra_s": 1e9}, "extra_s"),
        ("reject", {"reservation_id": None}, "reservation_id"),
        ("login", [], "(body)"),
        ("login", "text", "(body)"),
    ],
)
async def test_a_wrong_body_names_the_field(web: Web, command: str, body: object, field: str) -> None:
    status, problem = await web.post(f"/api/v1/agents/1001/{command}", body)
    assert status == 422
    assert field in {error["field"] for error in problem["errors"]}
    assert web.switch.view().agents[0].state == "logged_out"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 10_000, b"NaN,"])
async def test_a_body_that_is_no_json_is_told_so(web: Web, body: bytes) -> None:
    async with web.session.post("/api/v1/agents/1001/login", data=body) as answer:
        assert answer.status == 400
        assert "JSON" in (await answer.json(content_type=None))["detail"]


async def test_numbers_that_json_does_not_have_are_refused(web: Web) -> None:
    async with web.session.post("/api/v1/agents/1001/wrap-up/extend", data=b'{"extra_s": NaN}') as answer:
        assert answer.status == 422


async def test_a_huge_body_is_refused_unread(web: Web) -> None:
    async with web.session.post("/api/v1/agents/1001/login", data=b"x" * 100_000) as answer:
        assert answer.status == 413
        assert (await answer.json(content_type=None))["remedy"]


async def test_paths_and_methods_that_are_not_there(web: Web) -> None:
    assert (await web.get("/nothing"))[0] == 404
    assert (await web.post("/api/v1/agents/1001/dance"))[0] == 404
    async with web.session.delete("/api/v1/status") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert (await answer.json(content_type=None))["status"] == 405


# ---- the switch in trouble ----


async def test_a_switch_that_does_not_answer_is_a_gateway_timeout(web: Web) -> None:
    web.switch.silent = True
    status, problem = await web.post("/api/v1/agents/1001/login")
    assert (status, problem["title"]) == (504, "Gateway Timeout")


async def test_a_switch_that_stops_is_unavailable(web: Web) -> None:
    web.switch.stopped = True
    assert (await web.post("/api/v1/agents/1001/login"))[0] == 503


async def test_an_error_of_our_own_shows_nothing_of_itself(web: Web) -> None:
    web.switch.reported = None  # type: ignore[assignment]
    status, problem = await web.get("/api/v1/status")
    assert status == 500
    assert "NoneType" not in json.dumps(problem)


# ---- health ----


async def test_health_needs_no_token_and_names_what_is_down(web: Web) -> None:
    anonymous = aiohttp.ClientSession(web.server.access.url)
    async with anonymous, anonymous.get("/healthz") as answer:
        assert answer.status == 200
        assert (await answer.json())["alive"] is True
    assert await web.get("/readyz") == (
        200,
        {"ready": True, "parts": {"pbx": {"up": True, "reason": ""}, "database": {"up": True, "reason": ""}}},
    )
    web.switch.reported = Health(pbx_up=True, database_ok=False, database_reason="disk full")
    status, readiness = await web.get("/readyz")
    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert readiness["parts"]["database"] == {"up": False, "reason": "disk full"}
    web.switch.reported = Health(pbx_up=False, pbx_reason="connection refused", database_ok=True)
    assert (await web.get("/readyz"))[0] == 503
    assert (await web.get("/healthz"))[0] == 200


# ---- status ----


async def test_the_status_tells_queues_agents_calls_and_the_ended(web: Web) -> None:
    web.switch.staff("1001")
    web.switch.call("c1")
    web.switch.advance(1.5)
    web.switch.answer()
    web.switch.call("c2", number="+8613987654321")
    web.switch.advance(25.0)
    web.switch.call("c3")
    web.switch.post(CallerHungUp("c3"))
    status, told = await web.get("/api/v1/status")
    assert status == 200
    assert (told["site"], told["ready"]) == ("test", True)
    general = told["queues"][0]
    assert general["names"] == {"zh": "人工服务", "en": "General"}
    assert (general["waiting"], general["longest_wait_s"]) == (1, 25.0)
    assert (general["offered"], general["answered"], general["abandoned"]) == (3, 1, 1)
    assert general["average_answer_s"] == 1.5
    # Answered in time: c1. Abandoned in time: c3. Reached the threshold of 20 s unresolved: c2.
    assert general["service_level"] == {"value": pytest.approx(1 / 3), "threshold_s": 20.0}
    assert told["queues"][1]["service_level"]["value"] is None
    assert [(call["call_id"], call["place"], call["place_s"]) for call in told["calls"]] == [
        ("c1", "talking", 25.0),
        ("c2", "waiting", 25.0),
    ]
    assert told["agents"][0]["state"] == "on_call"
    assert told["agents"][0]["state_s"] == 25.0
    assert [(call["call_id"], call["outcome"]) for call in told["ended_calls"]] == [("c3", "abandoned")]
    assert (await web.get("/api/v1/calls"))[1]["calls"] == told["calls"]
    assert (await web.get("/api/v1/agents"))[1]["agents"] == told["agents"]


async def test_no_caller_is_shown_in_clear(web: Web) -> None:
    web.switch.call("c1", number="13912341234")
    web.switch.call("c2", number="13912341234")
    web.switch.post(CallerHungUp("c2"))
    for path in ("/api/v1/status", "/api/v1/calls"):
        text = json.dumps((await web.get(path))[1])
        assert "13912341234" not in text
        assert "139****1234" in text


async def test_a_visit_of_a_second_queue_is_late_by_its_own_wait(web: Web) -> None:
    """The caller gave up while the link was away: the visit counts with the time that it lasted."""
    web.switch.call("c1")
    web.switch.advance(21.0)
    told = (await web.get("/api/v1/status"))[1]
    assert told["queues"][0]["service_level"]["value"] == 0.0
    phones = dict.fromkeys(web.switch.site.agents, Phone.REACHABLE)
    gone = CallGone(CallSeen("c1", "waiting-room", queue_id="general"), ended_at=web.switch.view().at)
    web.switch.post(PbxSynced(phones=phones, ended=(gone,)))
    told = (await web.get("/api/v1/status"))[1]
    assert told["queues"][0]["abandoned"] == 1
    assert told["queues"][0]["service_level"]["value"] == 0.0
    assert told["calls"] == []


# ---- its description ----


async def test_the_description_names_every_path_and_resolves(web: Web) -> None:
    status, description = await web.get("/api/v1/openapi.json")
    assert status == 200
    served = {
        route.resource.canonical
        for route in web.server.runner.app.router.routes()
        if route.resource is not None and route.resource.canonical != "/api/v1/openapi.json"
    }
    assert set(description["paths"]) == served
    assert len(AGENT_COMMANDS) == 7
    text = json.dumps(description)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in description["components"]["schemas"], name
