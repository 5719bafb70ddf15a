"""conda-lock.yml, version 1 (conda-lock).

::

    version: 1
    package:
    - name: openssl
      version: 3.4.0
      manager: conda
      platform: linux-64
      dependencies: {libgcc: '>=13'}
      url: https://conda.example/conda-forge/linux-64/openssl-3.4.0-h7b32b05_1.conda
      hash: {md5: 4ce6875f75469b2757a65e10a5d05e31, sha256: f62f6bca...}
      category: main
"""

from __future__ import annotations

from assay.formats import digest, purl, yaml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found
from assay.model.purl import Purl

_ARCHIVES = (".conda", ".tar.bz2")


def parse(file: File) -> Found:
    """The locked packages of all platforms; edges stay within a platform."""
    entries = [as_object(one) for one in as_list(yaml.load_object(file.data).get("package"))]
    entries = [entry for entry in entries if as_text(entry.get("name"))]
    components = [_component(entry) for entry in entries]
    names: dict[tuple[str, str], str] = {}
    for entry, component in zip(entries, components, strict=True):
        names.setdefault((as_text(entry.get("platform")), as_text(entry.get("name"))), component.id)
    edges = {
        (component.id, names[platform, name]): None
        for entry, component in zip(entries, components, strict=True)
        for platform in (as_text(entry.get("platform")),)
        for name in as_object(entry.get("dependencies"))
        if (platform, name) in names
    }
    return Found(tuple({one.id: one for one in components}.values()), tuple(edges))


def _component(entry: Object) -> Component:
    name, version, url = (as_text(entry.get(key)) for key in ("name", "version", "url"))
    hashes = as_object(entry.get("hash"))
    found = [digest.find(f"{key}:{as_text(value)}") for key, value in hashes.items()]
    digests = tuple(one for one in found if one)
    is_pip = as_text(entry.get("manager")) == "pip"
    identity = purl.attempt("pypi", name, version) if is_pip else _purl(name, version, url)
    category = as_text(entry.get("category")) or "main"
    scope = Scope.OPTIONAL if entry.get("optional") is True else Scope.REQUIRED
    return Component(
        name,
        version,
        ecosystem="pypi" if is_pip else "",
        purl=identity,
        presence=Presence.DECLARED,
        scope=scope if category == "main" else Scope.EXCLUDED if category == "dev" else Scope.OPTIONAL,
        digests=digests,
        references=(ExternalReference("distribution", url, digests=digests),) if "://" in url else (),
    )


def _purl(name: str, version: str, url: str) -> Purl | None:
    """Channel, platform and build are in the address: ``.../CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda``."""
    place, _, file_name = url.partition("://")[2].rpartition("/")
    suffix = next((one for one in _ARCHIVES if file_name.endswith(one)), "")
    head = f"{name}-{version}-"
    build = file_name.removesuffix(suffix).removeprefix(head) if file_name.startswith(head) else ""
    parts = place.split("/")
    qualifiers = {
        "build": build,
        "channel": "/".join(parts[1:-1]),
        "subdir": parts[-1] if len(parts) > 1 else "",
        "type": suffix.removeprefix("."),
    }
    return purl.attempt("conda", name, version, qualifiers=qualifiers)
