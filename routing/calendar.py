"""A calendar as conditions and trees ask it: is it open, which of its windows holds, until when, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.opening_hours import OpeningHours
from routing.window import Windows


@dataclass(frozen=True, slots=True)
class Calendar:
    """A named calendar: opening hours, windows, or both. `names` is what people read, by language.

    One without opening hours is always open; one without windows has none that holds.
    """

    calendar_id: str
    names: Mapping[str, str] = field(default_factory=dict)
    opening: OpeningHours | None = None
    windows: Windows | None = None

    def is_open(self, now: float) -> bool:
        """Whether it is open at the UTC second `now`."""
        return self.opening is None or self.opening.is_open(now)

    def window(self, now: float) -> str | None:
        """The id of the window that holds at `now`; None if none does."""
        found = self.windows.at(now) if self.windows is not None else None
        return None if found is None else found.window_id

    def next_change(self, now: float) -> float | None:
        """The UTC second after `now` at which it opens or closes, or another window holds; None: never."""
        changes = [part.next_change(now) for part in (self.opening, self.windows) if part is not None]
        return min((at for at in changes if at is not None), default=None)

    def in_words(self, now: float, language: str) -> str:
        """One line for people who read `language`, zh or en: what holds at `now`, until when, and by which rule."""
        said = []
        if self.opening is not None:
            said.append(self.opening.at(now).in_words(language))
        if self.windows is not None:
            said.append(self.windows.choice(now).in_words(language))
        name = self.names.get(language, self.calendar_id)
        return f"{name}：{'；'.join(said)}" if language == "zh" else f"{name}: {'; '.join(said)}"
