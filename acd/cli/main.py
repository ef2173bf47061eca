"""`hotline`: one command with a word for each thing to be done. A word's module is imported when it is asked for.

Exit codes: 0 done, 1 refused or failed, 2 not understood, 3 no running switch reached, 70 crashed, 130 interrupted.
"""

import argparse
import contextlib
import importlib
import io
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from acd.cli.call_words import LANGUAGES, Words, default_language
from acd.priority import go_first, loading
from acd.standby import EXIT_FAILED, stand_by

EXIT_USAGE, EXIT_INTERRUPTED = 2, 130

Parsers = Any  # argparse._SubParsersAction, which has no public name


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the command line; `logs`: it runs for long and writes a log. `waited_for`: people wait for it, so it
    comes before other programs from its imports on, and begins again when it dies."""

    name: str
    module: str
    zh: str
    en: str
    logs: bool = False
    waited_for: bool = False


COMMANDS = (
    Entry("serve", "acd.cli.serve", "运行交换系统", "run the switch", logs=True, waited_for=True),
    Entry("demo", "acd.cli.demo", "带模拟话务员和来电的演示", "a demo with softphones that answer and call", logs=True),
    Entry("check", "acd.cli.check", "检查配置文件", "check the configuration"),
    Entry("versions", "acd.cli.versions", "列出生效过的配置版本及其改动", "applied versions of the configuration"),
    Entry("rollback", "acd.cli.versions", "恢复某个配置版本", "put a version of the configuration back"),
    Entry("status", "acd.cli.status", "当前队列、话务员和呼叫", "queues, agents and calls now"),
    Entry("live", "acd.cli.live", "实时显示呼叫、话务员和等待", "a live view of calls, agents and waits"),
    Entry("agents", "acd.cli.agent", "列出话务员", "list the agents"),
    Entry("agent", "acd.cli.agent", "话务员签入、签出、示闲、示忙", "log an agent in or out, ready or not ready"),
    Entry("calls", "acd.cli.calls", "列出通话记录", "list calls from the records"),
    Entry("simulate", "acd.cli.simulate", "模拟带故障的话务日并检查一切", "days with faults, simulated and checked"),
    Entry("show", "acd.cli.show", "一个呼叫的全过程", "the whole story of a call"),
    Entry("why", "acd.cli.why", "一个呼叫为什么由此人接听", "why a call went to whom it went"),
)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding does not have is shown as `?`; it is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return run(arguments)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has enough; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run(arguments: list[str]) -> int:
    early = argparse.ArgumentParser(prog="hotline", add_help=False, allow_abbrev=False)
    for name, said in common_options(Words("en")).items():
        early.add_argument(name, **said)
    early.add_argument("command", nargs="?")
    try:
        before, _ = early.parse_known_args(arguments)
    except SystemExit:
        return EXIT_USAGE
    words = Words(before.language)
    entry = next((entry for entry in COMMANDS if entry.name == before.command), None)
    parser, commands = make_parser(words)
    if entry is not None and entry.waited_for:
        go_first()
    if entry is not None and (problem := register_command(commands, entry, before, words)):
        print(f"hotline: {problem}", file=sys.stderr)
        return EXIT_FAILED
    for other in COMMANDS:
        if other.name not in commands.choices:
            commands.add_parser(other.name, help=words(other.zh, other.en), add_help=False)
    try:
        args = parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    if entry is None or not hasattr(args, "run"):
        parser.print_help()
        return EXIT_USAGE
    if entry.waited_for and (code := stand_by()) is not None:
        return code
    start_log(args, entry)
    return int(args.run(args) or 0)


def make_parser(words: Words) -> tuple[argparse.ArgumentParser, Parsers]:
    parser = argparse.ArgumentParser(
        prog="hotline",
        description=words("服务热线交换系统的命令。", "The commands of the hotline switch."),
        allow_abbrev=False,
    )
    for name, said in common_options(words).items():
        parser.add_argument(name, **said)
    parser.add_argument("--version", action="version", version=f"hotline {find_version()}")
    return parser, parser.add_subparsers(dest="command", metavar=words("命令", "COMMAND"))


def common_options(words: Words) -> dict[str, dict[str, Any]]:
    return {
        "--config": {
            "type": Path, "default": Path("config"), "metavar": "DIR",
            "help": words("配置目录（默认 ./config）", "the configuration's folder (default ./config)"),
        },
        "--state": {
            "type": Path, "default": Path("var"), "metavar": "DIR",
            "help": words("状态目录（默认 ./var）", "the folder of records, tokens and secrets (default ./var)"),
        },
        "--language": {
            "choices": LANGUAGES, "default": default_language(),
            "help": words("zh 或 en（默认按 LANG）", "zh or en (default by LANG, else zh)"),
        },
        "--log-format": {
            "choices": ("auto", "json", "console"), "default": "auto",
            "help": words("日志格式（默认：终端为 console，否则 json）", "default: console on a terminal, else json"),
        },
        "--log-level": {
            "choices": ("debug", "info", "warning", "error"), "default": "info",
            "help": words("日志级别（默认 info）", "default info"),
        },
    }  # fmt: skip


def register_command(commands: Parsers, entry: Entry, before: argparse.Namespace, words: Words) -> str:
    """Import the command and let it add its parser. Returns what is wrong, if anything."""
    try:
        with loading():
            module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        if error.name == entry.module:
            return words(f"此安装不含命令 {entry.name}", f"the command {entry.name} is not part of this installation")
        return words(
            f"命令 {entry.name} 需要 Python 包 {error.name}，请运行 make install",
            f"the command {entry.name} needs the Python package {error.name}; run `make install`",
        )
    module.register(commands)
    let_common_options_follow(commands.choices[entry.name], before, words)
    return ""


def let_common_options_follow(parser: argparse.ArgumentParser, before: argparse.Namespace, words: Words) -> None:
    """The common options may also stand behind the command; one that it has itself takes its default from before."""
    values = {option: value for option, value in vars(before).items() if option != "command"}
    for name, said in common_options(words).items():
        with contextlib.suppress(argparse.ArgumentError):
            parser.add_argument(name, **{**said, "help": argparse.SUPPRESS})
    parser.set_defaults(**values)


def start_log(args: argparse.Namespace, entry: Entry) -> None:
    """Only errors leave a command that answers and ends; its answer is what it prints."""
    if entry.logs or "structlog" in sys.modules:
        from acd.log import set_up

        set_up(args.log_format, args.log_level if entry.logs else "error")


def find_version() -> str:
    try:
        return metadata.version("hotline-switch")
    except metadata.PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


if __name__ == "__main__":
    sys.exit(main())
