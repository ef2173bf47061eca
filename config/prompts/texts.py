"""The texts that the rooms and the switch itself need; the site's own come beside them and may replace them."""

from collections.abc import Iterable

# Digits as they are read out singly over the telephone: 1 is yao, so that it is not taken for 7.
_DIGITS = {
    "zh": ("零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}

SYSTEM_TEXTS: dict[str, dict[str, str]] = {
    "greeting": {"zh": "您好！欢迎致电客户服务热线。", "en": "Hello, and welcome to the customer service line."},
    "busy": {
        "zh": "对不起，现在话务繁忙，请您稍等。",
        "en": "We are sorry, all our agents are busy. Please hold the line.",
    },
    "thank-you": {
        "zh": "感谢您的来电，请为我的服务评分，再见！",
        "en": "Thank you for calling. Please rate our service. Goodbye.",
    },
    "closing": {"zh": "感谢您的来电，再见！", "en": "Thank you for calling. Goodbye."},
    "system/unknown-number": {
        "zh": "您好！您拨打的号码是空号，请核对后再拨。",
        "en": "The number you have dialled is not in service. Please check it and dial again.",
    },
    "system/queue-full": {
        "zh": "对不起，现在等候的用户较多，请您稍后再拨。",
        "en": "We are sorry, too many callers are waiting at the moment. Please call again later.",
    },
    "system/call-again-later": {
        "zh": "对不起，让您久等了，请您稍后再拨，再见！",
        "en": "We are sorry to have kept you waiting. Please call again later. Goodbye.",
    },
    "confirm/logged_in": {"zh": "签入成功。", "en": "You are logged in."},
    "confirm/logged_out": {"zh": "签出成功。", "en": "You are logged out."},
    "confirm/ready": {"zh": "示闲，可以接听。", "en": "You are ready."},
    "confirm/not_ready": {"zh": "示忙，暂停接听。", "en": "You are not ready."},
    "confirm/pending": {"zh": "已记录，本次服务结束后生效。", "en": "Noted. It takes effect after this call."},
    "confirm/wrap_up_extended": {"zh": "话后处理时间已延长。", "en": "Your wrap-up time is extended."},
    "confirm/reserved": {"zh": "有来电正在为您接入。", "en": "A call is coming in for you."},
    "confirm/on_call": {"zh": "您正在通话中。", "en": "You are on a call."},
    "confirm/wrap_up": {"zh": "您正在话后处理。", "en": "You are in wrap-up."},
    "confirm/rejected": {"zh": "对不起，现在不能这样操作。", "en": "This is not possible at the moment."},
    "confirm/refused": {"zh": "对不起，操作未被接受。", "en": "This was not accepted."},
    "confirm/unknown_agent": {"zh": "对不起，工号不存在。", "en": "This agent number is not known."},
    "confirm/unavailable": {
        "zh": "对不起，系统暂时不能处理，请稍后再试。",
        "en": "The system can not do this at the moment. Please try again later.",
    },
}


def spelled(number: str, language: str) -> str:
    """Each digit by itself: 1001 -> 幺零零幺, one zero zero one. What is no digit stays as it is."""
    digits = _DIGITS[language]
    spoken = [digits[int(character)] if character in "0123456789" else character for character in number]
    return ("" if language == "zh" else " ").join(spoken)


def work_number_texts(agent_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """What the caller hears when an agent answers: the work number, no name. Short: the agent waits for it."""
    return {
        f"agents/{agent_id}": {
            "zh": f"工号{spelled(agent_id, 'zh')}为您服务",
            "en": f"Agent {spelled(agent_id, 'en')} at your service.",
        }
        for agent_id in agent_ids
    }
