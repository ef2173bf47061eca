"""The token and the address that a running switch leaves for the command line."""

import socket
import stat
from pathlib import Path

import pytest

from acd.listen import CannotListen
from cti.day import Day
from cti.server import make_url, serve_api
from cti.token import Access
from tests.switch_twin import SwitchTwin, make_site


async def test_the_token_is_its_owners_alone_and_new_each_time(tmp_path: Path) -> None:
    tokens = set()
    (tmp_path / "api-token").write_text("left by another")
    (tmp_path / "api-token").chmod(0o644)
    for _ in range(2):
        server = await serve_api(SwitchTwin(), Day(make_site()), tmp_path, port=0)
        for name in ("api-token", "api-url"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name
        tokens.add((tmp_path / "api-token").read_text().strip())
        await server.stop()
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 43
    assert not (tmp_path / "api-token").exists()
    assert not (tmp_path / "api-url").exists()


async def test_an_occupied_port_leaves_the_other_switchs_token_alone(tmp_path: Path) -> None:
    Access("http://127.0.0.1:1", "theirs").publish(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port}.*another program.*api\.port"):
            await serve_api(SwitchTwin(), Day(make_site()), tmp_path, port=port)
    assert (tmp_path / "api-token").read_text() == "theirs\n"


def test_a_switch_that_ends_leaves_its_successors_token(tmp_path: Path) -> None:
    first, second = Access("http://127.0.0.1:1", "first"), Access("http://127.0.0.1:2", "second")
    first.publish(tmp_path)
    second.publish(tmp_path)
    first.withdraw(tmp_path)
    assert (tmp_path / "api-token").read_text() == "second\n"
    second.withdraw(tmp_path)
    second.withdraw(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8086"),
        ("0.0.0.0", "http://127.0.0.1:8086"),
        ("::", "http://[::1]:8086"),
        ("localhost", "http://localhost:8086"),
    ],
)
def test_the_url_is_one_that_this_machine_reaches(host: str, url: str) -> None:
    assert make_url(host, 8086) == url
