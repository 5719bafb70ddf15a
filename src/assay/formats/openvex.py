"""OpenVEX 0.2.0 (github.com/openvex/spec).

::

    {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://…", "author": "…", "timestamp": "…", "version": 1,
     "statements": [{"vulnerability": {"name": "CVE-2023-1255"}, "products": [{"@id": "pkg:oci/app@sha256:…",
       "subcomponents": [{"@id": "pkg:apk/alpine/openssl@3.0.8-r3"}]}],
       "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object
from assay.model.vex import Product, Statement, Status, VexDocument

CONTEXT = "https://openvex.dev/ns/v0.2.0"


def is_openvex(value: Object) -> bool:
    """Whether a document is OpenVEX, of any version."""
    return as_text(value.get("@context")).startswith("https://openvex.dev/ns")


def read(data: bytes, origin: str) -> VexDocument:
    """The document; raises `Malformed` for what is none."""
    return of(load_object(data), origin)


def of(value: Object, origin: str) -> VexDocument:
    """The document that a JSON object holds."""
    if not is_openvex(value):
        raise Malformed(f"{origin}: not OpenVEX: @context is {value.get('@context')!r}")
    time = as_text(value.get("last_updated")) or as_text(value.get("timestamp"))
    author = as_text(value.get("author"))
    version = value.get("version")
    found = [_statement(as_object(item), time, author, origin) for item in as_list(value.get("statements"))]
    return VexDocument(
        "openvex",
        as_text(value.get("@id")),
        author,
        as_text(value.get("role")),
        as_text(value.get("timestamp")),
        as_text(value.get("last_updated")),
        version if isinstance(version, int) else 1,
        tuple(found),
        as_text(value.get("tooling")),
    )


def _statement(item: Object, time: str, author: str, origin: str) -> Statement:
    said = item.get("vulnerability")
    names = [as_text(said)] if isinstance(said, str) else []
    about = as_object(said)
    names += [as_text(about.get("name")), *map(as_text, as_list(about.get("aliases")))]
    try:
        status = Status(as_text(item.get("status")))
    except ValueError as error:
        raise Malformed(f"{origin}: {item.get('status')!r} is no VEX status") from error
    return Statement(
        vulnerability=tuple(dict.fromkeys(filter(None, names))),
        status=status,
        products=tuple(_product(product) for product in as_list(item.get("products"))),
        justification=as_text(item.get("justification")),
        impact=as_text(item.get("impact_statement")),
        action=as_text(item.get("action_statement")),
        time=as_text(item.get("last_updated")) or as_text(item.get("timestamp")) or time,
        author=as_text(item.get("supplier")) or author,
        origin=origin,
    )


def _product(value: Json) -> Product:
    return Product(_ids(value), tuple(_ids(part) for part in as_list(as_object(value).get("subcomponents"))))


def _ids(value: Json) -> tuple[str, ...]:
    """All ids of a component: its IRI, its identifiers, its hashes (``sha-256`` becomes ``sha256:…``)."""
    if isinstance(value, str):
        return (value,)
    item = as_object(value)
    names = [as_text(item.get("@id")), *map(as_text, as_object(item.get("identifiers")).values())]
    for algorithm, digest in as_object(item.get("hashes")).items():
        names.append(f"{algorithm.replace('-', '').lower()}:{as_text(digest)}")
    return tuple(dict.fromkeys(filter(None, names)))


def write(document: VexDocument) -> bytes:
    """The document as JSON."""
    from assay.formats import json_bytes

    value: Object = {
        "@context": CONTEXT,
        "@id": document.id,
        "author": document.author or "unknown",
        "timestamp": document.time,
        "version": document.version,
        "statements": [_written(item) for item in document.statements],
    }
    optional: Object = {"role": document.role, "last_updated": document.updated, "tooling": document.tool}
    value |= {key: text for key, text in optional.items() if text}
    return json_bytes.dump(value)


def _written(item: Statement) -> Object:
    about: Object = {"name": item.vulnerability[0] if item.vulnerability else ""}
    if item.vulnerability[1:]:
        about["aliases"] = list(item.vulnerability[1:])
    result: Object = {
        "vulnerability": about,
        "products": [_written_product(product) for product in item.products],
        "status": str(item.status),
    }
    optional: Object = {
        "justification": item.justification,
        "impact_statement": item.impact,
        "action_statement": item.action,
        "timestamp": item.time,
    }
    return result | {key: text for key, text in optional.items() if text}


def _written_product(item: Product) -> Object:
    result = _identified(item.ids)
    if item.subcomponents:
        result["subcomponents"] = [_identified(part) for part in item.subcomponents]
    return result


def _identified(ids: tuple[str, ...]) -> Object:
    first = ids[0] if ids else ""
    result: Object = {"@id": first}
    purl = next((name for name in ids if name.startswith("pkg:")), "")
    if purl:
        result["identifiers"] = {"purl": purl}
    digest = next((name.partition(":")[2] for name in ids if name.startswith("sha256:")), "")
    return result | ({"hashes": {"sha-256": digest}} if digest else {})
