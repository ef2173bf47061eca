"""Durations in the words of the switch's own explanations."""


def in_words(seconds: float) -> str:
    """Whole seconds as people say them: 45 s, 5 min 3 s, 2 h 10 min. A part of a second is left out, but for what
    rounding took from it."""
    if seconds == float("inf"):
        return "without end"
    whole = int(round(seconds, 3))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
