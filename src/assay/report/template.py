"""SBOMs through a template of the user's own (Jinja2, sandboxed; needs the extra ``assay[template]``)::

    {% for component in sbom.components -%}
    {{ component.name }} {{ component.version }} {{ component.licenses | licenses }}
    {% endfor %}

A template sees ``sbom`` (the fields of `assay.model.sbom.Sbom`) and the filters ``licenses`` (one line of text),
``digest`` (the value of one algorithm: ``component | digest("sha256")``) and those of Jinja2. It reads no files, calls
nothing of Python's, and ends after `MAX_SECONDS` or `MAX_CHARACTERS`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from assay.errors import LimitExceeded, Malformed, UsageError
from assay.model.component import Component
from assay.model.sbom import Sbom
from assay.report.license_text import license_text

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

MAX_SECONDS = 30.0
MAX_CHARACTERS = 256 << 20
MAX_REPEATED = 1 << 20
_FILE = "<template>"


def write(sbom: Sbom, version: str) -> bytes:
    """Always raises `UsageError`: this format has no document without a template, which `render` takes."""
    raise UsageError("the format template needs a template", "name one with --template FILE")


def render(sbom: Sbom, template: str) -> bytes:
    """`sbom` through the text of a template."""
    return rendered(template, sbom=sbom)


def rendered(template: str, **values: object) -> bytes:
    """The text that a template makes of the values it sees, as UTF-8.

    Raises `UsageError` where Jinja2 is not installed, `Malformed` for a template that is wrong or does what the
    sandbox forbids, `LimitExceeded` for one that takes too long or writes too much.
    """
    environment = _environment()
    from jinja2 import TemplateError

    try:
        with _deadline(MAX_SECONDS):
            chunks = environment.from_string(template).generate(**values)
            return "".join(_bounded(chunks)).encode("utf-8", "replace")
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise Malformed(f"the template is wrong{where}: {error}", "mend the file that --template names") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError) as error:
        raise Malformed(f"the template is wrong: {type(error).__name__}: {error}") from None


def _environment() -> SandboxedEnvironment:
    try:
        from jinja2 import StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise UsageError("templates need Jinja2", "pip install 'assay[template]'") from None

    class Bounded(ImmutableSandboxedEnvironment):
        """The sandbox of Jinja2 without products that fill the memory."""

        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if not _harmless(operator, left, right):
                raise LimitExceeded(f"the template computes with {operator} what would not fit in memory")
            return super().call_binop(context, operator, left, right)

    environment = Bounded(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters.update(licenses=license_text, digest=_digest)
    return environment


def _harmless(operator: str, left: object, right: object) -> bool:
    if operator == "%":
        return not isinstance(left, str)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return operator == "*" or abs(right) <= 64
    sizes = [len(item) for item in (left, right) if isinstance(item, str | list | tuple)]
    factors = [item for item in (left, right) if isinstance(item, int)]
    return operator == "*" and all(size * factor <= MAX_REPEATED for size in sizes for factor in factors)


def _digest(component: Component, algorithm: str) -> str:
    return next((item.value for item in component.digests if item.algorithm == algorithm), "")


def _bounded(chunks: Iterable[str]) -> Iterator[str]:
    written = 0
    for chunk in chunks:
        written += len(chunk)
        if written > MAX_CHARACTERS:
            raise LimitExceeded(f"the template writes more than {MAX_CHARACTERS} characters")
        yield chunk


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Ends template code after `seconds`: every line of it that runs looks at the clock."""
    end = time.monotonic() + seconds
    before = sys.gettrace()

    def line(frame: FrameType, _event: str, _argument: object) -> Any:
        if time.monotonic() > end:
            raise LimitExceeded(f"the template runs longer than {seconds:.0f} seconds")
        return line

    def call(frame: FrameType, _event: str, _argument: object) -> Any:
        return line if frame.f_code.co_filename == _FILE else None

    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
