"""What may stand in the settings: nothing that would become another setting, extension or section."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.asterisk.settings import AgentEndpoint, Ami, AmiUser, FallbackQueue, PbxSettings, Rtp, Transports, Trunk
from tests.config.asterisk.example import settings

SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    "agent_id", ["", "10;01", "10*01", "10&01", "1001\nsecret=x", "10 01", "10/01", "${X}", "[x]", "工号", "1" * 21]
)
def test_an_agent_id_is_letters_and_digits(agent_id: str) -> None:
    with pytest.raises(ValidationError):
        AgentEndpoint(agent_id=agent_id, sip_password=SECRET)


@pytest.mark.parametrize("password", ["short", "with;comment", "with space in it", "line\nbreak", "${EVAL(x)}xx"])
def test_a_password_is_one_word(password: str) -> None:
    with pytest.raises(ValidationError) as raised:
        AgentEndpoint(agent_id="1001", sip_password=password)
    assert password not in str(raised.value)


@pytest.mark.parametrize("contact", ["sip:1@h;x=1", "sip:1@h\nallow=all", "sip:1@h ", "sip:[x]@h"])
def test_a_contact_holds_no_comment_and_no_second_setting(contact: str) -> None:
    with pytest.raises(ValidationError):
        AgentEndpoint(agent_id="1001", sip_password=SECRET, contact=contact)


def test_secrets_are_not_shown() -> None:
    agent = AgentEndpoint(agent_id="1001", sip_password=SECRET)
    ami = Ami(live=AmiUser(name="a", secret=SECRET), admin=AmiUser(name="b", secret=SECRET))
    assert SECRET not in f"{agent!r} {agent} {ami!r} {ami}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agents": (AgentEndpoint(agent_id="1", sip_password=SECRET),) * 2}, "agent given twice: 1"),
        ({"queues": (FallbackQueue(queue_id="billing"),)}, "named 'default'"),
        ({"queues": (FallbackQueue(queue_id="default", music="jazz"),)}, "music jazz is not defined"),
        ({"music": ()}, "music"),
        ({"entry_numbers": ()}, "at least one"),
        ({"transports": Transports(tls=5061)}, "tls: a certificate"),
        ({"trunks": (Trunk(name="t", addresses=("10.0.0.1",), transport="tcp"),)}, "the tcp transport is off"),
        ({"home": Path("relative")}, "absolute path"),
        ({"home": Path("/a;b")}, "absolute path"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**changes)


def test_a_trunk_is_known_somehow_and_a_call_has_ports() -> None:
    with pytest.raises(ValidationError, match="give its addresses"):
        Trunk(name="carrier")
    with pytest.raises(ValidationError, match="two ports a leg"):
        Rtp(port_min=10000, port_max=10001)


@pytest.mark.parametrize(
    ("address", "shares"),
    [("127.0.0.1", True), ("127.0.0.0/8", True), ("localhost", True), ("127.0.0.2", False), ("sip.example", False)],
)
def test_a_trunk_on_this_machine_is_noticed(address: str, shares: bool) -> None:
    assert settings(trunks=(Trunk(name="t", addresses=(address,)),)).trunk_shares_loopback is shares


def test_what_is_listened_at() -> None:
    made: PbxSettings = settings(transports=Transports(bind="127.0.0.1", udp=5070, tcp=5071, ws=8088))
    assert made.listens == (
        ("ami.port", "tcp", "127.0.0.1", 5038),
        ("sip.udp_port", "udp", "127.0.0.1", 5070),
        ("sip.tcp_port", "tcp", "127.0.0.1", 5071),
        ("sip.ws_port", "tcp", "127.0.0.1", 8088),
    )
