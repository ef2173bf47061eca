"""sipp scenarios against each other: every one of them runs to its end, and the trace says what happened when."""

from pathlib import Path

import pytest

from scripts.ports import free_ports
from scripts.softphones.sipp import Sipp, SippMessage, SippResult, SippRun

CALLS = 3


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def run(
    tmp_path: Path, phone: str, caller: str, phone_values: dict[str, int], caller_values: dict[str, int]
) -> tuple[SippResult, SippResult, list[SippMessage]]:
    ports = free_ports(4)
    phones = SippRun(phone, f"127.0.0.1:{ports[0]}", ports[1], CALLS, 8, echo=True, values=phone_values)
    callers = SippRun(
        caller, f"127.0.0.1:{ports[2]}", ports[3], CALLS, 8,
        remote=f"127.0.0.1:{ports[0]}", number="1001", caller='"Li \\"Ming" <sip:139@x>', values=caller_values,
    )  # fmt: skip
    async with Sipp(phones, tmp_path / "phones") as uas:
        await uas.listening()
        async with Sipp(callers, tmp_path / "callers") as uac:
            callers_result = await uac.finished()
            return await uas.finished(), callers_result, list(uas.messages())


@pytest.mark.parametrize(
    ("phone", "caller", "phone_values", "caller_values"),
    [
        ("phone_hangs_up", "caller_stays", {"answer_ms": 50, "talk_ms": 200}, {}),
        ("phone_stays", "caller_hangs_up", {"answer_ms": 50}, {"stay_ms": 200}),
        ("phone_rings", "caller_cancels", {}, {"stay_ms": 100}),
    ],
)
async def test_each_pair_of_scenarios_fits(
    tmp_path: Path, phone: str, caller: str, phone_values: dict[str, int], caller_values: dict[str, int]
) -> None:
    phones, callers, _ = await run(tmp_path, phone, caller, phone_values, caller_values)
    for result in (phones, callers):
        assert (result.exit_code, result.successful, result.failed) == (0, CALLS, 0), result.errors
        assert result.retransmissions == 0


async def test_the_trace_tells_times(tmp_path: Path) -> None:
    _, _, messages = await run(tmp_path, "phone_hangs_up", "caller_stays", {"answer_ms": 100, "talk_ms": 300}, {})
    one = [m for m in messages if m.call_id == messages[0].call_id]
    invite = next(m for m in one if m.method == "INVITE")
    answer = next(m for m in one if m.sent and m.status == 200 and "INVITE" in m.headers["cseq"])
    bye = next(m for m in one if m.method == "BYE")
    assert invite.start_line.startswith("INVITE sip:1001@")
    assert invite.headers["from"].startswith('"Li \\"Ming" <sip:139@x>')
    assert not invite.sent
    assert bye.sent
    assert 0.1 <= answer.at - invite.at < 0.25
    assert 0.3 <= bye.at - answer.at < 0.45


async def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    ports = free_ports(2)
    silent = SippRun("phone_stays", f"127.0.0.1:{ports[0]}", ports[1], 1, 1, values={"answer_ms": 0})
    async with Sipp(silent, tmp_path) as uas:
        result = await uas.finished()
    assert result.successful == 0
    assert not is_alive(uas.pid)
