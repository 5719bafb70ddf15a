"""A snapshot for GitHub's dependency submission API (REST API, "Create a snapshot of dependencies").

::

    {"version": 0, "job": {...}, "sha": "...", "ref": "refs/heads/main", "detector": {"name", "version", "url"},
     "scanned": "2026-01-01T00:00:00Z",
     "manifests": {"package-lock.json": {"name": "package-lock.json", "file": {"source_location": "package-lock.json"},
       "resolved": {"pkg:npm/a@1": {"package_url": "pkg:npm/a@1", "relationship": "direct", "scope": "runtime",
                                    "dependencies": ["pkg:npm/b@2"]}}}}}

A component belongs to the manifest of each file it was seen in. The commit and the job are not in an SBOM unless its
properties name them: ``assay:github:sha``, ``assay:github:ref``, ``assay:github:correlator``, ``assay:github:job-id``.
"""

from __future__ import annotations

from assay.formats import json_bytes
from assay.formats.json import Object, as_object
from assay.model.component import Component, Scope
from assay.model.sbom import Sbom, Tool

_NO_TIME = "1970-01-01T00:00:00Z"


def write(sbom: Sbom, version: str = "") -> bytes:
    """The snapshot of all components that have a purl."""
    del version
    own = {item.name.removeprefix("assay:github:"): item.value for item in sbom.properties}
    tool = sbom.tools[0] if sbom.tools else Tool("assay")
    document: Object = {
        "version": 0,
        "job": {"id": own.get("job-id", "assay"), "correlator": own.get("correlator", sbom.subject.name or "assay")},
        "sha": own.get("sha", ""),
        "ref": own.get("ref", ""),
        "detector": {"name": tool.name, "version": tool.version or "0", "url": "urn:assay"},
        "scanned": sbom.timestamp or _NO_TIME,
        "manifests": _manifests(sbom),
    }
    return json_bytes.dump(document)


def _manifests(sbom: Sbom) -> Object:
    purls = {component.id: str(component.purl) for component in sbom.components if component.purl is not None}
    direct = set(sbom.dependencies.get(sbom.subject.id, ()))
    manifests: Object = {}
    for component in sbom.components:
        if component.id not in purls:
            continue
        entry = _resolved(component, purls, sbom, component.id in direct)
        for path in sorted({seen.path for seen in component.occurrences}) or [sbom.subject.name or "sbom"]:
            manifest = as_object(manifests.setdefault(path, _manifest(path)))
            as_object(manifest["resolved"])[purls[component.id]] = entry
    return {path: manifests[path] for path in sorted(manifests)}


def _manifest(path: str) -> Object:
    return {"name": path, "file": {"source_location": path}, "resolved": {}}


def _resolved(component: Component, purls: dict[str, str], sbom: Sbom, direct: bool) -> Object:
    needed = [purls[item] for item in sbom.dependencies.get(component.id, ()) if item in purls]
    return {
        "package_url": purls[component.id],
        "relationship": "direct" if direct else "indirect",
        "scope": "development" if component.scope is Scope.EXCLUDED else "runtime",
        "dependencies": [*sorted(needed)],
    }


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """A snapshot holds purls, their edges and files only."""
    del version
    without = sum(component.purl is None for component in sbom.components)
    lines = ["licences, digests, suppliers and all else but purls, edges and files"] if sbom.components else []
    return (*lines, *([f"{without} components without a purl"] if without else []))
