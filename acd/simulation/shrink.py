"""The shortest script that still shows a failure: items are taken away as long as the same invariant breaks."""

from collections.abc import Callable

from acd.simulation.run import Result, play
from acd.simulation.script import CallIn, Script

PLAYS_MAX = 400


def shrink(
    script: Script,
    result: Result,
    play: Callable[[Script], Result] = play,
    plays_max: int = PLAYS_MAX,
    tell: Callable[[int, int], None] = lambda plays, items: None,
) -> tuple[Script, Result]:
    """The shortest script found within `plays_max` plays, and what it came to. `tell` is told of the progress.

    Delta debugging: halves, quarters and so on are left out, and what is left must break the same invariant.
    """
    assert result.broken is not None, "only a failure is shrunk"
    broken, plays = result.broken, 0
    best = result

    def still_breaks(candidate: Script) -> bool:
        nonlocal plays, best
        plays += 1
        tell(plays, len(script))
        came_to = play(candidate)
        if came_to.broken is None or came_to.broken.invariant != broken.invariant:
            return False
        best = came_to
        return True

    for shorter in _obvious_cuts(script, result):
        if len(shorter) < len(script) and still_breaks(shorter):
            script = shorter
    chunks = 2
    while len(script) > 1 and plays < plays_max:
        size = -(-len(script) // chunks)
        shorter = _leave_out(script, size, still_breaks, lambda: plays < plays_max)
        if len(shorter) == len(script):
            if size == 1:
                break
            chunks *= 2
        else:
            script, chunks = shorter, max(2, chunks - 1)
    return script, best


def _obvious_cuts(script: Script, result: Result) -> list[Script]:
    """What came after the failure, and the callers who had long gone before it."""
    before = [item for item in script if item.at <= result.at]
    windows = [
        [item for item in before if item.at >= result.at - window_s or not isinstance(item, CallIn)]
        for window_s in (600.0, 120.0, 30.0)
    ]
    return [before, *windows]


def _leave_out(
    script: Script, size: int, still_breaks: Callable[[Script], bool], may_go_on: Callable[[], bool]
) -> Script:
    """Leave out every chunk of `size` items that is not needed, one after another, from the end."""
    end = len(script)
    while end > 0 and may_go_on():
        begin = max(0, end - size)
        shorter = script[:begin] + script[end:]
        if shorter and still_breaks(shorter):
            script = shorter
        end = begin
    return script
