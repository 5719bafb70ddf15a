"""Libraries: functions for expressions, declared for the checker and dispatched by the types of their arguments.

A library is a table from signatures to functions, such as ``"string -> find(string): string"`` (a method) or
``"quantity(string): kubernetes.Quantity"``. Types are ``dyn bool int uint double string bytes timestamp duration
null list map type optional`` and the names of opaque types; ``list<string>`` is a list to the runtime.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.values import Opaque, Optional, TypeName, UInt, Value

Implementation = Callable[..., Value]

_SIGNATURE = re.compile(
    r"(?:(?P<receiver>[\w./]+)\s*->\s*)?(?P<name>[\w.]+)\((?P<parameters>[^)]*)\)\s*:\s*(?P<result>\S+)"
)

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "uint": (UInt,),
    "double": (float,),
    "string": (str,),
    "bytes": (bytes,),
    "timestamp": (datetime,),
    "duration": (timedelta,),
    "null": (type(None),),
    "list": (list,),
    "map": (dict,),
    "type": (TypeName,),
    "optional": (Optional,),
}


class Signature(NamedTuple):
    """One overload as it is declared."""

    name: str
    member: bool
    parameters: tuple[str, ...]
    """The receiver first."""
    result: str


def signature(text: str) -> Signature:
    """``"RECEIVER -> NAME(PARAMETERS): RESULT"``, the receiver only of methods."""
    found = _SIGNATURE.fullmatch(text)
    if found is None:
        raise ValueError(f"no signature: {text}")
    receiver = found["receiver"]
    parameters = tuple(part.strip() for part in found["parameters"].split(",") if part.strip())
    return Signature(
        found["name"], receiver is not None, (*((receiver,) if receiver else ()), *parameters), found["result"]
    )


class Function:
    """All overloads of a name; a call picks one by the types of the arguments."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arities: set[int] = set()
        self.contextual = False
        self._overloads: list[tuple[tuple[str, ...], Implementation]] = []
        self._chosen: dict[tuple[type, ...], Implementation] = {}

    def add(self, parameters: tuple[str, ...], implementation: Implementation) -> None:
        """One more overload."""
        self._overloads.append((parameters, implementation))
        self.arities.add(len(parameters))
        self.contextual = self.contextual or isinstance(implementation, InContext)

    def __call__(self, *arguments: Value) -> Value:
        """Raises `Untold` where no overload takes the arguments, and for what goes wrong in it."""
        chosen = self._chosen.get(tuple(map(type, arguments))) or self._choose(arguments)
        return _guarded(chosen, arguments)

    def in_context(self, context: object, *arguments: Value) -> Value:
        """As a call; functions that look outside are given `context`."""
        chosen = self._chosen.get(tuple(map(type, arguments))) or self._choose(arguments)
        return _guarded(chosen, (context, *arguments) if isinstance(chosen, InContext) else arguments)

    def _choose(self, arguments: tuple[Value, ...]) -> Implementation:
        for parameters, implementation in self._overloads:
            if len(parameters) == len(arguments) and all(map(_fits, parameters, arguments)):
                self._chosen[tuple(map(type, arguments))] = implementation
                return implementation
        raise no_overload(self.name, *arguments)


def _guarded(function: Implementation, arguments: tuple[Value, ...]) -> Value:
    try:
        return function(*arguments)
    except (
        ValueError,
        OSError,
        OverflowError,
        ZeroDivisionError,
        TypeError,
        KeyError,
        RecursionError,
        ArithmeticError,
    ) as error:
        raise Untold(f"{error!s:.300}") from error


class InContext:
    """A function whose first argument is the context of the evaluation."""

    def __init__(self, function: Implementation) -> None:
        self.function = function

    def __call__(self, *arguments: Any) -> Value:
        """The context first."""
        return self.function(*arguments)


def _fits(parameter: str, argument: Value) -> bool:
    wanted = parameter.partition("<")[0]
    if wanted == "dyn":
        return True
    if (types := PYTHON_TYPES.get(wanted)) is not None:
        return type(argument) in types
    return isinstance(argument, Opaque) and argument.cel_type == wanted


class Library:
    """Functions that belong together; `variables` are namespaces that its functions are called on."""

    def __init__(
        self, name: str, functions: Mapping[str, Implementation], values: Mapping[str, Value] | None = None
    ) -> None:
        self.name = name
        self.functions = functions
        self.values = dict(values or {})
        """Constants by (dotted) name."""

    @cached_property
    def signatures(self) -> tuple[tuple[Signature, Implementation], ...]:
        """All overloads, read once."""
        return tuple((signature(text), implementation) for text, implementation in self.functions.items())


class Functions:
    """What the libraries of an environment have together."""

    def __init__(self, libraries: Iterable[Library]) -> None:
        self.plain: dict[str, Function] = {}
        self.members: dict[str, Function] = {}
        self.values: dict[str, Value] = {}
        self.signatures: list[Signature] = []
        for library in libraries:
            self.values |= library.values
            for declared, implementation in library.signatures:
                self.signatures.append(declared)
                table = self.members if declared.member else self.plain
                table.setdefault(declared.name, Function(declared.name)).add(declared.parameters, implementation)
