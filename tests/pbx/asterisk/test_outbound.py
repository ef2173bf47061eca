"""What the adapter makes of a prompt that does not come to its end."""

from __future__ import annotations

import asyncio

import pytest

from acd.core.commands import PlayPrompt
from acd.core.events import Event, PromptEnded
from acd.core.words import Side
from acd.pbx.asterisk.outbound import Outbound
from acd.pbx.asterisk.tracks import IVR, Tracks
from tests.pbx.asterisk.fake_ami import FakeAction, FakeAmi, event, success
from tests.pbx.asterisk.linking import fence, linked

CHANNEL = "PJSIP/trunk-00000001"


def left(action: FakeAction) -> bytes:
    """The caller hangs up in the prompt: AsyncAGI ends, and the Hangup itself comes later."""
    return success(action, "Added AGI command to queue") + event("AsyncAGIEnd", {"Channel": CHANNEL})


def result(text: str, action: FakeAction) -> bytes:
    told = {"Channel": CHANNEL, "CommandId": action["CommandID"], "Result": text}
    return success(action, "Added AGI command to queue") + event("AsyncAGIExec", told)


def failed(action: FakeAction) -> bytes:
    return result("200%20result%3D-1%20endpos%3D0%0A", action)


def key(action: FakeAction) -> bytes:
    return result("200%20result%3D35%20endpos%3D800%0A", action)


@pytest.mark.parametrize(
    ("answer", "hung_up", "told"),
    [
        (left, False, []),  # not the switch's doing, and no reason to send them on: the hang-up follows
        (failed, True, []),
        (failed, False, [PromptEnded("c", 3, failed=True)]),  # a file that is missing
        (key, False, [PromptEnded("c", 3, "#")]),
    ],
)
async def test_a_prompt_ends(answer: object, hung_up: bool, told: list[Event]) -> None:
    posted: list[Event] = []
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = answer  # type: ignore[assignment]
        tracks = Tracks()
        track = tracks.add("c", CHANNEL, IVR)
        track.first_hangup = Side.CALLER if hung_up else None
        Outbound(link, tracks, posted.append).perform(PlayPrompt("c", 3, ("menu",), "zh", 1, 4.0))
        await fence(link)
        await asyncio.sleep(0)
        assert posted == told
