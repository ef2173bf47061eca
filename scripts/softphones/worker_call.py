"""One call on a softphone, inside a worker process: follows pjsua2's call and tells the parent what happened."""

import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

import pjsua2 as pj

NO_LOOP = 1  # PJMEDIA_FILE_NO_LOOP: pjsua2 does not export the constant
RTP_STREAM = 0  # our calls have one medium, the audio
HEADERS_MAX = 40
LOOK_AGAIN_S = 0.02


class Floor(Protocol):
    """What a call needs of its worker."""

    def emit(self, kind: str, line: str, call: int | None, **data: object) -> None: ...
    def later(self, delay_s: float, action: Any) -> None: ...
    def forget(self, call: "WorkerCall") -> None: ...


class WorkerCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """`number` names the call in the protocol; it is unique within the worker."""

    def __init__(self, floor: Floor, account: Any, line: str, number: int, pjsip_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, pjsip_id)
        self.floor = floor
        self.line = line
        self.number = number
        self.over = False
        self._hung_up_here = False
        self._answered = False
        self._to_play: tuple[str, bool] | None = None
        self._to_record = ""
        self._recording = ""
        self._player: Any = None
        self._recorder: Any = None
        self._audio: Any = None
        self._packets = {"rx_packets": 0, "tx_packets": 0}

    # ---- orders ----

    def reply(self, code: int) -> None:
        """Send a response to the incoming INVITE: 180 rings, 200 answers, 486 and 603 refuse."""
        if self.over:
            return
        if code >= 300:
            self._hung_up_here = True
        self.answer(_op(code))

    def end(self, code: int = 0) -> None:
        """Hang up: BYE, CANCEL or a refusal with `code`, whichever the call's state asks for."""
        if self.over:
            return
        self._hung_up_here = True
        self.hangup(_op(code))

    def press(self, digits: str, method: str) -> None:
        order = pj.CallSendDtmfParam()
        order.digits = digits
        order.duration = 120
        order.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if method == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
        self.sendDtmf(order)

    def play(self, path: str, loop: bool) -> None:
        """Let the other side hear a wav file, from now on or from when there is sound at all."""
        self._to_play = (path, loop)
        self._start_sound()

    def record(self, path: str) -> None:
        """Write what the other side says to a wav file until `stop_recording` or the call's end."""
        self._to_record = self._recording = path
        self._start_sound()

    def stop_recording(self) -> None:
        """Close the file and emit `recorded` when it is whole, which pjsua2 sees to in its own time."""
        self._to_record = ""
        self._recorder = None
        self._tell_recorded()

    def packets(self) -> dict[str, int]:
        """RTP packets received and sent so far."""
        if not self.over and self._audio is not None:
            self._count_packets()
        return dict(self._packets)

    def tell_packets(self, count: int) -> None:
        """Emit `packets` as soon as `count` of them have come in."""
        if self.over:
            return
        seen = self.packets()
        if seen["rx_packets"] >= count:
            self._emit("packets", **seen)
        else:
            self.floor.later(LOOK_AGAIN_S, lambda: self.tell_packets(count))

    # ---- what pjsua2 tells ----

    def onCallState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            self._emit("ringing", code=info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONNECTING and not self._answered:
            self._answered = True
            self._emit("answered", code=info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._emit("confirmed")
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._close(info)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()  # pjsua2's parts of a value die with the value: keep it by name
        for medium in info.media:
            if medium.type == pj.PJMEDIA_TYPE_AUDIO and medium.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self._audio = self.getAudioMedia(medium.index)
                stream = self.getStreamInfo(medium.index)
                self._audio.startTransmit(pj.Endpoint.instance().audDevManager().getPlaybackDevMedia())
                self._emit("media", codec=stream.codecName, remote=stream.remoteRtpAddress)
                self._start_sound()
                return
        self._audio = self._player = self._recorder = None

    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        method = "info" if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rfc4733"
        self._emit("dtmf", digit=prm.digit, method=method)

    def onStreamDestroyed(self, prm: Any) -> None:  # noqa: N802
        self._count_packets()

    # ---- inside ----

    def _emit(self, kind: str, **data: object) -> None:
        self.floor.emit(kind, self.line, self.number, **data)

    def _close(self, info: Any) -> None:
        self.over = True
        self._player = self._recorder = self._audio = None
        self._emit(
            "disconnected",
            code=info.lastStatusCode,
            reason=info.lastReason,
            by="here" if self._hung_up_here else "there",
            answered=self._answered,
            talk_s=info.connectDuration.sec + info.connectDuration.msec / 1000,
            **self._packets,
        )
        self.floor.forget(self)

    def _count_packets(self) -> None:
        try:
            statistics = self.getStreamStat(RTP_STREAM)
        except pj.Error:
            return  # the stream is gone already: the last count stands
        self._packets = {"rx_packets": statistics.rtcp.rxStat.pkt, "tx_packets": statistics.rtcp.txStat.pkt}

    def _tell_recorded(self) -> None:
        if _is_whole_wav(self._recording):
            self._emit("recorded", path=self._recording)
        else:
            self.floor.later(LOOK_AGAIN_S, self._tell_recorded)

    def _start_sound(self) -> None:
        if self._audio is None or self.over:
            return
        if self._to_play is not None:
            path, loop = self._to_play
            self._to_play = None
            self._player = pj.AudioMediaPlayer()
            self._player.createPlayer(path, 0 if loop else NO_LOOP)
            self._player.startTransmit(self._audio)
        if self._to_record:
            self._recorder = pj.AudioMediaRecorder()
            self._recorder.createRecorder(self._to_record)
            self._to_record = ""
            self._audio.startTransmit(self._recorder)


def _op(code: int) -> Any:
    order = pj.CallOpParam(True)
    order.statusCode = code
    return order


def dial(call: WorkerCall, uri: str, from_uri: str, headers: Mapping[str, str]) -> None:
    """Send the INVITE. `from_uri` replaces the account's own From when it is not empty."""
    order = pj.CallOpParam(True)
    order.txOption.localUri = from_uri
    fields = pj.SipHeaderVector()
    for name, value in headers.items():
        field = pj.SipHeader()
        field.hName, field.hValue = name, value
        fields.append(field)
    order.txOption.headers = fields
    call.makeCall(uri, order)


def headers_of(message: str) -> dict[str, str]:
    """The headers of a SIP message by lower-case name; of a repeated one the first."""
    head = message.replace("\r\n", "\n").split("\n\n", 1)[0]
    found: dict[str, str] = {}
    for row in head.split("\n")[1 : 1 + HEADERS_MAX]:
        name, colon, value = row.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _is_whole_wav(path: str) -> bool:
    """Whether the length in the file's head is that of the file: it is written last."""
    with open(path, "rb") as file:
        head = file.read(12)
    return head[8:] == b"WAVE" and int.from_bytes(head[4:8], "little") + 8 == os.path.getsize(path)


def now() -> float:
    """CLOCK_MONOTONIC, which all processes of the machine share: times of different phones compare."""
    return time.monotonic()
