"""Snapshots against what GitHub's API asks for (REST API, "Create a snapshot of dependencies for a repository").

The commit, its reference and the job are known to whoever submits the snapshot, so that Syft, Trivy and assay may leave
them empty: a document without them is one. `strict` asks for them too, and for no other fields than those of the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from assay.engines.validate.fields import at, check, is_a
from assay.engines.validate.problem import MAX_PROBLEMS, Problem
from assay.errors import Malformed
from assay.formats import github_snapshot_reader, purl
from assay.formats.json import Object, as_list, as_object, load_object

_DOCUMENT = {"version": "integer", "detector": "object", "scanned": "text"}
_SUBMITTED = {"job": "object", "sha": "text", "ref": "text"}
_OPTIONAL = {"metadata": "object", "manifests": "object"}
_JOB = {"id": "text", "correlator": "text"}
_DETECTOR = {"name": "text", "version": "text", "url": "text"}
_MANIFEST = {"file": "object", "metadata": "object", "resolved": "object"}
_ENTRY = {
    "package_url": "text",
    "metadata": "object",
    "relationship": "text",
    "scope": "text",
    "dependencies": "list",
}
_CHOICES = {"relationship": ("direct", "indirect"), "scope": ("runtime", "development")}
_SHA = re.compile(r"[0-9a-fA-F]{40}")
_MAX_METADATA = 8


def problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """Where a snapshot breaks the rules, at most fifty places."""
    del version
    try:
        document = load_object(data)
    except Malformed as error:
        return [Problem("", error.what)]
    return list(islice(_all(document, strict), MAX_PROBLEMS))


def _all(document: Object, strict: bool) -> Iterator[Problem]:
    yield from _frame(document, strict)
    manifests = as_object(document.get("manifests"))
    objects = {key: as_object(value) for key, value in manifests.items()}
    resolve = github_snapshot_reader.Names(list(github_snapshot_reader.nodes(objects)))
    for key, value in manifests.items():
        path = at("manifests", key)
        if not isinstance(value, dict):
            yield Problem(path, "is no object")
            continue
        yield from check(value, path, {"name": "text"}, _MANIFEST)
        yield from check(as_object(value.get("file")), at(path, "file"), {}, {"source_location": "text"})
        yield from _metadata(value, path)
        yield from _unknown(value, path, {"name": "text"} | _MANIFEST, strict)
        for name, entry in as_object(value.get("resolved")).items():
            place = at(at(path, "resolved"), name)
            if isinstance(entry, dict):
                yield from _entry(entry, place, strict)
                yield from _dependencies(entry, place, key, resolve, strict)
            else:
                yield Problem(place, "is no object")


def _frame(document: Object, strict: bool) -> Iterator[Problem]:
    """All but the manifests."""
    wanted = _DOCUMENT | _SUBMITTED if strict else _DOCUMENT
    yield from check(document, "", wanted, _SUBMITTED | _OPTIONAL)
    yield from _unknown(document, "", _DOCUMENT | _SUBMITTED | _OPTIONAL, strict)
    yield from check(as_object(document.get("detector")), "detector", _DETECTOR, {})
    yield from _unknown(as_object(document.get("detector")), "detector", _DETECTOR, strict)
    job = as_object(document.get("job"))
    yield from check(job, "job", _JOB if strict and "job" in document else {}, _JOB | {"html_url": "text"})
    yield from _unknown(job, "job", _JOB | {"html_url": "text"}, strict)
    yield from _metadata(document, "")
    if not _is_moment(document.get("scanned", "2000-01-01T00:00:00Z")):
        yield Problem("scanned", "is no moment with its zone (RFC 3339)")
    sha, ref = document.get("sha"), document.get("ref")
    if isinstance(sha, str) and (sha or strict) and not _SHA.fullmatch(sha):
        yield Problem("sha", "is no commit: 40 hexadecimal digits")
    if isinstance(ref, str) and (ref or strict) and not ref.startswith("refs/"):
        yield Problem("ref", "does not begin with refs/")


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _metadata(value: Object, path: str) -> Iterator[Problem]:
    """At most eight facts, each a text, a number, a truth value or null."""
    facts = as_object(value.get("metadata"))
    if len(facts) > _MAX_METADATA:
        yield Problem(at(path, "metadata"), f"has {len(facts)} entries (at most {_MAX_METADATA})")
    for key, fact in facts.items():
        if not is_a(fact, "scalar"):
            yield Problem(at(at(path, "metadata"), key), "is neither a text, a number, a truth value nor null")


def _unknown(value: Object, path: str, known: Mapping[str, str], strict: bool) -> Iterator[Problem]:
    if strict:
        yield from (Problem(at(path, key), "is not known to the API") for key in value if key not in known)


def _entry(entry: Object, path: str, strict: bool) -> Iterator[Problem]:
    yield from check(entry, path, {}, _ENTRY)
    yield from _metadata(entry, path)
    yield from _unknown(entry, path, _ENTRY, strict)
    text = entry.get("package_url")
    if isinstance(text, str) and (text or strict) and purl.read(text) is None:
        yield Problem(at(path, "package_url"), f"is no purl: {text[:80]!r}")
    for key, choices in _CHOICES.items():
        word = entry.get(key)
        if isinstance(word, str) and word not in choices:
            yield Problem(at(path, key), f"{word[:40]!r} is none of {', '.join(choices)}")


def _dependencies(
    entry: Object, path: str, manifest: str, resolve: github_snapshot_reader.Names, strict: bool
) -> Iterator[Problem]:
    """An empty one (Syft's, for a package without a purl) leads nowhere, but names nothing that is missing."""
    for position, item in enumerate(as_list(entry.get("dependencies"))):
        place = f"{at(path, 'dependencies')}[{position}]"
        if not isinstance(item, str):
            yield Problem(place, "is no text")
        elif (item or strict) and not resolve(item, manifest):
            yield Problem(place, f"names nothing in the snapshot: {item[:80]!r}")
