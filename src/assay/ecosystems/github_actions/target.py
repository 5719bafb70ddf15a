"""The targets of ``uses`` (docs.github.com, "jobs.<job_id>.steps[*].uses") as components.

::

    actions/checkout@v4                pkg:github/actions/checkout@v4
    acme/tools/setup@98a0a6b0          pkg:github/acme/tools@98a0a6b0#setup
    docker://ghcr.example/acme/app:1   pkg:docker/acme/app@1?repository_url=ghcr.example
    ./local                            nothing
"""

from __future__ import annotations

import re

from assay.formats import purl
from assay.model.component import Component, ComponentType, Presence, Property
from assay.model.purl import Purl

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def component(text: str, tag: str = "") -> Component | None:
    """The component of a target; None for local ones, and for what is no target."""
    if text.startswith("docker://"):
        return _image(text.removeprefix("docker://"))
    path, _, reference = text.partition("@")
    owner, _, rest = path.partition("/")
    repository, _, subpath = rest.partition("/")
    if owner in ("", ".", "..") or not repository or not reference or "${{" in text:
        return None
    facts = {"tag": tag, "pinned": "true" if _COMMIT.fullmatch(reference) else "false"}
    return Component(
        f"{repository}/{subpath}".rstrip("/"),
        reference,
        ComponentType.APPLICATION if subpath.startswith(".github/workflows/") else ComponentType.LIBRARY,
        owner,
        purl=purl.attempt("github", repository, reference, owner, subpath=subpath),
        presence=Presence.DECLARED,
        properties=tuple(Property(f"assay:github-actions:{key}", value) for key, value in facts.items() if value),
    )


def _image(text: str) -> Component | None:
    image, _, sha = text.partition("@")
    path, _, tag = image.rpartition(":")
    if not path or "/" in tag:
        path, tag = image, ""
    registry, _, rest = path.partition("/")
    if not rest or not ("." in registry or ":" in registry or registry == "localhost"):
        registry, rest = "", path
    namespace, _, name = rest.rpartition("/")
    if not name:
        return None
    known: Purl | None = purl.attempt("docker", name, sha or tag, namespace, {"repository_url": registry})
    return Component(name, sha or tag, ComponentType.CONTAINER, namespace, purl=known, presence=Presence.DECLARED)
