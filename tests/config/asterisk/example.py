"""Settings for tests that need no Asterisk."""

from pathlib import Path
from typing import Any

from config.asterisk.modules import NEEDED
from config.asterisk.program import Program
from config.asterisk.settings import AgentEndpoint, Ami, AmiUser, MusicClass, PbxSettings, Trunk

PROGRAM = Program(
    launcher=Path("/usr/sbin/asterisk"),
    version=(22, 10, 1),
    modules_dir=Path("/usr/lib/asterisk/modules"),
    modules=frozenset({*NEEDED, "res_pjsip_transport_websocket", "res_pjsip_outbound_registration", "codec_opus"}),
    documentation=None,
)


def settings(**changes: Any) -> PbxSettings:
    values: dict[str, Any] = {
        "home": Path("/srv/pbx"),
        "program": PROGRAM,
        "ami": Ami(live=AmiUser(name="switch", secret="s" * 16), admin=AmiUser(name="admin", secret="a" * 16)),
        "agents": (AgentEndpoint(agent_id="1001", sip_password="p" * 16),),
        "trunks": (Trunk(name="carrier", addresses=("198.51.100.10",)),),
        "music": (MusicClass(name="default", directory=Path("/srv/music")),),
        "sounds": Path("/srv/sounds"),
    }
    return PbxSettings(**{**values, **changes})
