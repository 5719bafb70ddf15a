"""CycloneDX against the schemas of the specification, JSON (1.2 to 1.7) and XML (1.0 to 1.7).

The schemas are files of cyclonedx-python-lib (``cyclonedx/schema/_res/bom-1.7.SNAPSHOT.schema.json``). That package
loosens two things, which are put back here: `version` is required up to 1.4, and ``$schema`` is fixed where the
specification fixes it. The formats `date-time` and `uri` are asserted, the others are annotations (JSON Schema draft 7,
7.2).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from assay.engines.validate.problem import MAX_PROBLEMS, Problem
from assay.errors import LimitExceeded, Malformed, UsageError
from assay.formats.json import Json, Object, as_list, as_object, load_object

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _LogEntry

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
XML_VERSIONS = ("1.0", "1.1", *VERSIONS)

_STRICT = frozenset({"1.2", "1.3"})
_MAX_XML = 256 << 20
_DATE_TIME = r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d+)?(?:Z|[+-][0-2]\d:[0-5]\d)\Z"
_URI = r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*\Z"
_SCHEMA_URI = {
    "1.2-strict": "http://cyclonedx.org/schema/bom-1.2a.schema.json",
    "1.3-strict": "http://cyclonedx.org/schema/bom-1.3.schema.json",
    "1.4": "http://cyclonedx.org/schema/bom-1.4.schema.json",
    "1.5": "http://cyclonedx.org/schema/bom-1.5.schema.json",
}
_REMEDY = "pip install 'assay[validate]'"


def json_problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """Where a JSON document breaks the schema of `version`, at most fifty places."""
    try:
        document = load_object(data)
    except Malformed as error:
        return [Problem("", error.what)]
    if version not in VERSIONS:
        return [Problem("specVersion", f"{version!r} is none of {', '.join(VERSIONS)}")]
    check = _checker(f"{version}-strict" if strict and version in _STRICT else version)
    return _collect(check, document)


def _collect(check: Callable[[Json], object], document: Object) -> list[Problem]:
    """All problems, though a run of the checker ends at the first: list items that fail are taken out one by one."""
    from fastjsonschema import JsonSchemaValueException

    problems: list[Problem] = []
    removed: dict[int, list[int]] = {}
    while len(problems) < MAX_PROBLEMS:
        try:
            check(document)
        except JsonSchemaValueException as error:
            path = _path(document, list(error.path)[1:])
            message = (error.message or "").removeprefix(error.name or "").strip()[:300]
            item = _outermost_item(document, path)
            if item is None:
                return [*problems, Problem(_written(path), message)]
            problems.append(_take_out(*item, path, message, removed))
        except RecursionError:
            return [*problems, Problem("", "nested too deep")]
        else:
            return problems
    return problems


def _path(document: Json, keys: list[str]) -> list[str | int]:
    """The keys with those numbers that are positions in a list as numbers."""
    path: list[str | int] = []
    value = document
    for key in keys:
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            path.append(int(key))
            value = value[int(key)]
        else:
            path.append(key)
            value = as_object(value).get(key)
    return path


def _outermost_item(document: Json, path: list[str | int]) -> tuple[list[Json], int] | None:
    """The first list on the way to a problem, and the position in the path of its index."""
    value = document
    for position, key in enumerate(path):
        if isinstance(value, list):
            return value, position
        value = as_object(value).get(str(key))
    return None


def _take_out(
    items: list[Json], position: int, path: list[str | int], message: str, removed: dict[int, list[int]]
) -> Problem:
    """Removes the item that `path` goes through; the problem names its place in the document as it was."""
    index = cast("int", path[position])
    del items[index]
    gone = removed.setdefault(id(items), [])
    for earlier in sorted(gone):
        index += earlier <= index
    gone.append(index)
    return Problem(_written([*path[:position], index, *path[position + 1 :]]), message)


def _written(path: list[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


@cache
def _checker(name: str) -> Callable[[Json], object]:
    try:
        import fastjsonschema
    except ImportError as error:
        raise UsageError("validating JSON needs fastjsonschema, which is not installed", _REMEDY) from error

    def fetch(uri: str) -> Object:
        return cast("Object", json.loads(_resource(uri.rpartition("/")[2])))

    schema = _restored(json.loads(_resource(f"bom-{name}.SNAPSHOT.schema.json")), name)
    return cast(
        "Callable[[Json], object]",
        fastjsonschema.compile(
            schema,
            handlers={"http": fetch, "https": fetch},
            formats={"date-time": _DATE_TIME, "uri": _URI, "date": "", "idn-email": "", "iri-reference": ""},
            use_default=False,
        ),
    )


def _restored(schema: Object, name: str) -> Object:
    """The schema as the specification has it."""
    if name[:3] in ("1.2", "1.3", "1.4"):
        schema["required"] = [*as_list(schema.get("required")), "version"]
    if name in _SCHEMA_URI:
        as_object(as_object(schema["properties"]).get("$schema"))["enum"] = [_SCHEMA_URI[name]]
    return schema


def _resource(name: str) -> bytes:
    try:
        return (resources.files("cyclonedx.schema") / "_res" / name).read_bytes()
    except (ImportError, OSError) as error:
        raise UsageError("validating CycloneDX needs cyclonedx-python-lib, which is not installed", _REMEDY) from error


def xml_problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """Where an XML document breaks the schema of `version`; documents that declare entities are refused."""
    del strict  # the XML schemas have no looser variant
    if version not in XML_VERSIONS:
        return [Problem("bom", f"namespace of version {version!r}, which is none of {', '.join(XML_VERSIONS)}")]
    if len(data) > _MAX_XML:
        raise LimitExceeded(f"XML of {len(data)} bytes (at most {_MAX_XML})")
    _need_lxml()
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return [Problem("", f"not XML: {error}")]
    if root.getroottree().docinfo.internalDTD is not None and re.search(rb"<!ENTITY", data):
        return [Problem("", "declares entities, which are refused")]
    schema = _xml_schema(version)
    if schema.validate(root):
        return []
    return [_xml_problem(entry) for entry in _entries(schema)] or [Problem("", "invalid")]


def _entries(schema: XMLSchema) -> list[_LogEntry]:
    return list(itertools.islice(iter(schema.error_log), MAX_PROBLEMS))  # type: ignore[call-overload]


def _xml_problem(entry: _LogEntry) -> Problem:
    message = re.sub(r"\{http://cyclonedx\.org/schema/[^}]*\}", "", entry.message)
    return Problem(f"line {entry.line}", message[:300])


def _need_lxml() -> None:
    try:
        import lxml.etree  # noqa: F401 - only to see whether it is there
    except ImportError as error:
        raise UsageError("validating XML needs lxml, which is not installed", _REMEDY) from error


@cache
def _xml_schema(version: str) -> XMLSchema:
    """The compiled schema; its one import is taken out of the same package, and nothing else is resolved."""
    _need_lxml()
    from lxml import etree

    class Resolver(etree.Resolver):
        def resolve(self, system_url, public_id, context):  # type: ignore
            return self.resolve_string(_resource(system_url.rpartition("/")[2]), context, base_url=None)

    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(Resolver())
    return etree.XMLSchema(etree.fromstring(_resource(f"bom-{version}.SNAPSHOT.xsd"), parser))
