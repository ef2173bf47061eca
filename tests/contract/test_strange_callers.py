"""Callers as they really come: wrong numbers, no number, names that hurt."""

import pytest

from acd.core.words import Outcome
from tests.contract.acts import log_in, record, talks
from tests.contract.site import hotline
from tests.contract.world import World


async def test_a_number_nobody_has(world: World) -> None:
    """The PBX may turn such a caller away by itself; if it asks, the switch knows what to do."""
    await world.begin(hotline())
    caller = await world.call(dialled="10099")
    await world.until(lambda: not caller.on_line)
    assert not caller.talking
    records = [await record(world, caller)] if world.reports else []
    assert all((ended.outcome, ended.reason) == (Outcome.BLOCKED, "unknown_number") for ended in records)


@pytest.mark.parametrize(("number", "name"), [
    ("", ""),
    ("anonymous", "Anonymous"),
    ("13900000001", '"; DROP TABLE calls; --'),
    ("13900000001", "Bobby\r\nEvent: FullyBooted\r\n\r\n"),
    ("13900000001", "小明😀 \\ 'x' <sip:a@b>"),
    ("+8613900000001", "x" * 200),
])  # fmt: skip
async def test_a_strange_number_or_name(world: World, number: str, name: str) -> None:
    """Any caller is served alike. How much of a strange name a network lets through is its own affair."""
    await world.begin(hotline())
    world.phone("1001").answers_after(0.1)
    await log_in(world, "1001")
    caller = await world.call(number=number, name=name)
    await talks(world, caller, "1001")
    assert len(world.view().calls) == 1
    caller.hang_up()
    ended = await record(world, caller)
    assert ended.outcome is Outcome.ANSWERED
    assert ended.caller_number in (number, "anonymous", "")
