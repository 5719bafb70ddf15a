"""packages.lock.json (NuGet, "Locking dependencies").

::

    {"version": 1, "dependencies": {"net8.0": {
      "Text": {"type": "Direct", "requested": "[2.1.0, )", "resolved": "2.1.0", "contentHash": "...",
               "dependencies": {"Base": "1.0.0"}}}}}
"""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.nuget.package import component
from assay.formats import digest, json
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The packages of all frameworks with their edges."""
    components: dict[str, Component] = {}
    edges: dict[tuple[str, str], None] = {}
    for framework in as_object(json.load_object(file.data).get("dependencies")).values():
        rows = as_object(framework)
        named = {name.lower(): _entry(name, as_object(entry)) for name, entry in rows.items()}
        for name, entry in rows.items():
            item = named[name.lower()]
            if item is None:
                continue
            components.setdefault(item.id, item)
            for needed in as_object(as_object(entry).get("dependencies")):
                target = named.get(needed.lower())
                if target is not None and target.id != item.id:
                    edges[item.id, target.id] = None
    return Found(tuple(components.values()), tuple(edges))


def _entry(name: str, entry: Object) -> Component | None:
    project = as_text(entry.get("type")) == "Project"
    kind = ComponentType.APPLICATION if project else ComponentType.LIBRARY
    item = component(name, as_text(entry.get("resolved")), Presence.DECLARED, kind)
    checksum = as_text(entry.get("contentHash"))
    return replace(item, digests=digest.parse_sri(f"sha512-{checksum}")) if item is not None and checksum else item
