"""People behind the phones: agents who log in, answer and talk; callers who arrive, press keys and lose patience.

What they do is random but repeatable: everybody draws from a generator of their own, made from one seed.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scripts.softphones.events import PhoneGoneError, PhoneTimeoutError
from scripts.softphones.farm import CallerLine, PhoneCall, PhoneFarm, SoftPhone

LOG_IN, READY = "*11", "*12"
CODE_TIMEOUT_S = 15.0
RING_S_MAX = 120.0
CALL_S_MAX = 3600.0
TRIES = 3


@dataclass(frozen=True)
class Habits:
    """How people behave; times in seconds, drawn evenly between the two."""

    answer_s: tuple[float, float] = (1.0, 3.0)
    talk_s: tuple[float, float] = (5.0, 20.0)
    unanswered_share: float = 0.04  # the agent has left the seat without a word
    back_s: tuple[float, float] = (6.0, 12.0)  # and is back after so long
    first_key_s: tuple[float, float] = (5.0, 10.0)  # a greeting is heard out, the menu may be cut short
    keyless_share: float = 0.1  # listens to the menu without pressing anything
    impatient_share: float = 0.15
    impatient_s: tuple[float, float] = (6.0, 18.0)
    patience_s: tuple[float, float] = (60.0, 180.0)


class AgentAtPhone:
    """An agent who logs in by feature code, answers, talks, hangs up; sometimes does not answer."""

    def __init__(self, phone: SoftPhone, habits: Habits, seed: str, on_talk: Callable[[], None] = lambda: None) -> None:
        self.phone = phone
        self._on_talk = on_talk
        self._habits = habits
        self._random = random.Random(seed)

    async def start_shift(self) -> None:
        """Log in and get ready. Raises PhoneTimeoutError when the switch does not take the codes."""
        await self._dial(LOG_IN)
        await self._dial(READY)

    async def work(self) -> None:
        """Take calls until cancelled."""
        while True:
            call = await self.phone.incoming(timeout_s=CALL_S_MAX)
            try:
                await self._take(call)
            except PhoneGoneError:
                if not call.over:
                    raise  # the phone itself is gone, not only the call

    async def _take(self, call: PhoneCall) -> None:
        if self._random.random() < self._habits.unanswered_share:
            await call.ended(RING_S_MAX)
            await asyncio.sleep(self._random.uniform(*self._habits.back_s))
            await self._dial(READY)
            return
        if await _ends_within(call, self._random.uniform(*self._habits.answer_s)):
            return  # the caller gave up
        await call.answer()
        if (await call.log.first("confirmed", "disconnected", timeout_s=CODE_TIMEOUT_S)).kind == "confirmed":
            self._on_talk()
        if not await _ends_within(call, self._random.uniform(*self._habits.talk_s)):
            await call.hang_up()
            await call.ended()

    async def _dial(self, code: str) -> None:
        """Dial a feature code; a confirmation that was broken off is asked for again."""
        for left in reversed(range(TRIES)):
            ended = await self.phone.dial_code(code, CODE_TIMEOUT_S)
            if ended["answered"]:
                return
            if not left:
                raise PhoneTimeoutError(f"{self.phone.name}: the switch refuses {code} with {ended['code']}")


async def _ends_within(call: PhoneCall, seconds: float) -> bool:
    try:
        await call.ended(seconds)
    except PhoneTimeoutError:
        return False
    return True


class Crowd:
    """Callers who arrive at random (Poisson), at most `lines_max` at a time: further ones find no line."""

    def __init__(
        self, farm: PhoneFarm, number: str, keys: Sequence[str], habits: Habits, seed: str, lines_max: int
    ) -> None:
        self._farm = farm
        self._number = number
        self._keys = keys
        self._habits = habits
        self._random = random.Random(seed)
        self._lines_max = lines_max
        self._lines = 0
        self._free: list[CallerLine] = []
        self._calls: set[asyncio.Task[None]] = set()
        self.made = self.turned_away = 0

    async def arrive(self, calls_per_minute: float, on_failure: Callable[[Exception], None]) -> None:
        """Let callers come until cancelled; the first comes at once. `on_failure` hears of a caller's trouble."""
        try:
            while True:
                chance = random.Random(self._random.random())
                task = asyncio.create_task(self._call(chance, on_failure, eager=not self._calls and not self.made))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)
                await asyncio.sleep(self._random.expovariate(calls_per_minute / 60))
        finally:
            for task in self._calls:
                task.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)

    async def _call(self, chance: random.Random, on_failure: Callable[[Exception], None], eager: bool) -> None:
        try:
            line = await self._line()
            if line is None:
                self.turned_away += 1
                return
            self.made += 1
            await self._talk(line, chance, eager)
            self._free.append(line)
        except (PhoneGoneError, PhoneTimeoutError) as problem:
            on_failure(problem)

    async def _line(self) -> CallerLine | None:
        if self._free:
            return self._free.pop()
        if self._lines >= self._lines_max:
            return None
        self._lines += 1
        return await self._farm.caller(f"line{self._lines}")

    async def _talk(self, line: CallerLine, chance: random.Random, eager: bool) -> None:
        """One call. Who is `eager` knows the menu, presses as soon as it begins, and stays."""
        habits = self._habits
        number = f"13{chance.randrange(10)}{chance.randrange(10**8):08d}"
        impatient = chance.random() < habits.impatient_share and not eager
        patience_s = chance.uniform(*(habits.impatient_s if impatient else habits.patience_s))
        key = chance.choice(self._keys) if self._keys and (eager or chance.random() >= habits.keyless_share) else ""
        call = await line.dial(self._number, from_uri=f"<sip:{number}@{self._farm.bind}>")
        first_key_s = habits.first_key_s[0] if eager else chance.uniform(*habits.first_key_s)
        if key and not await _ends_within(call, first_key_s) and call.log.has("answered"):
            with contextlib.suppress(PhoneGoneError):  # hung up in this very moment
                await call.press(key)
        if not await _ends_within(call, patience_s):
            with contextlib.suppress(PhoneGoneError):
                await call.hang_up()
            await call.ended()
