"""Why the switch refused, in the reader's language. The switch says it in English; what is new there stays so."""

import re

from acd.cli.call_words import Words
from cti.models import Problem

CHINESE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"no agent (\S+) in this site", r"没有工号 \1，可用 hotline agents 查看全部工号"),
        (r"this work number has been removed", "此工号已从配置中删除"),
        (r"agent (\S+) is not logged in", r"工号 \1 未签入，请先签入"),
        (r"the phone of (\S+) is not registered", r"工号 \1 的话机未注册，请先接好话机"),
        (r"no reason '(.*)' here; the site has: (.*)", r"没有示忙原因 \1，可用：\2"),
        (r"there is no timed wrap-up", "当前没有可延长的话后处理"),
        (r"the agent is not in wrap-up", "当前不在话后处理状态"),
        (r"that call no longer rings here", "该呼叫已不在此振铃"),
        (r"no valid token", "令牌不对：交换系统可能已重新启动，或 --state 不是它的状态目录"),
        (r"has not answered in time", "交换系统没有及时应答，请稍后再试"),
    )
)


def tell_refusal(problem: Problem, words: Words) -> str:
    """The fact and, if there is one, the remedy."""
    if words.language == "zh":
        for pattern, text in CHINESE:
            if found := pattern.search(problem.detail):
                return found.expand(text)
    return f"{problem.detail} {problem.remedy}".strip()
