"""argparse as assay uses it: errors are `UsageError` with a remedy; every command has the global flags."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

from assay.cli import _commands
from assay.errors import UsageError

WITH_VALUE = ("--config", "--data-dir", "--cache-dir")
"""The global flags that take a value."""

SWITCHES = ("-v", "--verbose", "-q", "--quiet", "--json-errors", "--offline", "--no-color")
"""The global flags that take none."""


SIGNED = ("--ecosystem",)
"""Flags whose value may begin with a dash (``--ecosystem -npm``), which argparse takes for another flag."""


def joined(words: Sequence[str]) -> list[str]:
    """The words with the values of `SIGNED` flags joined to them by ``=``."""
    found: list[str] = []
    for word in words:
        if found and found[-1] in SIGNED and word[:1] == "-" and word[:2] != "--":
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


class Parser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that raises instead of exiting, and knows what was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Raises `UsageError`."""
        raise UsageError(f"{self.prog}: {message}", self._remedy(message))

    def _remedy(self, message: str) -> str:
        told = (
            message.partition("unrecognized arguments: ")[2].split() or message.partition("invalid choice: ")[2].split()
        )
        wrong = told[0].strip("'\",").partition("=")[0] if told else ""
        meant = closest(wrong, [*self._option_string_actions, *_choices(self)])
        return (f"did you mean {meant}? " if meant else "") + f"`{self.prog} --help` tells what it takes"


def offer(action: argparse.Action, formats: Callable[[], tuple[str, ...]]) -> None:
    """Give a flag ``FORMAT[=PATH]`` the names that completion offers: looked up there only, every start pays for it."""
    vars(action)["formats"] = formats


def offered(action: argparse.Action) -> tuple[str, ...]:
    """The formats that a flag was given by `offer`."""
    found: Callable[[], tuple[str, ...]] | None = vars(action).get("formats")
    return found() if found is not None else ()


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. argparse asks shutil for that, for each flag: a tenth of the start of assay."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_terminal_width() - 2)


@cache
def _terminal_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def _choices(parser: argparse.ArgumentParser) -> list[str]:
    return [str(choice) for action in parser._actions for choice in action.choices or ()]


def closest(word: str, known: Iterable[str]) -> str:
    """What `word` was probably meant to be, or an empty string."""
    if not word:
        return ""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, 0.6)), "")


def build(words: _commands.Words, commands: dict[_commands.Words, Path]) -> Parser:
    """The parser of one command; imports its module and no other command's."""
    module = _commands.load(words)
    below = _commands.children(commands, words)
    parser = Parser(
        prog=" ".join(("assay", *words)),
        description=(module.__doc__ or "").strip(),
        epilog=listing(below, commands) if below else None,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    if hasattr(module, "register"):
        module.register(parser)
    add_global_flags(parser)
    return parser


def listing(words: Iterable[_commands.Words], commands: dict[_commands.Words, Path]) -> str:
    """The commands, a line each, as help shows them."""
    lines = [f"  assay {' '.join(found):<18} {_commands.summary(commands[found])}" for found in words]
    return "commands:\n" + "\n".join(lines)


def add_global_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that every command takes; those of a configuration key have no default."""
    group = parser.add_argument_group("for every command")
    group.add_argument("-v", "--verbose", action="store_true", help="say more, with traces of errors")
    group.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors on standard error")
    group.add_argument("--json-errors", action="store_true", help="errors and warnings as JSON, one a line")
    group.add_argument("--no-color", action="store_true", help="no colours (NO_COLOR does the same)")
    group.add_argument("--offline", action="store_true", default=None, help="make no outgoing connection")
    group.add_argument("--config", metavar="FILE", help="read this configuration instead of the project's")
    group.add_argument("--data-dir", metavar="DIR", help="where advisory data, evidence and other state are kept")
    group.add_argument("--cache-dir", metavar="DIR", help="where what can be had again is kept")
