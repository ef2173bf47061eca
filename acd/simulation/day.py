"""A day made from a seed: who calls when, who works when, what the supervisors change, and what goes wrong.

The day is short and dense: an hour with two rushes, 2,000 callers and more, over thirty faults. What goes wrong goes
wrong at bad moments: most outages wait for a certain event or command and strike within a few milliseconds of it.
"""

from itertools import count
from math import exp
from random import Random

from acd.simulation.hotline import AGENTS, DIRECT_NUMBER, MENU_NUMBER, UNKNOWN_NUMBER, VERSIONS
from acd.simulation.script import (
    AgentAsks,
    CallIn,
    CoreDies,
    Item,
    LinkLost,
    Outage,
    PbxRestarts,
    PhoneDoes,
    PhoneTakes,
    Script,
    SiteChanges,
    Spoil,
    Trigger,
)

CALLS = 2000
DAY_S = 3600.0
OPENING_S = 60.0
CLOSING_S = 240.0
STILL_THERE_S = 240.0

# Moments within a few milliseconds of which everything crosses: the link takes 0.4 ms, a phone 1 ms, a refusal 1.5 ms.
INSTANTS = (0.0, 0.0, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.05)
DOWN_S = (0.002, 0.05, 0.5, 1.0, 3.0, 9.0, 20.0, 60.0, 150.0)

EVENT_KINDS = (
    "CallArrived", "PromptEnded", "CallWaiting", "AgentRinging", "AgentAnswered", "RingEnded", "TalkEnded",
    "CallInAfterCall", "CallerHungUp", "PhoneBusyChanged",
)  # fmt: skip
COMMAND_KINDS = ("PlayPrompt", "EnterWaitingRoom", "RingAgent", "RingAgent", "StopRinging", "MirrorAgent", "HangUpCall")
HANDLED_KINDS = (
    "CallArrived", "CallWaiting", "AgentRinging", "AgentAnswered", "RingEnded", "TalkEnded", "CallerHungUp",
    "ReadyRequested",
)  # fmt: skip
GIVING_UP = ("AgentRinging", "AgentAnswered", "EnterWaitingRoom", "CallWaiting", "RingAgent", "RingEnded", "HangUpCall")


def make_day(seed: int, day: int = 0, calls: int = CALLS) -> Script:
    """The script of one day, in order of time. The same seed, day and number of calls always give the same."""
    rng = Random(f"{seed}.{day}")
    script: Script = []
    script += _callers(rng, calls)
    for agent_id in AGENTS:
        script += _agent(rng, agent_id)
    script += _supervisors(rng)
    script += _faults(rng)
    script.sort(key=lambda item: item.at)
    return script


# ---- callers ----


def _load(at: float) -> float:
    """How many call at this time of the day, 1 at the height of the rush."""
    morning, afternoon = (at - 0.3 * DAY_S) / (0.08 * DAY_S), (at - 0.7 * DAY_S) / (0.12 * DAY_S)
    return 0.45 + 0.55 * exp(-0.5 * morning**2) + 0.3 * exp(-0.5 * afternoon**2)


def _callers(rng: Random, calls: int) -> list[Item]:
    callers: list[Item] = []
    while len(callers) < calls:
        at = rng.uniform(OPENING_S, DAY_S)
        if rng.random() < _load(at):
            callers.append(_caller(rng, at))
    return callers


def _caller(rng: Random, at: float) -> CallIn:
    draw = rng.random()
    key = "0" if draw < 0.5 else "1" if draw < 0.72 else "2" if draw < 0.8 else "3" if draw < 0.88 else "9"
    dialled = MENU_NUMBER if rng.random() < 0.6 else DIRECT_NUMBER if rng.random() < 0.97 else UNKNOWN_NUMBER
    if rng.random() < 0.05:
        key = "-" if rng.random() < 0.5 else "7"
    gives_up = rng.choice(GIVING_UP) if rng.random() < 0.06 else ""
    answer_s = max(0.2, rng.gauss(2.0, 0.8))
    after_s = rng.choice(INSTANTS)
    if gives_up == "AgentRinging" and rng.random() < 0.5:
        # In the moment of the answer: the two cross on their way to the PBX.
        after_s = max(0.0, answer_s + rng.uniform(-0.003, 0.002))
    complains = key == "2" and dialled == MENU_NUMBER
    wrap_up_s = rng.uniform(0.5, 2.5) if complains or rng.random() < 0.2 else 0.0
    if not complains and rng.random() < 0.1:
        wrap_up_s = -rng.uniform(1.0, 5.0)
    return CallIn(
        at=round(at, 4), dialled=dialled, keys=key, patience_s=round(4.0 + rng.expovariate(1 / 70.0), 3),
        answer_s=round(answer_s, 4), talk_s=round(2.0 + rng.expovariate(1 / 20.0), 4),
        ends=rng.choices(("caller", "agent", "both"), (45, 50, 5))[0], gives_up=gives_up,
        after_s=round(after_s, 4), wrap_up_s=round(wrap_up_s, 3),
    )  # fmt: skip


# ---- agents ----


def _agent(rng: Random, agent_id: str) -> list[Item]:
    """A shift with breaks, mishaps and calls of one's own; now and then the agent looks whether they are ready."""
    begins = rng.uniform(0.0, 50.0) if rng.random() < 0.8 else rng.uniform(0.1, 0.3) * DAY_S
    ends = DAY_S + CLOSING_S if rng.random() < 0.7 else rng.uniform(0.6, 0.95) * DAY_S
    items: list[Item] = [PhoneTakes(0.0, agent_id, "answers")]
    away: list[tuple[float, float]] = []
    for _ in range(rng.randint(0, 2)):
        at = rng.uniform(begins + 100.0, ends - 200.0)
        away.append((at, at + rng.uniform(60.0, 240.0)))
        items.append(AgentAsks(at, agent_id, "not_ready"))
    at = begins
    while at < ends:
        if not any(begun - 3.0 <= at <= over for begun, over in away):
            items.append(AgentAsks(at, agent_id, "login"))
            items.append(AgentAsks(at + rng.uniform(0.5, 2.0), agent_id, "ready"))
        at += rng.uniform(80.0, 160.0)
    for at in (rng.uniform(begins, ends) for _ in range(rng.randint(1, 4))):
        items += _mishap(rng, agent_id, at)
    if rng.random() < 0.5:
        items.append(AgentAsks(rng.uniform(begins, ends), agent_id, rng.choice(("decline", "state", "decline"))))
    items.append(AgentAsks(ends, agent_id, "logout"))
    return [item for item in items if item.at <= ends]


def _mishap(rng: Random, agent_id: str, at: float) -> list[Item]:
    lasts = rng.uniform(10.0, 60.0)
    after_s = rng.choice((0.0, 0.3, 2.0))
    back: list[Item] = [PhoneTakes(at + lasts, agent_id, "answers"), AgentAsks(at + lasts + 5.0, agent_id, "ready")]
    what = rng.randrange(7)
    if what == 0:
        return [PhoneTakes(at, agent_id, "rings_on"), *back]
    if what == 1:
        return [PhoneTakes(at, agent_id, "rejects", after_s, rng.choice((486, 603, 480, 503))), *back]
    if what == 2:
        return [PhoneTakes(at, agent_id, "gives_no_sign"), *back]
    if what == 3:
        return [PhoneTakes(at, agent_id, "vanishes", after_s), *back, PhoneDoes(at + lasts, agent_id, "plug_in")]
    if what == 4:
        return [PhoneDoes(at, agent_id, "begin_own_call"), PhoneDoes(at + lasts, agent_id, "end_own_call")]
    away = "vanish" if what == 5 else "unplug"
    return [PhoneDoes(at, agent_id, away), PhoneDoes(at + lasts, agent_id, "plug_in"), back[1]]


def _supervisors(rng: Random) -> list[Item]:
    times = sorted(rng.uniform(100.0, DAY_S) for _ in range(rng.randint(2, 4)))
    return [SiteChanges(at, rng.randrange(VERSIONS)) for at in times]


# ---- faults ----


def _faults(rng: Random) -> list[Item]:
    faults: list[Item] = [_spoil(rng, rng.uniform(OPENING_S, DAY_S)) for _ in range(rng.randint(14, 20))]
    # Outages come one after another, each with time to strike; some come close upon the last.
    at = rng.uniform(OPENING_S, 300.0)
    for number in count():
        if at > DAY_S - 100.0:
            return faults
        outage = _outage(rng, at, number)
        faults.append(outage)
        at += outage.down_s + rng.choice((10.0, 60.0, 200.0, 500.0)) * rng.uniform(0.8, 1.5)
    return faults


def _spoil(rng: Random, at: float) -> Spoil:
    if rng.random() < 0.65:
        copies = rng.choice(((), (), (), (0.0, 0.0), (0.002,), (0.0, 0.003), (0.8,), (0.0, 2.0), (3.0,)))
        return Spoil(at, "events", rng.choice(EVENT_KINDS), rng.randint(1, 3), copies)
    # Commands go by one connection, each once and in order: they are lost, or late with all that follows.
    late = rng.choice(((), (), (0.002,), (0.8,), (3.0,)))
    return Spoil(at, "commands", rng.choice(COMMAND_KINDS), rng.randint(1, 3), late)


def _outage(rng: Random, at: float, number: int) -> Outage:
    down_s = rng.choice(DOWN_S[:7]) if rng.random() < 0.8 else rng.choice(DOWN_S)
    on = _trigger(rng) if rng.random() < 0.8 else None
    kind = rng.choice(("link", "core", "core", "pbx")) if number > 1 else ("core", "link")[number]
    if kind == "link":
        return LinkLost(at, down_s, rng.choice((0.0, 0.0, 0.3, 2.0)), on)
    if kind == "pbx":
        return PbxRestarts(at, min(down_s, 20.0), on)
    return CoreDies(at, down_s, rng.choice((0.005, 0.1, 1.0)), on)


def _trigger(rng: Random) -> Trigger:
    when = rng.choice(("sent", "handled", "handled", "asked"))
    kinds = {"sent": EVENT_KINDS, "handled": HANDLED_KINDS, "asked": COMMAND_KINDS}[when]
    return Trigger(when, rng.choice(kinds), rng.randint(1, 3), 0.0 if when == "handled" else rng.choice(INSTANTS))
