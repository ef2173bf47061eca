"""Steps in, rows out: in batches, in order, each exactly once, whatever becomes of the database meanwhile."""

import asyncio
import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from acd.core.events import CallArrived
from acd.core.reports import CallEnded, WrapUpFinished
from acd.store.codec import decode_event
from acd.store.errors import StoreUnusableError
from acd.store.journal import TIME_PASSED, Step, entries_of
from acd.store.recorder import Alarm, Recorder
from acd.store.store import Store, open_store
from acd.store.tables import agent_states, calls, journal, metadata, queue_visits, rings, wrap_ups
from tests.store.conftest import Opener, Outage, new_database
from tests.store.lives import START, entry_count, life, lives, record
from tests.store.postgres import PostgresServer


def observe(recorder: Recorder, steps: Any) -> None:
    for now, event, reports in steps:
        recorder.observe(now, event, reports)


async def read(store: Store, table: sa.Table, *order: sa.Column[Any]) -> list[Any]:
    async with store.reading() as connection:
        return list(await connection.execute(sa.select(table).order_by(*(order or table.primary_key.columns))))


async def written_types(store: Store) -> list[str]:
    return [row.type for row in await read(store, journal)]


def types_of(steps: Any) -> list[str]:
    return [
        name
        for _, event, reports in steps
        for name in (TIME_PASSED if event is None else type(event).__name__, *(type(each).__name__ for each in reports))
    ]


async def test_the_journal_holds_every_event_and_report_in_order(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    steps = lives(120)
    observe(recorder, steps)
    assert await recorder.flush()
    rows = await read(store, journal)
    assert [row.type for row in rows] == types_of(steps)
    assert [row.seq for row in rows] == list(range(1, entry_count(steps) + 1))
    assert {row.run for row in rows} == {recorder.run}
    assert rows[0].call_id == "1790000000.1"
    assert rows[0].now_s == START + 1
    assert rows[0].at == pytest.approx(START + 1)
    assert decode_event(rows[0].type, rows[0].data) == steps[0][1]
    figures = recorder.figures()
    assert (figures.written_total, figures.queue_length, figures.lag_s) == (len(rows), 0, 0.0)


async def test_a_call_that_ended_has_a_record_with_all_its_parts(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    observe(recorder, life(1, wrap_up_s=20.5))
    await recorder.flush()
    (call,) = await read(store, calls)
    expected = record("1790000000.1", START + 1)
    assert call.caller_name == "张三"
    assert (call.outcome, call.reason, call.hung_up_by) == ("answered", "caller_hung_up", "caller")
    assert call.answered_at == pytest.approx(expected.answered_at)
    assert (call.talk_s, call.wait_s, call.wrap_up_s) == (50.125, 5.0, 20.5)
    assert call.ivr_path == '["root","root:1"]'
    (visit,) = await read(store, queue_visits)
    assert (visit.queue_id, visit.outcome, visit.agent_id, visit.wait_s) == ("mobile", "answered", "1001", 5.0)
    (ring,) = await read(store, rings)
    assert (ring.reservation_id, ring.outcome, ring.decision) == ("1790000000.1.1", "accepted", "why")
    states = await read(store, agent_states)
    assert [(row.state, row.next_state) for row in states] == [
        ("ready", "reserved"), ("reserved", "on_call"), ("on_call", "wrap_up"), ("wrap_up", "ready"),
    ]  # fmt: skip
    assert states[3].seconds == 20.5


async def test_what_is_not_known_is_null(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    never_answered = dataclasses.replace(record("1.1"), answered_at=0.0, visits=(), rings=())
    recorder.observe(START, None, [CallEnded(START, never_answered)])
    await recorder.flush()
    (call,) = await read(store, calls)
    assert call.answered_at is None
    assert call.wrap_up_s is None


async def test_a_wrap_up_that_ends_before_the_call_counts(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    recorder.observe(START, None, [WrapUpFinished(START, "1001", "1.1", "mobile", 3.5)])
    await recorder.flush()
    recorder.observe(START, None, [CallEnded(START, record("1.1"))])
    await recorder.flush()
    (call,) = await read(store, calls)
    assert call.wrap_up_s == 3.5
    recorder.observe(START, None, [WrapUpFinished(START, "1002", "1.1", "mobile", 4.0)])
    await recorder.flush()
    (call,) = await read(store, calls)
    assert call.wrap_up_s == 7.5
    assert len(await read(store, wrap_ups)) == 2


async def test_writing_the_same_entries_again_changes_nothing(url: str, opener: Opener) -> None:
    store = await opener(url)
    entries, seq = [], 1
    for now, event, reports in lives(3):
        entries += entries_of(7, Step(seq, now, event, tuple(reports)))
        seq += 1 + len(reports)
    await store.write(entries)
    before = {name: await read(store, table) for name, table in metadata.tables.items()}
    assert (await store.write(entries)).oddities == []
    await store.write(entries[10:20])
    assert {name: await read(store, table) for name, table in metadata.tables.items()} == before
    assert len(before["calls"]) == 3


async def test_a_second_call_under_a_used_id_leaves_the_first_ones_record(url: str, opener: Opener) -> None:
    alarms: list[Alarm] = []
    store = await opener(url)
    recorder = Recorder(store, on_alarm=alarms.append)
    recorder.observe(START, None, [CallEnded(START, record("1.1", START))])
    recorder.observe(START, None, [CallEnded(START, record("1.1", START + 500))])
    await recorder.flush()
    recorder.observe(START, None, [CallEnded(START, record("1.1", START + 900))])
    await recorder.flush()
    assert [row.arrived_at for row in await read(store, calls)] == [START]
    assert len(await read(store, rings)) == 1
    assert len(await read(store, journal)) == 6
    assert recorder.figures().refused_total == 2
    assert [alarm.name for alarm in alarms] == ["entries_refused"]


async def test_what_no_database_takes_as_text_is_replaced_in_the_record_only(url: str, opener: Opener) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    odd = 'a\x00b\ud83dc"\r\n😀'
    recorder.observe(START, CallArrived("1.1", "10086", odd, odd), [])
    recorder.observe(START, None, [CallEnded(START, dataclasses.replace(record("1.1"), caller_name=odd))])
    await recorder.flush()
    (call,) = await read(store, calls)
    assert call.caller_name == 'a\ufffdb?c"\r\n😀'
    first = (await read(store, journal))[0]
    assert decode_event(first.type, first.data) == CallArrived("1.1", "10086", odd, odd)


async def test_an_entry_that_the_database_refuses_is_set_aside_and_the_others_are_written(
    url: str, opener: Opener
) -> None:
    alarms: list[Alarm] = []
    store = await opener(url)
    recorder = Recorder(store, on_alarm=alarms.append)
    observe(recorder, lives(2))
    # A time beyond every calendar.
    recorder.observe(START, None, [CallEnded(START, record("9.9", 1e300))])
    observe(recorder, lives(2, first=10))
    assert await recorder.flush()
    assert len(await read(store, calls)) == 4
    assert len(await read(store, journal)) == entry_count(lives(4)) + 1
    assert recorder.figures().refused_total == 1
    assert [alarm.name for alarm in alarms] == ["entries_refused"]
    aside = (store.spill.path.parent / "refused.jsonl").read_text()
    assert '"CallEnded"' in aside
    assert "9.9" in aside


async def test_the_database_goes_and_comes_back(url: str, opener: Opener, outage: Outage) -> None:
    alarms: list[Alarm] = []
    now = START
    store = await opener(url)
    recorder = Recorder(store, on_alarm=alarms.append, clock=lambda: now)
    observe(recorder, lives(40))
    await recorder.flush()
    outage.begin()
    try:
        observe(recorder, lives(40, first=41))
        assert await recorder.flush()
        observe(recorder, lives(40, first=81))
        assert await recorder.flush()
        now = START + 1000
        figures = recorder.figures()
        assert figures.spilled == entry_count(lives(80))
        assert figures.queue_length == 0
        assert not figures.database_up
        assert figures.lag_s == 1000 - 41
        assert figures.last_error
        assert [(alarm.name, alarm.raised) for alarm in alarms] == [("database_away", True)]
        assert alarms[0].remedy
    finally:
        outage.end()
    observe(recorder, lives(40, first=121))
    assert await recorder.flush()
    assert await written_types(store) == types_of(lives(160))
    assert len(await read(store, calls)) == 160
    assert [row.seq for row in await read(store, journal)] == list(range(1, entry_count(lives(160)) + 1))
    assert [(alarm.name, alarm.raised) for alarm in alarms][1:] == [("database_away", False)]
    assert recorder.figures().spilled == 0
    assert store.spill.path.read_bytes() == b""


async def test_what_was_spilled_is_written_after_a_restart(url: str, opener: Opener, outage: Outage) -> None:
    store = await opener(url)
    recorder = Recorder(store)
    observe(recorder, lives(5))
    await recorder.flush()
    outage.begin()
    try:
        observe(recorder, lives(5, first=6))
        assert await recorder.close()
        await store.close()
        # The switch starts again while the database is still away, and takes calls.
        store = await opener(url, allow_away=True)
        second = Recorder(store)
        assert second.run > recorder.run
        observe(second, lives(5, first=11))
        assert await second.close()
        await store.close()
    finally:
        outage.end()
    store = await opener(url)
    assert store.spill.count == entry_count(lives(10))
    third = Recorder(store)
    assert third.run > second.run
    observe(third, lives(5, first=16))
    await third.flush()
    assert await written_types(store) == types_of(lives(20))
    assert len(await read(store, calls)) == 20


async def test_a_run_is_later_than_every_run_before_even_if_the_clock_went_back(url: str, opener: Opener) -> None:
    store = await opener(url)
    first = Recorder(store, clock=lambda: START)
    observe(first, life(1))
    await first.flush()
    await store.close()
    second = Recorder(await opener(url), clock=lambda: START - 3600)
    assert second.run == first.run + 1


async def test_the_writer_writes_by_itself(url: str, opener: Opener) -> None:
    store = await opener(url)
    alarmed = asyncio.Event()
    recorder = Recorder(store, batch_interval_s=0.0, on_alarm=lambda alarm: alarmed.set())
    recorder.start()
    # Two calls under one id: the alarm tells that the second was written.
    recorder.observe(START, None, [CallEnded(START, record("1.1", START))])
    recorder.observe(START, None, [CallEnded(START, record("1.1", START + 9))])
    await asyncio.wait_for(alarmed.wait(), 10)
    observe(recorder, lives(3))
    assert await recorder.close()
    assert len(await read(store, calls)) == 4


async def test_the_writer_tries_the_database_again_by_itself(url: str, opener: Opener, outage: Outage) -> None:
    store = await opener(url)
    told: asyncio.Queue[Alarm] = asyncio.Queue()
    recorder = Recorder(store, batch_interval_s=0.0, retry_s=0.05, on_alarm=told.put_nowait)
    recorder.start()
    outage.begin()
    observe(recorder, lives(3))
    assert (await asyncio.wait_for(told.get(), 20)).raised
    outage.end()
    assert not (await asyncio.wait_for(told.get(), 20)).raised
    assert await recorder.close()
    assert len(await read(store, calls)) == 3


async def test_at_a_stop_what_the_database_does_not_take_in_time_is_spilled(state_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    store = await open_store(f"sqlite:///{path}", state_dir)
    recorder = Recorder(store)
    recorder.start()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    observe(recorder, lives(4))
    assert await recorder.close(deadline_s=0.2)
    assert store.spill.count == entry_count(lives(4))
    holder.execute("ROLLBACK")
    holder.close()
    await store.close()
    store = await open_store(f"sqlite:///{path}", state_dir)
    await Recorder(store).flush()
    assert await written_types(store) == types_of(lives(4))
    await store.close()


async def test_a_database_that_does_not_answer_is_away(opener: Opener, postgres: PostgresServer) -> None:
    """The network swallows everything and says nothing: no error ever comes, only silence."""
    silent = asyncio.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not silent.is_set():
                writer.write(data)
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", postgres.port)
        await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)

    url = await asyncio.to_thread(new_database, postgres)
    proxy = await asyncio.start_server(join, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    store = await opener(url.replace(str(postgres.port), str(port)), write_timeout_s=0.5)
    recorder = Recorder(store)
    observe(recorder, lives(2))
    await recorder.flush()
    silent.set()
    observe(recorder, lives(2, first=3))
    assert await asyncio.wait_for(recorder.flush(), 10)
    assert recorder.figures().spilled == entry_count(lives(2))
    assert "no answer in time" in recorder.figures().last_error
    silent.clear()
    assert await asyncio.wait_for(recorder.flush(), 10)
    assert await written_types(store) == types_of(lives(4))
    await store.close()
    proxy.close()


async def test_in_memory_the_journal_goes_first_and_records_never(opener: Opener, tmp_path: Path) -> None:
    store = await opener(f"sqlite:///{tmp_path}/hotline.db")
    alarms: list[Alarm] = []
    recorder = Recorder(store, steps_max=14, on_alarm=alarms.append)
    steps = lives(10)
    observe(recorder, steps)
    assert await recorder.flush()
    assert len(await read(store, calls)) == 10
    assert len(await read(store, wrap_ups)) == 10
    assert len(await read(store, agent_states)) == 40
    rows = await read(store, journal)
    dropped = recorder.figures().dropped_total
    # Of eight lives 6 reports each are kept, the last two are whole.
    assert len(rows) == 8 * 6 + entry_count(lives(2)) == entry_count(steps) - dropped
    assert [row.type for row in rows[-entry_count(lives(2)) :]] == types_of(lives(2))
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    assert rows[-1].seq == entry_count(steps)
    assert [alarm.name for alarm in alarms] == ["entries_dropped"]


async def test_only_one_switch_uses_a_state_folder(opener: Opener, url: str) -> None:
    await opener(url)
    with pytest.raises(StoreUnusableError, match="another switch runs"):
        await opener(url)
