"""A trunk by registration, with a second Asterisk for the carrier: we register there, and its calls come in here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.asterisk.settings import Registration, Transports, Trunk
from tests.acceptance.ami_desk import Desk, desk
from tests.acceptance.asterisk_fixture import RunningAsterisk, free_port, running_asterisk

pytestmark = pytest.mark.asterisk

CARRIER_HOST = "127.0.0.5"
ENTRY_NUMBERS = ("95588", "10086")
TRUSTING, DOUBTING, REFUSED = "1001", "1002", "1003"  # the accounts the carrier gave, agents to that Asterisk


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    listening = Transports(bind=CARRIER_HOST, udp=free_port(socket.SOCK_DGRAM, CARRIER_HOST))
    with running_asterisk(tmp_path_factory.mktemp("carrier"), transports=listening) as running:
        yield running


def trunk(carrier: RunningAsterisk, account: str, *, trusted: bool = False, password: str = "") -> Trunk:
    registration = Registration(
        server_uri=f"sip:{carrier.sip_host}:{carrier.sip_port}",
        user=account,
        password=password or carrier.password(account),
    )
    return Trunk(name="carrier", registration=registration, trust_caller_id=trusted)


async def reachable(carrier: RunningAsterisk, account: str) -> None:
    """The carrier has our contact and has asked whether we are there."""
    await carrier.shows("pjsip show contacts", rf"{account}/sip:\S+ +\S+ +Avail")


async def deliver(carrier: RunningAsterisk, account: str, caller: str, asserted: str) -> None:
    """The carrier calls the account's contact for `caller`, and asserts that the caller is `asserted`."""
    async with desk(carrier) as office:
        identity = f"PJSIP_HEADER(add,P-Asserted-Identity)=<sip:{asserted}@carrier.example>"
        ordered = await office.ask(
            "Originate", Channel=f"PJSIP/{account}", Application="Wait", Data="20", CallerID=caller, Async="true",
            Variable=identity,
        )  # fmt: skip
        assert ordered.ok, ordered.headers


async def arrival(ours: Desk) -> tuple[str, str, str]:
    """(endpoint, number dialled, caller's number) of the call that comes to the IVR."""
    start = await ours.until(lambda message: message.name == "AsyncAGIStart")
    channel = start["Channel"]
    return channel.rsplit("-", 1)[0], await ours.get(channel, "ACD_DIALLED"), start["CallerIDNum"]


@pytest.mark.parametrize(
    ("account", "trusted", "shown"), [(TRUSTING, True, "13912341234"), (DOUBTING, False, "02088886666")]
)
def test_calls_come_in_where_we_registered(
    tmp_path: Path, carrier: RunningAsterisk, account: str, trusted: bool, shown: str
) -> None:
    """The carrier calls the contact we gave, not a number: such a call is for the first of the entry numbers."""
    trunks = (trunk(carrier, account, trusted=trusted),)

    async def scenario(pbx: RunningAsterisk) -> None:
        await pbx.shows("pjsip show registrations", r"trunk-carrier\S* +\S+ +Registered")
        await reachable(carrier, account)
        async with desk(pbx) as ours:
            async with ours.heartbeat():
                await deliver(carrier, account, caller="02088886666", asserted="13912341234")
                assert await arrival(ours) == ("PJSIP/trunk-carrier", ENTRY_NUMBERS[0], shown)
            await ours.clear()

    with running_asterisk(tmp_path, trunks=trunks, entry_numbers=ENTRY_NUMBERS) as pbx:
        asyncio.run(scenario(pbx))


def test_a_wrong_password_is_seen_and_tried_again(tmp_path: Path, carrier: RunningAsterisk) -> None:
    trunks = (trunk(carrier, REFUSED, password="not-the-password"),)

    async def scenario(pbx: RunningAsterisk) -> None:
        await pbx.shows("pjsip show registrations", r"trunk-carrier\S* +\S+ +Rejected")

    with running_asterisk(tmp_path, trunks=trunks) as pbx:
        asyncio.run(scenario(pbx))
        log = (pbx.home / "log" / "messages").read_text(encoding="utf-8")
    said = [line for line in log.splitlines() if f"sip:{REFUSED}@{CARRIER_HOST}" in line]
    assert any("401" in line and "retrying" in line for line in said), log
    assert "not-the-password" not in log
