"""Where alerts go: a program, or an address on the web. What fails is told, and the alert comes again."""

from __future__ import annotations

import shlex
import subprocess

from assay.adapters.registry.transport import Policy, Transport, host_of
from assay.errors import ExternalError, UsageError

_SECONDS = 60.0


def execute(command: str, line: str) -> None:
    """Give a line to a program on standard input; no shell is in between. Raises `ExternalError` where it fails."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--exec {command!r} cannot be split into words: {error}", "close the quotes") from error
    if not words:
        raise UsageError("--exec names no program", "--exec 'notify-send assay'")
    try:
        done = subprocess.run(
            words, input=line.encode() + b"\n", check=False, timeout=_SECONDS, stdout=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise ExternalError(f"{words[0]} did not end within {_SECONDS:.0f} s", "let it end sooner") from error
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be started: {error.strerror}", "name a program: --exec COMMAND") from error
    if done.returncode:
        raise ExternalError(f"{words[0]} ended with {done.returncode}", "the alert is given again at the next look")


def post(url: str, line: str) -> None:
    """Post a line as JSON; raises `ExternalError` for any answer but 2xx. Redirects are not followed."""
    transport = Transport(Policy(timeout=20, attempts=3, patience=20))
    transport.require(url)
    answer = transport.request("POST", url, {"Content-Type": "application/json"}, line.encode(), follow=False)
    answer.close()
    if not 200 <= answer.status < 300:
        raise ExternalError(f"{host_of(url)} answered {answer.status} to an alert", "look at the webhook")
