"""From the core's commands to Asterisk's actions.

A Redirect is sent for a caller in the waiting room (or leaving the IVR) only, one at a time; when one fails, nobody
guesses where the caller is: Asterisk is asked.
"""

from asyncio import Future
from collections.abc import Callable, Collection, Sequence
from math import ceil
from typing import Any

import structlog

from acd.core import commands, events
from acd.core.commands import Command
from acd.core.events import Event
from acd.core.site import FALLBACK_QUEUE
from acd.pbx.asterisk.agi import AgiResult, quote_agi_argument
from acd.pbx.asterisk.errors import AgiFailed, AmiDown
from acd.pbx.asterisk.inbound import FEATURE_REQUEST
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import Response
from acd.pbx.asterisk.tracks import AFTER_CALL, IVR, WAITING_ROOM, Track, Tracks

log = structlog.get_logger()

Answer = Callable[[Response | None], None]
ALL_KEYS = "0123456789*#"
# A prompt that has not ended after so long never will.
PROMPT_DEADLINE_S = 120.0
BREAK = "ASYNCAGI BREAK"


def _left(error: BaseException | None) -> bool:
    """The caller left the IVR, or the link was lost, before the command's end: what follows says so by itself."""
    return isinstance(error, AmiDown) or (isinstance(error, AgiFailed) and error.reason in ("ended", "hung_up"))


class Outbound:
    def __init__(self, link: AmiLink, tracks: Tracks, post: Callable[[Event], None]) -> None:
        self._link, self._tracks, self._post = link, tracks, post
        self._mirrored: dict[str, commands.MirrorAgent] = {}
        self._perform: dict[type, Callable[[Any], None]] = {
            commands.PlayPrompt: self._play,
            commands.EnterWaitingRoom: self._enter_waiting_room,
            commands.ChangeQueue: self._change_queue,
            commands.RingAgent: self._ring,
            commands.StopRinging: self._stop_ringing,
            commands.HangUpCall: self._hang_up,
            commands.MirrorAgent: self._mirror,
            commands.Reply: self._reply,
        }

    def perform(self, command: Command) -> None:
        self._perform[type(command)](command)

    def forget_mirror(self, agent_id: str | None = None) -> None:
        """The PBX may have lost that member, or all: tell it everything again."""
        if agent_id is None:
            self._mirrored.clear()
        else:
            self._mirrored.pop(agent_id, None)

    def remove_strangers(self, members: Collection[tuple[str, str]], agents: Collection[str]) -> None:
        """Members (queue, interface) outlive a restart of Asterisk: who is no agent any more must not be rung."""
        for queue_id, interface in members:
            if interface.removeprefix("PJSIP/") not in agents:
                self.act((("Action", "QueueRemove"), ("Queue", queue_id), ("Interface", interface)))

    # ---- actions ----

    def act(self, action: Sequence[tuple[str, str]], answer: Answer | None = None) -> None:
        """Send now; `answer` gets the response, or None if there was none (link down, or too late)."""
        future = self._link.request(action)
        if answer is not None:
            future.add_done_callback(lambda done: answer(None if done.exception() else done.result()))

    def set_variable(self, channel: str, name: str, value: str) -> None:
        scope = (("Channel", channel),) if channel else ()
        self.act((("Action", "Setvar"), *scope, ("Variable", name), ("Value", value)))

    def redirect(self, channel: str, room: str, extension: str, answer: Answer | None = None) -> None:
        self.act(
            (("Action", "Redirect"), ("Channel", channel), ("Context", room), ("Exten", extension), ("Priority", "1")),
            answer,
        )

    def end_channel(self, channel: str) -> None:
        self.act((("Action", "Hangup"), ("Channel", channel), ("Cause", "16")))

    def run_dialplan(self, context: str, extension: str) -> None:
        """Have a short piece of dialplan run that belongs to no call."""
        self.act(
            (
                ("Action", "Originate"), ("Channel", f"Local/{extension}@{context}"), ("Application", "NoOp"),
                ("Async", "true"),
            )
        )  # fmt: skip

    # ---- prompts ----

    def _play(self, command: commands.PlayPrompt) -> None:
        track = self._tracks.by_call.get(command.call_id)
        if track is not None:
            self._speak(track, command.language)
            track.play += 1
            self._play_next(track, track.play, command, 0)

    def _play_next(self, track: Track, play: int, command: commands.PlayPrompt, index: int) -> None:
        """Say the prompts one after another, then wait for a key if one is wanted."""
        keys = ALL_KEYS if command.digits_max else ""
        if index < len(command.prompts):
            line = f"STREAM FILE {quote_agi_argument(command.prompts[index])} {quote_agi_argument(keys)}"
        elif command.digits_max and command.first_timeout_s > 0:
            line = f"WAIT FOR DIGIT {int(command.first_timeout_s * 1000)}"
        else:
            self._post(events.PromptEnded(command.call_id, command.step))
            return
        future = self._link.agi(track.channel, line, deadline_s=PROMPT_DEADLINE_S)
        future.add_done_callback(lambda done: self._played(track, play, command, index, done))

    def _played(
        self, track: Track, play: int, command: commands.PlayPrompt, index: int, done: "Future[AgiResult]"
    ) -> None:
        if play != track.play or self._tracks.by_call.get(track.call_id) is not track:
            return
        if done.cancelled() or _left(done.exception()):
            return
        result = None if done.exception() else done.result()
        if result is None or not result.ok or result.result.startswith("-"):
            if track.first_hangup is not None:
                return  # what ended the prompt is the hang-up; it comes as an event of its own
            log.warning("prompt_failed", call_id=track.call_id, prompts=command.prompts)
            self._post(events.PromptEnded(command.call_id, command.step, failed=True))
            return
        key = int(result.result) if result.result.isdigit() else 0
        if key:
            self._post(events.PromptEnded(command.call_id, command.step, chr(key)))
        elif index >= len(command.prompts):
            self._post(events.PromptEnded(command.call_id, command.step))
        else:
            self._play_next(track, play, command, index + 1)

    def _speak(self, track: Track, language: str) -> None:
        """Prompts are looked up in the channel's language, in every room it comes to."""
        if language != track.language:
            track.language = language
            self.set_variable(track.channel, "CHANNEL(language)", language)

    # ---- rooms ----

    def _enter_waiting_room(self, command: commands.EnterWaitingRoom) -> None:
        track = self._tracks.by_call.get(command.call_id)
        if track is None:
            return
        self._speak(track, command.language)
        self._remember_queue(track, command)
        self._leave_ivr(track, WAITING_ROOM)

    def _change_queue(self, command: commands.ChangeQueue) -> None:
        """The room looks at these variables at each turn of its music."""
        track = self._tracks.by_call.get(command.call_id)
        if track is not None:
            self._remember_queue(track, command)

    def _remember_queue(self, track: Track, command: commands.EnterWaitingRoom | commands.ChangeQueue) -> None:
        for name, value in (
            ("ACD_QUEUE", command.queue_id),
            ("ACD_JOINED", f"{command.joined_at:.3f}"),
            ("ACD_PRIO", str(command.priority)),
            ("ACD_MUSIC", command.music),
        ):
            self.set_variable(track.channel, name, value)

    def _leave_ivr(self, track: Track, room: str) -> None:
        track.play += 1
        self.set_variable(track.channel, "ACD_NEXT", room)
        self._link.agi(track.channel, BREAK, deadline_s=5.0)

    def _ring(self, command: commands.RingAgent) -> None:
        track = self._tracks.by_call.get(command.call_id)
        if track is None or track.room != WAITING_ROOM or track.redirecting:
            self._refuse(command, gone=track is None, message="the caller is not in the waiting room")
            return
        track.redirecting = True
        track.rescinded.clear()
        extension = f"{command.reservation_id}*{command.agent_id}*{ceil(command.ring_timeout_s)}"
        self.redirect(track.channel, "ring", extension, lambda response: self._rung(track, command, response))

    def _rung(self, track: Track, command: commands.RingAgent, response: Response | None) -> None:
        if response is not None and response.ok:
            return
        if not self._link.up or self._tracks.by_call.get(track.call_id) is not track:
            return
        self.act(
            (("Action", "Status"), ("Channel", track.channel)),
            lambda status: self._found(track, command, response, status),
        )

    def _found(
        self, track: Track, command: commands.RingAgent, response: Response | None, status: Response | None
    ) -> None:
        """After a Redirect that failed: where is the caller? A hang-up comes by itself; a ring says so itself."""
        if self._tracks.by_call.get(track.call_id) is not track or not track.redirecting:
            return
        contexts = [item.get("Context", "") for item in status.events] if status is not None else []
        track.redirecting = False
        self._refuse(command, gone=not contexts, message=response.message if response else "no answer")
        if WAITING_ROOM in contexts:
            self._post(events.CallWaiting(track.call_id, track.last_reservation_id))

    def _refuse(self, command: commands.RingAgent, gone: bool, message: str) -> None:
        log.info("ring_refused", call_id=command.call_id, agent_id=command.agent_id, reason=message)
        self._post(events.CommandFailed(command.call_id, "ring", command.reservation_id, gone, message))

    def _stop_ringing(self, command: commands.StopRinging) -> None:
        """First the word that refuses a late answer, then the end of the phone's ringing; the caller goes on."""
        track = self._tracks.by_call.get(command.call_id)
        if track is None:
            return
        track.rescinded.add(command.reservation_id)
        self.set_variable(track.channel, "ACD_RESCINDED", command.reservation_id)
        if track.leg and track.reservation_id == command.reservation_id:
            self.end_channel(track.leg)
        elif track.room == WAITING_ROOM and not track.redirecting:
            self._post(events.CallWaiting(track.call_id, track.last_reservation_id))

    def _hang_up(self, command: commands.HangUpCall) -> None:
        track = self._tracks.by_call.get(command.call_id)
        if track is None:
            return
        if not command.prompt:
            self.end_channel(track.channel)
            return
        self._speak(track, command.language)
        self.set_variable(track.channel, "ACD_CLOSING", command.prompt)
        if track.room == IVR:
            self._leave_ivr(track, "closing")
        elif track.room in (WAITING_ROOM, AFTER_CALL):
            self.redirect(track.channel, "closing", "s")

    # ---- agents ----

    def _mirror(self, command: commands.MirrorAgent) -> None:
        """Keep the fallback queues' members as the core sees the agents; only what changed is sent."""
        interface = f"PJSIP/{command.agent_id}"
        before = self._mirrored.get(command.agent_id)
        self._mirrored[command.agent_id] = command
        served = {FALLBACK_QUEUE, *command.queue_ids}
        member_of = {FALLBACK_QUEUE, *before.queue_ids} if before and before.presence != "absent" else set()
        wanted = served if command.presence != "absent" else set()
        paused = "0" if command.presence == "ready" else "1"
        for queue_id in sorted((member_of if before else served) - wanted):
            self.act((("Action", "QueueRemove"), ("Queue", queue_id), ("Interface", interface)))
        for queue_id in sorted(wanted - member_of):
            self.act(
                (
                    ("Action", "QueueAdd"), ("Queue", queue_id), ("Interface", interface), ("Paused", paused),
                    ("MemberName", command.agent_id), ("StateInterface", interface),
                )
            )  # fmt: skip
        if wanted and (before is None or before.presence != command.presence):
            self.act((("Action", "QueuePause"), ("Interface", interface), ("Paused", paused)))

    def _reply(self, command: commands.Reply) -> None:
        channel = command.request_id.removeprefix(FEATURE_REQUEST)
        self.redirect(channel, "confirm", command.word)
