"""The `hotline` command itself: its help, its options, and words it does not know."""

import subprocess
import sys

import pytest

from acd.cli.main import COMMANDS, main
from tests.cli.conftest import ENVIRONMENT, ROOT, Hotline
from tests.switch_twin import SwitchTwin


async def test_help_lists_every_command_in_both_languages(hotline: Hotline) -> None:
    for language in ("zh", "en"):
        ran = await hotline("--help", language=language)
        assert ran.code == 0
        for entry in COMMANDS:
            assert entry.name in ran.out
            assert (entry.zh if language == "zh" else entry.en)[:20] in ran.out


def test_help_is_quick_since_it_imports_no_command() -> None:
    heavy = ("pydantic", "aiohttp", "sqlalchemy", "rich", "structlog")
    code = (
        "import sys; from acd.cli.main import main; main(['--help']); "
        f"print(chr(10) + ','.join(m for m in {heavy!r} if m in sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True, timeout=30
    )
    assert ran.stdout.splitlines()[-1] == ""


async def test_an_unknown_command_lists_the_known(hotline: Hotline) -> None:
    ran = await hotline("dance")
    assert ran.code == 2
    assert "'agent'" in ran.err


async def test_no_command_shows_the_help(hotline: Hotline) -> None:
    ran = await hotline()
    assert ran.code == 2
    assert "COMMAND" in ran.out


async def test_the_version(hotline: Hotline) -> None:
    ran = await hotline("--version")
    assert ran.code == 0
    assert ran.out.startswith("hotline 0.")


async def test_common_options_may_stand_before_or_behind_the_command(hotline: Hotline) -> None:
    ran = await hotline("status", "--language", "zh")
    assert "hotline serve" in ran.err
    assert "请用" in ran.err
    ran = await hotline("status", "--state", "/nonexistent/here")
    assert "/nonexistent/here" in ran.err
    ran = await hotline("calls", language="xx")
    assert ran.code == 2


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_explains_itself(entry: object, capsys: pytest.CaptureFixture[str]) -> None:
    name = entry.name  # type: ignore[attr-defined]
    code = main(["--language", "en", name, "--help"])
    told = capsys.readouterr()
    if "not part of this installation" in told.err:
        pytest.fail(f"{name} is listed but its module is missing")
    assert code == 0
    assert f"usage: hotline {name}" in told.out


def test_a_reader_that_has_enough_is_no_error() -> None:
    ran = subprocess.run(
        f"{sys.executable} -m acd.cli.main --help | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True,
        timeout=30,
    )  # fmt: skip
    assert ran.stdout.splitlines()[-1] == "0"
    assert ran.stderr == ""


async def test_a_terminal_without_chinese_is_no_crash(
    hotline: Hotline, switch: SwitchTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "PYTHONIOENCODING", "ascii")
    ran = await hotline("agents")
    assert (ran.code, ran.err) == (0, "")
    assert "??" in ran.out
