"""A switch with a wrong AMI secret says so, serves nobody, and does not hammer Asterisk."""

from pathlib import Path

import pytest

from acd.core.site import Site
from acd.pbx.asterisk.errors import AmiDown
from acd.pbx.asterisk.settings import AmiSettings
from acd.switch import Switch
from config.loader import Address, Runtime
from tests.acceptance.asterisk_fixture import RunningAsterisk

pytestmark = pytest.mark.asterisk


async def test_a_wrong_ami_secret_is_said_with_a_remedy(asterisk: RunningAsterisk, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hotline.db"
    around = Runtime(tmp_path, url, Address("127.0.0.1", 0), Address("127.0.0.1", 0), "Asia/Shanghai", ("zh",))
    ami = AmiSettings(username=asterisk.ami.live.name, secret="not-the-secret", port=asterisk.ami.port)
    async with Switch(Site(), around, ami) as switch:
        with pytest.raises(AmiDown):
            await switch.pbx.link.wait_up(3.0)
        health = switch.health()
        assert not health.ready
        assert "secret" in health.pbx_reason
        assert "not-the-secret" not in health.pbx_reason
        assert switch.pbx.link.connects == 1
