"""The callers' own log beside the records, call by call."""

from acd.core.reports import CallRecord
from acd.core.resync import CAUSE_PBX_DOWN
from acd.core.words import Outcome, Side
from acd.simulation.broken import BrokenError
from acd.simulation.caller import LoggedCaller

# The link's 0.4 ms, a phone's 1 ms, a refusal's 1.5 ms, each up to half as long again.
TOLERANCE_S = 0.01
# A word lost on the wire is healed by the reconciler: two comparisons 5 s apart, the wait for the first, and once more
# if a timer of the core's own moved the call in between.
HEALED_S = 20.0
PBX_DOWN = f"cause_{CAUSE_PBX_DOWN}"


def compare(caller: LoggedCaller, record: CallRecord, spoilt: bool, unnoticed_s: float) -> None:
    """Raises `BrokenError`. `spoilt`: a word about this call was lost, doubled or late on the wire; `unnoticed_s`: for
    so long during the call the link was lost and the core had not noticed yet."""
    tolerance_s = TOLERANCE_S + record.unwatched_s + unnoticed_s + (HEALED_S if spoilt else 0.0)
    unsure = spoilt or record.unwatched_s > 0.0
    if caller.ended_by is None:
        raise BrokenError("records", f"{record.call_id} has a record and the caller is still on the line")
    _near("arrived_at", record, record.arrived_at, caller.arrived_at, tolerance_s)
    _near("ended_at", record, record.ended_at, caller.ended_at, tolerance_s)
    if record.dialled != caller.item.dialled:
        raise BrokenError("records", f"{record.call_id} dialled {caller.item.dialled}, recorded {record.dialled}")
    if caller.talks:
        _compare_talk(caller, record, tolerance_s, unsure)
    else:
        _compare_untalked(caller, record, tolerance_s, unsure)


def _near(what: str, record: CallRecord, recorded: float, lived: float, tolerance_s: float) -> None:
    if abs(recorded - lived) > tolerance_s:
        raise BrokenError(
            "records",
            f"{what} of {record.call_id}: recorded {recorded:.3f}, lived {lived:.3f}, {recorded - lived:+.3f} s"
            f" (tolerance {tolerance_s:.3f} s)",
        )


def _compare_talk(caller: LoggedCaller, record: CallRecord, tolerance_s: float, unsure: bool) -> None:
    last = caller.talks[-1]
    crossed = last.ended_at - last.began_at <= TOLERANCE_S
    if record.outcome is not Outcome.ANSWERED:
        # The caller hung up while the word of the answer was on its way: the core may never have heard it. Or the PBX
        # died, and the core before it had stored the answer: nobody in the world remembers it.
        forgotten = record.reason == PBX_DOWN and last.began_at >= record.ended_at - TOLERANCE_S
        if not (crossed or unsure or forgotten):
            raise BrokenError("records", f"{record.call_id} talked to {last.agent_id}, recorded as {record.outcome}")
        return
    if unsure and len(caller.talks) > 1 and record.agent_id in {talk.agent_id for talk in caller.talks}:
        # A ring asked for late cut the first talk off, and the call was over before anybody could see it.
        return
    if record.agent_id != last.agent_id:
        raise BrokenError("records", f"{record.call_id} talked to {last.agent_id}, recorded with {record.agent_id}")
    talked_s = sum(talk.ended_at - talk.began_at for talk in caller.talks)
    _near("answered_at", record, record.answered_at, last.began_at, tolerance_s)
    _near("talk_s", record, record.talk_s, talked_s, tolerance_s)
    _compare_wait(caller, record, last.began_at, tolerance_s)


def _compare_untalked(caller: LoggedCaller, record: CallRecord, tolerance_s: float, unsure: bool) -> None:
    if record.outcome is Outcome.ANSWERED:
        raise BrokenError("records", f"{record.call_id} talked to nobody, recorded with {record.agent_id}")
    if caller.ended_by is Side.CALLER and record.outcome is Outcome.FAILED and not unsure:
        raise BrokenError("records", f"{record.call_id} hung up, recorded as {record.outcome} {record.reason}")
    if record.outcome is Outcome.ABANDONED:
        _compare_wait(caller, record, caller.ended_at, tolerance_s)


def _compare_wait(caller: LoggedCaller, record: CallRecord, until: float, tolerance_s: float) -> None:
    """One who was in the fallback may have gone back to the IVR in between: they did not wait for longer than since
    they first did."""
    if not caller.waits_at:
        return
    waited_s = until - caller.waits_at
    if not caller.fell_back or record.wait_s > waited_s:
        _near("wait_s", record, record.wait_s, waited_s, tolerance_s)
