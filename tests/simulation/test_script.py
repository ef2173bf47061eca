"""Scripts: the same seed gives the same day, a script survives the file, and a failure is cut down to what shows it."""

import dataclasses
import json
import pickle
from pathlib import Path

import pytest

from acd.cli.main import main
from acd.core.floor import Floor
from acd.simulation.broken import BrokenError
from acd.simulation.day import make_day
from acd.simulation.run import Day, play
from acd.simulation.script import AgentAsks, CallIn, CoreDies, Spoil, Trigger, read_script, write_script
from acd.simulation.shrink import shrink

LATE = CallIn(10.0, "10010", "", patience_s=30.0, answer_s=1.0, talk_s=5.0)


def test_a_seed_always_gives_the_same_day_and_the_same_course_of_it() -> None:
    assert make_day(7, calls=300) == make_day(7, calls=300)
    assert make_day(7, calls=300) != make_day(8, calls=300) != make_day(8, day=1, calls=300)
    first, second = Day(make_day(7, calls=300)), Day(make_day(7, calls=300))
    assert first.play() == second.play()
    assert first.twin.records == second.twin.records


def test_a_script_survives_its_file(tmp_path: Path) -> None:
    script = make_day(3, calls=200)
    write_script(tmp_path / "day.json", script, 3)
    assert read_script(tmp_path / "day.json") == (script, 3)


def test_what_is_no_script_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text('{"seed": 1, "items": [["Earthquake", {}]]}', encoding="utf-8")
    with pytest.raises(ValueError, match="Earthquake"):
        read_script(tmp_path / "no.json")


def test_each_fault_strikes_at_its_moment() -> None:
    died = CoreDies(5.0, down_s=1.0, on=Trigger("handled", "CallArrived"))
    lost = Spoil(50.0, "events", "CallWaiting", 1, ())
    agent = [AgentAsks(1.0, "1101", "login"), AgentAsks(2.0, "1101", "ready")]
    day = Day([*agent, died, LATE, lost, dataclasses.replace(LATE, at=60.0)])
    result = day.play()
    assert result.broken is None
    assert (result.struck, result.calls) == (2, 2)
    first, second = sorted(day.twin.records.values(), key=lambda record: record.arrived_at)
    assert first.unwatched_s > 0.9
    # Nobody said that the second waits; the reconciler saw it.
    assert (second.outcome, result.healed) == ("answered", 1)
    assert second.wait_s > 5.0


def test_a_failure_is_cut_down_to_the_items_that_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    forget = Floor.forget_call

    def forget_unless_blocked(self: Floor, call: object) -> None:
        if getattr(call, "dialled", "") != "404":
            forget(self, call)  # type: ignore[arg-type]

    monkeypatch.setattr(Floor, "forget_call", forget_unless_blocked)
    script = make_day(1, calls=200)
    result = play(script)
    assert result.broken is not None
    short, came_to = shrink(script, result)
    assert [getattr(item, "dialled", "") for item in short] == ["404"]
    assert came_to.broken is not None
    assert came_to.broken.invariant == result.broken.invariant


def test_several_processes_share_the_days_and_a_failure_comes_home(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "3", "--seeds", "3", "--jobs", "2", "--calls", "50"]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["days"], summary["calls"], summary["failed"]) == (3, 150, 0)
    sent = pickle.loads(pickle.dumps(BrokenError("rest", "a channel")))
    assert (sent.invariant, str(sent)) == ("rest", "rest: a channel")


def test_the_command_prints_a_summary_and_replays_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ["--language", "en", "--state", str(tmp_path)]
    assert main([*common, "simulate", "--seed", "5", "--days", "2", "--calls", "100"]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["days"], summary["calls"], summary["lost"], summary["failed"]) == (2, 200, 0, 0)
    with monkeypatch.context() as patch:
        patch.setattr(Floor, "unseat", lambda self, call: None)
        assert main([*common, "simulate", "--seed", "5", "--calls", "100"]) == 1
        told = capsys.readouterr()
        path = tmp_path / "simulation" / "seed-5-day-0.json"
        assert f"hotline simulate --script {path}" in told.err
        assert json.loads(told.out.splitlines()[-1])["failed_seed"] == 5
        assert main([*common, "simulate", "--script", str(path)]) == 1
    # The bug is gone, so the script holds.
    assert main([*common, "simulate", "--script", str(path)]) == 0
