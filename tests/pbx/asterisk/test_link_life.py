"""Coming up, staying up, and the end (faults 6, 7, 8 and 13, and more).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import ssl
import subprocess
from pathlib import Path

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
    event,
    log_in,
    success,
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


async def test_link_that_was_held_up_begins_anew() -> None:
    """What comes after the silence was sent nobody knows when."""
    async with FakeAmi() as ami:
        ami.answers["ping"] = silence
        async with linked(ami, ping_every_s=0.01, late_after_s=0.02, dead_after_s=60) as (link, watch):
            for _ in range(4):
                await ami.next_action("Ping")
            ami.send(event("Hangup"))
            await watch.until(lambda: watch.ups == 2)
            assert re.match(r"nothing came for [\d.]+ s, and what comes now is late", watch.reasons[0])
            assert watch.events == []
            assert link.silent_s >= 0.03


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
    async with FakeAmi() as ami, linked(ami, retry_s_first=60, retry_s_max=60) as (link, watch):
        ami.drop()
        await watch.until(lambda: not link.up)
        async with asyncio.timeout(5):
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


async def test_link_retries_in_one_chain(capsys: pytest.CaptureFixture[str]) -> None:
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
    assert "reconnect" not in capsys.readouterr().out  # panoramisk's own chain has not begun


# -- coming up ----------------------------------------------------------------------------------------------------


async def test_link_is_up_when_asterisk_is_booted() -> None:
    """The AMI answers before Asterisk's modules are loaded; what is read then would be wrong."""
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: success(action, "Authentication accepted")
        async with linked(ami, wait=False) as (link, watch):
            await ami.next_action("Login")
            ami.send(event("Newchannel"))
            connection = link._connection
            assert connection is not None
            assert (await connection.request({"Action": "CoreStatus"}, 5)).ok
            assert not link.up
            ami.send(event("FullyBooted") + event("Hangup"))
            await watch.until(lambda: watch.ups == 1)
            await fence(link)
            assert watch.names() == []  # what happened before `on_up` is for the owner to read from the PBX


async def test_link_is_up_all_the_same_if_booted_is_never_told() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: success(action, "Authentication accepted")
        async with linked(ami, boot_wait_s=0.01) as (link, watch):
            ami.send(event("FullyBooted"))
            await fence(link)
            assert watch.names() == ["FullyBooted"]


async def test_link_sets_filters_after_each_login() -> None:
    async with FakeAmi() as ami, linked(ami, filters=("Event: Hangup", "Event: Newchannel")) as (_, watch):
        ami.drop()
        await watch.until(lambda: watch.ups == 2)
        sent = [(action.name, dict(action.headers).get("Filter")) for action in ami.actions]
        once = [("Login", None), ("Filter", "Event: Hangup"), ("Filter", "Event: Newchannel")]
        assert sent == once + once


async def test_link_goes_on_without_a_filter_it_may_not_set(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeAmi() as ami:
        ami.answers["filter"] = lambda action: error(action, "Permission denied")
        async with linked(ami, filters=("Event: Hangup",)):
            assert "write=system" in capsys.readouterr().out


async def test_link_tells_a_port_that_is_not_asterisk() -> None:
    async with FakeAmi() as ami:
        ami.banner = b"SSH-2.0-OpenSSH_9.2\r\n"
        async with linked(ami, wait=False) as (_, watch):
            await watch.until(lambda: bool(watch.reasons))
            assert "isn't an Asterisk Manager Interface" in watch.reasons[0]


async def test_link_tells_a_peer_that_hangs_up_at_once() -> None:
    async with FakeAmi() as ami:
        ami.answers["login"] = lambda action: ami.drop() or b""  # type: ignore[func-returns-value]
        async with linked(ami, wait=False) as (_, watch):
            await watch.until(lambda: bool(watch.reasons))
            assert "permit and deny" in watch.reasons[0]
            await ami.next_action("Login")
            await ami.next_action("Login")
            assert len(watch.reasons) == 1


async def test_link_tells_a_shutdown() -> None:
    async with FakeAmi() as ami, linked(ami) as (_, watch):
        ami.send(event("Shutdown", {"Shutdown": "Cleanly", "Restart": "True"}))
        await ami.send_all(b"")
        ami._writers[-1].close()
        await watch.until(lambda: bool(watch.reasons))
        assert watch.reasons[0].startswith("Asterisk shut down")


async def test_link_callbacks_that_raise_change_nothing() -> None:
    def fail(*anything: object) -> None:
        raise RuntimeError("callback")

    async with FakeAmi() as ami:
        link = AmiLink(
            settings(ami.port), wanted=(), on_event=fail, on_up=fail, on_down=fail, observe=fail, chance=lambda: 0.5
        )
        await link.start()
        await link.wait_up(5)
        await fence(link)
        ami.drop()
        for _ in range(2):
            await ami.next_action("Login")
        await link.wait_up(5)
        await fence(link)
        await link.close()


async def test_link_tells_nothing_once_it_closes() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["logoff"] = lambda action: event("Hangup") + success(action)
        await link.close()
        assert (watch.events, watch.reasons) == ([], [])


async def test_link_close_says_good_bye_and_fails_what_waits() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["originate"] = silence
        waiting = link.request({"Action": "Originate"})
        await link.close()
        assert isinstance(waiting.exception(), AmiDown)
        assert ami.actions[-1].name == "Logoff"
        assert not watch.reasons
        with pytest.raises(AmiDown, match="closed by the switch"):
            await link.request({"Action": "Ping"})
        await link.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A fresh self-signed certificate of 127.0.0.1, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command = [
        openssl,
        "req",
        "-x509",
        *curve,
        "-nodes",
        "-days",
        "2",
        *subject,
        "-keyout",
        str(key),
        "-out",
        str(made),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


async def test_link_connects_by_tls(certificate: tuple[Path, Path]) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*certificate)
    async with FakeAmi(tls=server) as ami:
        async with linked(ami, ssl=ssl.create_default_context(cafile=certificate[0])) as (link, watch):
            await ami.send_all(event("Hangup") * 20_000)  # many slices, decrypted
            await watch.until(lambda: len(watch.events) == 20_000)
            await fence(link)
        async with linked(ami, wait=False, ssl=ssl.create_default_context()) as (_, watch):
            await watch.until(lambda: bool(watch.reasons))
            assert watch.reasons[0].startswith(f"TLS with 127.0.0.1:{ami.port} failed")
