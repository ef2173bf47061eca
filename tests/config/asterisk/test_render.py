"""Settings -> files: what stands in them, who may read them, and when they count as changed."""

import dataclasses
import re
import stat
from pathlib import Path

import pytest

from config.asterisk.modules import NEEDED, chosen
from config.asterisk.program import PbxUnusableError, locate
from config.asterisk.reload import reloads, restarts
from config.asterisk.render import render, write
from config.asterisk.settings import (
    AgentEndpoint,
    Ami,
    AmiUser,
    FallbackQueue,
    MusicClass,
    Registration,
    Tls,
    Transports,
    Trunk,
)
from tests.config.asterisk.example import PROGRAM, settings


def section(text: str, name: str, kind: str = "") -> dict[str, str]:
    """The settings of a section (of pjsip's type `kind`, as a line or by its template)."""
    for header, body in re.findall(r"^\[([^\]]+)\][^\n]*\n((?:[^\[\n][^\n]*\n)*)", text, flags=re.MULTILINE):
        pairs = dict(re.findall(r"^([^;=]+?) *= *(.*)$", body, flags=re.MULTILINE))
        if header == name and (not kind or pairs.get("type") == kind):
            return pairs
    raise AssertionError(f"no [{name}] {kind}")


def test_the_same_settings_give_the_same_files() -> None:
    assert render(settings()) == render(settings())
    assert {"extensions.conf", "pjsip.conf", "manager.conf", "asterisk.conf", "modules.conf"} <= set(render(settings()))


def test_every_room_begins_by_clearing_the_guard_and_has_a_way_out() -> None:
    dialplan = render(settings())["extensions.conf"]
    contexts = dict(re.findall(r"^\[([a-z-]+)\]\n(.*?)(?=^\[|\Z)", dialplan, flags=re.MULTILINE | re.DOTALL))
    for room in ("waiting-room", "ring", "after-call", "closing", "fallback", "confirm"):
        lines = [line for line in contexts[room].splitlines() if line and not line.startswith(";")]
        assert "TIMEOUT(absolute)=0" in lines[2], room
        assert any(line.startswith("exten => i,1,") for line in lines), room
    assert "[globals]" not in [line.strip() for line in dialplan.splitlines()]


def test_only_entry_numbers_are_calls_and_agents_may_dial_them_only_if_told() -> None:
    dialplan = render(settings(entry_numbers=("10086",)))["extensions.conf"]
    assert "exten => 10086,1,MSet(TIMEOUT(absolute)=0," in dialplan
    assert "Goto(entry,${EXTEN},1)" not in dialplan
    assert "exten => 10086,1,Goto(entry,${EXTEN},1)" in render(settings(agents_may_dial_entry=True))["extensions.conf"]


def test_a_phone_with_a_contact_does_not_register() -> None:
    agents = (
        AgentEndpoint(agent_id="1001", sip_password="p" * 16),
        AgentEndpoint(agent_id="1002", sip_password="q" * 16, contact="sip:1002@10.0.0.2:5060", qualify=False),
        AgentEndpoint(agent_id="1003", sip_password="r" * 16, webrtc=True),
    )
    text = render(settings(agents=agents, transports=Transports(ws=8088)))["pjsip.conf"]
    aors = re.findall(r"^\[(\d+)\]\(where\)\n((?:[^\[\n][^\n]*\n)+)", text, flags=re.MULTILINE)
    assert [name for name, body in aors if "max_contacts = 1" in body] == ["1001", "1003"]
    assert "contact = sip:1002@10.0.0.2:5060" in dict(aors)["1002"]
    assert "qualify_frequency = 0" in dict(aors)["1002"]
    assert section(text, "1001", "auth")["password"] == "p" * 16
    assert section(text, "1003")["webrtc"] == "yes"


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("sip:carrier.example:5060", "carrier.example"),
        ("sip:carrier.example", "carrier.example"),
        ("sips:198.51.100.1:5061", "198.51.100.1"),
        ("sip:user@carrier.example:5060", "carrier.example"),
        ("sip:user@carrier.example", "carrier.example"),
    ],
)
def test_a_trunk_registered_at_is_known_by_its_server(uri: str, host: str) -> None:
    trunk = Trunk(name="office", registration=Registration(server_uri=uri, user="027", password="w" * 12))
    text = render(settings(trunks=(trunk,)))["pjsip.conf"]
    assert section(text, "trunk-office", "identify")["match"] == host
    assert section(text, "trunk-office", "registration")["client_uri"] == f"sip:027@{host}"
    assert section(text, "trunk-office", "auth")["password"] == "w" * 12


def test_phones_come_first_only_beside_a_trunk_of_this_machine() -> None:
    order = "endpoint_identifier_order"
    assert section(render(settings())["pjsip.conf"], "global")[order] == "auth_username,ip,username,anonymous"
    beside = settings(trunks=(Trunk(name="loopback", addresses=("127.0.0.1",)),))
    assert section(render(beside)["pjsip.conf"], "global")[order] == "auth_username,username,ip,anonymous"


def test_the_switch_has_no_system_rights() -> None:
    text = render(settings())["manager.conf"]
    assert section(text, "switch")["write"] == "call,originate,agi,user,agent,reporting"
    assert "system" not in section(text, "switch")["write"]
    assert section(text, "admin")["read"] == ""
    assert "eventfilter(action(include),name(UserEvent)) =" in text


def test_an_older_asterisk_gets_its_own_event_filter() -> None:
    older = dataclasses.replace(PROGRAM, version=(20, 6, 0))
    assert "eventfilter = ^Event: UserEvent[^A-Za-z]" in render(settings(program=older))["manager.conf"]


def test_ami_over_tls_has_its_own_port() -> None:
    ami = Ami(
        bind="10.0.0.1",
        port=5039,
        tls=True,
        live=AmiUser(name="switch", secret="s" * 16),
        admin=AmiUser(name="admin", secret="a" * 16),
    )
    tls = Tls(certificate=Path("/srv/cert.pem"), private_key=Path("/srv/key.pem"))
    general = section(render(settings(ami=ami, tls=tls))["manager.conf"], "general")
    assert (general["tlsbindaddr"], general["bindaddr"]) == ("10.0.0.1:5039", "127.0.0.1")


def test_modules_that_are_missing_are_named() -> None:
    without = dataclasses.replace(PROGRAM, modules=frozenset(NEEDED) - {"app_queue", "chan_pjsip"})
    with pytest.raises(PbxUnusableError, match="lacks chan_pjsip, app_queue"):
        chosen(settings(program=without))


def test_files_are_private_and_only_what_changed_is_written(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    made = settings(home=tmp_path / "pbx", music=(MusicClass(name="default", directory=music),))
    with pytest.raises(PbxUnusableError, match="no sound file"):
        write(made)
    (music / "calm.ulaw").write_bytes(b"\xff" * 80)
    assert set(write(made)) == set(render(made))
    assert write(made) == ()
    files = list((tmp_path / "pbx" / "etc").iterdir())
    assert {file.name for file in files} == set(render(made))
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "pbx" / "etc").stat().st_mode) == 0o700

    more = made.model_copy(update={"queues": (*made.queues, FallbackQueue(queue_id="billing"))})
    changed = write(more)
    assert set(changed) == {"queues.conf", "extensions.conf"}
    assert reloads(changed) == ("pbx_config.so", "app_queue.so")
    assert restarts(("asterisk.conf", *changed)) == ("asterisk.conf",)


def test_a_program_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PbxUnusableError, match="does not start"):
        locate(tmp_path / "asterisk")
    program = tmp_path / "asterisk"
    for said, words in (("Asterisk 18.10.0", "Asterisk 18, 20 or later"), ("no idea", "said 'no idea'")):
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o755)
        with pytest.raises(PbxUnusableError, match=words):
            locate(program)
