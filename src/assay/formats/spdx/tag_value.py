"""The tag-value form of SPDX 2 read into its JSON tree (SPDX 2.3, clause 5 and the tag line of each field).

::

    PackageName: bash
    SPDXID: SPDXRef-bash
    PackageComment: <text>may go
    over lines</text>
    ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/bash@5.2
    Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-bash

A file that follows a package belongs to it (clause 8.1) and is listed in the package's ``hasFiles``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx.names import DOCUMENT
from assay.formats.spdx.tags import STARTS, Tag, sections
from assay.model.sbom import Skipped

MAX_BYTES = 256 << 20
_LISTS = {
    "package": "packages",
    "file": "files",
    "snippet": "snippets",
    "license": "hasExtractedLicensingInfos",
    "relationship": "relationships",
    "review": "revieweds",
}
_ASIDE = ("relationship", "annotation", "review")
_CHECKSUM = re.compile(r"([A-Za-z0-9\-]+)\s*:\s*(\S+)")
_RANGE = re.compile(r"(\d{1,15})\s*:\s*(\d{1,15})")


def load(data: bytes) -> tuple[Object, tuple[Skipped, ...]]:
    """The JSON tree, and the lines that no tag of the specification explains.

    Raises `Malformed` for what is no tag-value document.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"SPDX of {len(data)} bytes (at most {MAX_BYTES})")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"not SPDX tag-value: {error}") from error
    reader = _Reader()
    for line, name, value in _pairs(text):
        reader.take(line, name, value)
    return reader.finish(), tuple(reader.skipped)


def _pairs(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, tag and value; ``<text>`` blocks joined, comments and blank lines left out."""
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        line, start = lines[position].rstrip("\r"), position + 1
        position += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed(f"line {start} of the SPDX document has no tag: {line.strip()[:60]!r}")
        value = value.strip()
        if value.startswith("<text>"):
            block = [line[line.index("<text>") + 6 :]]
            while "</text>" not in block[-1] and position < len(lines):
                block.append(lines[position].removesuffix("\r"))
                position += 1
            if "</text>" not in block[-1]:
                raise Malformed(f"the <text> of line {start} of the SPDX document has no end")
            value = "\n".join(block).partition("</text>")[0]
        yield start, name.strip(), value


class _Reader:
    """The tree while it grows: one current element, and the relationship, annotation or review after it."""

    def __init__(self) -> None:
        self.document: Object = {}
        self.creation: Object = {}
        self.skipped: list[Skipped] = []
        self._section, self._element = "document", self.document
        self._aside: dict[str, Object] = {}
        self._package: Object | None = None
        self._annotations: list[Object] = []
        self._files: list[tuple[Object, Object]] = []

    def take(self, line: int, name: str, value: str) -> None:
        if name in STARTS:
            self._start(STARTS[name])
        section, item = self._place(name)
        tag = sections()[section].get(name)
        if tag is None or not _store(item, tag, value):
            self.skipped.append(Skipped(f"line {line}", f"SPDX tag not understood: {name[:60]}"))

    def _place(self, name: str) -> tuple[str, Object]:
        """The section and the item that a tag belongs to."""
        for section, item in self._aside.items():
            if name in sections()[section]:
                return section, item
        if name in sections()["creation"]:
            return "creation", self.creation
        if name in sections()["document"] and name != "SPDXID":
            return "document", self.document
        return self._section, self._element

    def _start(self, section: str) -> None:
        item: Object = {}
        if section == "annotation":
            self._annotations.append(item)
        else:
            as_list(self.document.setdefault(_LISTS[section], [])).append(item)
        if section in _ASIDE:
            self._aside[section] = item
            return
        self._section, self._element = section, item
        if section == "package":
            self._package = item
        elif section == "file" and self._package is not None:
            self._files.append((self._package, item))

    def finish(self) -> Object:
        """The whole document, annotations and files brought to the elements they are about."""
        if not self.document:
            raise Malformed("not an SPDX tag-value document: it has no SPDX tag")
        if self.creation:
            self.document["creationInfo"] = self.creation
        for package, file in self._files:
            as_list(package.setdefault("hasFiles", [])).append(as_text(file.get("SPDXID")))
        for snippet in map(as_object, as_list(self.document.get("snippets"))):
            _point(snippet)
        self._attach()
        return self.document

    def _attach(self) -> None:
        elements: dict[str, Object] = {}
        for key in ("packages", "files", "snippets"):
            for item in map(as_object, as_list(self.document.get(key))):
                elements.setdefault(as_text(item.get("SPDXID")), item)
        for annotation in self._annotations:
            target = as_text(annotation.pop("SPDXREF", DOCUMENT))
            holder = self.document if target == DOCUMENT else elements.get(target)
            if holder is None:
                self.skipped.append(Skipped(target, "an SPDX annotation is about an element that is not there"))
            else:
                as_list(holder.setdefault("annotations", [])).append(annotation)


def _store(item: Object, tag: Tag, value: str) -> bool:
    """Puts a value where its tag says; False when it is not written as the tag wants it."""
    if tag.kind == "text":
        item[tag.field] = value.replace("-", "_") if tag.field == "primaryPackagePurpose" else value
        return True
    if tag.kind == "list":
        as_list(item.setdefault(tag.field, [])).append(value)
        return True
    if tag.kind == "bool":
        item[tag.field] = value.lower() == "true"
        return True
    return _store_structured(item, tag, value)


def _store_structured(item: Object, tag: Tag, value: str) -> bool:
    if tag.kind == "verification":
        item[tag.field] = _verification(value)
        return True
    if tag.kind == "relationship":
        words = value.split()
        item.update(zip(("spdxElementId", "relationshipType", "relatedSpdxElement"), words, strict=False))
        return len(words) == 3
    if tag.kind == "last-comment":
        references = as_list(item.get(tag.field))
        as_object(references[-1] if references else None)["comment"] = value
        return bool(references)
    found = _entry(tag.kind, value)
    if found is not None:
        as_list(item.setdefault(tag.field, [])).append(found)
    return found is not None


def _entry(kind: str, value: str) -> Json:
    """One entry of a list of objects; None when it is not written as it should be."""
    if kind == "checksum":
        match = _CHECKSUM.fullmatch(value)
        return {"algorithm": match[1], "checksumValue": match[2]} if match else None
    if kind in {"bytes", "lines"}:
        match = _RANGE.fullmatch(value)
        return _range("offset" if kind == "bytes" else "lineNumber", int(match[1]), int(match[2])) if match else None
    words = value.split(None, 2)
    if len(words) < 3:
        return None
    if kind == "external-ref":
        return dict(zip(("referenceCategory", "referenceType", "referenceLocator"), words, strict=True))
    checksum = _entry("checksum", words[2])
    return {"externalDocumentId": words[0], "spdxDocument": words[1], "checksum": checksum} if checksum else None


def _range(unit: str, start: int, end: int) -> Json:
    return {"startPointer": {unit: start}, "endPointer": {unit: end}}


def _point(snippet: Object) -> None:
    """Both ends of a snippet's ranges name the file they count in."""
    for found in map(as_object, as_list(snippet.get("ranges"))):
        for end in ("startPointer", "endPointer"):
            as_object(found[end])["reference"] = snippet.get("snippetFromFile")


def _verification(value: str) -> Object:
    """``HEX (excludes: ./a, ./b)``."""
    code, _, excluded = value.partition("(")
    found: Object = {"packageVerificationCodeValue": code.strip()}
    names = excluded.rstrip(") ").partition(":")[2]
    if names.strip():
        found["packageVerificationCodeExcludedFiles"] = [name.strip() for name in names.split(",")]
    return found
