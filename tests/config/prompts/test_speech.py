"""Prompts and music: heard, in the forms Asterisk reads, and made again only when something changed."""

import shutil
from pathlib import Path

import pytest

from config.prompts import music, sound, speech
from config.prompts.texts import SYSTEM_TEXTS, spelled, work_number_texts
from config.prompts.tools import PromptError

TEXTS = {"greeting": {"zh": "您好！", "en": "Hello."}, "agents/1001": work_number_texts(["1001"])["agents/1001"]}
needs_tools = pytest.mark.skipif(
    not (shutil.which("sox") and shutil.which("espeak-ng")), reason="run scripts/system_packages.sh"
)


def level(path: Path) -> float:
    return sound.rms(sound.samples_of(path.read_bytes()))


@needs_tools
def test_prompts_are_heard_and_only_changes_are_made_again(tmp_path: Path) -> None:
    first = speech.build(TEXTS, tmp_path)
    assert sorted(first.made) == ["en/agents/1001", "en/greeting", "zh/agents/1001", "zh/greeting"]
    for path in first.made:
        assert level(tmp_path / f"{path}.sln16") > sound.RMS_MIN
        # Half a second at least: 16 bit at 16 kHz, 8 bit at 8 kHz.
        assert (tmp_path / f"{path}.sln16").stat().st_size > 16000
        assert (tmp_path / f"{path}.ulaw").stat().st_size == pytest.approx(
            (tmp_path / f"{path}.sln16").stat().st_size / 4, rel=0.01
        )
    again = speech.build(TEXTS, tmp_path)
    assert again.made == ()
    assert len(again.kept) == 4

    (tmp_path / "en" / "greeting.alaw").unlink()
    changed = {**TEXTS, "greeting": {"zh": "您好，欢迎！", "en": "Hello."}}
    del changed["agents/1001"]
    third = speech.build(changed, tmp_path)
    assert sorted(third.made) == ["en/greeting", "zh/greeting"]
    assert sorted(third.removed) == ["en/agents/1001", "zh/agents/1001"]
    assert not (tmp_path / "zh" / "agents" / "1001.ulaw").exists()


@needs_tools
def test_silence_is_no_prompt(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="made silence of '。'"):
        speech.build({"nothing": {"zh": "。"}}, tmp_path)


@needs_tools
def test_mandarin_is_spoken_as_mandarin(tmp_path: Path) -> None:
    """Read as English letters and tone numbers it would take twice as long."""
    speech.build(work_number_texts(["1001"]), tmp_path)
    seconds = (tmp_path / "zh" / "agents" / "1001.sln16").stat().st_size / 2 / sound.RATE_HZ
    assert 1.5 < seconds < 3.2


@needs_tools
def test_the_music_lasts_a_minute_and_is_the_same_everywhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert music.build(tmp_path / name) >= 60
    assert (tmp_path / "one" / "calm.sln16").read_bytes() == (tmp_path / "two" / "calm.sln16").read_bytes()
    samples = sound.samples_of((tmp_path / "one" / "calm.sln16").read_bytes())
    assert len(samples) == 64 * sound.RATE_HZ
    for second in range(64):  # no gap in it
        assert sound.rms(samples[second * sound.RATE_HZ : (second + 1) * sound.RATE_HZ]) > sound.RMS_MIN
    assert max(samples) < 32000


def test_a_missing_tool_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no-such-voice is missing: as root, apt-get install"):
        speech.build(TEXTS, tmp_path, engine=("no-such-voice",))


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a b", "提示", ""])
def test_a_prompts_name_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="letters, digits"):
        speech.build({name: {"en": "x"}}, tmp_path)


def test_digits_are_read_one_by_one() -> None:
    assert spelled("1007", "zh") == "幺零零七"
    assert spelled("1007", "en") == "one zero zero seven"
    assert work_number_texts(["1001"])["agents/1001"]["zh"] == "工号幺零零幺为您服务"


def test_every_system_text_is_there_in_both_languages() -> None:
    assert all(set(texts) == {"zh", "en"} and all(texts.values()) for texts in SYSTEM_TEXTS.values())
