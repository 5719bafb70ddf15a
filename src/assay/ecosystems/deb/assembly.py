"""What takes several files: the distribution completes purls, copyright files give licences.

A package without a copyright file of its own takes that of a package built from the same source: policy lets it
link its documentation folder to such a one (Debian Policy 12.5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.formats import os_release, spdx_license
from assay.model.component import Component
from assay.model.ecosystem import Located
from assay.model.license import Acknowledgement, License
from assay.model.sbom import Distribution

Licences = dict[tuple[str, str], tuple[License, ...]]
"""By root folder and package name."""


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with completed components."""
    licenses = _licenses(files)
    shared = _by_source(files, licenses)
    system_of = os_release.systems(files, distribution)
    result = []
    for located in files:
        found = located.found
        if found.components:
            system = system_of(found.root)
            completed = tuple(_complete(item, found.root, licenses, shared, system) for item in found.components)
            located = replace(located, found=replace(found, components=completed))
        result.append(located)
    return result


def _complete(
    item: Component, root: str, licenses: Licences, shared: Licences, system: Distribution | None
) -> Component:
    if system is not None:
        item = os_release.complete(item, system.id.lower(), system)
    if item.licenses:
        return item
    return item.changed(licenses=licenses.get((root, item.name)) or shared.get((root, source_name(item)), ()))


def source_name(item: Component) -> str:
    """The source package, as its property says."""
    return next((fact.value for fact in item.properties if fact.name == "assay:deb:source"), "")


def _licenses(files: Sequence[Located]) -> Licences:
    result: Licences = {}
    for located in files:
        facts = located.found.facts
        package = facts.get("package")
        if isinstance(package, str):
            result.setdefault((located.found.root, package), licenses_of(facts))
    return result


def licenses_of(facts: Mapping[str, object]) -> tuple[License, ...]:
    """What a copyright file (`assay.ecosystems.deb.copyright`) says as licences."""
    stated, mentioned = facts.get("stated"), facts.get("mentioned")
    if isinstance(stated, list | tuple) and stated:
        found = [item for name in stated for item in spdx_license.normalise(str(name))]
    else:
        names = mentioned if isinstance(mentioned, list | tuple) else ()
        found = [
            replace(item, acknowledgement=Acknowledgement.CONCLUDED)
            for name in names
            for item in spdx_license.normalise(str(name))
        ]
    return tuple(dict.fromkeys(found))


def _by_source(files: Sequence[Located], licenses: Licences) -> Licences:
    """The licences of the first package of each source that has some."""
    result: Licences = defaultdict(tuple)
    for located in files:
        for item in located.found.components:
            known = licenses.get((located.found.root, item.name))
            if known:
                result.setdefault((located.found.root, source_name(item)), known)
    return result
