"""A farm of real softphones: agents that register, callers that dial, everything awaitable with a deadline.

Used so::

    async with PhoneFarm(pbx="127.0.0.1:5060") as farm:
        agent = await farm.softphone("1001", password)
        await agent.set_policy(Policy("answer", after_s=1))
        caller = await farm.caller("13912341234")
        call = await caller.dial("10086")
        await call.answered(timeout_s=5)
        await call.hang_up()
"""

import asyncio
from dataclasses import asdict
from typing import Any, Self

from scripts.softphones.events import EventLog, PhoneEvent, PhoneGoneError
from scripts.softphones.policy import Policy
from scripts.softphones.worker_link import WorkerLink

LINES_PER_WORKER = 3  # a process has 4 calls: three lines and one that comes in on top


class PhoneCall:
    """One call as this phone sees it."""

    def __init__(self, line: "Line", number: int) -> None:
        self.line = line
        self.number = number
        self.log = EventLog(f"{line.name} call {number}")

    @property
    def over(self) -> bool:
        return self.log.has("disconnected")

    @property
    def digits(self) -> str:
        """The keys the other side pressed so far."""
        return "".join(event["digit"] for event in self.log.all("dtmf"))

    async def ringing(self, timeout_s: float = 5.0) -> PhoneEvent:
        """Our phone rings (incoming), or the other side says that it does."""
        return await self.log.first("ringing", timeout_s=timeout_s)

    async def answered(self, timeout_s: float = 5.0) -> PhoneEvent:
        return await self.log.first("answered", timeout_s=timeout_s)

    async def media(self, timeout_s: float = 5.0) -> PhoneEvent:
        return await self.log.first("media", timeout_s=timeout_s)

    async def ended(self, timeout_s: float = 5.0) -> PhoneEvent:
        return await self.log.first("disconnected", timeout_s=timeout_s)

    async def heard_digits(self, digits: str, timeout_s: float = 5.0) -> None:
        """Wait until the other side has pressed `digits` (all keys so far)."""
        await self.log.first("dtmf", timeout_s=timeout_s, match=lambda event: self.digits == digits)

    async def answer(self, code: int = 200) -> None:
        await self._order("answer", code=code)

    async def hang_up(self, code: int = 0) -> None:
        """BYE, CANCEL or a refusal, whichever the state asks for."""
        await self._order("hang_up", code=code)

    async def press(self, digits: str, method: str = "rfc4733") -> None:
        """Press keys, sent as RFC 4733 events or (`info`) as SIP INFO."""
        await self._order("press", digits=digits, method=method)

    async def play(self, path: str, loop: bool = False) -> None:
        await self._order("play", path=path, loop=loop)

    async def record(self, path: str) -> None:
        await self._order("record", path=path)

    async def stop_recording(self, timeout_s: float = 5.0) -> None:
        """End the recording; its file is whole when this returns."""
        start = len(self.log.events)
        await self._order("stop_recording")
        await self.log.first("recorded", timeout_s=timeout_s, start=start)

    async def packets(self) -> tuple[int, int]:
        """RTP packets received and sent so far."""
        answer = await self._order("packets")
        return int(answer["rx_packets"]), int(answer["tx_packets"])

    async def received_packets(self, count: int, timeout_s: float = 5.0) -> None:
        """Wait until `count` RTP packets have come in (50 a second): the other side is really there."""
        start = len(self.log.events)
        await self._order("tell_packets", count=count)
        await self.log.first("packets", "disconnected", timeout_s=timeout_s, start=start)

    async def _order(self, do: str, **parts: object) -> dict[str, Any]:
        return await self.line.worker.order(do, call=self.number, **parts)


class Line:
    """What agents' phones and callers have in common."""

    def __init__(self, farm: "PhoneFarm", worker: WorkerLink, name: str) -> None:
        self.farm = farm
        self.worker = worker
        self.name = name
        self.log = EventLog(name)
        self.calls: dict[int, PhoneCall] = {}
        self._incoming_taken = 0

    @property
    def uri(self) -> str:
        """Where the phone itself can be called, without a PBX."""
        return f"sip:{self.name}@{self.farm.bind}:{self.worker.port}"

    async def dial(self, number: str, *, from_uri: str = "", headers: dict[str, str] | None = None) -> PhoneCall:
        """Call `number` at the PBX, or any `sip:` URI. Returns as soon as the INVITE is out."""
        uri = number if number.startswith("sip:") else f"sip:{number.replace('#', '%23')}@{self.farm.pbx}"
        answer = await self.worker.order("dial", line=self.name, uri=uri, from_uri=from_uri, headers=headers or {})
        return self.call(int(answer["call"]))

    async def incoming(self, timeout_s: float = 5.0) -> PhoneCall:
        """Return the next call that came in and was not returned before."""
        event = await self.log.first("incoming", timeout_s=timeout_s, start=self._incoming_taken)
        self._incoming_taken = self.log.events.index(event) + 1
        assert event.call is not None
        return self.calls[event.call]

    async def set_policy(self, policy: Policy) -> None:
        """What the phone does by itself with calls that come in from now on."""
        await self.worker.order("policy", line=self.name, policy=asdict(policy))

    def call(self, number: int) -> PhoneCall:
        if number not in self.calls:
            self.calls[number] = PhoneCall(self, number)
        return self.calls[number]

    def take(self, event: PhoneEvent) -> None:
        """Record an event of this line or of one of its calls."""
        if event.call is not None:
            self.call(event.call).log.add(event)
        self.log.add(event)

    def break_off(self, why: str) -> None:
        for log in [self.log, *(call.log for call in self.calls.values())]:
            log.break_off(why)


class SoftPhone(Line):
    """An agent's phone, registered at the PBX."""

    async def register(self, timeout_s: float = 5.0) -> None:
        """Register (again) and wait until the PBX has accepted it."""
        start = len(self.log.events)
        await self.worker.order("register", line=self.name)
        await self.registered(timeout_s, start)

    async def registered(self, timeout_s: float = 5.0, start: int = 0) -> None:
        """Wait for the PBX's word on the registration; raises PhoneGoneError when it refuses."""
        event = await self.log.first("registered", "registration_failed", timeout_s=timeout_s, start=start)
        if event.kind != "registered":
            why = f"{event['code']} {event['reason']}"
            raise PhoneGoneError(f"{self.name}: the PBX refused the registration with {why}")

    async def unregister(self, timeout_s: float = 5.0) -> None:
        start = len(self.log.events)
        await self.worker.order("unregister", line=self.name)
        await self.log.first("unregistered", timeout_s=timeout_s, start=start)

    async def dial_code(self, code: str, timeout_s: float = 10.0) -> PhoneEvent:
        """Dial a feature code and listen until the PBX hangs up; returns how that call ended."""
        call = await self.dial(code)
        return await call.ended(timeout_s)

    def vanish(self) -> None:
        """Stop answering anything without a word, as a phone that hangs. Needs a process of its own."""
        if self.worker.lines != 1:
            raise ValueError(f"{self.name} shares its process: ask the farm for it with own_process=True")
        self.worker.freeze()

    def come_back(self) -> None:
        self.worker.thaw()


class CallerLine(Line):
    """A caller's phone: it never registers and shows the number it was given."""


class PhoneFarm:
    """`pbx` is host:port of the switch; `bind` the address our phones use (give callers and agents a farm each
    where the PBX tells them apart by address)."""

    def __init__(self, pbx: str = "127.0.0.1:5060", bind: str = "127.0.0.1", log_dir: str = "") -> None:
        self.pbx = pbx
        self.bind = bind
        self._log_dir = log_dir
        self._workers: list[WorkerLink] = []
        self._open: list[WorkerLink] = []
        self._lines: dict[str, Line] = {}
        self._placing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def pids(self) -> list[int]:
        """The processes of the farm."""
        return [worker.pid for worker in self._workers]

    async def softphone(
        self, user: str, password: str = "", *, register: bool = True, own_process: bool = False, expires_s: int = 60
    ) -> SoftPhone:
        """Add an agent's phone and, unless told otherwise, wait until it is registered."""
        phone = SoftPhone(self, await self._place(own_process), user)
        await self._open_line(
            phone,
            {
                "id_uri": f"sip:{user}@{self.pbx}", "registrar": f"sip:{self.pbx}", "register_now": register,
                "user": user, "password": password, "expires_s": expires_s,
            },
        )  # fmt: skip
        if register:
            await phone.registered()
        return phone

    async def caller(self, number: str, *, display_name: str = "", own_process: bool = False) -> CallerLine:
        """Add a caller that shows `number` (and a display name) as its own."""
        caller = CallerLine(self, await self._place(own_process), number)
        quoted = display_name.replace("\\", "\\\\").replace('"', '\\"')
        await self._open_line(caller, {"id_uri": f'"{quoted}" <sip:{number}@{self.bind}>'})
        return caller

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._workers.clear()
        self._open.clear()

    async def _open_line(self, line: Line, setting: dict[str, object]) -> None:
        self._lines[line.name] = line
        await line.worker.order("open", setting={"line": line.name, **setting})

    async def _place(self, own_process: bool) -> WorkerLink:
        async with self._placing:
            if not own_process and self._open:
                worker = self._open[-1]
            else:
                worker = await self._start_worker()
                if not own_process:
                    self._open.append(worker)
            worker.lines += 1
            if worker.lines >= LINES_PER_WORKER and worker in self._open:
                self._open.remove(worker)
            return worker

    async def _start_worker(self) -> WorkerLink:
        worker = WorkerLink(self._take, lambda why: self._break_off(worker, why))
        log = f"{self._log_dir}/pjsip-{len(self._workers) + 1}.log" if self._log_dir else ""
        await worker.start(self.bind, log)
        self._workers.append(worker)
        return worker

    def _take(self, event: PhoneEvent) -> None:
        self._lines[event.line].take(event)

    def _break_off(self, worker: WorkerLink, why: str) -> None:
        for line in self._lines.values():
            if line.worker is worker:
                line.break_off(why)
