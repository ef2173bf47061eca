"""`hotline agent` and `hotline agents` as a person types them."""

import json
from pathlib import Path

import pytest

from acd.core.events import PhoneChanged, TalkEnded
from acd.core.words import Phone, Side
from cti.token import Access
from tests.cli.conftest import Hotline
from tests.switch_twin import SwitchTwin


async def test_an_agents_day(hotline: Hotline, switch: SwitchTwin) -> None:
    for words, said, state in (
        (["login"], "logged in, not ready", "not_ready"),
        (["ready"], "1001 ready", "ready"),
        (["not-ready", "2"], "not ready: Meal", "not_ready"),
        (["ready"], "1001 ready", "ready"),
    ):
        ran = await hotline("agent", "1001", *words)
        assert (ran.code, ran.err) == (0, ""), words
        assert said in ran.out
        assert switch.view().agents[0].state == state
    switch.call("c1")
    ring = switch.answer()
    ran = await hotline("agent", "1001", "logout")
    assert (ran.code, ran.out) == (0, "1001 noted; it takes effect after the call\n")
    switch.post(TalkEnded("c1", ring.reservation_id, "1001", Side.CALLER))
    assert "wrap-up extended" in (await hotline("agent", "1001", "extend", "30")).out
    shown = await hotline("agent", "1001", "show")
    assert "in wrap-up" in shown.out
    assert "then logged out" in shown.out
    assert (await hotline("agent", "1001", "end-wrap-up")).out == "1001 logged out\n"
    assert switch.view().agents[0].state == "logged_out"


async def test_a_second_login_from_the_command_line_is_the_same_station(hotline: Hotline, switch: SwitchTwin) -> None:
    await hotline("agent", "1001", "login")
    await hotline("agent", "1001", "ready")
    assert (await hotline("agent", "1001", "login")).code == 0
    assert switch.view().agents[0].state == "ready"


REFUSALS = {
    "unknown": (["9999", "login"], "no agent 9999", "没有工号 9999"),
    "logged out": (["1001", "ready"], "not logged in", "工号 1001 未签入"),
    "no phone": (["1003", "ready"], "the phone of 1003 is not registered", "工号 1003 的话机未注册"),
    "no reason": (["1002", "not-ready", "holiday"], "the site has: 1 break, 2 meal", "没有示忙原因 holiday，可用"),
    "no wrap-up to extend": (["1002", "extend", "5"], "no timed wrap-up", "没有可延长的话后处理"),
    "no wrap-up to end": (["1002", "end-wrap-up"], "not in wrap-up", "不在话后处理"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refusal_says_why_in_both_languages(hotline: Hotline, switch: SwitchTwin, case: str) -> None:
    switch.staff("1002", "1003")
    switch.post(PhoneChanged("1003", Phone.UNREACHABLE))
    words, english, chinese = REFUSALS[case]
    for language, wanted in (("en", english), ("zh", chinese)):
        ran = await hotline("agent", *words, language=language)
        assert ran.code == 1
        assert wanted in ran.err
        assert ran.out == ""


@pytest.mark.parametrize(
    "words",
    [["1001"], ["1001", "dance"], ["1001", "extend"], ["1001", "extend", "soon"], ["1001", "login", "twice"], []],
)
async def test_what_is_not_understood_is_a_usage_error(hotline: Hotline, words: list[str]) -> None:
    ran = await hotline("agent", *words)
    assert ran.code == 2
    assert "usage: hotline" in ran.err


async def test_a_bad_figure_is_refused_by_name(hotline: Hotline, switch: SwitchTwin) -> None:
    ran = await hotline("agent", "1001", "extend", "-5")
    assert ran.code == 1
    assert "extra_s" in ran.err


async def test_no_switch_says_how_to_start_one(hotline: Hotline, tmp_path: Path) -> None:
    ran = await hotline("agent", "1001", "login")
    assert (ran.code, ran.out) == (3, "")
    assert "hotline serve" in ran.err
    assert "--state" in ran.err
    Access("http://127.0.0.1:1", "stale").publish(tmp_path)
    ran = await hotline("agent", "1001", "login", language="zh")
    assert ran.code == 3
    assert "127.0.0.1:1" in ran.err
    assert "请用 hotline serve" in ran.err


async def test_what_is_not_the_switch_is_told_apart(hotline: Hotline, switch: SwitchTwin, tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text("wrong\n")
    ran = await hotline("status")
    assert ran.code == 1
    assert "api-token" in ran.err
    ran = await hotline("status", "--api", "nonsense")
    assert ran.code == 3
    assert "nonsense" in ran.err


async def test_the_list_of_agents(hotline: Hotline, switch: SwitchTwin) -> None:
    switch.staff("1002")
    ran = await hotline("agents")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()[2:]]
    assert [line[:4] for line in lines] == [
        ["1001", "张三", "logged", "out"],
        ["1002", "李四", "ready", "0:00"],
        ["1003", "王五", "logged", "out"],
    ]
    ran = await hotline("agents", "--json")
    assert [agent["state"] for agent in json.loads(ran.out)["agents"]] == ["logged_out", "ready", "logged_out"]
