"""Coming up, staying up, and the end (faults 6, 7, 8 and 13).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import asyncio
import logging

import pytest
from panoramisk.manager import Manager

from acd.pbx.asterisk.errors import AmiDown
from acd.pbx.asterisk.link import AmiLink
from tests.pbx.asterisk.fake_ami import (
    SECRET,
    USERNAME,
    FakeAction,
    FakeAmi,
    error,
    log_in,
)
from tests.pbx.asterisk.linking import Watch, fence, linked, settings, stock


def silence(action: FakeAction) -> bytes:
    return b""


# -- 6: a login that is never answered ----------------------------------------------------------------------


async def test_stock_silent_login_hangs() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = silence
        manager = Manager(host="127.0.0.1", port=ami.port, username=USERNAME, secret=SECRET, reconnect_timeout=1000)
        await manager.connect()
        await ami.next_action("Login")
        # No deadline of its own exists: nothing is armed that could end this.
        assert not manager.authenticated_future.done()
        assert not any("timeout" in name or "deadline" in name for name in vars(manager) if "reconnect" not in name)
        manager.connect = lambda: None
        manager.close()


async def test_link_silent_login_is_told() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = silence
        async with linked(ami, wait=False, login_deadline_s=0.02) as (_, watch):
            await watch.until(lambda: bool(watch.reasons))
            assert "did not answer the login within 0.02 s" in watch.reasons[0]


# -- 7: pings are sent, their answers never looked at ---------------------------------------------------------


async def test_stock_half_open_connection_looks_alive() -> None:
    async with FakeAmi() as ami, stock(ami, ping_delay=0, ping_interval=0) as s:
        ami.answers["ping"] = silence
        for _ in range(20):
            await ami.next_action("Ping")
        assert s.manager._connected
        assert not s.errors


async def test_link_half_open_connection_is_ended() -> None:
    async with FakeAmi() as ami:
        ami.answers["ping"] = silence
        async with linked(ami, ping_every_s=0.01, dead_after_s=0.03) as (_, watch):
            await watch.until(lambda: watch.ups == 2)
            assert watch.reasons[0].startswith("no byte from Asterisk for 0.03 s, pings unanswered")


async def test_link_stays_up_while_pings_are_answered() -> None:
    async with FakeAmi() as ami, linked(ami, ping_every_s=0.01, dead_after_s=0.03) as (link, watch):
        for _ in range(10):
            await ami.next_action("Ping")
        assert link.up
        assert not watch.reasons


# -- 8: a wrong secret ------------------------------------------------------------------------------------------


def refuse(ami: FakeAmi, action: FakeAction) -> bytes:
    """As Asterisk does: an error, and then the connection's end."""
    asyncio.get_running_loop().call_soon(lambda: ami._writers[-1].close() if ami._writers else None)
    return error(action, "Authentication failed")


async def test_stock_wrong_secret_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: refuse(ami, action)
        async with stock(ami, reconnect_timeout=0):
            for _ in range(5):
                await ami.next_action("Login")  # again and again, without a pause that grows
            assert not [r for r in caplog.records if "uthenticat" in r.message or "refused" in r.message]


async def test_link_wrong_secret_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: refuse(ami, action)
        async with linked(ami, wait=False, refused_retry_s=0.02) as (link, watch):
            for _ in range(3):
                await ami.next_action("Login")
            with pytest.raises(AmiDown, match=f"refused the login of user '{USERNAME}'"):
                await link.wait_up(0.001)
            assert len(watch.reasons) == 1
            assert "Authentication failed" in watch.reasons[0]
            assert "manager.conf" in watch.reasons[0]
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("refused the login") == 1
    assert SECRET not in printed.out + printed.err


async def test_link_wrong_secret_is_tried_again_slowly() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: refuse(ami, action)
        async with linked(ami, wait=False, refused_retry_s=0.05, retry_s_first=0.001, retry_s_max=0.001) as (_, watch):
            loop = asyncio.get_running_loop()
            await watch.until(lambda: bool(watch.reasons))
            began = loop.time()
            await ami.next_action("Login")
            await ami.next_action("Login")
            assert loop.time() - began >= 0.045
            ami.answers["login"] = log_in
            await watch.until(lambda: watch.ups == 1)


# -- 13: reconnecting after close, and more than one chain of attempts ------------------------------------------


async def test_stock_reconnects_after_close() -> None:
    async with FakeAmi() as ami, stock(ami, reconnect_timeout=0) as s:
        await ami.next_action("Login")
        lost = asyncio.Event()
        s.manager.on_disconnect = lambda manager, exc: lost.set()
        ami.drop()
        await asyncio.wait_for(lost.wait(), 5)
        s.manager.close()
        await ami.next_action("Login")  # it came back all the same


async def test_stock_several_connects_are_several_connections() -> None:
    async with FakeAmi() as ami:
        ami.stop_listening()
        manager = Manager(host="127.0.0.1", port=ami.port, username=USERNAME, secret=SECRET, reconnect_timeout=0)
        failed = [manager.connect() for _ in range(3)]
        await asyncio.wait(failed)
        await ami.listen()
        for _ in range(3):
            await ami.next_action("Login")
        manager.connect = lambda: None
        manager.close()


async def test_link_close_while_waiting_to_reconnect_is_the_end() -> None:
    async with FakeAmi() as ami, linked(ami, retry_s_first=5, retry_s_max=5) as (link, watch):
        ami.drop()
        await watch.until(lambda: not link.up)
        await link.close()
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "ami-link"]
        assert ami.accepted == 1
        assert link.down_reason == "closed by the switch"


async def test_link_close_while_connecting_is_the_end() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = silence
        async with linked(ami, wait=False) as (link, watch):
            await ami.next_action("Login")
            await link.close()
            assert not link.up
            assert not watch.reasons
            assert not [task for task in asyncio.all_tasks() if task.get_name() == "ami-link"]


async def test_link_starts_once() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        with pytest.raises(RuntimeError, match="starts once"):
            await link.start()
        await fence(link)
        assert ami.accepted == 1


async def test_link_retries_in_one_chain() -> None:
    async with FakeAmi() as ami:
        ami.stop_listening()
        watch = Watch()
        link = AmiLink(settings(ami.port), wanted=(), on_event=watch.on_event, on_up=watch.on_up, on_down=watch.on_down)
        await link.start()
        await watch.until(lambda: bool(watch.reasons))
        assert "is Asterisk running" in watch.reasons[0]
        await ami.listen()
        await link.wait_up(5)
        await fence(link)
        assert ami.accepted == 1
        await link.close()
