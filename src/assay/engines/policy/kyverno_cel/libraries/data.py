"""Texts and data: hashes, JSON, YAML, gzip, ``listObjToMap`` and ``parseServiceAccount``."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.frame import MAX_TEXT
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import Namespace, Opaque, Value, plain
from assay.errors import AssayError
from assay.formats import json as strict
from assay.formats.manifest import scalar
from assay.formats.yaml import documents

_ACCOUNT = "system:serviceaccount:"
_GZIP = 31
"""The window bits that make zlib read and write gzip."""


class Json(Namespace):
    """The variable ``json``."""

    cel_type = "json.Json"
    __slots__ = ()


class Yaml(Namespace):
    """The variable ``yaml``."""

    cel_type = "yaml.Yaml"
    __slots__ = ()


class ServiceAccount(Opaque):
    """``parseServiceAccount(name)``; both parts are empty for what is no service account."""

    cel_type = "user.ServiceAccount"
    __slots__ = ("parts",)

    def __init__(self, username: str) -> None:
        namespace, _, name = username.removeprefix(_ACCOUNT).partition(":")
        whole = username.startswith(_ACCOUNT) and ":" not in name
        self.parts = {"Name": name if whole else "", "Namespace": namespace if whole else ""}

    def select(self, field: str) -> Value:
        """``Name`` or ``Namespace``."""
        if field not in self.parts:
            raise Untold(f"a service account has no field {field!r:.40}")
        return self.parts[field]

    def has(self, field: str) -> bool:
        """Whether the part is there."""
        return bool(self.parts.get(field))


def _unmarshal(_: Json, text: str) -> Value:
    try:
        return strict.load(text[: MAX_TEXT + 1])
    except AssayError as error:
        raise Untold(str(error)) from error


def _parse(_: Yaml, text: str) -> Value:
    try:
        found = list(documents(text, scalar))
    except AssayError as error:
        raise Untold(str(error)) from error
    return found[0].value if found else None


def _hash(name: str) -> Callable[[Value], str]:
    def digest(value: Value) -> str:
        data = value if isinstance(value, str) else json.dumps(plain(value), sort_keys=True, separators=(",", ":"))
        return hashlib.new(name, data.encode(), usedforsecurity=False).hexdigest()

    return digest


def _decompress(data: bytes) -> str:
    try:
        found = zlib.decompressobj(_GZIP).decompress(data, MAX_TEXT)
    except zlib.error as error:
        raise Untold(f"not gzip: {error}") from error
    return found.decode(errors="replace")


def _compress(text: str) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(text.encode()) + packer.flush()


def _map(keys: list[Value], values: list[Value], key: str, value: str) -> dict[str, Value]:
    if len(keys) != len(values):
        raise Untold("listObjToMap takes two lists of the same length")
    try:
        return {str(one[key]): other[value] for one, other in zip(keys, values, strict=True)}
    except (KeyError, TypeError) as error:
        raise Untold(f"listObjToMap: an item has no {error}") from error


HASH = Library("hash", {f"{name}(dyn): string": _hash(name) for name in ("md5", "sha1", "sha256")})
JSON = Library(
    "json",
    {
        "json.Json -> unmarshal(string): dyn": _unmarshal,
        "json.Json -> Unmarshal(string): dyn": _unmarshal,
        "json.Json -> marshal(dyn): string": lambda _, value: json.dumps(plain(value), separators=(",", ":")),
    },
    {"json": Json()},
)
YAML = Library("yaml", {"yaml.Yaml -> parse(string): dyn": _parse}, {"yaml": Yaml()})
GZIP = Library(
    "gzip",
    {"gzip.decompress(bytes): string": _decompress, "gzip.compress(string): bytes": _compress},
)
TRANSFORM = Library(
    "transform",
    {
        "listObjToMap(list, list, string, string): map": _map,
        "transform.listObjToMap(list, list, string, string): map": _map,
    },
)
USER = Library("user", {"parseServiceAccount(string): dyn": ServiceAccount})
