"""The words in which calls are told, in Chinese and English. A word that is not here is shown as it was stored."""

import os

LANGUAGES = ("zh", "en")

_OUTCOMES = {
    "answered": ("已接听", "answered"),
    "self_served": ("自助完成", "self-served"),
    "abandoned": ("放弃", "abandoned"),
    "message_left": ("已留言", "message left"),
    "callback_not_reached": ("回呼未通", "callback not reached"),
    "transferred_out": ("已转出", "transferred out"),
    "blocked": ("被拦截", "blocked"),
    "closed": ("非服务时间", "closed"),
    "failed": ("失败", "failed"),
    "flowed_out": ("流出", "flowed out"),
    "open": ("进行中", "open"),
}
_PLACES = {
    "arriving": ("到达", "arriving"),
    "in_ivr": ("自动语音", "in IVR"),
    "waiting": ("排队", "waiting"),
    "ringing": ("振铃", "ringing"),
    "talking": ("通话", "talking"),
    "held": ("保持", "on hold"),
    "consulting": ("咨询", "consulting"),
    "conferenced": ("会议", "in conference"),
    "with_ivr": ("转自动语音", "with the IVR"),
    "in_fallback": ("应急队列", "in the fallback"),
    "awaiting_callback": ("等待回呼", "awaiting callback"),
    "leaving_message": ("留言", "leaving a message"),
    "after_call": ("通话后", "after call"),
    "dialling": ("外呼", "dialling"),
    "ended": ("已结束", "ended"),
}
_AGENT_STATES = {
    "logged_out": ("未签入", "logged out"),
    "not_ready": ("示忙", "not ready"),
    "ready": ("空闲", "ready"),
    "reserved": ("已预留", "reserved"),
    "on_call": ("通话中", "on a call"),
    "wrap_up": ("话后处理", "in wrap-up"),
    "eligible": ("可接", "eligible"),
    "phone_unreachable": ("话机不可达", "with the phone unreachable"),
    "phone_unknown": ("话机状态未知", "with the phone unknown"),
    "phone_busy": ("话机占线", "with the phone busy"),
}
_RINGS = {
    "accepted": ("接受", "accepted"),
    "rejected": ("拒接", "rejected"),
    "timed_out": ("超时未接", "timed out"),
    "rescinded": ("收回", "rescinded"),
    "completed": ("完成", "completed"),
    "pending": ("待接", "pending"),
}
_REASONS = {
    "answered": ("已接听", "answered"),
    "no_answer": ("无人应答", "no answer"),
    "rejected": ("拒接", "rejected"),
    "busy": ("话机忙", "phone busy"),
    "unreachable": ("话机不可达", "phone unreachable"),
    "failed": ("振铃失败", "ring failed"),
    "rescinded": ("PBX 收回", "taken back by the PBX"),
    "device_down": ("话机故障", "phone down"),
    "desktop_lost": ("桌面断开", "desktop lost"),
    "forced": ("班长强制", "forced by a supervisor"),
    "relogin_elsewhere": ("在别处签入", "logged in elsewhere"),
    "unspecified": ("未说明", "no reason given"),
    "login": ("刚签入", "just logged in"),
    "pbx_refused": ("PBX 未能振铃", "refused by the PBX"),
    "ring_end_lost": ("未收到振铃结果", "the end of the ring was not heard"),
    "caller_left": ("客户已离开", "the caller left"),
    "caller_hung_up": ("客户先挂机", "the caller hung up"),
    "agent_hung_up": ("话务员先挂机", "the agent hung up"),
    "system_hung_up": ("系统挂断", "hung up by the system"),
    "agent_not_ready": ("话务员示忙", "the agent went not ready"),
    "agent_logged_out": ("话务员签出", "the agent logged out"),
    "fell_back": ("转入应急队列", "taken by the fallback"),
    "fallback_connected": ("应急队列已接通", "connected by the fallback"),
    "unknown_number": ("号码未开通", "unknown number"),
    "tree_ended": ("语音流程结束", "the IVR came to its end"),
    "queue_full": ("队列已满", "queue full"),
    "queue_removed": ("队列已删除", "queue removed"),
    "wait_s_max": ("等待超过上限", "waited too long"),
    "closing": ("播放结束语", "the closing words"),
}
_SIDES = {"caller": ("客户", "caller"), "agent": ("话务员", "agent"), "system": ("系统", "system")}
_RULES = {
    "longest_idle": ("空闲最久", "longest idle"),
    "best_skill": ("技能最高", "best skill"),
    "round_robin": ("轮流", "round robin"),
    "top_down": ("按名单顺序", "top down"),
    "fewest_calls": ("接听最少", "fewest calls"),
    "least_talk_time": ("通话最短", "least talk time"),
    "least_occupied": ("占用率最低", "least occupied"),
    "random": ("随机", "random"),
}
_LANGUAGES = {"zh": ("中文", "Chinese"), "en": ("英语", "English")}

_KINDS = {
    "outcome": _OUTCOMES,
    "place": _PLACES,
    "agent_state": _AGENT_STATES,
    "ring": _RINGS,
    "reason": {**_PLACES, **_REASONS},
    "side": _SIDES,
    "rule": _RULES,
    "language": _LANGUAGES,
}


class Words:
    """Says things in one language: `Words("en")("还在", "still there")` is `still there`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, zh: str, en: str) -> str:
        return en if self.language == "en" else zh

    def name(self, kind: str, word: str) -> str:
        if kind == "reason" and word.startswith("cause_"):
            return self(f"原因码 {word[6:]}", f"cause {word[6:]}")
        pair = _KINDS[kind].get(word)
        return self(*pair) if pair else word

    def seconds(self, seconds: float) -> str:
        return self(f"{seconds:.1f} 秒", f"{seconds:.1f} s")


def default_language() -> str:
    """English if the terminal speaks it, else Chinese."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "zh"
