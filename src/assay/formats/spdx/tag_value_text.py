"""The JSON tree of SPDX 2 written as tag-value (see `assay.formats.spdx.tag_value` for the form).

Order: document, creation, files of no package, packages each with its files, snippets, licence texts, relationships,
annotations, reviews.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import edges
from assay.formats.spdx.names import DOCUMENT
from assay.formats.spdx.tags import Tag, sections


def dump(document: Object) -> str:
    """The document as text; every line ends with a line feed."""
    blocks = [_block("document", document), _block("creation", as_object(document.get("creationInfo")))]
    blocks += _elements(document)
    blocks += [_block("snippet", item) for item in _items(document, "snippets")]
    blocks += [_block("license", item) for item in _items(document, "hasExtractedLicensingInfos")]
    blocks.append([line for item in _relationships(document) for line in _block("relationship", item)])
    blocks += [_block("annotation", item) for item in _annotations(document)]
    blocks += [_block("review", item) for item in _items(document, "revieweds")]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _items(document: Object, key: str) -> list[Object]:
    return [as_object(item) for item in as_list(document.get(key))]


def _elements(document: Object) -> Iterator[list[str]]:
    """Files before the packages belong to none, files after a package to it."""
    files = {as_text(file.get("SPDXID")): file for file in _items(document, "files")}
    packages = _items(document, "packages")
    inside = {
        as_text(name): position for position, item in enumerate(packages) for name in as_list(item.get("hasFiles"))
    }
    for name, file in files.items():
        if name not in inside:
            yield _block("file", file)
    for position, package in enumerate(packages):
        yield _block("package", package)
        for name in map(as_text, as_list(package.get("hasFiles"))):
            if inside[name] == position and name in files:
                yield _block("file", files[name])


def _relationships(document: Object) -> list[Object]:
    """Those of the document; tag-value has no ``documentDescribes``, so that is said as relationships."""
    found = edges.relationships(document)
    said = set(edges.described({"relationships": [*found]}))
    names = [name for name in map(as_text, as_list(document.get("documentDescribes"))) if name not in said]
    return found + [edges.relationship(DOCUMENT, "DESCRIBES", name) for name in names]


def _annotations(document: Object) -> Iterator[Object]:
    elements = [{**document, "SPDXID": DOCUMENT}]
    elements += [item for key in ("packages", "files", "snippets") for item in _items(document, key)]
    for element in elements:
        for annotation in map(as_object, as_list(element.get("annotations"))):
            yield {**annotation, "SPDXREF": element.get("SPDXID")}


def _block(section: str, item: Object) -> list[str]:
    return [line for tag in sections()[section].values() for line in _lines(tag, item)]


def _lines(tag: Tag, item: Object) -> Iterable[str]:
    value = item.get(tag.field) if tag.field else item
    if value is None or tag.kind == "last-comment":
        return ()
    if tag.kind == "text":
        text = as_text(value)
        return (_line(tag.name, text.replace("_", "-") if tag.field == "primaryPackagePurpose" else text),)
    if tag.kind == "bool":
        return (f"{tag.name}: {'true' if value else 'false'}",)
    if tag.kind == "list":
        return [_line(tag.name, as_text(entry)) for entry in as_list(value)]
    if tag.kind == "relationship":
        keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
        return (f"{tag.name}: {' '.join(as_text(item.get(key)) for key in keys)}",)
    if tag.kind == "verification":
        return (_line(tag.name, _verification(as_object(value))),)
    return [line for entry in map(as_object, as_list(value)) for line in _entry(tag, entry)]


def _entry(tag: Tag, entry: Object) -> Iterator[str]:
    if tag.kind == "checksum":
        yield _line(tag.name, _checksum(entry))
    elif tag.kind == "external-ref":
        category, kind, locator = (
            as_text(entry.get(key)) for key in ("referenceCategory", "referenceType", "referenceLocator")
        )
        yield _line(tag.name, f"{category.replace('_', '-')} {kind} {locator}")
        if entry.get("comment"):
            yield _line("ExternalRefComment", as_text(entry["comment"]))
    elif tag.kind == "external-document":
        name, uri = as_text(entry.get("externalDocumentId")), as_text(entry.get("spdxDocument"))
        yield _line(tag.name, f"{name} {uri} {_checksum(as_object(entry.get('checksum')))}")
    else:
        yield from _range(tag, entry)


def _range(tag: Tag, entry: Object) -> Iterator[str]:
    unit = "offset" if tag.kind == "bytes" else "lineNumber"
    start, end = (as_object(entry.get(key)).get(unit) for key in ("startPointer", "endPointer"))
    if start is not None and end is not None:
        yield f"{tag.name}: {as_text(start)}:{as_text(end)}"


def _checksum(entry: Object) -> str:
    return f"{as_text(entry.get('algorithm'))}: {as_text(entry.get('checksumValue'))}"


def _verification(value: Object) -> str:
    code = as_text(value.get("packageVerificationCodeValue"))
    excluded = ", ".join(map(as_text, as_list(value.get("packageVerificationCodeExcludedFiles"))))
    return f"{code} (excludes: {excluded})" if excluded else code


def _line(name: str, value: Json) -> str:
    """One tag; text of several lines, or with blanks at its ends, in ``<text>``, whose end mark it must not hold."""
    text = as_text(value).replace("</text>", "< /text>")
    if "\n" in text or text != text.strip() or text.startswith("<text>"):
        return f"{name}: <text>{text}</text>"
    return f"{name}: {text}"
