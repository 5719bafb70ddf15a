"""Installed distributions: the ``*.dist-info`` and ``*.egg-info`` folders of a site-packages folder.

::

    site-packages/sampleproject-4.0.0.dist-info/METADATA          name, version, licence, dependencies
    site-packages/sampleproject-4.0.0.dist-info/RECORD            sampleproject/__init__.py,sha256=47DEQ...,0
    site-packages/sampleproject-4.0.0.dist-info/direct_url.json   {"url": "...", "vcs_info": {"commit_id": "..."}}
    site-packages/old.egg-info/PKG-INFO, requires.txt

Specifications: PyPA "Recording installed projects", "Direct URL data structure"; setuptools "Egg formats".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from assay.ecosystems.pypi import metadata, package, requirement
from assay.formats import json
from assay.formats.json import as_object, as_text
from assay.model.component import ComponentType, Presence
from assay.model.ecosystem import File, Found, Need, Owned
from assay.model.sbom import Skipped

_SITE = ("site-packages", "dist-packages")
_RECORDED = re.compile(rb'(?m)^(?:"([^"\r\n]*)"|([^,"\r\n]+)),')


def dist_info(file: File) -> Found:
    """The distribution of a ``.dist-info`` folder."""
    return _installed(file, _parent(file.folder), Presence.INSTALLED)


def egg_info(file: File) -> Found:
    """The distribution of a ``PKG-INFO`` or an ``.egg-info`` file.

    Outside of a site-packages folder this is what ``setup.py develop`` or a build leaves in a source tree: the
    project itself, declared.
    """
    home = file.folder if file.name.endswith(".egg-info") else _parent(file.folder)
    if file.path.endswith("EGG-INFO/PKG-INFO"):
        home = _parent(home)
    is_site = any(part in _SITE for part in home.split("/")) or file.path.endswith("EGG-INFO/PKG-INFO")
    return _installed(file, home, Presence.INSTALLED if is_site else Presence.DECLARED)


def _installed(file: File, site: str, presence: Presence) -> Found:
    known = metadata.headers(file.data)
    component = metadata.component(known)
    if presence is Presence.DECLARED:
        component = replace(component, presence=presence, type=ComponentType.APPLICATION)
    skipped = () if component.version else (Skipped(file.path, f"{component.name} has no Version"),)
    return Found(
        (component,),
        needs=metadata.needs(known, component.id),
        provides=package.provided((component,)),
        scope=scope(site),
        skipped=skipped,
        facts={"installed": file.folder},
    )


def scope(site: str) -> str:
    """The namespace of the names in a site-packages folder."""
    return f"pypi:{site}"


def record(file: File) -> Found:
    """The files that a distribution brought: the first column of RECORD (CSV)."""
    site = _parent(file.folder)
    name = file.folder.rpartition("/")[2].removesuffix(".dist-info").rpartition("-")[0]
    paths = b"\n".join(_recorded(file.data))
    owned = (Owned(requirement.normalise(name), paths),) if name and paths else ()
    return Found(owns=owned, root=site, scope=scope(site))


def _recorded(data: bytes) -> list[bytes]:
    """The paths of a RECORD."""
    if b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
        return [quoted or plain for quoted, plain in _RECORDED.findall(data)]
    rows = [row.partition(b",") for row in data.split(b"\n")]
    return [path for path, comma, _ in rows if comma and path]


def direct_url(file: File) -> Found:
    """Where a distribution came from, if not from an index: a fact for `assembly`."""
    document = json.load_object(file.data)
    url = as_text(document.get("url"))
    vcs = as_object(document.get("vcs_info"))
    archive = as_object(document.get("archive_info"))
    hashes = as_object(archive.get("hashes"))
    values = [f"{name}:{as_text(value)}" for name, value in sorted(hashes.items())]
    if not values and as_text(archive.get("hash")):
        values = [as_text(archive.get("hash")).replace("=", ":", 1)]
    qualifiers: dict[str, str] = {}
    if vcs:
        qualifiers = package.vcs(as_text(vcs.get("vcs")) or "git", url, as_text(vcs.get("commit_id")))
    elif archive and "://" in url and not url.startswith("file:"):
        qualifiers = {"download_url": url}
    return Found(facts={"direct": (file.folder, url, qualifiers, tuple(values))})


def egg_requires(file: File) -> Found:
    """The dependencies of an egg (``[extra]`` sections are left out): a fact for `assembly`."""
    names: dict[str, None] = {}
    for line in file.text.splitlines():
        if line.startswith("["):
            if not line.startswith("[:"):
                break
            continue
        found = requirement.parse(line)
        if found:
            names[requirement.normalise(found.name)] = None
    return Found(facts={"requires": (file.folder, tuple(names))})


def need(dependent: str, names: Iterable[str]) -> tuple[Need, ...]:
    """A need for each of several normalised names."""
    return tuple(Need(dependent, (name,)) for name in names)


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]
