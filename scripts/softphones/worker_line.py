"""One line of a softphone inside a worker: its account, its registration, and how it treats calls that come in."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import pjsua2 as pj

from scripts.softphones.policy import Policy
from scripts.softphones.worker_call import Floor, WorkerCall, headers_of

REGISTER_AGAIN_S = 2  # a phone whose registration failed tries again this soon, as a PBX that restarts wants it


class LineFloor(Floor, Protocol):
    """What a line needs of its worker."""

    def next_number(self) -> int: ...
    def calls_of(self, line: str) -> list[WorkerCall]: ...
    def adopt(self, call: WorkerCall) -> None: ...


@dataclass
class LineSetting:
    """`registrar` empty: the line has none (a caller on a trunk). `register_now`: without being told."""

    line: str
    id_uri: str
    registrar: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    expires_s: int = 60
    register_now: bool = True


class WorkerLine(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, floor: LineFloor, setting: LineSetting, bind: str, transport: int) -> None:
        super().__init__()
        self.floor = floor
        self.setting = setting
        self.policy = Policy()
        self.create(_account(setting, bind, transport))

    def onRegState(self, prm: Any) -> None:  # noqa: N802
        kind = "registered" if prm.code // 100 == 2 and prm.expiration > 0 else "unregistered"
        if prm.code // 100 != 2:
            kind = "registration_failed"
        self.floor.emit(kind, self.setting.line, None, code=prm.code, reason=prm.reason, expires_s=prm.expiration)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        line = self.setting.line
        others = len(self.floor.calls_of(line))
        call = WorkerCall(self.floor, self, line, self.floor.next_number(), prm.callId)
        self.floor.adopt(call)
        headers = headers_of(prm.rdata.wholeMsg)
        self.floor.emit("incoming", line, call.number, caller=call.getInfo().remoteUri, headers=headers)
        if others >= self.policy.calls_max:
            call.reply(486)
        else:
            self._follow_policy(call)

    def _follow_policy(self, call: WorkerCall) -> None:
        policy = self.policy
        if policy.mode == "silent":
            return
        if policy.mode == "reject" and policy.after_s == 0:
            call.reply(policy.code)
            return
        call.reply(180)
        if policy.mode == "reject":
            self.floor.later(policy.after_s, lambda: call.reply(policy.code))
        elif policy.mode == "answer":
            self.floor.later(policy.after_s, lambda: self._answer(call, policy))

    def _answer(self, call: WorkerCall, policy: Policy) -> None:
        if call.over:
            return
        if policy.play:
            call.play(policy.play, loop=True)
        call.reply(200)
        if policy.hangup_after_s is not None:
            self.floor.later(policy.hangup_after_s, call.end)


def _account(setting: LineSetting, bind: str, transport: int) -> Any:
    account = pj.AccountConfig()
    account.idUri = setting.id_uri
    account.sipConfig.transportId = transport
    account.mediaConfig.transportConfig.boundAddress = bind
    account.mediaConfig.transportConfig.port = 0
    account.videoConfig.autoTransmitOutgoing = False
    if setting.registrar:
        account.regConfig.registrarUri = setting.registrar
        account.regConfig.registerOnAdd = setting.register_now
        account.regConfig.timeoutSec = setting.expires_s
        account.regConfig.retryIntervalSec = account.regConfig.firstRetryIntervalSec = REGISTER_AGAIN_S
        account.regConfig.randomRetryIntervalSec = 0
        account.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", setting.user, 0, setting.password))
    return account
