"""Errors, warnings and notes on standard error: for people, or as JSON with ``--json-errors``.

For people, an error is one line of what and one of remedy::

    assay: error: no such file: image.tar
      remedy: name a file, a folder or an image

and for machines, one line of JSON::

    {"error": {"type": "InputError", "what": "no such file: image.tar", "remedy": "...", "exit_code": 3}}
"""

from __future__ import annotations

import errno
import sys

from assay.errors import AssayError, ExitCode, ExternalError, InternalError, UsageError
from assay.report.console import Style, printable

EXTRAS = {
    "aws": ("boto3", "botocore"),
    "azure": ("azure",),
    "gcp": ("google", "requests"),
    "pkcs11": ("pkcs11",),
    "policy": ("cel_expr_python", "jmespath", "regorus"),
    "postgres": ("psycopg", "psycopg_binary"),
    "server": ("httptools", "jwt", "starlette", "uvicorn", "uvloop"),
    "sign": ("id", "securesystemslib", "tuf"),
    "telemetry": ("opentelemetry",),
    "template": ("jinja2",),
    "validate": ("cyclonedx", "fastjsonschema", "lxml", "spdx_python_model"),
}
"""The modules that come with each extra of pyproject.toml."""


class Complaints:
    """Where a command's errors, warnings and notes go."""

    def __init__(self, *, json: bool = False, verbose: bool = False, quiet: bool = False, color: bool = True) -> None:
        self.json = json
        self.verbose = verbose
        self.quiet = quiet
        self.style = Style.of(sys.stderr, wanted=color)

    def error(self, error: AssayError, cause: BaseException | None = None) -> None:
        """Says why the command ends; with its trace when the user asked for that."""
        if self.verbose:
            import traceback

            sys.stderr.write("".join(traceback.format_exception(cause or error)))
        fields = {"type": type(error).__name__, "what": error.what, "remedy": error.remedy}
        self._say("error", self.style.red, error.what, error.remedy, {**fields, "exit_code": int(error.exit_code)})

    def warning(self, what: str, remedy: str = "") -> None:
        """Says that something is not as the user probably wants it."""
        if not self.quiet:
            self._say("warning", self.style.yellow, what, remedy, {"what": what, "remedy": remedy})

    def note(self, what: str) -> None:
        """Says what a user should know."""
        if not self.quiet:
            self._say("note", self.style.dim, what, "", {"what": what})

    def _say(self, kind: str, color: str, what: str, remedy: str, fields: dict[str, str | int]) -> None:
        try:
            sys.stderr.write(self._json(kind, fields) if self.json else self._text(kind, color, what, remedy))
            sys.stderr.flush()
        except (OSError, ValueError):
            self.quiet = True  # nobody is there to be told

    def _json(self, kind: str, fields: dict[str, str | int]) -> str:
        import json

        return json.dumps({kind: fields}) + "\n"

    def _text(self, kind: str, color: str, what: str, remedy: str) -> str:
        text = f"assay: {color}{kind}{self.style.reset if color else ''}: {printable(what)}\n"
        return text + (f"  remedy: {printable(remedy)}\n" if remedy else "")


def understand(error: Exception) -> AssayError:
    """What an exception means to the user: the world's faults are named, all else is a bug of assay."""
    if isinstance(error, AssayError):
        return error
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        what = f"{error.strerror or error}{where}"
        return ExternalError(what, _remedy(error))
    if isinstance(error, MemoryError):
        return ExternalError("out of memory", "give the process more memory, or a smaller input")
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or "").partition(".")[0]
        for extra, modules in EXTRAS.items():
            if module in modules:
                what = f"this needs the extra `{extra}` ({module} is missing)"
                return UsageError(what, f"pip install 'assay[{extra}]'")
    what = f"a bug in assay: {type(error).__name__}: {error}"
    return InternalError(what, f"run it again with --verbose and report what it prints (exit {int(ExitCode.BUG)})")


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "check its permissions, or run as somebody who has them"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room, or write somewhere else"
    return "check the path, its permissions and the free space, and try again"
