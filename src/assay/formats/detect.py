"""Which SBOM format a document is, and in which version.

JSON documents are told apart by their top-level keys, read in one pass that builds nothing else, so their
order does not matter; XML by the namespace of the root element; the line formats by their first lines::

    {"bomFormat": "CycloneDX", "specVersion": "1.6", ...}            cyclonedx-json@1.6
    <bom xmlns="http://cyclonedx.org/schema/bom/1.4" ...>            cyclonedx-xml@1.4
    {"spdxVersion": "SPDX-2.3", ...}                                 spdx-json@2.3
    {"@context": "https://spdx.org/rdf/3.0.1/...", "@graph": [...]}  spdx-json@3.0
    SPDXVersion: SPDX-2.3                                            spdx-tag-value@2.3
    spdxVersion: SPDX-2.3                                            spdx-yaml@2.3
    {"schema": {"version": "16.0.0", ...}, "artifacts": [...]}       syft-json@16.0.0
    {"detector": {...}, "manifests": {...}, "scanned": "..."}        github
    pkg:npm/lodash@4.17.21                                           purls
    id,type,...,name,version,...                                     csv

A DSSE envelope or an in-toto statement around a document is looked through; `unwrap` takes it off.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

import msgspec

_HEAD = 16 << 10
_STATEMENTS = "application/vnd.in-toto+json"


class Detected(NamedTuple):
    """A format by its output name (`assay.report.formats`), and the version that the document gives."""

    format: str
    version: str = ""
    wrapped: bool = False

    def __str__(self) -> str:
        return f"{self.format}@{self.version}" if self.version else self.format


class _Keys(msgspec.Struct, rename={"context": "@context", "statement": "_type"}):
    """The top-level keys that tell the JSON formats apart, raw: nothing is built for the rest."""

    bomFormat: msgspec.Raw = msgspec.Raw()  # noqa: N815 - the key's own name
    specVersion: msgspec.Raw = msgspec.Raw()  # noqa: N815
    spdxVersion: msgspec.Raw = msgspec.Raw()  # noqa: N815
    artifacts: msgspec.Raw = msgspec.Raw()
    schema: msgspec.Raw = msgspec.Raw()
    detector: msgspec.Raw = msgspec.Raw()
    manifests: msgspec.Raw = msgspec.Raw()
    scanned: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()
    statement: msgspec.Raw = msgspec.Raw()
    predicate: msgspec.Raw = msgspec.Raw()
    payload: msgspec.Raw = msgspec.Raw()
    payloadType: msgspec.Raw = msgspec.Raw()  # noqa: N815


_KEYS = msgspec.json.Decoder(_Keys)
_XML = re.compile(rb"<(?:[\w.-]{1,50}:)?bom\s[^>]{0,4000}?[\"']https?://cyclonedx\.org/schema/bom/(1\.\d)[\"']")
_TAG_VALUE = re.compile(rb"^\s*SPDXVersion:\s*SPDX-(\d\.\d)", re.MULTILINE)
_YAML = re.compile(rb"^[\"']?spdxVersion[\"']?:\s*[\"']?SPDX-(\d\.\d)", re.MULTILINE)
_SPDX_3 = re.compile(rb"spdx\.org/rdf/(3\.\d)")
_CUT_OFF = (
    (
        "cyclonedx-json",
        re.compile(rb"\"bomFormat\"\s*:\s*\"CycloneDX\""),
        re.compile(rb"\"specVersion\"\s*:\s*\"(1\.\d)\""),
    ),
    (
        "spdx-json",
        re.compile(rb"\"spdxVersion\"\s*:\s*\"SPDX-2"),
        re.compile(rb"\"spdxVersion\"\s*:\s*\"SPDX-(2\.\d)\""),
    ),
    ("syft-json", re.compile(rb"^\s*\{\s*\"artifacts\"\s*:\s*\["), re.compile(rb"(?!)")),
    (
        "github",
        re.compile(rb"\A(?=[\s\S]*?\"detector\"\s*:\s*\{)(?=[\s\S]*?\"manifests\"\s*:\s*\{)"),
        re.compile(rb"(?!)"),
    ),
    ("spdx-json", re.compile(rb"\"@context\"\s*:\s*\[?\s*\"https://spdx\.org/rdf/3"), _SPDX_3),
)


def detect(data: bytes) -> Detected | None:
    """The format of `data`, None where it is none of ours. The first 16 KiB of a document will mostly do."""
    start = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"{":
        return _json(data)
    if start[:1] == b"<":
        found = _XML.search(start)
        return Detected("cyclonedx-xml", found[1].decode()) if found else None
    return _lines(start)


def unwrap(data: bytes) -> bytes:
    """The SBOM inside a DSSE envelope or an in-toto statement; `data` itself where nothing is around it."""
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return data
    keys = _keys(data)
    inner = _inner(keys) if keys is not None else None
    return data if inner is None else unwrap_statement(inner)


def unwrap_statement(data: bytes) -> bytes:
    """The predicate of an in-toto statement; `data` itself where it is none."""
    keys = _keys(data)
    if keys is None or not (bytes(keys.statement) and bytes(keys.predicate)):
        return data
    return bytes(keys.predicate)


def _keys(data: bytes) -> _Keys | None:
    try:
        return _KEYS.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _inner(keys: _Keys) -> bytes | None:
    """What an envelope or a statement holds (one step)."""
    if bytes(keys.statement) and bytes(keys.predicate):
        return bytes(keys.predicate)
    if _text(keys.payloadType) != _STATEMENTS:
        return None
    try:
        return base64.b64decode(_text(keys.payload), validate=True)
    except (binascii.Error, ValueError):
        return None


def _json(data: bytes) -> Detected | None:
    keys = _keys(data)
    if keys is None:
        return _cut_off(data[:_HEAD])
    inner = _inner(keys)
    if inner is not None:
        plain = _keys(unwrap_statement(inner))
        found = _by_keys(plain) if plain is not None else None
        return Detected(found.format, found.version, True) if found is not None else None
    return _by_keys(keys)


def _by_keys(keys: _Keys) -> Detected | None:
    if _text(keys.bomFormat) == "CycloneDX":
        return Detected("cyclonedx-json", _text(keys.specVersion))
    if bytes(keys.spdxVersion):
        return Detected("spdx-json", _text(keys.spdxVersion).removeprefix("SPDX-"))
    if found := _SPDX_3.search(bytes(keys.context)[:4000]):
        return Detected("spdx-json", found[1].decode())
    if bytes(keys.artifacts) and bytes(keys.schema):
        return Detected("syft-json", _schema_version(bytes(keys.schema)))
    if bytes(keys.detector)[:1] == b"{" and (bytes(keys.manifests) or bytes(keys.scanned)):
        return Detected("github")
    return None


def _schema_version(raw: bytes) -> str:
    try:
        schema = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""
    version = schema.get("version") if isinstance(schema, dict) else None
    return version if isinstance(version, str) else ""


def _text(raw: msgspec.Raw) -> str:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""
    return value if isinstance(value, str) else ""


def _cut_off(start: bytes) -> Detected | None:
    """A JSON document of which only the beginning is there (or that is broken further down)."""
    for name, mark, version in _CUT_OFF:
        if mark.search(start):
            found = version.search(start)
            return Detected(name, found[1].decode() if found else "")
    return None


def _lines(start: bytes) -> Detected | None:
    if found := _TAG_VALUE.search(start):
        return Detected("spdx-tag-value", found[1].decode())
    if found := _YAML.search(start):
        return Detected("spdx-yaml", found[1].decode())
    for line in start.splitlines():
        text = line.strip()
        if text and not text.startswith(b"#"):
            return Detected("purls") if text.startswith(b"pkg:") else _table(text)
    return None


def _table(line: bytes) -> Detected | None:
    """A table of components, by its head line."""
    from assay.formats import component_csv_reader

    return Detected("csv") if component_csv_reader.head(line.decode("utf-8", "replace")) is not None else None
