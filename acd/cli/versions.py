"""`hotline versions`: what was applied when, and by whom; `hotline rollback`: back to one of them.

Neither needs a running switch; one that runs takes over the files that are put back, as it does any that are saved.
"""

import argparse
import difflib
import json
import os
import pwd
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from acd.cli.call_words import Words
from config.changes import in_words
from config.document import parse_document
from config.durable import Replacement
from config.loader import SITE, inspect
from config.versions import Version, VersionError, Versions, as_json, digest_of

PIPE_WIDTH = 120
# Names told of each kind of change in the list; `show` tells more.
NAMES_IN_LIST = 3


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = commands.add_parser(
        "versions", help="applied versions of the configuration (生效过的配置版本)",
        description="Versions of the configuration, the newest first, which is in force.",
    )  # fmt: skip
    listing.add_argument("--json", action="store_true", help="print the list as JSON")
    listing.set_defaults(run=run_list)
    actions = listing.add_subparsers(dest="action", metavar="show N")
    show = actions.add_parser("show", help="what a version changed, line by line (某版本的改动)")
    show.add_argument("number", type=int, metavar="N")
    show.set_defaults(run=run_show)
    back = commands.add_parser(
        "rollback", help="put the files of a version back (恢复某个版本)",
        description="Write the files of version N back. A running switch takes them over as a new version.",
    )  # fmt: skip
    back.add_argument("number", type=int, metavar="N")
    back.add_argument("--force", action="store_true", help="also where the files have changes that were never applied")
    back.set_defaults(run=run_rollback)


def refusing(error: Exception) -> int:
    print(f"hotline: {error}", file=sys.stderr)
    return 1


# ---- hotline versions ----


def run_list(args: argparse.Namespace) -> int:
    versions, words = Versions(Path(args.state)), Words(args.language)
    try:
        kept = list(_readable(versions))
        zone = _site_zone(versions, kept, Path(args.config))
    except OSError as error:
        return refusing(error)
    if args.json:
        print(json.dumps([as_json(version) for version in kept], ensure_ascii=False, indent=2))
    elif kept:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=PIPE_WIDTH)
        console.print(_table(kept, zone, words))
    else:
        print(words(f"{versions.folder} 中还没有版本。", f"no version is kept in {versions.folder} yet"))
    return 0


def _readable(versions: Versions) -> Iterator[Version]:
    for number in versions.numbers():
        try:
            yield versions.version(number)
        except VersionError as error:
            refusing(error)


def _table(kept: list[Version], zone: tzinfo, words: Words) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(words("版本", "No."), justify="right", no_wrap=True)
    table.add_column(words("生效时间", "Applied"), no_wrap=True)
    table.add_column(words("修改人", "By"), no_wrap=True)
    table.add_column(words("改动", "Changes"), overflow="fold")
    for version in kept:
        in_force = version is kept[0]
        table.add_row(
            Text(str(version.number), style="bold" if in_force else ""),
            _local_time(version, zone),
            Text(version.user or version.author),
            Text(_summary(version, words)),
        )
    return table


def _local_time(version: Version, zone: tzinfo) -> str:
    return datetime.fromtimestamp(version.applied_at, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _summary(version: Version, words: Words, names_max: int = NAMES_IN_LIST) -> str:
    if version.before is None:
        return words("第一个版本", "the first")
    said = in_words(version.changes, words.language, names_max)
    if version.restored is not None:
        said = words(f"恢复到版本 {version.restored}：{said}", f"back to {version.restored}: {said}")
    return said


def _site_zone(versions: Versions, kept: list[Version], config_dir: Path) -> tzinfo:
    """The time zone of the newest version; of the files as they are, before there is one."""
    path = versions.path(kept[0].number, SITE) if kept else config_dir / SITE
    try:
        data = parse_document(path.read_bytes(), SITE)[0].data
        return ZoneInfo(data["time_zone"])
    except (OSError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        return UTC


# ---- hotline versions show ----


def run_show(args: argparse.Namespace) -> int:
    versions, words = Versions(Path(args.state)), Words(args.language)
    try:
        version = versions.version(args.number)
        zone = _site_zone(versions, [version], Path(args.config))
        print("\n".join(_story(versions, version, zone, words)))
    except (OSError, VersionError) as error:
        return refusing(error)
    return 0


def _story(versions: Versions, version: Version, zone: tzinfo, words: Words) -> Iterator[str]:
    owner = version.author if version.user is None else words(
        f"{version.user}（文件属主 {version.author}）", f"{version.user} (files of {version.author})"
    )  # fmt: skip
    at = f"{_local_time(version, zone)} {zone}"
    yield words(f"版本 {version.number}，{at}，{owner}", f"version {version.number}, {at}, by {owner}")
    yield _summary(version, words, names_max=20)
    yield words(f"文件：{versions.path(version.number)}", f"files: {versions.path(version.number)}")
    if version.before is None:
        return
    try:
        before = versions.version(version.before)
        texts = versions.files(before)
    except VersionError:
        told = words(f"版本 {version.before} 已不保留，无法比较。", f"version {version.before} is not kept any more")
        yield told
        return
    for name, raw in versions.files(version).items():
        if before.files.get(name) != version.files[name]:
            yield ""
            yield from difflib.unified_diff(
                _lines(texts.get(name, b"")), _lines(raw),
                f"{before.number}/{name}", f"{version.number}/{name}", lineterm="",
            )  # fmt: skip


def _lines(raw: bytes) -> list[str]:
    return raw.decode("utf-8-sig", errors="replace").splitlines()


# ---- hotline rollback ----


def run_rollback(args: argparse.Namespace) -> int:
    versions, words = Versions(Path(args.state)), Words(args.language)
    config_dir = Path(args.config)
    try:
        version = versions.version(args.number)
        files = versions.files(version)
        there = {name: path.read_bytes() for name in files if (path := config_dir / name).exists()}
        if there == files:
            told = f"{config_dir} already holds the files of version {version.number}"
            print(words(f"{config_dir} 中已是版本 {version.number} 的文件。", told))
            return 0
        unapplied = _unapplied(there, versions.newest())
        if unapplied and not args.force:
            print(_refusal(config_dir, unapplied, words), file=sys.stderr)
            return 1
        paths = {name: versions.path(version.number, name) for name in files}
        _, problems = inspect(config_dir, Path(args.state), instead=paths)
        if problems:
            print("\n".join(map(str, problems)), file=sys.stderr)
            told = f"version {version.number} is refused by this release; nothing was changed"
            print(words(f"版本 {version.number} 已不能使用，未作任何改动。", f"hotline: {told}"), file=sys.stderr)
            return 1
        versions.announce(files, user=_user(), restored=version.number)
        written = [name for name, raw in files.items() if there.get(name) != raw]
        put_back(config_dir, {name: files[name] for name in written})
    except (OSError, VersionError) as error:
        return refusing(error)
    told = f"version {version.number} is back in {config_dir}: {', '.join(written)}"
    print(words(f"已将版本 {version.number} 恢复到 {config_dir}：{'、'.join(written)}", told))
    seen = "a running switch takes it over within a second; `hotline versions` tells"
    print(words("运行中的系统会在一秒内启用它；可用 hotline versions 查看。", seen))
    return 0


def _unapplied(there: dict[str, bytes], newest: Version | None) -> list[str]:
    """Files whose content is in no version yet, and would be lost."""
    return [name for name, raw in there.items() if newest is None or newest.files.get(name) != digest_of(raw)]


def _refusal(config_dir: Path, unapplied: list[str], words: Words) -> str:
    names = ", ".join(str(config_dir / name) for name in unapplied)
    return words(
        f"{names} 有尚未生效的改动，恢复会丢失这些改动。用 hotline check 查看，或加 --force 放弃它们。",
        f"hotline: {names} has changes that were never applied and would be lost; "
        "see `hotline check`, or give them up with --force",
    )


def put_back(config_dir: Path, files: dict[str, bytes]) -> None:
    """Write files so that nobody sees a half of one. Each keeps its mode and owner, and a link stays a link.

    Raises OSError; then none was changed.
    """
    ready: list[Replacement] = []
    try:
        for name, raw in files.items():
            path = (config_dir / name).resolve()
            is_new = not path.exists()
            like = config_dir.stat() if is_new else path.stat()
            ready.append(Replacement(path, raw, like, mode=0o644 if is_new else None))
        for replacement in ready:
            replacement.take_place()
    finally:
        for replacement in ready:
            replacement.discard()


def _user() -> str:
    """Who gave the command: who called sudo, if anybody did."""
    user = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    try:
        return user or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
