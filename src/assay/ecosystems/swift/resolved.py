"""Package.resolved, versions 1 to 3 (Swift Package Manager, `PinsStore`). It holds no edges.

::

    {"pins": [{"identity": "swift-atomics", "kind": "remoteSourceControl",
               "location": "https://github.com/apple/swift-atomics.git",
               "state": {"revision": "6c89474e62719ddcc1e9614989fff2f68208fe10", "version": "1.1.0"}}],
     "version": 2}

Version 1 has the pins in an `object`, with `repositoryURL` for the location. The location is the identity of a
package; a pin to a branch has no version, only a revision, which then stands in `vcs_url`.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import json, purl
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)/?(.+)")
_URL = re.compile(r"[a-z+]+://(?:[^/@]*@)?([^/]+)/(.+)")


def parse(file: File) -> Found:
    """The pinned packages."""
    document = json.load_object(file.data)
    pins = document.get("pins", as_object(document.get("object")).get("pins"))
    if not isinstance(pins, list):
        raise Malformed("Package.resolved without pins")
    components = [_component(as_object(pin)) for pin in as_list(pins)]
    found = tuple(component for component in components if component is not None)
    missing = len(components) - len(found)
    skipped = (Skipped(file.path, f"{missing} pins without identity and location"),) if missing else ()
    return Found(found, skipped=skipped)


def _component(pin: Object) -> Component | None:
    state = as_object(pin.get("state"))
    version, revision, branch = (as_text(state.get(key)) for key in ("version", "revision", "branch"))
    location = as_text(pin.get("location")) or as_text(pin.get("repositoryURL"))
    namespace, name = _identity(location)
    if not name:
        namespace, _, name = (as_text(pin.get("identity")) or as_text(pin.get("package"))).rpartition(".")
    if not name:
        return None
    vcs = f"git+{_url(location)}@{revision}" if not version and revision else ""
    properties = {"assay:swift:revision": revision, "assay:swift:branch": branch}
    return Component(
        name,
        version,
        namespace=namespace,
        purl=purl.attempt("swift", name, version, namespace, {"vcs_url": vcs}),
        presence=Presence.DECLARED,
        references=(ExternalReference("vcs", location),) if "://" in location else (),
        properties=tuple(Property(key, value) for key, value in properties.items() if value),
    )


def _url(location: str) -> str:
    """The location as a URL: ``git@git.example:acme/clock.git`` is SSH in the manner of scp."""
    match = _SCP.fullmatch(location)
    return f"ssh://{location[: match.start(2)].rstrip(':/')}/{match[2]}" if match else location


def _identity(location: str) -> tuple[str, str]:
    """Host and owner, and the name of the repository: the two parts of a purl of this type."""
    match = _URL.fullmatch(location) or _SCP.fullmatch(location)
    if match is None:
        return "", ""
    path = match[2].strip("/").removesuffix(".git")
    owner, _, name = path.rpartition("/")
    return f"{match[1].lower()}/{owner}".rstrip("/"), name
