"""The environment of expressions: which variables and libraries there are, and programs compiled for it.

`cel-expr-python` parses and checks; the tree is then compiled here (see `compiling`), since the library's own
evaluation has no bound, no values of other types than CEL's own and no variables that are computed when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from assay.engines.policy.cel.balancing import balanced
from assay.engines.policy.cel.checking import Checker
from assay.engines.policy.cel.compiling import Compiler
from assay.engines.policy.cel.faults import NoCel, Untold
from assay.engines.policy.cel.frame import Frame, Spending
from assay.engines.policy.cel.library import Functions, Library
from assay.engines.policy.cel.messages import Maker
from assay.engines.policy.cel.pieces import Code
from assay.engines.policy.cel.syntax import Expr
from assay.engines.policy.cel.values import Value, kind

_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_LENGTH = 64 << 10
"""Characters of an expression."""


class Program:
    """A compiled expression; used by many threads."""

    __slots__ = ("_code", "text")

    def __init__(self, text: str, code: Code) -> None:
        self.text, self._code = text, code

    def evaluate(
        self, bindings: Mapping[str, Value], context: object = None, spending: Spending | None = None
    ) -> Value:
        """The value, in the types of `values` (`values.plain` turns it into JSON).

        A binding is a value; `variables.Variables` computes what it holds when it is asked for. `spending` is shared
        with other evaluations. Raises `Untold`
        where there is no answer, `Costly` where it would take too long.
        """
        try:
            return self._code(Frame(dict(bindings), context, spending))
        except RecursionError:
            raise Untold("the expression goes too deep") from None
        except KeyError as error:
            raise Untold(f"nothing is bound to {error!s:.80}") from error

    def truth(self, bindings: Mapping[str, Value], context: object = None) -> bool:
        """As `evaluate`; raises `Untold` for what is neither true nor false."""
        found = self.evaluate(bindings, context)
        if not isinstance(found, bool):
            raise Untold(f"the expression gives {kind(found)}, not a bool")
        return found


class Environment:
    """Compiles expressions; each text once."""

    def __init__(
        self, variables: Iterable[str], libraries: Iterable[Library] | None = None, messages: Maker | None = None
    ) -> None:
        """`libraries` are those of Kubernetes where they are not given."""
        if libraries is None:
            from assay.engines.policy.cel.libraries import KUBERNETES

            libraries = KUBERNETES
        self._functions = Functions(libraries)
        self._variables = frozenset(variables)
        self._messages = messages
        self._checker = Checker(self._variables, self._functions)
        self._compiled = lru_cache(maxsize=4096)(self._compile)

    def compile(self, text: str) -> Program:
        """Raises `NoCel`, with the place in the text where the parser knows it."""
        if not isinstance(text, str):
            raise NoCel(f"an expression is a text, not {type(text).__name__}")
        if len(text) > MAX_LENGTH:
            raise NoCel(f"an expression has over {MAX_LENGTH} characters", "split it into variables")
        if not text.isascii() and _SURROGATE.search(text):
            raise NoCel("an expression holds half a character (a surrogate)")
        return self._compiled(text)

    def _compile(self, text: str) -> Program:
        source, tree = self._parsed(text)
        code = Compiler(self._variables, self._functions, self._messages).compile(tree)
        self._checker.check(source, tree)
        return Program(text, code)

    def _parsed(self, text: str) -> tuple[str, Expr]:
        """The tree, and the text that it is of: with long sums balanced where the parser cannot follow them."""
        try:
            return text, self._checker.parse(text)
        except NoCel as error:
            if "recursion" not in error.what:
                raise
            source = balanced(text)
            return source, self._checker.parse(source)
