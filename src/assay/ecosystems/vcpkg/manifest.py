"""vcpkg.json (learn.microsoft.com, "vcpkg.json Reference"): a project, or a port, and what it asks for.

::

    {"name": "app", "version": "1.2.0",
     "dependencies": ["fmt", {"name": "zlib", "version>=": "1.2.11#9"}, {"name": "cmake-tool", "host": true}],
     "overrides": [{"name": "fmt", "version": "10.1.1", "port-version": 2}]}

An override is exact, and so the version; `version>=` is a lower bound, so a range. A name alone is resolved by the
baseline of a registry, which is not here.
"""

from __future__ import annotations

from assay.formats import json, purl, spdx_license
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found

_VERSIONS = ("version", "version-semver", "version-date", "version-string")


def parse(file: File) -> Found:
    """The project with what it asks for; only that where the project has no name."""
    document = json.load_object(file.data)
    overrides = {as_text(item.get("name")): item for item in map(as_object, as_list(document.get("overrides")))}
    project = _project(document)
    asked: dict[str, Component] = {}
    features = as_object(document.get("features"))
    for item in as_list(document.get("dependencies")):
        _ask(asked, item, overrides, Scope.REQUIRED)
    for feature in features.values():
        for item in as_list(as_object(feature).get("dependencies")):
            _ask(asked, item, overrides, Scope.OPTIONAL)
    edges = tuple((project.id, item.id) for item in asked.values()) if project else ()
    return Found((*((project,) if project else ()), *asked.values()), edges)


def _version(item: Object) -> tuple[str, str]:
    """The version and the port version, which may be written behind a ``#``."""
    version = next((as_text(item.get(key)) for key in _VERSIONS if as_text(item.get(key))), "")
    version, _, port = version.partition("#")
    port = as_text(item.get("port-version")) or port
    return version, "" if port == "0" else port


def _project(document: Object) -> Component | None:
    name = as_text(document.get("name"))
    if not name:
        return None
    version, port = _version(document)
    homepage = as_text(document.get("homepage"))
    described = document.get("description")
    lines = described if isinstance(described, list) else [described]
    return Component(
        name,
        version,
        ComponentType.APPLICATION,
        purl=purl.attempt("vcpkg", name, version, qualifiers={"port_version": port}),
        presence=Presence.DECLARED,
        licenses=spdx_license.normalise(as_text(document.get("license"))),
        description=" ".join(" ".join(map(as_text, lines)).split()),
        references=(ExternalReference("website", homepage),) if "://" in homepage else (),
    )


def _ask(asked: dict[str, Component], item: Json, overrides: dict[str, Object], scope: Scope) -> None:
    wanted = as_object(item)
    name = as_text(wanted.get("name")) if wanted else as_text(item)
    if not name or name in asked:
        return
    version, port = _version(overrides.get(name, {}))
    lowest = as_text(wanted.get("version>="))
    asked[name] = Component(
        name,
        version,
        purl=purl.attempt("vcpkg", name, version, qualifiers={"port_version": port}),
        presence=Presence.DECLARED,
        scope=Scope.EXCLUDED if wanted.get("host") is True else scope,
        version_range=f">={lowest}" if lowest and not version else "",
    )
