"""`hotline check`: look at the configuration without touching anything that runs."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from config.loader import Summary, inspect
from config.problems import Problem


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "check",
        help="check the configuration; say every problem with file and line",
        description="Check the configuration: all problems at once, as FILE:LINE:COLUMN. Exits 1 if any.",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: the configuration is sound; 1: it has problems."""
    summary, problems = inspect(Path(args.config), Path(args.state))
    if args.json:
        print(as_json(summary, problems))
    elif problems:
        print("\n".join(map(str, problems)))
        print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}; nothing was applied.", file=sys.stderr)
    else:
        print(f"{args.config}: no problems. {in_words(summary)}")
    return 1 if problems else 0


def as_json(summary: Summary | None, problems: tuple[Problem, ...]) -> str:
    """{"ok", "problems": [{file, line, column, message, suggestion}], "summary": counts or null}"""
    result = {
        "ok": not problems,
        "problems": [problem.as_json() for problem in problems],
        "summary": asdict(summary) if summary is not None else None,
    }
    return json.dumps(result, ensure_ascii=False, indent=2)


def in_words(summary: Summary | None) -> str:
    counts = asdict(summary) if summary is not None else {}
    named = [f"{count} {word if count != 1 else word.removesuffix('s')}" for word, count in counts.items()]
    return ", ".join(named) + "."
