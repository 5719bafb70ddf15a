"""From the words on the command line to an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from assay.cli import _commands, _complaints, _parser
from assay.cli._commands import Words
from assay.cli._context import Context
from assay.errors import ExitCode, UsageError


def run(argv: Sequence[str]) -> int:
    """Runs the command that `argv` names; prints what went wrong; returns the exit code."""
    _prepare_streams()
    complaints = _complaints.Complaints(json="--json-errors" in argv, verbose=bool({"-v", "--verbose"} & {*argv}))
    signal.signal(signal.SIGINT, _interrupt)
    try:
        code = _run(argv, complaints)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _leave(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _leave(ExitCode.EXTERNAL)
    except Exception as error:
        known = _complaints.understand(error)
        complaints.error(known, error)
        return known.exit_code
    return ExitCode.BUG


def _prepare_streams() -> None:
    """What a stream's encoding lacks is written as an escape; a closed stream takes everything and shows nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """The first Ctrl-C unwinds, so that temporary files go; the second does not wait for that."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(ExitCode.INTERRUPTED))
    raise KeyboardInterrupt


def _leave(code: ExitCode) -> None:
    """Ends the process without waiting for threads and without a word about streams that are gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


def _run(argv: Sequence[str], complaints: _complaints.Complaints) -> int:
    commands = _commands.discover()
    words, rest = split(argv, commands)
    if not words:
        return _without_command(rest, commands)
    module = _commands.load(words)
    parser = _parser.build(words, commands)
    if not hasattr(module, "run") and not {"-h", "--help"} & {*rest}:
        _refuse_group(words, rest, commands, parser)
    _tell_slip(words, rest, commands, complaints)
    try:
        arguments = parser.parse_args(_parser.joined(rest))
    except SystemExit:  # help was asked for, and printed
        return ExitCode.OK
    code: int = module.run(arguments, Context(arguments, complaints))
    return code


def split(argv: Sequence[str], commands: dict[Words, Path]) -> tuple[Words, list[str]]:
    """The words of the command, and everything else in its order."""
    words: Words = ()
    rest: list[str] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        if word in _parser.WITH_VALUE:
            rest += argv[position : position + 2]
            position += 2
            continue
        if (*words, word) in commands:
            words = (*words, word)
        elif word in _parser.SWITCHES or word.startswith(tuple(f"{flag}=" for flag in _parser.WITH_VALUE)):
            rest.append(word)
        else:
            break
        position += 1
    return words, rest + list(argv[position:])


def _without_command(rest: list[str], commands: dict[Words, Path]) -> int:
    if rest and rest[-1] in ("--version", "-V"):
        from assay import __version__

        sys.stdout.write(f"assay {__version__}\n")
        return ExitCode.OK
    parser = top(commands)
    if {"-h", "--help"} & {*rest}:
        parser.print_help()
        return ExitCode.OK
    wrong = next((word for word in rest if not word.startswith("-")), "")
    if wrong and wrong not in {value for flag in _parser.WITH_VALUE for value in _after(rest, flag)}:
        _unknown(wrong, (), commands)
    if rest:
        parser.parse_args(rest)
    raise UsageError("no command given", "`assay --help` lists the commands")


def _after(rest: list[str], flag: str) -> list[str]:
    return [rest[position + 1] for position, word in enumerate(rest[:-1]) if word == flag]


def top(commands: dict[Words, Path]) -> _parser.Parser:
    """The parser of ``assay`` itself: it has help and the global flags."""
    parser = _parser.Parser(
        prog="assay",
        usage="assay COMMAND [ARGUMENT ...]",
        description="Software supply chain security in one command.",
        epilog=_parser.listing(_commands.children(commands, ()), commands),
        formatter_class=_parser.Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="store_true", help="the version of assay")
    _parser.add_global_flags(parser)
    return parser


def _refuse_group(words: Words, rest: list[str], commands: dict[Words, Path], parser: _parser.Parser) -> None:
    """A group is no command: names what is missing or wrong."""
    wrong = next((word for word in rest if not word.startswith("-")), "")
    if wrong:
        _unknown(wrong, words, commands)
    parser.parse_args(rest)
    name = " ".join(("assay", *words))
    raise UsageError(f"{name} needs one more word", f"`{name} --help` lists its commands")


def _tell_slip(words: Words, rest: list[str], commands: dict[Words, Path], complaints: _complaints.Complaints) -> None:
    """``assay sbom covnert x`` names a SOURCE; who meant a command should hear of it before a registry is asked."""
    word = rest[0] if rest else ""
    below = [found[-1] for found in _commands.children(commands, words)]
    if not below or not word.isalpha() or Path(word).exists() or {"-q", "--quiet"} & {*rest}:
        return
    meant = _parser.closest(word, below)
    if meant:
        name = " ".join(("assay", *words))
        complaints.note(f"{word} is taken as an argument of `{name}`; did you mean `{name} {meant}`?")


def _unknown(wrong: str, words: Words, commands: dict[Words, Path]) -> None:
    name = " ".join(("assay", *words))
    meant = _parser.closest(wrong, [found[-1] for found in _commands.children(commands, words)])
    hint = f"did you mean `{name} {meant}`? " if meant else ""
    raise UsageError(f"no command `{name} {wrong}`", f"{hint}`{name} --help` lists the commands")
