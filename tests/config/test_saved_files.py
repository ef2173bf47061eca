"""When saved files are read: all ways in which editors save, and none of them half."""

import os
from pathlib import Path

import pytest

from config.saved_files import SETTLE_S, Rest, look, still_written

NAMES = ("site.yaml", "routing.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text("a: 1\n", encoding="utf-8")
    return tmp_path


def test_nothing_saved_nothing_read(folder: Path) -> None:
    rest = Rest(look(folder, NAMES))

    assert not any(rest.has_come(look(folder, NAMES), at / 10) for at in range(100))


@pytest.mark.parametrize("way", ["in place", "by rename", "removed and made again", "same size and time"])
def test_every_way_of_saving_is_seen(folder: Path, way: str) -> None:
    path, before = folder / "routing.yaml", look(folder, NAMES)
    facts = path.stat()
    if way == "in place":
        with path.open("r+", encoding="utf-8") as file:
            file.write("a: 22\n")
    elif way == "by rename":
        (folder / "new").write_text("a: 2\n", encoding="utf-8")
        os.replace(folder / "new", path)
    elif way == "removed and made again":
        path.rename(folder / "routing.yaml~")
        path.write_text("a: 2\n", encoding="utf-8")
    else:
        path.write_text("a: 2\n", encoding="utf-8")
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    rest = Rest(before)

    assert not rest.has_come(look(folder, NAMES), 10.0)
    assert rest.has_come(look(folder, NAMES), 10.01 + SETTLE_S)


def test_it_counts_from_the_last_of_several_writes(folder: Path) -> None:
    rest = Rest(look(folder, NAMES))
    for step in range(5):
        with (folder / "routing.yaml").open("a", encoding="utf-8") as file:
            file.write(f"b{step}: 1\n")
        assert not rest.has_come(look(folder, NAMES), 10.0 + step * SETTLE_S * 0.9)
    last = 10.0 + 4 * SETTLE_S * 0.9

    assert not rest.has_come(look(folder, NAMES), last + SETTLE_S * 0.9)
    assert rest.has_come(look(folder, NAMES), last + SETTLE_S + 0.01)


def test_what_was_read_is_not_read_again(folder: Path) -> None:
    rest = Rest(look(folder, NAMES))
    (folder / "routing.yaml").write_text("a: 22\n", encoding="utf-8")
    rest.has_come(look(folder, NAMES), 1.0)
    assert rest.has_come(look(folder, NAMES), 2.0)
    rest.read = look(folder, NAMES)

    assert not rest.has_come(look(folder, NAMES), 3.0)


def test_a_file_that_goes_and_comes_back_is_seen(folder: Path) -> None:
    rest = Rest(look(folder, NAMES))
    (folder / "site.yaml").rename(folder / "aside")
    rest.has_come(look(folder, NAMES), 1.0)
    assert rest.has_come(look(folder, NAMES), 2.0)
    rest.read = look(folder, NAMES)
    (folder / "aside").rename(folder / "site.yaml")

    rest.has_come(look(folder, NAMES), 3.0)
    assert rest.has_come(look(folder, NAMES), 4.0)


def test_other_files_do_not_matter(folder: Path) -> None:
    before = look(folder, NAMES)
    (folder / "routing.yaml.swp").write_text("x", encoding="utf-8")

    assert look(folder, NAMES) == before


def test_a_folder_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    assert look(tmp_path / "nowhere", NAMES) == ()
    assert still_written(tmp_path / "nowhere", NAMES) == ""


def test_a_file_that_a_program_writes_is_named_until_it_is_closed(folder: Path) -> None:
    assert still_written(folder, NAMES) == ""
    with (folder / "routing.yaml").open("a", encoding="utf-8"):
        assert still_written(folder, NAMES) == "routing.yaml"

    with (folder / "routing.yaml").open(encoding="utf-8"):
        assert still_written(folder, NAMES) == ""


def test_looking_does_not_keep_programs_from_writing(folder: Path) -> None:
    still_written(folder, NAMES)
    handle = os.open(folder / "routing.yaml", os.O_WRONLY | os.O_NONBLOCK)  # fails where somebody holds a lease
    os.close(handle)
