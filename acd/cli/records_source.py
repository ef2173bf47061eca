"""What `hotline calls` and `hotline show` share: their options, the database, the site's clock."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.cli.call_words import LANGUAGES, Words, default_language
from acd.store import schema
from acd.store.database import connect, default_url, explain, parse_url, sqlite_path
from acd.store.errors import StoreError, StoreUnusableError
from config.loader import load_runtime
from config.problems import ConfigurationError

ZONE_DEFAULT = "Asia/Shanghai"
PIPE_WIDTH = 120

Answer = TypeVar("Answer")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", metavar="URL", help="default: the one site.yaml names")
    parser.add_argument("--zone", metavar="ZONE", help="time zone of all times (default: TZ, else the site's)")
    parser.add_argument("--language", choices=LANGUAGES, default=default_language(), help="zh or en (by LANG, else zh)")
    parser.add_argument("--clear", action="store_true", help="show callers' numbers and names in full")


def find_zone(name: str | None, site_zone: str = ZONE_DEFAULT) -> tzinfo:
    """The zone asked for, else that of TZ, else the site's. Raises `ValueError` if the one asked for is not known."""
    try:
        return ZoneInfo(name or os.environ.get("TZ", "").lstrip(":") or site_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name:
            raise ValueError(f"no time zone {name!r} is known here; write one like {ZONE_DEFAULT}") from None
    # A machine without zone data, or a TZ that only the C library reads; China has had one offset since 1991.
    return timezone(timedelta(hours=8), "CST")


def parse_moment(text: str, zone: tzinfo, now: float) -> float:
    """`30m`, `2h` or `1d` ago, `today`, `2026-01-31` or `2026-01-31 08:00` in the zone, as UTC seconds.

    Raises `ValueError`.
    """
    if match := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    if text == "today":
        midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.timestamp()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 30m, 2h, 1d, today, 2026-01-31 or '2026-01-31 08:00'") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def local_time(at: float, zone: tzinfo, form: str) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).strftime(form)


def plain(text: str) -> str:
    """What a caller's phone sent must not drive the terminal: control characters become visible."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _surroundings(args: argparse.Namespace) -> tuple[str, str]:
    """The site's database and time zone; the usual ones where its configuration can't be read."""
    try:
        runtime = load_runtime(Path(args.config), Path(args.state))
    except ConfigurationError:
        return default_url(Path(args.state)), ZONE_DEFAULT
    return runtime.database_url, runtime.time_zone


def zone_of(args: argparse.Namespace) -> tzinfo:
    """The zone to show and read times in. Raises `ValueError` if the one asked for is not known."""
    return find_zone(args.zone, _surroundings(args)[1])


async def _ask(args: argparse.Namespace, question: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    url = parse_url(args.database or _surroundings(args)[0])
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreUnusableError(
            f"there is no database {path}", "Start the switch (hotline serve), or name one with --state or --database."
        )
    engine = connect(url, read_only=True)
    try:
        await schema.require(engine)
        async with engine.connect() as connection:
            return await question(connection)
    except StoreError:
        raise
    except Exception as error:
        raise explain(error, url) from error
    finally:
        await engine.dispose()


def answer(
    args: argparse.Namespace,
    question: Callable[[AsyncConnection], Awaitable[Answer]],
    tell: Callable[[Answer, Console, Words], int],
) -> int:
    """Ask the database, tell the answer on the terminal; returns the exit code."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_WIDTH)
    try:
        answered = asyncio.run(_ask(args, question))
    except StoreError as error:
        print(f"hotline: {error}", file=sys.stderr)
        return 1
    return tell(answered, console, Words(args.language))
