"""A function of queries: its name, what its arguments may be, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from assay.engines.policy.queries import values
from assay.engines.policy.queries.faults import BadQuery
from assay.errors import AssayError

ANY = ""
TEXT, NUMBER, LIST, OBJECT, TRUTH, CODE = "string", "number", "array", "object", "boolean", "expref"


class Function:
    """`kinds` has a word for each argument, kinds apart by ``|``; the last repeats where `variadic`."""

    __slots__ = ("_action", "_kinds", "_least", "_variadic", "name", "wants_run")

    def __init__(
        self,
        name: str,
        kinds: Sequence[str],
        action: Callable[..., Any],
        *,
        variadic: bool = False,
        optional: int = 0,
        wants_run: bool = False,
    ) -> None:
        self.name, self._action, self._variadic, self.wants_run = name, action, variadic, wants_run
        self._kinds = [frozenset(kind.split("|")) if kind else frozenset() for kind in kinds]
        self._least = len(kinds) - optional

    def check_count(self, count: int) -> None:
        """Raises `BadQuery` for a wrong number of arguments."""
        most = len(self._kinds)
        if count < self._least or (count > most and not self._variadic):
            raise BadQuery(f"{self.name} takes {most} arguments, not {count}")

    def call(self, run: Any, arguments: list[Any]) -> Any:
        """Raises `BadQuery` for arguments of the wrong kind, and where there is no answer."""
        for at, value in enumerate(arguments):
            kinds = self._kinds[min(at, len(self._kinds) - 1)]
            if kinds and values.kind(value) not in kinds:
                wanted = " or ".join(sorted(kinds))
                raise BadQuery(f"{self.name}: argument {at + 1} is {values.kind(value)}, not {wanted}")
        try:
            return self._action(run, *arguments) if self.wants_run else self._action(*arguments)
        except BadQuery:
            raise
        except AssayError as error:
            raise BadQuery(f"{self.name}: {error.what}") from error
        except (ValueError, OverflowError, ArithmeticError, TypeError) as error:
            raise BadQuery(f"{self.name}: {error!s:.200}") from error


def table(functions: Iterable[Function]) -> dict[str, Function]:
    """The functions by name."""
    return {function.name: function for function in functions}
