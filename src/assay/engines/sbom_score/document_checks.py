"""What is asked of the document as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from assay.formats.json import as_list, as_object
from assay.model.sbom import Completeness, Sbom

_MODERN = frozenset({"1.4", "1.5", "1.6", "1.7", "2.2", "2.3", "3.0"})


@dataclass(frozen=True, slots=True)
class Document:
    """An SBOM, and what the caller knows about the bytes it came from."""

    sbom: Sbom
    valid: bool | None
    signed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the document."""

    category: str
    name: str
    weight: float
    test: Callable[[Document], bool]
    remedy: str


def _timestamp(document: Document) -> bool:
    try:
        return datetime.fromisoformat(document.sbom.timestamp).tzinfo is not None
    except ValueError:
        return False


def _author(document: Document) -> bool:
    """Who made the document: a person, an organisation, or (NTIA 2021, "tool") the program itself."""
    return bool(document.sbom.authors or document.sbom.supplier or document.sbom.tools)


def _relationships(document: Document) -> bool:
    """Whether the graph reaches every component from the subject (an empty document has nothing to reach)."""
    sbom = document.sbom
    reached, queue = {sbom.subject.id}, [sbom.subject.id]
    while queue:
        for needed in sbom.dependencies.get(queue.pop(), ()):
            if needed not in reached:
                reached.add(needed)
                queue.append(needed)
    return all(component.id in reached for component in sbom.components)


def _edges(document: Document) -> bool:
    return bool(document.sbom.dependencies) or not document.sbom.components


def _versioned(document: Document) -> bool:
    return any(tool.name and tool.version for tool in document.sbom.tools)


def _format_version(document: Document) -> bool:
    """A document of our own is always written in a current version."""
    _, _, version = document.sbom.source_format.partition("@")
    return not document.sbom.source_format or version in _MODERN


def _supplier(document: Document) -> bool:
    return bool(document.sbom.supplier)


def _subject(document: Document) -> bool:
    return bool(document.sbom.subject.name)


def _specified(document: Document) -> bool:
    """A document of our own is always CycloneDX or SPDX where that matters."""
    return not document.sbom.source_format or document.sbom.source_format.startswith(("cyclonedx-", "spdx-"))


def _data_license(document: Document) -> bool:
    """SPDX documents are CC0-1.0 by their own rules; CycloneDX ones may say what they are."""
    if not document.sbom.source_format.startswith("cyclonedx-"):
        return _specified(document)
    metadata = as_object(as_object(document.sbom.extra.get("cyclonedx")).get("metadata"))
    return bool(as_list(metadata.get("licenses")))


DOCUMENT_CHECKS: tuple[Question, ...] = (
    Question("provenance", "timestamp", 0.20, _timestamp, "say when the document was made (RFC 3339, with zone)"),
    Question("provenance", "author", 0.20, _author, "say who made the document"),
    Question("provenance", "tool", 0.20, _versioned, "name the tool and its version"),
    Question(
        "provenance",
        "document supplier",
        0.15,
        lambda it: bool(it.sbom.supplier),
        "name the supplier (--source-supplier)",
    ),
    Question(
        "provenance",
        "namespace",
        0.15,
        lambda it: bool(it.sbom.serial or not it.sbom.source_format),
        "give the document a serial number or namespace",
    ),
    Question(
        "provenance",
        "generation context",
        0.10,
        lambda it: bool(it.sbom.lifecycles),
        "state the lifecycle phase in which the document was made",
    ),
    Question("integrity", "signature", 0.10, lambda it: it.signed, "sign the document"),
    Question("completeness", "dependency relationship", 0.25, _relationships, "connect every component"),
    Question(
        "completeness",
        "primary component",
        0.20,
        lambda it: bool(it.sbom.subject.name),
        "say what the document is about",
    ),
    Question(
        "completeness",
        "completeness",
        0.15,
        lambda it: it.sbom.completeness not in {Completeness.UNKNOWN, Completeness.NOT_SPECIFIED},
        "state how complete the document is",
    ),
    Question("licensing", "data licence", 0.10, _data_license, "license the document itself"),
    Question("structure", "specification", 0.25, _specified, "use CycloneDX or SPDX"),
    Question("structure", "format version", 0.25, _format_version, "use a current version of the format"),
    Question("structure", "dependencies present", 0.25, _edges, "write the dependency graph"),
    Question("structure", "schema", 0.25, lambda it: it.valid is not False, "mend what `assay sbom validate` says"),
)
