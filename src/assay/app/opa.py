"""An OPA server as the engine of Rego, instead of regorus in this process.

Every policy gets a place of its own below ``data``, so that policies with packages of one name do not meet. The server
asks the world itself (``http.send``), as it is allowed to; Gatekeeper's ``external_data`` it does not have.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping

from assay.adapters.opa_server import OpaServer
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.repairing import Token, edited, tokens
from assay.engines.policy.rego.source import Calls, Json, Module, Source
from assay.errors import AssayError
from assay.formats import json_bytes


class OpaCompiler:
    """A `assay.engines.policy.rego.source.Compiler`."""

    def __init__(self, server: OpaServer) -> None:
        self._server = server

    def __call__(self, source: Source) -> OpaProgram:
        """Raises `NoRego` for what the server does not compile, `ExternalError` for a server that is away."""
        digest = hashlib.sha256(json_bytes.encode([[*item] for item in source.modules])).hexdigest()
        root = f"assay_{digest[:24]}"
        for number, module in reversed([*enumerate(source.modules)]):
            try:
                self._server.put_policy(f"{root}/{number}", _moved(module.text, root))
            except AssayError as error:
                raise _refused(module, error, source.version) from error
        return OpaProgram(self._server, root, (root, *_package(source.modules[0]), source.entry))


def _refused(module: Module, error: AssayError, version: str) -> AssayError:
    if error.exit_code != NoRego.exit_code:
        return error
    remedy = "a server with --v0-compatible takes Rego of version 0" if version == "v0" else error.remedy
    return NoRego(f"{module.name}: {error.what}", remedy)


def _package(module: Module) -> tuple[str, ...]:
    """The parts of the module's package."""
    found = iter(tokens(module.text))
    parts: list[str] = []
    for token in found:
        if token.text == "package":
            break
    for token in found:
        if token.after_newline or (token.text not in (".",) and token.kind != "name"):
            break
        parts += [token.text] if token.kind == "name" else []
    if not parts:
        raise NoRego(f"{module.name}: there is no package")
    return tuple(parts)


def _moved(text: str, root: str) -> str:
    """`text` with its package, and all it reads below ``data``, below `root`."""
    return edited(text, [*_edits([*tokens(text)], root)])


def _edits(found: list[Token], root: str) -> Iterator[tuple[int, int, str]]:
    packaged = False
    for before, token in zip([None, *found], found, strict=False):
        if before is not None and before.text == "package" and not packaged:
            packaged = True
            yield token.start, token.start, f"{root}."
        elif token.kind == "name" and token.text == "data" and (before is None or before.text != "."):
            yield token.end, token.end, f".{root}"


class OpaProgram:
    """A policy that the server holds."""

    __slots__ = ("_held", "_lock", "_path", "_root", "_server")

    def __init__(self, server: OpaServer, root: str, path: tuple[str, ...]) -> None:
        self._server, self._root, self._path = server, root, path
        self._lock, self._held = threading.Lock(), dict[str, bytes]()

    def evaluate(self, given: Json, calls: Calls, data: Mapping[str, Json] | None = None) -> Json:
        """See `assay.engines.policy.rego.source.Program`; evaluations that bring other data wait for each other."""
        try:
            if not data:
                return self._server.ask(self._path, given)
            with self._lock:
                self._hold(data)
                return self._server.ask(self._path, given)
        except AssayError as error:
            if error.exit_code != RegoError.exit_code:
                raise
            raise RegoError(error.what, error.remedy) from error

    def _hold(self, data: Mapping[str, Json]) -> None:
        for name, value in data.items():
            written = json_bytes.encode(value)
            if self._held.get(name) != written:
                self._server.put_data((self._root, name), value)
                self._held[name] = written
