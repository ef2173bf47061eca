"""The queue of the textbooks, in a few lines: agents free at once, answers without delay, first come first served."""

from heapq import heapreplace

from tests.theory.traffic import Traffic, Wait, draw_callers


def ideal_day(traffic: Traffic, seed: int, calls: int, settling: int) -> list[Wait]:
    """What `calls` callers meet, in the order they come, after `settling` who find the line as it begins: empty.

    Kiefer and Wolfowitz's recursion (1955): the next in line is answered by whoever is free first; whoever would be
    answered only after their patience does not take an agent's time.
    """
    free_at = [0.0] * traffic.agents
    now, waits = 0.0, []
    callers = draw_callers(traffic, seed)
    for _ in range(settling + calls):
        gap_s, talk_s, patience_s = next(callers)
        now += gap_s
        wait_s = max(0.0, free_at[0] - now)
        answered = wait_s <= patience_s
        if answered:
            heapreplace(free_at, now + wait_s + talk_s)
        waits.append(Wait(wait_s if answered else patience_s, answered))
    return waits[settling:]
