"""Versions of the configuration: kept whole, in order, with who, when and what; and what changed, in words."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from config.changes import NAMES_MAX, Change, Some, find_changes, in_words
from config.document import parse_document
from config.durable import Replacement
from config.loader import SCHEMAS
from config.problems import ConfigurationError
from config.versions import FACTS, Version, VersionError, Versions
from tests.config.folder import Folder

ME = pwd.getpwuid(os.getuid()).pw_name
NOON = 1_795_492_800.0


@pytest.fixture
def versions(folder: Folder) -> Versions:
    return Versions(folder.state)


def keep(versions: Versions, folder: Folder, now: float = NOON) -> Version:
    return versions.keep(versions.stage(folder.load().sources, folder.path, now))


def test_the_first_version_is_kept_whole_and_for_its_owner_only(versions: Versions, folder: Folder) -> None:
    kept = keep(versions, folder)

    assert (kept.number, kept.author, kept.user, kept.before, kept.applied_at) == (1, ME, None, None, NOON)
    assert versions.newest() == kept
    assert versions.files(kept) == {name: (folder.path / name).read_bytes() for name in SCHEMAS}
    assert stat.S_IMODE(versions.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(versions.path(1).stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in versions.path(1).iterdir()} == {0o600}


def test_a_saved_change_is_the_next_version_and_says_what_changed(versions: Versions, folder: Folder) -> None:
    keep(versions, folder)
    folder.replace("routing.yaml", "priority: 2", "priority: 3")
    folder.replace("ivr.yaml", "tries: 2", "tries: 3")

    kept = keep(versions, folder, NOON + 1)

    assert (kept.number, kept.before) == (2, 1)
    assert kept.changes == (
        Change("queues", changed=Some(1, ("faults",))),
        Change("trees", changed=Some(1, ("hotline",))),
    )
    assert versions.version(2) == kept
    assert versions.numbers() == [2, 1]


def test_the_same_files_are_the_same_version(versions: Versions, folder: Folder) -> None:
    keep(versions, folder)
    (folder.path / "routing.yaml").touch()

    assert keep(versions, folder, NOON + 1).applied_at == NOON
    assert versions.numbers() == [1]


def test_a_comment_is_a_version_that_changes_nothing(versions: Versions, folder: Folder) -> None:
    keep(versions, folder)
    (folder.path / "routing.yaml").write_text("# better\n" + folder.text("routing.yaml"), encoding="utf-8")

    kept = keep(versions, folder)

    assert (kept.number, kept.changes) == (2, ())
    assert in_words(kept.changes, "en") == "only comments or spacing"


def test_what_is_refused_never_becomes_a_version(versions: Versions, folder: Folder) -> None:
    keep(versions, folder)
    folder.replace("ivr.yaml", "then: main", "then: mian")

    with pytest.raises(ConfigurationError):
        folder.load()
    assert versions.numbers() == [1]


def test_what_is_staged_is_no_version_until_it_is_kept(versions: Versions, folder: Folder) -> None:
    """A switch that dies between the two leaves nothing that counts, and the next one clears it away."""
    staged = versions.stage(folder.load().sources, folder.path, NOON)
    assert staged.folder is not None
    assert (staged.folder / FACTS).exists()
    assert versions.numbers() == []
    assert versions.newest() is None

    keep(Versions(folder.state), folder)

    assert not staged.folder.exists()
    assert [path.name for path in versions.folder.iterdir()] == ["000001"]


def test_what_is_discarded_leaves_nothing(versions: Versions, folder: Folder) -> None:
    versions.discard(versions.stage(folder.load().sources, folder.path, NOON))

    assert list(versions.folder.iterdir()) == []


def test_the_oldest_go_and_never_the_one_in_force(folder: Folder) -> None:
    versions = Versions(folder.state, kept_max=3)
    for number in range(1, 7):
        (folder.path / "routing.yaml").write_text(folder.text("routing.yaml") + f"# {number}\n", encoding="utf-8")
        assert keep(versions, folder).number == number

    assert versions.numbers() == [6, 5, 4]
    assert len(list(versions.folder.iterdir())) == 3
    assert versions.files(versions.version(6))["routing.yaml"] == (folder.path / "routing.yaml").read_bytes()


def test_who_announced_the_files_is_in_their_version(versions: Versions, folder: Folder) -> None:
    first = keep(versions, folder)
    folder.replace("routing.yaml", "priority: 2", "priority: 3")
    keep(versions, folder)
    files = versions.files(first)
    versions.announce(files, user="liming", restored=1)
    (folder.path / "routing.yaml").write_bytes(files["routing.yaml"])

    kept = keep(versions, folder)

    assert (kept.number, kept.user, kept.author, kept.restored) == (3, "liming", ME, 1)
    assert kept.files == first.files


def test_other_files_than_those_announced_are_their_owners(versions: Versions, folder: Folder) -> None:
    first = keep(versions, folder)
    versions.announce(versions.files(first), user="liming", restored=1)
    folder.replace("routing.yaml", "priority: 2", "priority: 3")
    assert keep(versions, folder).user is None
    folder.replace("routing.yaml", "priority: 3", "priority: 2")

    assert keep(versions, folder).user is None, "what was announced counts for the next version only"


@pytest.mark.parametrize("spoiled", ["", "{", "[]", '{"number": 1}', "null"])
def test_damaged_facts_are_named_and_do_not_end_the_keeping(versions: Versions, folder: Folder, spoiled: str) -> None:
    keep(versions, folder)
    versions.path(1, FACTS).write_text(spoiled, encoding="utf-8")

    with pytest.raises(VersionError, match=r"000001/version\.json is damaged"):
        versions.version(1)
    assert versions.newest() is None
    assert keep(versions, folder).number == 2


def test_a_version_that_was_changed_afterwards_is_not_given_back(versions: Versions, folder: Folder) -> None:
    kept = keep(versions, folder)
    versions.path(1, "routing.yaml").write_text("agents: {}\n", encoding="utf-8")

    with pytest.raises(VersionError, match="is not what was applied"):
        versions.files(kept)


def test_an_unknown_version_says_which_there_are(versions: Versions, folder: Folder) -> None:
    keep(versions, folder)

    with pytest.raises(VersionError, match="no version 7; kept are: 1"):
        versions.version(7)


# ---- what changed ----

BEFORE = """
agents: {1001: {name: 张敏, phones: [1, 2]}, 1002: {name: 李娜}, 1003: {}}
languages: [zh, en]
limit: 0571
on: true
gone: {a: 1}
"""


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        ("1003: {}", "1003: {}, 1004: {}", "话务员：新增 1（1004）", "agents: 1 added (1004)"),
        (", 1003: {}", "", "话务员：删除 1（1003）", "agents: 1 removed (1003)"),
        ("张敏", "张明", "话务员：修改 1（1001）", "agents: 1 changed (1001)"),
        ("[1, 2]", "[2, 1]", "话务员：修改 1（1001）", "agents: 1 changed (1001)"),
        ("1002: {name: 李娜}, 1003: {}", "1003: {}, 1002: {name: 李娜}",
         "话务员：调整了顺序", "agents: in another order"),
        ("[zh, en]", "[zh]", "语言：已修改", "languages: changed"),
        ("0571", "571", "limit：已修改", "limit: changed"),
        ("true", "1", "on：已修改", "on: changed"),
        ("gone: {a: 1}\n", "", "gone：删除 1（a）", "gone: 1 removed (a)"),
        ("limit: 0571\n", "", "limit：已修改", "limit: changed"),
        ("{a: 1}", "[1]", "gone：已修改", "gone: changed"),
        ("1003: {}", "1003: {name: x}, 1004: {}", "话务员：新增 1（1004），修改 1（1003）",
         "agents: 1 added (1004), 1 changed (1003)"),
        ("languages", "# languages\nlanguages", "只改了注释或格式", "only comments or spacing"),
    ],
)  # fmt: skip
def test_changes_in_words(old: str, new: str, zh: str, en: str) -> None:
    assert old in BEFORE
    before, after = (parse_document(text.encode(), "f")[0].data for text in (BEFORE, BEFORE.replace(old, new, 1)))

    changes = find_changes(before, after)

    assert (in_words(changes, "zh"), in_words(changes, "en")) == (zh, en)


def test_of_many_names_the_first_are_told() -> None:
    (change,) = find_changes({"agents": {}}, {"agents": {str(number): {} for number in range(1000)}})

    assert change.added == Some(1000, tuple(map(str, range(NAMES_MAX))))
    assert in_words((change,), "en", 2) == "agents: 1000 added (0, 1, ...)"


# ---- files whole or not at all ----


def test_a_replacement_keeps_the_mode_and_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    replacement = Replacement(path, b"new", like=path.stat())
    assert path.read_text(encoding="utf-8") == "old"

    replacement.take_place()

    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old", encoding="utf-8")

    Replacement(path, b"new", like=path.stat()).discard()

    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("a.yaml", "old")]
