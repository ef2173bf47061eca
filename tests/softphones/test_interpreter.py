"""Which Python runs the phones, and what is said where none can be had."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.softphones import interpreter
from scripts.softphones.events import PhoneGoneError
from scripts.softphones.farm import PhoneFarm
from tests.acceptance.asterisk_fixture import PHONE_HOST, RunningAsterisk

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="the script fetches with apt")


@pytest.mark.parametrize(
    ("named", "own_has_pjsua2", "expected"),
    [("", True, "own"), ("", False, None), ("named", True, "named"), ("named", False, "named")],
)
def test_the_named_python_goes_first_and_one_is_fetched_only_without_any(
    named: str, own_has_pjsua2: bool, expected: str | None
) -> None:
    assert interpreter.choose(named, "own", own_has_pjsua2) == expected


async def test_a_named_python_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(interpreter.NAMED_BY, str(tmp_path / "nowhere"))
    with pytest.raises(PhoneGoneError, match="is no program: name a Python that has pjsua2"):
        await interpreter.phone_python()


@pytest.fixture(scope="module")
def fetched_python() -> str:
    """That of the user's cache, fetched once."""
    run = subprocess.run([interpreter.INSTALL_SCRIPT], stdout=subprocess.PIPE, text=True, check=True)
    return run.stdout.splitlines()[-1]


def program_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").resolve()


@needs_apt
@pytest.mark.asterisk
async def test_the_fetched_python_runs_phones(
    asterisk: RunningAsterisk, fetched_python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(interpreter.NAMED_BY, fetched_python)
    async with PhoneFarm(f"{asterisk.sip_host}:{asterisk.sip_port}", PHONE_HOST) as farm:
        phone = await farm.softphone("1001", asterisk.password("1001"))
        program = program_of(farm.pids[0])
        call = await phone.dial("*43")
        await call.received_packets(10)
        await phone.unregister()
    assert program.is_relative_to(Path(fetched_python).parent), "the phone runs with a Python of this machine"


# ---- where none can be had ----


def refusal(home: Path, **environment: str) -> str:
    """What the install script says when it fails; its cache is below `home`."""
    run = subprocess.run(
        [interpreter.INSTALL_SCRIPT],
        env=os.environ | {"XDG_CACHE_HOME": str(home / "cache")} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert not list((home / "cache").glob("hotline/phone-python*/"))
    return run.stderr


def programs(folder: Path, *names: str, without: str) -> str:
    """A PATH with no more than these programs; `without` must be none of them."""
    assert without not in names
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


def test_another_machine_is_told_what_to_build(tmp_path: Path) -> None:
    (tmp_path / "uname").write_text("#!/bin/sh\necho aarch64\n")
    (tmp_path / "uname").chmod(0o755)
    said = refusal(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert "no wheel for aarch64" in said
    assert "HOTLINE_PHONE_PYTHON" in said


def test_a_machine_without_apt_is_told_which_python_to_bring(tmp_path: Path) -> None:
    path = programs(
        tmp_path / "bin", "bash", "uname", "dirname", "awk", "sha256sum", "cut", "mkdir", "flock", without="apt-get"
    )
    said = refusal(tmp_path, PATH=path)
    assert "no apt-get" in said
    assert "PYTHON=python3.12 make venv" in said


@needs_apt
def test_a_mirror_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, ASTERISK_MIRROR=f"file://{tmp_path}/nowhere")
    assert f"could not be fetched from file://{tmp_path}/nowhere" in said
    assert "set ASTERISK_MIRROR" in said


@needs_apt
def test_packages_that_nobody_signed_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mirror" / "dists" / "bookworm"
    (folder / "main" / "binary-amd64").mkdir(parents=True)
    (folder / "main" / "binary-amd64" / "Packages").touch()
    (folder / "Release").write_text("Origin: Debian\nSuite: oldstable\nCodename: bookworm\n")
    assert "is not signed" in refusal(tmp_path, ASTERISK_MIRROR=f"file://{tmp_path}/mirror")
