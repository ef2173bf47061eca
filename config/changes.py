"""What a new version of the files changes, by name: agents that came, queues that went, settings that differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.document import WrittenInteger

# So many names are told of each kind of change; of the others only how many.
NAMES_MAX = 20

# What supervisors read for the sections they change most; the others are told by the word in the file.
_SECTIONS_ZH: Mapping[str, str] = {
    "agents": "话务员", "queues": "队列", "skills": "技能", "groups": "班组", "calendars": "日历", "trees": "语音流程",
    "prompts": "提示语", "numbers": "接入号码", "trunks": "中继", "music": "等待音乐", "languages": "语言",
    "not_ready_reasons": "示忙原因", "name": "热线名称", "time_zone": "时区",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Some:
    """So many, and the first NAMES_MAX names of them."""

    count: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one section of a file, such as `agents`. All zero: it is no list of names, and was changed.

    `moved`: the same names in another order.
    """

    section: str
    added: Some = Some()
    removed: Some = Some()
    changed: Some = Some()
    moved: bool = False


def find_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The differences of two files' data, section by section, in the order of the new file. Comments make none."""
    sections = [*after, *(section for section in before if section not in after)]
    return tuple(
        change for section in sections for change in _compare(section, before.get(section), after.get(section))
    )


def _compare(section: str, before: Any, after: Any) -> Iterator[Change]:
    if _same(before, after):
        return
    if not isinstance(before or {}, dict) or not isinstance(after or {}, dict):
        yield Change(section)
        return
    old, new = before or {}, after or {}
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    changed = [name for name, value in new.items() if name in old and not _same(old[name], value)]
    moved = [name for name in old if name in new] != [name for name in new if name in old]
    yield Change(section, _some(added), _some(removed), _some(changed), moved)


def _some(names: list[str]) -> Some:
    return Some(len(names), tuple(names[:NAMES_MAX]))


def _same(one: Any, other: Any) -> bool:
    """Exactly: 0571 is not 571, 1 is not true, and the order of names counts."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one.text == other.text if isinstance(one, WrittenInteger) else one == other)


# ---- in words ----


def in_words(changes: tuple[Change, ...], language: str, names_max: int = NAMES_MAX) -> str:
    """Such as `agents: 1 added (2001), 2 changed (1001, 1002); queues: 1 removed (english)`, in "zh" or "en"."""
    if not changes:
        return "只改了注释或格式" if language == "zh" else "only comments or spacing"
    return ("；" if language == "zh" else "; ").join(_change_in_words(one, language, names_max) for one in changes)


def _change_in_words(change: Change, language: str, names_max: int) -> str:
    zh = language == "zh"
    kinds = (("新增", "added", change.added), ("删除", "removed", change.removed), ("修改", "changed", change.changed))
    said = [
        (f"{word_zh} {some.count}" if zh else f"{some.count} {word_en}") + _names_in_words(some, language, names_max)
        for word_zh, word_en, some in kinds if some.count
    ]  # fmt: skip
    if change.moved:
        said.append("调整了顺序" if zh else "in another order")
    told = ("，" if zh else ", ").join(said) or ("已修改" if zh else "changed")
    return f"{_SECTIONS_ZH.get(change.section, change.section)}：{told}" if zh else f"{change.section}: {told}"


def _names_in_words(some: Some, language: str, names_max: int) -> str:
    shown = list(some.names[:names_max])
    if some.count > len(shown):
        shown.append("…" if language == "zh" else "...")
    return "（" + "、".join(shown) + "）" if language == "zh" else " (" + ", ".join(shown) + ")"
