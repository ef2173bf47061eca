"""Passwords: random, kept, never readable by others, never quoted."""

import os
import stat
from pathlib import Path

import pytest

from config.problems import ConfigurationError
from config.secrets import FILE_NAME, Secrets, keep_secrets

AGENTS = ("1001", "1002")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_they_are_made_at_random_for_each(tmp_path: Path) -> None:
    first = keep_secrets(tmp_path / "a", AGENTS)
    second = keep_secrets(tmp_path / "b", AGENTS)

    made = [*first.agents.values(), *first.ami.values(), *second.agents.values(), *second.ami.values()]
    assert len(made) == len(set(made)) == 8
    assert all(len(secret) == 20 and secret.isalnum() for secret in made)


def test_file_and_folder_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep_secrets(tmp_path / "state", AGENTS)
    finally:
        os.umask(before)

    assert mode(tmp_path / "state") == 0o700
    assert mode(tmp_path / "state" / FILE_NAME) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


def test_they_are_kept_and_new_agents_are_added(tmp_path: Path) -> None:
    first = keep_secrets(tmp_path, AGENTS)
    second = keep_secrets(tmp_path, (*AGENTS, "1003"))

    assert {agent: second.agents[agent] for agent in AGENTS} == first.agents
    assert second.ami == first.ami
    assert len(second.agents["1003"]) == 20
    assert keep_secrets(tmp_path, AGENTS).agents["1003"] == second.agents["1003"], "an agent who comes back"
    assert mode(tmp_path / FILE_NAME) == 0o600


def test_the_file_is_left_alone_when_nothing_is_missing(tmp_path: Path) -> None:
    keep_secrets(tmp_path, AGENTS)
    before = (tmp_path / FILE_NAME).stat()

    keep_secrets(tmp_path, AGENTS)

    assert (tmp_path / FILE_NAME).stat() == before


def test_what_the_operator_wrote_survives(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    file.write_text('agents: {1001: "chosen-by-hand"}\ntrunks: {office: "from.the.carrier"}\n', encoding="utf-8")
    file.chmod(0o600)

    kept = keep_secrets(tmp_path, AGENTS)

    assert kept.agents["1001"] == "chosen-by-hand"
    assert kept.trunks == {"office": "from.the.carrier"}
    assert keep_secrets(tmp_path, AGENTS) == kept


@pytest.mark.parametrize("loose", [0o644, 0o640, 0o604, 0o666])
def test_rights_that_let_others_read_are_taken_away_and_it_is_said(tmp_path: Path, loose: int) -> None:
    kept = keep_secrets(tmp_path, AGENTS)
    (tmp_path / FILE_NAME).chmod(loose)

    again = keep_secrets(tmp_path, AGENTS)

    assert mode(tmp_path / FILE_NAME) == 0o600
    assert again.agents == kept.agents
    (notice,) = again.notices
    assert f"{loose:04o}" in notice
    assert "delete the file" in notice


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("agents: {}\n", encoding="utf-8")
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigurationError, match="can't be kept"):
        keep_secrets(tmp_path, AGENTS)

    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == "agents: {}\n"


def test_a_pipe_in_its_place_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME, 0o600)

    with pytest.raises(ConfigurationError, match="not an ordinary file"):
        keep_secrets(tmp_path, AGENTS)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('ami:\n  live: "short"\n', 2),
        ('agents:\n  1001: "with space inside"\n', 2),
        ("agents: [\n", 2),
        ('agents: {}\npasswords: {1001: "unexpected-hidden"}\n', 2),
    ],
)
def test_a_damaged_file_is_refused_with_its_line_and_no_password(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)

    with pytest.raises(ConfigurationError) as refused:
        keep_secrets(tmp_path, AGENTS)

    assert refused.value.problems[0].line == line
    said = str(refused.value)
    assert not any(secret in said for secret in ("short", "with space", "unexpected-hidden"))
    assert file.read_text(encoding="utf-8") == text


def test_a_state_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="--state DIR"):
        keep_secrets(tmp_path / "file" / "state", AGENTS)


def test_no_password_in_the_representation() -> None:
    secrets = Secrets(ami={"live": "very-secret-1"}, agents={"1001": "very-secret-2"}, trunks={"t": "very-secret-3"})

    assert "very-secret" not in repr(secrets)
