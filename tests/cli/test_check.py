"""`hotline check` as people and editors see it."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from acd.cli import check

SHIPPED = Path(__file__).resolve().parents[2] / "config"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path)
    parser.add_argument("--state", type=Path)
    check.register(parser.add_subparsers())
    args = parser.parse_args(words)
    return int(args.run(args))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    for file in SHIPPED.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    text = (tmp_path / "routing.yaml").read_text(encoding="utf-8")
    (tmp_path / "routing.yaml").write_text(text.replace("priority: 1", "priorty: 1"), encoding="utf-8")
    return tmp_path


def test_a_sound_site_is_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--config", str(SHIPPED), "--state", str(tmp_path / "state"), "check")

    assert code == 0
    assert "no problems. 2 numbers, 5 queues, 12 agents, 1 tree," in capsys.readouterr().out
    assert not (tmp_path / "state").exists()


def test_a_problem_is_printed_as_compilers_do(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--config", str(broken), "--state", str(broken / "state"), "check")

    said = capsys.readouterr()
    lines = (broken / "routing.yaml").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "priorty" in text)
    assert code == 1
    assert said.out == f"{broken}/routing.yaml:{line}:5: unknown setting 'priorty'; did you mean 'priority'?\n"
    assert said.err == "1 problem; nothing was applied.\n"


def test_json(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--config", str(broken), "--state", str(broken / "state"), "check", "--json")

    result = json.loads(capsys.readouterr().out)
    assert code == 1
    assert (result["ok"], result["summary"]) == (False, None)
    (problem,) = result["problems"]
    assert problem["suggestion"] == "did you mean 'priority'?"
    assert set(problem) == {"file", "line", "column", "message", "suggestion"}
