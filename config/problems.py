"""What is wrong with a configuration, said so that a supervisor can put it right."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, and where: `line` and `column` count from 1, 0 where a file has no such place."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        """One line as compilers print it, so that editors can jump to the place."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" + (f"; {self.suggestion}" if self.suggestion else "")

    def as_json(self) -> dict[str, str | int]:
        return asdict(self)


class ConfigurationError(Exception):
    """The configuration is refused whole; `problems` are all that were found, in order of file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion of what `word` may have been meant to be: the closest of `known`, or else all when they are few."""
    candidates = sorted(set(known))
    close = get_close_matches(word.lower(), [name.lower() for name in candidates], n=1, cutoff=0.6)
    if close:
        return next(f"did you mean '{name}'?" for name in candidates if name.lower() == close[0])
    if not candidates:
        return "none is defined yet"
    if len(candidates) <= 12:
        return "known are: " + ", ".join(candidates)
    return ""
