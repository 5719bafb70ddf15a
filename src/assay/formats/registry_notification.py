"""What registries tell when something is pushed: the distribution project's events, Harbor's, Docker Hub's, GitHub's.

::

    {"events": [{"action": "push", "target": {"repository": "team/app", "digest": "sha256:9f86...", "tag": "1.2"},
                 "request": {"host": "registry.example"}}]}

Anybody can write such a thing, so it is a hint where to look and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.formats import json
from assay.formats.json import Object, as_list, as_object, as_text

MEDIA_TYPE = "application/vnd.docker.distribution.events.v2+json"
MAX_IMAGES = 1000
_ATTACHED = re.compile(r"sha256-([0-9a-f]{64})(\.|$)")
"""The tags under which cosign and the referrers tag schema keep what hangs on an image."""


def images(data: bytes, host: str = "") -> list[str]:
    """The images that were pushed, as references; `host` is the registry where the event names none.

    Raises `Malformed` for what is no JSON object. Events of other kinds say nothing.
    """
    document = json.load_object(data)
    found = dict.fromkeys((*_events(document, host), *_harbor(document), *_hub(document), *_github(document)))
    return list(found)[:MAX_IMAGES]


def _events(document: Object, host: str) -> Iterator[str]:
    for event in map(as_object, as_list(document.get("events"))[:MAX_IMAGES]):
        target = as_object(event.get("target"))
        place = host or as_text(as_object(event.get("request")).get("host"))
        name, digest, tag = (as_text(target.get(key)) for key in ("repository", "digest", "tag"))
        if event.get("action") != "push" or not place or not name:
            continue
        if (attached := _ATTACHED.match(tag)) is not None:
            yield f"{place}/{name}@sha256:{attached[1]}"
        elif tag:
            yield f"{place}/{name}:{tag}"
        elif digest and "manifest" in as_text(target.get("mediaType")) + as_text(target.get("url")):
            yield f"{place}/{name}@{digest}"


def _harbor(document: Object) -> Iterator[str]:
    """Harbor's ``PUSH_ARTIFACT``."""
    if document.get("type") == "PUSH_ARTIFACT":
        for item in as_list(as_object(document.get("event_data")).get("resources")):
            if address := as_text(as_object(item).get("resource_url")):
                yield address


def _hub(document: Object) -> Iterator[str]:
    """Docker Hub's webhook."""
    name = as_text(as_object(document.get("repository")).get("repo_name"))
    tag = as_text(as_object(document.get("push_data")).get("tag"))
    if name and tag:
        yield f"docker.io/{name}:{tag}"


def _github(document: Object) -> Iterator[str]:
    """GitHub's ``registry_package`` and ``package`` events about container images."""
    package = as_object(document.get("registry_package") or document.get("package"))
    if as_text(package.get("package_type")).lower() == "container":
        version = as_object(package.get("package_version"))
        if address := as_text(version.get("package_url")).rstrip(":"):
            yield address
