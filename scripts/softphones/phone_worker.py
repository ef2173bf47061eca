"""A process with up to four softphone lines, driven over stdin and stdout by JSON lines.

pjsua2 allows 4 calls and 8 accounts a process, so a farm of phones is several of these. Everything runs on the
main thread: orders are read between turns of pjsua2's event loop. The process ends when its stdin closes, and
the kernel ends it when its parent dies, so that it never outlives a test or a demo.

Orders  {"id": 7, "do": "dial", "line": "1001", ...}  are answered {"id": 7, "ok": true, ...} or
{"id": 7, "ok": false, "error": "..."}. What happens is told as
{"event": "incoming", "line": "1001", "call": 3, "at": 1234.5, ...} with `at` in seconds of CLOCK_MONOTONIC.
"""

import argparse
import ctypes
import heapq
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pjsua2 as pj

from scripts.softphones.policy import Policy
from scripts.softphones.worker_call import WorkerCall, dial, now
from scripts.softphones.worker_line import LineSetting, WorkerLine

TURN_MS = 5
CODECS = {"PCMA/8000": 255, "PCMU/8000": 254}
PR_SET_PDEATHSIG = 1
Order = dict[str, Any]


class Worker:
    def __init__(self, bind: str, log_path: str, out_fd: int) -> None:
        self._bind = bind
        self._out_fd = out_fd
        self._lines: dict[str, WorkerLine] = {}
        self._calls: dict[int, WorkerCall] = {}
        self._over: list[WorkerCall] = []
        self._numbers = itertools.count(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._endpoint = _start_endpoint(log_path)
        transport = pj.TransportConfig()
        transport.boundAddress = bind
        self._transport = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        address = self._endpoint.transportGetInfo(self._transport).localAddress
        self.emit("up", "", None, port=int(address.rsplit(":", 1)[1]), pid=os.getpid())

    # ---- what lines and calls need ----

    def emit(self, kind: str, line: str, call: int | None, **data: object) -> None:
        self._write({"event": kind, "line": line, "call": call, "at": now(), **data})

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (now() + delay_s, next(self._timer_numbers), action))

    def next_number(self) -> int:
        return next(self._numbers)

    def calls_of(self, line: str) -> list[WorkerCall]:
        return [call for call in self._calls.values() if call.line == line]

    def adopt(self, call: WorkerCall) -> None:
        self._calls[call.number] = call

    def forget(self, call: WorkerCall) -> None:
        # The object must live until pjsua2 has left its callback.
        self._over.append(self._calls.pop(call.number))

    # ---- the loop ----

    def run(self, orders_fd: int) -> None:
        """Serve until the parent closes our stdin."""
        os.set_blocking(orders_fd, False)
        rest = b""
        while True:
            try:
                data = os.read(orders_fd, 65536)
                if not data:
                    return
                *rows, rest = (rest + data).split(b"\n")
                for row in rows:
                    self._obey(json.loads(row))
            except BlockingIOError:
                pass
            self._endpoint.libHandleEvents(TURN_MS)
            self._over.clear()
            self._run_due()

    def close(self) -> None:
        """Hang up, unregister, and free every call before the library: it aborts otherwise."""
        for call in list(self._calls.values()):
            _quietly(call.end)
        for line in self._lines.values():
            if line.setting.registrar:
                _quietly(partial(line.setRegistration, False))
        until = now() + 0.5
        while now() < until and (self._calls or any(_is_registered(line) for line in self._lines.values())):
            self._endpoint.libHandleEvents(TURN_MS)
            self._over.clear()
        self._over.clear()
        self._calls.clear()
        self._timers.clear()
        for line in self._lines.values():
            line.shutdown()
        self._lines.clear()
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)  # else it listens on for a second

    def _run_due(self) -> None:
        while self._timers and self._timers[0][0] <= now():
            _quietly(heapq.heappop(self._timers)[2])

    def _obey(self, order: Order) -> None:
        try:
            result = ORDERS[order["do"]](self, order) or {}
            self._write({"id": order["id"], "ok": True, **result})
        except pj.Error as error:
            self._write({"id": order["id"], "ok": False, "error": error.reason or str(error.info())})
        except (KeyError, TypeError, ValueError) as error:
            self._write({"id": order["id"], "ok": False, "error": f"{type(error).__name__}: {error}"})

    def _write(self, message: dict[str, object]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._out_fd, data) :]

    # ---- orders ----

    def _open(self, order: Order) -> None:
        setting = LineSetting(**order["setting"])
        self._lines[setting.line] = WorkerLine(self, setting, self._bind, self._transport)

    def _register(self, order: Order) -> None:
        self._lines[order["line"]].setRegistration(True)

    def _unregister(self, order: Order) -> None:
        self._lines[order["line"]].setRegistration(False)

    def _set_policy(self, order: Order) -> None:
        self._lines[order["line"]].policy = Policy(**order["policy"])

    def _dial(self, order: Order) -> dict[str, object]:
        line = self._lines[order["line"]]
        call = WorkerCall(self, line, order["line"], self.next_number())
        self.adopt(call)
        try:
            dial(call, order["uri"], order.get("from_uri", ""), order.get("headers", {}))
        except pj.Error:
            if call.number in self._calls:
                self.forget(call)
            raise
        return {"call": call.number}

    def _answer(self, order: Order) -> None:
        self._call(order).reply(order.get("code", 200))

    def _hang_up(self, order: Order) -> None:
        self._call(order).end(order.get("code", 0))

    def _press(self, order: Order) -> None:
        self._call(order).press(order["digits"], order.get("method", "rfc4733"))

    def _play(self, order: Order) -> None:
        self._call(order).play(order["path"], order.get("loop", False))

    def _record(self, order: Order) -> None:
        self._call(order).record(order["path"])

    def _stop_recording(self, order: Order) -> None:
        self._call(order).stop_recording()

    def _packets(self, order: Order) -> dict[str, object]:
        return dict(self._call(order).packets())

    def _tell_packets(self, order: Order) -> None:
        self._call(order).tell_packets(order["count"])

    def _call(self, order: Order) -> WorkerCall:
        call = self._calls.get(order["call"])
        if call is None:
            raise ValueError(f"call {order['call']} is over")
        return call


ORDERS: dict[str, Callable[[Worker, Order], dict[str, object] | None]] = {
    "open": Worker._open,
    "register": Worker._register,
    "unregister": Worker._unregister,
    "policy": Worker._set_policy,
    "dial": Worker._dial,
    "answer": Worker._answer,
    "hang_up": Worker._hang_up,
    "press": Worker._press,
    "play": Worker._play,
    "record": Worker._record,
    "stop_recording": Worker._stop_recording,
    "packets": Worker._packets,
    "tell_packets": Worker._tell_packets,
}


def _start_endpoint(log_path: str) -> Any:
    setting = pj.EpConfig()
    setting.uaConfig.threadCnt = 0
    setting.uaConfig.mainThreadOnly = True
    setting.uaConfig.maxCalls = 4
    setting.uaConfig.userAgent = "hotline-softphone"
    setting.medConfig.clockRate = setting.medConfig.sndClockRate = 8000
    setting.medConfig.noVad = True  # a silent phone still sends media, as PBX and tests expect
    setting.medConfig.ecTailLen = 0
    setting.logConfig.level = 5 if log_path else 0
    setting.logConfig.consoleLevel = 0
    setting.logConfig.msgLogging = 1 if log_path else 0
    setting.logConfig.filename = log_path
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(setting)
    endpoint.audDevManager().setNullDev()
    for codec in endpoint.codecEnum2():
        priority = max((p for name, p in CODECS.items() if codec.codecId.startswith(name)), default=0)
        endpoint.codecSetPriority(codec.codecId, priority)
    endpoint.libStart()
    return endpoint


def _is_registered(line: WorkerLine) -> bool:
    return bool(line.getInfo().regIsActive)


def _quietly(action: Callable[[], None]) -> None:
    """A timer or the end of the process may meet a call that has just ended: that is no error."""
    try:
        action()
    except pj.Error as error:
        print(f"phone worker: {error.info()}", file=sys.stderr)


def _die_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone already")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1", help="address for SIP and media")
    parser.add_argument("--parent", type=int, required=True, help="pid of the process that owns this one")
    parser.add_argument("--log", default="", help="file for pjsip's own log")
    args = parser.parse_args()
    _die_with_parent(args.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    out_fd = os.dup(1)
    os.dup2(2, 1)  # the library prints to stdout, which carries the protocol
    worker = Worker(args.bind, args.log, out_fd)
    try:
        worker.run(0)
    finally:
        worker.close()


if __name__ == "__main__":
    main()
