"""A snapshot for GitHub's dependency submission API (REST API, "Create a snapshot of dependencies"), written.

::

    {"version": 0, "job": {...}, "sha": "...", "ref": "refs/heads/main", "detector": {"name", "version", "url"},
     "scanned": "2026-01-01T00:00:00Z",
     "manifests": {"package-lock.json": {"name": "package-lock.json", "file": {"source_location": "package-lock.json"},
       "resolved": {"pkg:npm/a@1": {"package_url": "pkg:npm/a@1", "relationship": "direct", "scope": "runtime",
                                    "dependencies": ["pkg:npm/b@2"]}}}}}

A component belongs to the manifest of each file it was seen in, and those that were seen in none to a manifest without
a file. The commit and the job are not in an SBOM unless its properties name them: ``assay:github:sha``,
``assay:github:ref``, ``assay:github:correlator``, ``assay:github:job-id``. What a snapshot that was read
(`assay.formats.github_snapshot_reader`) holds beyond the nouns is kept under ``extra["github"]`` and written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from assay.formats import json_bytes, purl
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, Scope
from assay.model.sbom import Sbom, Tool

PROPERTIES = {
    "assay:github:sha": ("sha",),
    "assay:github:ref": ("ref",),
    "assay:github:correlator": ("job", "correlator"),
    "assay:github:job-id": ("job", "id"),
}
"""Where a snapshot says what the property of this name says."""
URL = "urn:assay"
"""Where the tool is at home, which must be said."""
NO_TIME = "1970-01-01T00:00:00Z"
"""What `scanned`, which must be there, says where nobody knows."""


def write(sbom: Sbom, version: str = "") -> bytes:
    """The snapshot of all components that have a purl."""
    del version
    raw = as_object(sbom.extra.get("github"))
    document = _frame(sbom, raw)
    document |= {key: value for key, value in raw.items() if key not in document and key != "manifests"}
    document["manifests"] = _manifests(sbom, as_object(raw.get("manifests")))
    return json_bytes.dump(document)


def location(manifest: Object) -> str:
    """The path of the file that a manifest is about; empty where it is about none."""
    return as_text(as_object(manifest.get("file")).get("source_location")).lstrip("/")


def moment(scanned: str) -> str:
    """The time of a snapshot in UTC, as the nouns have it; as it stands where it is none, empty for `NO_TIME`."""
    if scanned == NO_TIME:
        return ""
    try:
        time = datetime.fromisoformat(scanned)
        return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time.tzinfo else scanned
    except (ValueError, OverflowError):
        return scanned


def _frame(sbom: Sbom, raw: Object) -> Object:
    """All but the manifests: as it was read, where the nouns still say so."""
    named = as_object(raw.get("detector"))
    tool = sbom.tools[0] if sbom.tools else Tool("assay")
    same = named.get("name") == tool.name and as_text(named.get("version")) == tool.version
    scanned = as_text(raw.get("scanned"))
    frame: Object = {
        "version": raw.get("version", 0),
        "job": {} if raw else {"id": "assay", "correlator": sbom.subject.name or "assay"},
        "sha": "",
        "ref": "",
        "detector": named if same else {"name": tool.name, "version": tool.version or "0", "url": URL},
        "scanned": scanned if moment(scanned) == sbom.timestamp and raw else sbom.timestamp or NO_TIME,
    }
    if "job" in raw:
        frame["job"] = dict(as_object(raw["job"]))
    for item in sbom.properties:
        match PROPERTIES.get(item.name):
            case (key,):
                frame[key] = item.value
            case (key, member):
                as_object(frame[key])[member] = item.value
    return {key: value for key, value in frame.items() if value or key in raw or not raw or key == "version"}


def _manifests(sbom: Sbom, known: Object) -> Object:
    """The manifests by name; those that were read are there even if nothing is in them."""
    manifests: Object = {key: dict(as_object(value)) for key, value in known.items()}
    names = {component.id: _name(component) for component in sbom.components}
    names = {key: name for key, name in names.items() if name}
    direct = set(sbom.dependencies.get(sbom.subject.id, ()))
    for component in sbom.components:
        if component.id not in names:
            continue
        needed = sorted({item for item in sbom.dependencies.get(component.id, ()) if item in names})
        plain = _resolved(component, [names[item] for item in needed], component.id in direct)
        for path, manifest, key, raw in _places(component, known):
            name = manifest or path or sbom.subject.name or "sbom"
            into = as_object(manifests.setdefault(name, _manifest(name, path)))
            entry = plain if raw is None else raw | _changed(component, key, raw, plain, needed)
            as_object(into.setdefault("resolved", {}))[key or names[component.id]] = entry
    return {name: manifests[name] for name in sorted(manifests)}


def _places(component: Component, known: Object) -> Iterator[tuple[str, str, str, Object | None]]:
    """Path, manifest, key and entry of each place: those where the component was read, and the others it has."""
    paths = {seen.path for seen in component.occurrences}
    told: set[str] = set()
    for manifest, entries in as_object(_extra(component).get("manifests")).items():
        path = location(as_object(known.get(manifest)))
        if manifest in known and (path in paths or not path):
            told.add(path)
            yield from ((path, manifest, key, as_object(raw)) for key, raw in as_object(entries).items())
    for path in sorted(paths - told) or ([] if told else [""]):
        yield path, "", "", None


def _manifest(name: str, path: str) -> Object:
    return {"name": name, "file": {"source_location": path}} if path else {"name": name}


def _resolved(component: Component, needed: list[str], direct: bool) -> Object:
    named: Object = {"package_url": str(component.purl)} if component.purl is not None else {}
    return named | {
        "relationship": "direct" if direct else "indirect",
        "scope": "development" if component.scope is Scope.EXCLUDED else "runtime",
        "dependencies": [*sorted(needed)],
    }


def _changed(component: Component, key: str, raw: Object, plain: Object, needed: list[str]) -> Object:
    """Those fields of an entry that was read with which the noun no longer agrees."""
    extra = _extra(component)
    named = purl.read(as_text(raw.get("package_url")) or key)
    differs = {
        "package_url": component.purl is not None and named != component.purl,
        "relationship": (plain["relationship"] == "direct") != extra.get("direct"),
        "scope": (plain["scope"] == "development") != extra.get("development"),
        "dependencies": needed != as_list(extra.get("needed")),
    }
    return {field: plain[field] for field, differ in differs.items() if differ}


def all_of(value: Json) -> list[Json]:
    """The members of an object."""
    return list(as_object(value).values())


def _extra(component: Component) -> Object:
    return as_object(component.extra.get("github"))


def _name(component: Component) -> str:
    """By which others name the component: its purl, else the key that it had in the snapshot that was read."""
    if component.purl is not None:
        return str(component.purl)
    keys: Mapping[str, Json] = next(iter(map(as_object, all_of(_extra(component).get("manifests")))), {})
    return next(iter(keys), "")


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """A snapshot holds purls, their edges and files only."""
    from assay.formats import unheld

    del version
    without = sum(not _name(component) for component in sbom.components)
    lines = ["licences, digests, suppliers and all else but purls, edges and files"] if sbom.components else []
    lines += [f"{without} components without a purl"] if without else []
    lines += ["what was skipped"] if sbom.skipped else []
    return (*lines, *unheld.lines(sbom, "github"))
