"""Watches a log: that it only grows, and whether names and keys of yours appear in it.

It remembers the last checkpoint in the data directory. What it finds is a line of JSON on standard output; --exec gives
it to a program on standard input, --webhook posts it. Identities and issuers may be glob:… or regexp:…. A file has a
line for each: `identity you@example.org`. Without anything to watch for it only looks whether the log was rewritten.

    assay log monitor --once --identity 'glob:https://github.com/you/**' --instance https://rekor.sigstore.dev
    assay log monitor --interval 60 --watch names.txt --webhook https://chat.example/hook

Exit code 1 with --once: something appeared. A log that was rewritten ends it with 1 always.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.log import _place
from assay.errors import ExitCode, ExternalError, UsageError

if TYPE_CHECKING:
    from assay.app.log_monitor import Hand
    from assay.workflows.log_watch import Alert, Watched


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    for word, about in (
        ("identity", "a name in certificates"),
        ("issuer", "who vouches for names"),
        ("key", "SHA-256 of a public key or certificate (DER)"),
        ("subject", "SHA-256 of an artifact"),
    ):
        parser.add_argument(f"--{word}", metavar="TEXT", action="append", default=[], help=f"watch for {about}")
    parser.add_argument("--watch", metavar="FILE", type=Path, action="append", default=[], help="the same, in a file")
    parser.add_argument(
        "--from", metavar="N", dest="start", type=int, help="begin at this entry; by default at the end"
    )
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--interval", metavar="SECONDS", type=float, default=60.0, help="between two looks")
    parser.add_argument("--exec", metavar="COMMAND", dest="command", help="a program that gets each alert")
    parser.add_argument("--webhook", metavar="URL", help="an address to which each alert is posted")
    _place.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Look, once or for ever."""
    from assay.app.log_monitor import Memory, Monitor

    if arguments.interval < 1 or (arguments.start is not None and arguments.start < 0):
        raise UsageError("--interval is at least a second, and --from the number of an entry", "--interval 60")
    settings = context.settings()
    if arguments.webhook and settings.switch("offline"):
        raise UsageError("a webhook is on the network", "leave --offline away, or use --exec")
    place = _place.place(arguments, context)
    memory = Memory(context.data_dir(settings) / "log-monitor", place.place)
    monitor = Monitor(place, memory, _wanted(arguments), arguments.start)
    hand = _hand(arguments)
    while True:
        try:
            seen = monitor.look(hand)
        except ExternalError as error:
            if arguments.once:
                raise
            context.warn(error.what, "it is tried again")
        else:
            context.note(f"{place.place}: {seen.entries} new entries, {seen.alerts} alerts")
            if seen.forked or (arguments.once and seen.alerts):
                return ExitCode.NO
            if arguments.once:
                return ExitCode.OK
        time.sleep(arguments.interval)


def _wanted(arguments: argparse.Namespace) -> list[Watched]:
    from assay.errors import Malformed
    from assay.workflows import log_watch

    words = ("identity", "issuer", "key", "subject")
    found = [log_watch.watched(word, text) for word in words for text in getattr(arguments, word)]
    for path in arguments.watch:
        try:
            found += log_watch.parsed(_place.read(path).decode())
        except UnicodeDecodeError as error:
            raise Malformed(f"{path} is not UTF-8") from error
    return found


def _hand(arguments: argparse.Namespace) -> Hand:
    from assay.adapters import alerts

    def hand(alert: Alert) -> None:
        line = json.dumps(alert.json())
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if arguments.command:
            alerts.execute(arguments.command, line)
        if arguments.webhook:
            alerts.post(arguments.webhook, line)

    return hand
