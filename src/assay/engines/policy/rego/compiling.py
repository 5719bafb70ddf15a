"""regorus as the engine: modules rewritten, checked and compiled once; an engine for every thread that asks.

regorus works in this process and cannot be stopped in an evaluation; `assay.app.rego_processes` gives the same in
processes that can.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.engines.policy.rego.checking import check, check_negations
from assay.engines.policy.rego.eagerness import PASSES, eager
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.formatting import foreign_formats, negatives
from assay.engines.policy.rego.reading import Tree
from assay.engines.policy.rego.repairing import edited, repaired
from assay.engines.policy.rego.source import Calls, Json, Module, Source
from assay.engines.policy.rego.supplied import functions, told
from assay.errors import AssayError, UsageError
from assay.formats import json as json_format
from assay.formats import json_bytes

if TYPE_CHECKING:
    import regorus

MAX_INPUT = 16 << 20
MAX_ENGINES = 4096
"""Engines that a thread keeps; each is some 100 kB."""
_LENGTHS = {"max_col": 1 << 20, "max_file_bytes": 4 << 20, "max_lines": 1 << 17}
_UNDEFINED = '"<undefined>"'
_numbers = itertools.count()


def compile(source: Source) -> RegorusProgram:
    """The program for regorus; raises `NoRego` for modules that are no Rego, or use what is not there."""
    modules = tuple(_repaired(item) for item in source.modules)
    trees = _trees(modules, source.version)
    for tree in trees:
        check_negations(tree)
    for _ in range(PASSES):
        changed = tuple(
            Module(item.name, _rewritten(tree, item.text)) for tree, item in zip(trees, modules, strict=True)
        )
        if changed == modules:
            break
        modules, trees = changed, _trees(changed, source.version)
    else:
        raise NoRego(f"{modules[0].name}: over {PASSES} signs and negations within each other", "use helper rules")
    check((*trees, _supplied_tree()), source.data)
    _has_entry(trees[0], source.entry)
    return RegorusProgram(modules, source.version, f"{trees[0].package}.{source.entry}")


def _repaired(module: Module) -> Module:
    try:
        return Module(module.name, repaired(module.text))
    except NoRego as error:
        raise NoRego(f"{module.name}: {error.what}", error.remedy, error.line) from error


def _rewritten(tree: Tree, text: str) -> str:
    if edits := [*foreign_formats(tree)]:
        return _formatted(text, edits)
    return _formatted(text, edits[:1]) if (edits := [*negatives(tree)]) else eager(tree, text)


def _formatted(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The edits, whose places are in bytes."""
    if text.isascii():
        return edited(text, edits)
    return edited(text.encode().decode("latin-1"), edits).encode("latin-1").decode()


def _has_entry(tree: Tree, entry: str) -> None:
    if entry not in tree.rules:
        raise NoRego(f"{tree.name}: there is no rule {entry}", f"define {entry} in the first module")


@cache
def _supplied() -> Module:
    return Module("builtins", Path(__file__).with_name("supplied.rego").read_text(encoding="utf-8"))


@cache
def _supplied_tree() -> Tree:
    return _trees((_supplied(),), "v0")[0]


def _engine(version: str) -> regorus.Engine:
    os.environ.setdefault("RUST_LIB_BACKTRACE", "0")  # its errors carry one otherwise, at a high price
    try:
        import regorus
    except ImportError as error:
        raise UsageError("Rego needs the package gordon-to-regorus", "pip install 'assay[policy]'") from error
    engine = regorus.Engine()
    engine.set_policy_length_config(**_LENGTHS)
    engine.set_rego_v0(version == "v0")
    engine.set_gather_prints(True)
    return engine


def _trees(modules: Sequence[Module], version: str) -> tuple[Tree, ...]:
    engine = _engine(version)
    for module in modules:
        _add(engine, module)
    found: Any = json_format.load(engine.get_ast_as_json())
    return tuple(Tree.of(module.name, ast) for module, ast in zip(modules, found, strict=True))


def _add(engine: regorus.Engine, module: Module) -> None:
    try:
        engine.add_policy(module.name, module.text)
    except BaseException as error:
        if not _is_native(error):
            raise
        line, said = _said(error)
        place = f"{module.name}, line {line}" if line else module.name
        raise NoRego(f"{place}: {said}", line=line) from error


def _is_native(error: BaseException) -> bool:
    """Whether regorus raised it; what it panics with is no `Exception`."""
    return isinstance(error, (RuntimeError, ValueError, TypeError)) or type(error).__name__ == "PanicException"


def _said(error: BaseException) -> tuple[int, str]:
    """Line and reason out of regorus' message: ``--> FILE:LINE:COLUMN``, the line shown, ``error: REASON``."""
    lines = str(error).partition("\nStack backtrace")[0].strip().splitlines()
    place = next((text for text in lines if text.startswith("--> ")), "")
    number = place.rpartition(":")[0].rpartition(":")[2]
    reason = next(
        (text.removeprefix("error: ") for text in lines if text.startswith("error: ")), lines[0] if lines else ""
    )
    return int(number) if number.isdigit() else 0, reason.strip()[:500] or "not Rego"


_local = threading.local()


class _Held:
    """An engine, and the data that it has: regorus prepares anew for every change of it."""

    __slots__ = ("_data", "engine")

    def __init__(self, engine: regorus.Engine) -> None:
        self.engine, self._data = engine, b""

    def hold(self, data: bytes) -> None:
        """Give it `data`, a JSON object or nothing."""
        if data != self._data:
            self.engine.clear_data()
            self._data = b""
            if data:
                self.engine.add_data_json(data.decode())
            self._data = data


class RegorusProgram:
    """Compiled modules; each thread has an engine of its own, made at its first evaluation."""

    __slots__ = ("_entry", "_modules", "_number", "_version")

    def __init__(self, modules: tuple[Module, ...], version: str, entry: str) -> None:
        self._modules, self._version, self._entry = modules, version, entry
        self._number = next(_numbers)

    def portable(self) -> list[Any]:
        """All of it as JSON, for another process that need not compile it again."""
        return [[list(module) for module in self._modules], self._version, self._entry]

    @classmethod
    def of_portable(cls, program: list[Any]) -> RegorusProgram:
        """What `portable` gave."""
        modules, version, entry = program
        return cls(tuple(Module(*module) for module in modules), version, entry)

    def evaluate(self, given: Json, calls: Calls, data: Mapping[str, Json] | None = None) -> Json:
        """See `source.Program`."""
        encoded = json_bytes.encode(given)
        if len(encoded) > MAX_INPUT:
            raise RegoError(f"an input of {len(encoded)} bytes (at most {MAX_INPUT})")
        held = self._mine()
        engine = held.engine
        _local.calls = calls
        try:
            held.hold(json_bytes.encode(dict(data)) if data else b"")
            engine.set_input_json(encoded.decode())
            found = engine.eval_rule_as_json(self._entry)
            engine.take_prints()
        except BaseException as error:
            if not _is_native(error):
                raise
            raise RegoError(_reason(error)) from error
        finally:
            _local.calls = None
        return None if found == _UNDEFINED else json_format.load(found)

    def _mine(self) -> _Held:
        """This thread's engine; one that regorus made may be used, and let go, in its own thread only."""
        held: OrderedDict[int, _Held] | None = getattr(_local, "engines", None)
        if held is None:
            held = _local.engines = OrderedDict()
        engine = held.get(self._number)
        if engine is None:
            engine = held[self._number] = _Held(self._made())
            if len(held) > MAX_ENGINES:
                held.popitem(last=False)
        else:
            held.move_to_end(self._number)
        return engine

    def _made(self) -> regorus.Engine:
        engine = _engine(self._version)
        for module in self._modules:
            _add(engine, module)
        if any("data.assay.builtins." in module.text for module in self._modules):
            engine.set_rego_v0(True)
            _add(engine, _supplied())
        for name, (arity, function) in functions(_ask).items():
            engine.add_extension(name, arity, function)
        return engine


def _reason(error: BaseException) -> str:
    fault = getattr(_local, "fault", None)
    _local.fault = None
    line, said = _said(error)
    reason = told(fault) if fault is not None else said
    return f"line {line}: {reason}" if line else reason


def _ask(name: str, request: Any) -> Any:
    """What a builtin asks the world, of the evaluation that runs in this thread."""
    calls: Calls = _local.calls
    try:
        match name:
            case "http.send":
                return calls.http_send(request)
            case "external_data":
                return calls.external_data(request)
        return int(calls.now().timestamp() * 1_000_000_000)
    except AssayError as error:
        _local.fault = error
        raise
