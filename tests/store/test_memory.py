"""What the engine remembers comes to the database and the spill as moments, and back for the next run."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from acd.core.agent import AgentState
from acd.core.call import Place
from acd.core.events import SiteChanged
from acd.pbx.simulated.caller import SimulatedCaller
from acd.store.journal import MEMORY, SWITCH, Entry
from acd.store.memory_recall import recall
from acd.store.recorder import BATCH_ENTRIES_MAX, Recorder
from acd.store.store import Store
from acd.store.tables import calls, memories
from tests.store.conftest import Opener, Outage
from tests.store.recorded_switch import RecordedSwitch, told


async def rows(store: Store) -> list[Any]:
    async with store.reading() as connection:
        return list(await connection.execute(sa.select(memories).order_by(memories.c.kind, memories.c.id)))


async def begin(store: Store, *agent_ids: str) -> RecordedSwitch:
    switch = RecordedSwitch()
    switch.boot(store)
    switch.link()
    switch.staff(*agent_ids)
    return switch


def placed(switch: RecordedSwitch, caller: SimulatedCaller, place: Place) -> bool:
    call = switch.remembers()[0].get(caller.call_id)
    return call is not None and call.place is place


async def test_a_new_run_is_told_what_the_last_one_remembered(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store, "1001", "1002")
    first, *_ = [switch.call() for _ in range(4)]
    switch.run_until(lambda: placed(switch, first, Place.TALKING))
    last = switch.call()
    switch.run_until(lambda: placed(switch, last, Place.IN_IVR))
    await switch.live(0.1)
    before, at = switch.remembers(), switch.switch.time.now
    assert {call.place for call in before[0].values()} == {Place.TALKING, Place.WAITING, Place.IN_IVR}
    await store.close()
    store = await opener(url)
    restored = await recall(store)
    assert restored is not None
    assert told(restored) == before
    assert restored.watched_until == pytest.approx(at)
    assert restored.ended == ()


async def test_no_memory_is_none(url: str, opener: Opener) -> None:
    assert await recall(await opener(url)) is None


async def test_who_is_gone_is_forgotten(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store, "1001")
    caller = switch.call()
    switch.run_until(lambda: placed(switch, caller, Place.TALKING))
    await switch.live(0.1)
    assert [(row.kind, row.id) for row in await rows(store)] == [
        ("agent", "1001"),
        ("call", caller.call_id),
        ("switch", ""),
    ]
    caller.hang_up()
    await switch.live(1.0)
    assert [(row.kind, row.id) for row in await rows(store)] == [("agent", "1001"), ("switch", "")]
    restored = await recall(store)
    assert restored is not None
    assert restored.ended == (caller.call_id,)
    (agent,) = restored.agents
    assert (agent.state, agent.wrap_up_ends_at > restored.watched_until) == (AgentState.WRAP_UP, True)


async def test_the_last_sign_of_life_is_at_most_two_seconds_old(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store)
    for _ in range(30):
        await switch.live(0.7)
        restored = await recall(store)
        assert restored is not None
        assert switch.switch.time.now - restored.watched_until < 2.0


async def test_signs_of_life_go_on_though_nothing_happens(
    url: str, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.store.recorder.SIGN_OF_LIFE_S", 0.05)
    store = await opener(url)
    switch = await begin(store)
    recorder = Recorder(store, memory=switch, batch_interval_s=0.0)
    written: asyncio.Queue[float] = asyncio.Queue()
    write = store.write

    async def watch(entries: Any) -> Any:
        for entry in entries:
            if entry.type == SWITCH:
                written.put_nowait(entry.now)
        return await write(entries)

    store.write = watch  # type: ignore[method-assign]
    recorder.observe(0.0, SiteChanged(switch.site), [])
    recorder.start()
    signs = [await asyncio.wait_for(written.get(), 10) for _ in range(3)]
    assert signs == sorted(set(signs))
    assert await recorder.close()


async def test_an_orderly_stop_is_the_last_sign_of_life(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store)
    await switch.live(2.0)
    before = await recall(store)
    switch.switch.run(1.0)
    assert await switch.recorder.close()
    restored = await recall(store)
    assert before is not None
    assert restored is not None
    assert restored.watched_until == pytest.approx(switch.switch.time.now)
    assert restored.watched_until >= before.watched_until + 1.0


async def test_while_the_database_is_away_the_spill_remembers_all(url: str, opener: Opener, outage: Outage) -> None:
    """Also those who did nothing since it went: a start without the database needs them."""
    store = await opener(url)
    switch = await begin(store, "1001", "1002", "1003")
    await switch.live(5.0)
    outage.begin()
    try:
        caller = switch.call()
        switch.run_until(lambda: placed(switch, caller, Place.TALKING))
        await switch.live(3.0)
        before = switch.remembers()
        assert len(before[1]) == 3
        await store.close()
        store = await opener(url, allow_away=True)
        with capture_logs() as logs:
            restored = await recall(store)
        assert told(restored) == before
        assert [entry["log_level"] for entry in logs] == ["warning"]
        await store.close()
    finally:
        outage.end()
    # The database has an older moment, the spill the newest: together they are the newest.
    store = await opener(url)
    restored = await recall(store)
    assert told(restored) == before
    switch.boot(store, restored)
    switch.link()
    await switch.live(5.0)
    assert store.spill.count == 0
    assert told(await recall(store)) == switch.remembers()
    assert caller.call_id in switch.remembers()[0]


async def test_a_call_whose_record_is_in_the_spill_has_ended(url: str, opener: Opener, outage: Outage) -> None:
    store = await opener(url)
    switch = await begin(store, "1001")
    caller = switch.call()
    switch.run_until(lambda: placed(switch, caller, Place.TALKING))
    await switch.live(0.1)
    outage.begin()
    try:
        caller.hang_up()
        await switch.live(1.0)
        await store.close()
        away = await recall(await opener(url, allow_away=True))
        assert away is not None
        assert away.ended == (caller.call_id,)
    finally:
        outage.end()


async def test_a_run_makes_void_what_the_one_before_remembered(url: str, opener: Opener) -> None:
    """It was told all of it, and what it took over it remembers itself."""
    store = await opener(url)
    switch = await begin(store, "1001", "1002")
    switch.call()
    await switch.live(10.0)
    assert len(told(await recall(store))[1]) == 2
    switch.boot(store)
    await switch.live(3.0)
    assert told(await recall(store)) == ({}, {}) == switch.remembers()
    assert [row.kind for row in await rows(store)] == ["switch"]


async def test_a_run_in_the_spill_makes_void_what_earlier_ones_remembered(
    url: str, opener: Opener, outage: Outage
) -> None:
    """Of three runs the first is in the database, the others came to the spill."""
    store = await opener(url)
    switch = await begin(store, "1001")
    await switch.live(1.0)
    outage.begin()
    try:
        for agent_id in ("1002", "1003"):
            await store.disconnect()
            switch.boot(store)
            switch.staff(agent_id)
            await switch.live(1.0)
        await store.close()
    finally:
        outage.end()
    store = await opener(url)
    assert told(await recall(store))[1].keys() == {"1003"}
    await Recorder(store).flush()
    assert [row.id for row in await rows(store)] == ["1003", ""]


async def test_a_run_that_has_heard_nothing_makes_nothing_void(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store, "1001")
    await switch.live(1.0)
    switch.boot(store)
    silent = Recorder(store, memory=switch, clock=switch.switch.time)
    assert await silent.close()
    assert told(await recall(store))[1].keys() == {"1001"}


BROKEN = ['{"agent_id":"1001"}', "not json", "[]", '{"$unstorable":"x","error":"y"}', "null"]


@pytest.mark.parametrize("data", BROKEN)
async def test_a_memory_that_can_not_be_read_costs_no_other(url: str, opener: Opener, data: str) -> None:
    store = await opener(url)
    switch = await begin(store, "1001", "1002")
    switch.call()
    await switch.live(10.0)
    before = switch.remembers()
    async with store.engine.begin() as connection:
        await connection.execute(
            sa.update(memories).where(memories.c.kind == "agent", memories.c.id == "1001").values(data=data)
        )
    with capture_logs() as logs:
        found = told(await recall(store))
    assert found == (before[0], {"1002": before[1]["1002"]})
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "1001" in logs[0]["event"]


async def test_a_memory_of_the_wrong_types_is_left_out(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store, "1001")
    await switch.live(1.0)
    async with store.engine.begin() as connection:
        changed = sa.func.replace(memories.c.data, '"since":', '"since":null,"was":')
        await connection.execute(sa.update(memories).where(memories.c.kind == "agent").values(data=changed))
    with capture_logs() as logs:
        assert told(await recall(store)) == ({}, {})
    assert "since is None" in logs[0]["fact"]


async def test_an_unreadable_sign_of_life_takes_up_nothing(url: str, opener: Opener) -> None:
    store = await opener(url)
    switch = await begin(store, "1001")
    await switch.live(1.0)
    async with store.engine.begin() as connection:
        await connection.execute(sa.update(memories).where(memories.c.kind == "switch").values(data='{"at":"noon"}'))
    with capture_logs() as logs:
        assert await recall(store) is None
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_a_call_that_has_its_record_is_not_taken_up(url: str, opener: Opener) -> None:
    """A batch of records can be in the database when the memory that follows it is not."""
    store = await opener(url)
    switch = await begin(store, "1001")
    caller = switch.call()
    switch.run_until(lambda: placed(switch, caller, Place.TALKING))
    await switch.live(0.1)
    kept = await rows(store)
    caller.hang_up()
    await switch.live(1.0)
    async with store.engine.begin() as connection:
        await connection.execute(sa.delete(memories))
        await connection.execute(sa.insert(memories), [dict(row._mapping) for row in kept])
        # However long it is ago.
        await connection.execute(sa.update(calls).values(ended_at=0.0))
    restored = await recall(store)
    assert restored is not None
    assert (restored.calls, restored.ended) == ((), (caller.call_id,))


async def test_a_write_that_comes_late_changes_no_newer_memory(url: str, opener: Opener) -> None:
    """One that was given up on may get through after all, when newer ones have."""
    store = await opener(url)
    switch = await begin(store, "1001")
    late: list[Any] = []
    write = store.write

    async def keep(entries: Any) -> Any:
        late.append(list(entries))
        return await write(entries)

    store.write = keep  # type: ignore[method-assign]
    caller = switch.call()
    switch.run_until(lambda: placed(switch, caller, Place.TALKING))
    await switch.live(0.1)
    caller.hang_up()
    await switch.live(1.0)
    newest = await rows(store)
    for entries in late[:-1]:
        await write(entries)
        assert await rows(store) == newest
    await write(late[-1])
    assert await rows(store) == newest


async def test_no_memory_is_ahead_of_the_records(url: str, opener: Opener) -> None:
    """More has happened between two passes than one transaction takes."""
    store = await opener(url)
    switch = await begin(store, "1001", "1002", "1003")
    written: list[list[Entry]] = []
    write = store.write

    async def keep(entries: Any) -> Any:
        written.append(list(entries))
        return await write(entries)

    store.write = keep  # type: ignore[method-assign]
    while switch.recorder.figures().queue_length <= BATCH_ENTRIES_MAX:
        switch.call()
        switch.switch.run(3.0)
    assert await switch.recorder.write_some()
    assert len(written) > 1
    known = 0
    for entries in written:
        known = max([known, *(entry.seq for entry in entries if entry.kind != MEMORY)])
        assert all(entry.seq <= known for entry in entries if entry.kind == MEMORY)
    assert any(entry.kind == MEMORY for entry in written[-1])
