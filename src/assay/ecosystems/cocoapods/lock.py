"""Podfile.lock (CocoaPods Guides, "What is a Podfile.lock"): YAML with one string for name and version.

::

    PODS:
      - GlossButtonNode (3.1.2):
        - Texture/Core (~> 3)
      - Texture/Core (3.1.0)
    EXTERNAL SOURCES:
      Texture: {:git: https://git.example/texture.git}
    CHECKOUT OPTIONS:
      Texture: {:git: https://git.example/texture.git, :commit: 027dbe2e56397b534e859fc283990cad1b6addd6}
    SPEC CHECKSUMS:
      Texture: 2e8ab2519452515f7f5a520f5a8f7e0a413abfa3

A subspec (``Texture/Core``) is a component of its own, its purl has it as subpath. Checksums are of the podspec, not of
the pod: they are told as a property, never as the digest of the component.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl, yaml
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_POD = re.compile(r"(\S+)(?: \(([^)]*)\))?")


def parse(file: File) -> Found:
    """The pods with their edges."""
    document = yaml.load_object(file.data)
    if not isinstance(document.get("PODS", []), list | None):
        raise Malformed("Podfile.lock: PODS is no list")
    pods = [pod for item in as_list(document.get("PODS")) for pod in _pods(item)]
    components: dict[str, Component] = {}
    broken = 0
    for text, _ in pods:
        name, version = _split(text)
        if name and version:
            components[name] = _component(name, version, document)
        else:
            broken += 1
    edges = tuple(
        (components[name].id, components[needed].id)
        for text, dependencies in pods
        for name, needed in ((_split(text)[0], _split(item)[0]) for item in dependencies)
        if name in components and needed in components
    )
    skipped = (Skipped(file.path, f"{broken} pods without a version"),) if broken else ()
    return Found(tuple(components.values()), edges, skipped=skipped)


def _pods(item: Json) -> list[tuple[str, list[str]]]:
    """A pod is a string, or the one key of a mapping to the list of what it needs."""
    if isinstance(item, dict):
        return [(key, [as_text(value) for value in as_list(values)]) for key, values in item.items()]
    return [(as_text(item), [])]


def _split(text: str) -> tuple[str, str]:
    match = _POD.match(text)
    return (match[1], (match[2] or "").removeprefix("= ").strip()) if match else ("", "")


def _component(full_name: str, version: str, document: Object) -> Component:
    name, _, subspec = full_name.partition("/")
    checksum = as_text(as_object(document.get("SPEC CHECKSUMS")).get(name))
    checkout = as_object(as_object(document.get("CHECKOUT OPTIONS")).get(name))
    external = checkout or as_object(as_object(document.get("EXTERNAL SOURCES")).get(name))
    url = as_text(external.get(":git"))
    commit = as_text(external.get(":commit")) or as_text(external.get(":tag"))
    location = f"git+{url}@{commit}" if url and commit else ""
    return Component(
        full_name,
        version,
        purl=purl.attempt("cocoapods", name, version, qualifiers={"vcs_url": location}, subpath=subspec),
        presence=Presence.DECLARED,
        references=(ExternalReference("vcs", url, commit),) if "://" in url else (),
        properties=(Property("assay:cocoapods:podspec-sha1", checksum),) if checksum else (),
    )
