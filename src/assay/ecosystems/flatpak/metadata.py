"""``app|runtime/ID/ARCH/BRANCH/COMMIT/metadata`` (flatpak-metadata(5)): a key file.

::

    [Application]
    name=org.sample.App
    runtime=org.sample.Platform/x86_64/45

A version is only in the AppStream file beside it (`assay.ecosystems.flatpak.metainfo`); else the branch serves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference, Property
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution

_PLACE = re.compile(r"(.*?(?:^|/)flatpak)/(app|runtime)/([^/]+)/([^/]+)/([^/]+)/([^/]+)/")
_LINE = re.compile(r"^(?:\[([^\]\n]+)\]|([A-Za-z-]+)=([^\n]*))[ \t\r]*$", re.MULTILINE)


def place(path: str) -> tuple[str, str, str, str, str, str]:
    """Installation, kind, id, architecture, branch and commit of a file."""
    match = _PLACE.match(path)
    if match is None:
        raise Malformed("not in a Flatpak installation")
    return match[1], match[2], match[3], match[4], match[5], match[6]


def parse(file: File) -> Found:
    """The application or runtime, and the runtime that it needs."""
    installation, kind, name, arch, branch, commit = place(file.path)
    fields = _fields(file.text)
    if not fields:
        raise Malformed("neither an application nor a runtime")
    item = Component(
        name,
        branch,
        ComponentType.APPLICATION if kind == "app" else ComponentType.PLATFORM,
        purl=purl.build("flatpak", name, branch, qualifiers={"arch": arch}),
        ref=f"flatpak:{name}/{arch}/{branch}",
        properties=(Property("assay:flatpak:branch", branch), Property("assay:flatpak:commit", commit)),
    )
    runtime = fields.get("runtime", "")
    needs = (Need(item.id, (runtime,)),) if runtime and kind == "app" else ()
    provides = ((f"{name}/{arch}/{branch}", item.id),)
    return Found((item,), needs=needs, provides=provides, scope=installation, facts={"folder": folder(file.path)})


def folder(path: str) -> str:
    """The deployment that a file belongs to."""
    return "/".join(place(path))


def _fields(text: str) -> dict[str, str]:
    """The keys of the group ``Application`` or ``Runtime``."""
    group, fields = "", {}
    for header, key, value in _LINE.findall(text):
        if header:
            group = header
        elif group in ("Application", "Runtime"):
            fields[key] = value
    return fields


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The deployments with what their AppStream files say."""
    told = {str(item.found.facts["folder"]): item.found.facts for item in files if "version" in item.found.facts}
    result = []
    for located in files:
        facts = told.get(str(located.found.facts.get("folder", "")))
        if located.found.components and facts:
            item = _complete(located.found.components[0], {key: str(value) for key, value in facts.items()})
            located = replace(located, found=replace(located.found, components=(item,)))
        result.append(located)
    return result


def _complete(item: Component, facts: Mapping[str, str]) -> Component:
    version = facts["version"] or item.version
    return replace(
        item,
        version=version,
        purl=replace(item.purl, version=version) if item.purl else None,
        licenses=spdx_license.normalise(facts["license"]),
        supplier=facts["developer"],
        description=facts["summary"],
        references=(ExternalReference("website", facts["homepage"]),) if facts["homepage"] else (),
    )
