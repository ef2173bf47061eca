"""What scenarios do again and again."""

from typing import TypeVar

from acd.core.events import LoginRequested, ReadyRequested
from acd.core.reports import CallEnded, CallRecord
from acd.core.view import AgentView
from tests.contract.world import Caller, World

R = TypeVar("R")


async def log_in(world: World, *agent_ids: str, ready: bool = True) -> None:
    for agent_id in agent_ids:
        assert (await world.request(LoginRequested(agent_id, "phone"))).accepted
        if ready:
            assert (await world.request(ReadyRequested(agent_id))).word == "ready"


def agent(world: World, agent_id: str) -> AgentView:
    return next(agent for agent in world.view().agents if agent.agent_id == agent_id)


def place(world: World, caller: Caller) -> str:
    """Where the call is; "ended" when the switch no longer has it."""
    return next((call.place for call in world.view().calls if call.call_id == caller.call_id), "ended")


async def comes_to(world: World, agent_id: str, state: str, within_s: float = 10.0) -> None:
    await world.until(lambda: agent(world, agent_id).state == state, within_s)


async def waits(world: World, caller: Caller) -> None:
    await world.until(lambda: place(world, caller) == "waiting")


async def talks(world: World, caller: Caller, agent_id: str) -> None:
    """Caller and agent are connected, by everybody's account."""
    await world.until(
        lambda: caller.talking and world.phone(agent_id).talking
        and agent(world, agent_id).state == "on_call" and place(world, caller) == "talking"
    )  # fmt: skip
    assert agent(world, agent_id).call_id == caller.call_id


async def hears(world: World, caller: Caller, *prompts: str) -> None:
    """The caller has heard exactly these so far."""
    await world.until(lambda: list(caller.heard) == list(prompts))


async def record(world: World, caller: Caller) -> CallRecord:
    """The call's record, once it is over."""
    await world.until(lambda: bool(_records(world, caller)))
    return _records(world, caller)[0]


def _records(world: World, caller: Caller) -> list[CallRecord]:
    return [
        report.record
        for report in world.reports
        if isinstance(report, CallEnded) and report.record.call_id == caller.call_id
    ]


def reports_of(world: World, kind: type[R]) -> list[R]:
    return [report for report in world.reports if isinstance(report, kind)]
