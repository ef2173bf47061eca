"""A thousand callers within a second on the real Asterisk: whoever was let in has one record, and nothing is left."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.core.reports import CallEnded, CallOpened
from acd.core.words import Outcome
from config.asterisk.settings import Rtp
from scripts.ports import free_ports
from scripts.softphones.sipp import Sipp, SippRun
from tests.acceptance.asterisk_fixture import TRUNK_HOST
from tests.contract.acts import log_in, reports_of
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.invariants import check_invariants
from tests.contract.site import NUMBER, hotline

pytestmark = pytest.mark.asterisk
CALLS, LENGTH_MAX = 1000, 20
TIMEOUT_S = 100


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AsteriskWorld]:
    world = AsteriskWorld(tmp_path, Rtp(port_min=33000, port_max=38000))
    yield world
    await world.settle()
    check_invariants(world)


async def test_a_thousand_calls_within_a_second(world: AsteriskWorld, tmp_path: Path) -> None:
    await world.begin(hotline(length_max=LENGTH_MAX))
    for agent_id in ("1001", "1002"):
        world.phone(agent_id).answers_after(0.1, hang_up_s=0.5)
    await log_in(world, "1001", "1002")
    sip, media = free_ports(2, TRUNK_HOST)
    flood = SippRun(
        "caller_silent", f"{TRUNK_HOST}:{sip}", media, CALLS, TIMEOUT_S, remote=world.sip_address, number=NUMBER,
        caller=f"<sip:13900001234@{TRUNK_HOST}>", per_s=CALLS, at_once_max=CALLS, trace=False,
    )  # fmt: skip
    async with Sipp(flood, tmp_path / "flood") as callers:
        counts = await callers.finished()
    await world.until(lambda: not world.view().calls, within_s=60.0)
    outcomes = Counter(report.record.outcome for report in reports_of(world, CallEnded))
    assert counts.successful == CALLS, (counts, outcomes)
    assert len(reports_of(world, CallOpened)) == sum(outcomes.values()) == CALLS
    assert outcomes[Outcome.FAILED] == 0
    assert outcomes[Outcome.BLOCKED] > 0
