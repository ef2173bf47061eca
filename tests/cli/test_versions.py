"""`hotline versions` and `hotline rollback`, on a folder as a switch leaves it and without one that runs."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from acd.cli.main import main
from config.versions import Version, Versions
from tests.config.folder import Folder

MORNING = 1_795_478_400.0  # 2026-11-24 08:00 in Shanghai


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("COLUMNS", "120")
    return Folder(tmp_path)


def apply(folder: Folder, hours: int = 0) -> Version:
    """What the switch does with files that were saved."""
    versions = Versions(folder.state)
    return versions.keep(versions.stage(folder.load().sources, folder.path, MORNING + 3600 * hours))


@pytest.fixture
def three(folder: Folder) -> Folder:
    """Three versions; the second gives faults more priority, the third takes an agent away."""
    apply(folder)
    folder.replace("routing.yaml", "priority: 2", "priority: 5")
    apply(folder, hours=1)
    line = next(line for line in folder.text("routing.yaml").splitlines(keepends=True) if "1004:" in line)
    folder.replace("routing.yaml", line, "")
    apply(folder, hours=2)
    return folder


Hotline = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hotline(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Hotline:
    def run(*words: str, language: str = "en") -> tuple[int, str, str]:
        options = ["--config", str(folder.path), "--state", str(folder.state), "--language", language]
        code = main([*options, *words])
        return code, *capsys.readouterr()

    return run


def test_the_list_has_the_newest_first_in_the_sites_time(three: Folder, hotline: Hotline) -> None:
    code, said, _ = hotline("versions")

    rows = [line.split() for line in said.splitlines() if line.strip() and line.split()[0].isdigit()]
    assert code == 0
    assert [row[:3] for row in rows] == [
        ["3", "2026-11-24", "10:00:00"], ["2", "2026-11-24", "09:00:00"], ["1", "2026-11-24", "08:00:00"],
    ]  # fmt: skip
    assert "agents: 1 removed (1004)" in said
    assert "queues: 1 changed (faults)" in said


def test_the_list_in_chinese(three: Folder, hotline: Hotline) -> None:
    _, said, _ = hotline("versions", language="zh")

    for words in ("版本", "修改人", "话务员：删除 1（1004）", "队列：修改 1（faults）", "第一个版本"):
        assert words in said


def test_the_list_as_json(three: Folder, hotline: Hotline) -> None:
    newest = json.loads(hotline("versions", "--json")[1])[0]

    assert (newest["number"], newest["before"], newest["applied_at"]) == (3, 2, "2026-11-24T02:00:00.000+00:00")
    assert newest["changes"][0]["removed"] == {"count": 1, "names": ["1004"]}


def test_before_the_first_version(hotline: Hotline) -> None:
    code, said, _ = hotline("versions")

    assert (code, "no version is kept" in said) == (0, True)
    assert hotline("versions", "show", "1")[0] == 1
    assert hotline("rollback", "1")[0] == 1


def test_a_damaged_version_is_named_beside_the_others(three: Folder, hotline: Hotline) -> None:
    Versions(three.state).path(2, "version.json").write_text("?", encoding="utf-8")

    code, said, complaint = hotline("versions")

    assert code == 0
    assert "agents: 1 removed" in said
    assert "000002" in complaint


def test_show_prints_the_difference_to_the_version_before(three: Folder, hotline: Hotline) -> None:
    code, said, _ = hotline("versions", "show", "2")

    lines = said.splitlines()
    assert code == 0
    assert lines[0].startswith("version 2, 2026-11-24 09:00:00 Asia/Shanghai, by ")
    assert [line for line in lines if line.startswith(("---", "+++"))] == ["--- 1/routing.yaml", "+++ 2/routing.yaml"]
    assert [line for line in lines if line[:1] in ("+", "-") and line[:3] not in ("---", "+++")] == [
        "-    priority: 2", "+    priority: 5",
    ]  # fmt: skip


def test_show_of_the_first_and_of_one_whose_forerunner_is_gone(three: Folder, hotline: Hotline) -> None:
    code, said, _ = hotline("versions", "show", "1")
    assert (code, "the first" in said, "---" in said) == (0, True, False)
    for path in Versions(three.state).path(1).iterdir():
        path.unlink()
    Versions(three.state).path(1).rmdir()

    code, said, _ = hotline("versions", "show", "2")
    assert (code, "version 1 is not kept any more" in said) == (0, True)


def test_rollback_writes_the_files_back_and_the_next_version_says_so(three: Folder, hotline: Hotline) -> None:
    path = three.path / "routing.yaml"
    path.chmod(0o664)

    code, said, _ = hotline("rollback", "1")

    assert code == 0
    assert "version 1 is back" in said
    assert path.read_bytes() == Versions(three.state).path(1, "routing.yaml").read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert sorted(file.name for file in three.path.iterdir()) == ["ivr.yaml", "routing.yaml", "site.yaml"]
    kept = apply(three, hours=3)
    assert (kept.number, kept.restored) == (4, 1)
    assert "back to 1: queues: 1 changed (faults); agents: 1 added (1004)" in hotline("versions")[1]


def test_rollback_to_what_is_there_changes_nothing(three: Folder, hotline: Hotline) -> None:
    before = (three.path / "routing.yaml").stat()

    code, said, _ = hotline("rollback", "3")

    assert (code, "already holds the files of version 3" in said) == (0, True)
    assert (three.path / "routing.yaml").stat() == before


def test_changes_that_were_never_applied_are_not_lost_unasked(three: Folder, hotline: Hotline) -> None:
    three.replace("routing.yaml", "priority: 5", "priority: soon")
    edited = three.text("routing.yaml")

    code, _, complaint = hotline("rollback", "1")

    assert code == 1
    assert "routing.yaml has changes that were never applied" in complaint
    assert "--force" in complaint
    assert three.text("routing.yaml") == edited

    assert hotline("rollback", "1", "--force")[0] == 0
    assert "priority: 2" in three.text("routing.yaml")


def test_a_file_that_is_missing_is_put_back_unasked(three: Folder, hotline: Hotline) -> None:
    (three.path / "ivr.yaml").unlink()

    assert hotline("rollback", "3")[0] == 0
    assert three.problems() == ()


def test_a_version_that_would_be_refused_now_is_not_put_back(three: Folder, hotline: Hotline) -> None:
    """Such as one whose music has been removed since."""
    music = three.path.parent / "music"
    music.mkdir()
    (music / "a.wav").touch()
    three.replace("site.yaml", "music:\n  default:", f"music:\n  default: {music}")
    apply(three, hours=3)
    three.replace("site.yaml", f"default: {music}", "default:")
    apply(three, hours=4)
    (music / "a.wav").unlink()
    before = three.text("site.yaml")

    code, _, complaint = hotline("rollback", "4")

    assert code == 1
    assert "000004/site.yaml:" in complaint
    assert "no sound file" in complaint
    assert three.text("site.yaml") == before


def test_a_link_to_the_file_stays_a_link(three: Folder, hotline: Hotline) -> None:
    elsewhere = three.path.parent / "elsewhere.yaml"
    (three.path / "routing.yaml").rename(elsewhere)
    (three.path / "routing.yaml").symlink_to(elsewhere)

    assert hotline("rollback", "1")[0] == 0

    assert (three.path / "routing.yaml").readlink() == elsewhere
    assert "priority: 2" in elsewhere.read_text(encoding="utf-8")


def test_rollback_in_chinese(three: Folder, hotline: Hotline) -> None:
    three.replace("routing.yaml", "priority: 5", "priority: 6")
    assert "尚未生效的改动" in hotline("rollback", "1", language="zh")[2]
    assert "已将版本 1 恢复到" in hotline("rollback", "1", "--force", language="zh")[1]


def test_a_state_folder_that_cannot_be_read_is_no_crash(folder: Folder, hotline: Hotline) -> None:
    folder.state.write_text("not a folder", encoding="utf-8")

    for words in (["versions"], ["versions", "show", "1"], ["rollback", "1"]):
        code, _, complaint = hotline(*words)
        assert (code, complaint.startswith("hotline: ")) == (1, True)
