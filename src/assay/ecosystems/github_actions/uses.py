"""Workflows and actions of GitHub (docs.github.com, "Workflow syntax", "Metadata syntax").

::

    jobs:
      build:
        container: {image: "node:20"}
        steps:
          - uses: actions/checkout@b4ffde65f46336ab88eb53be808477a3936bae11 # v4.1.1
          - uses: acme/tools/setup@v2
          - uses: docker://alpine:3.18
      release:
        uses: acme/workflows/.github/workflows/release.yml@main

What is used is named by repository and reference: a commit, a tag or a branch, which is the version of the purl, and a
path within it, its subpath. A comment behind a commit mostly tells the tag: it is kept as a property.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.ecosystems.github_actions.target import component
from assay.formats import yaml
from assay.formats.json import Json, as_list, as_object, as_text
from assay.model.component import Component
from assay.model.ecosystem import File, Found

_TAGGED = re.compile(r"uses:[ \t]*[\"']?([^\s\"'#]+@[0-9a-f]{40,64})[\"']?[ \t]+#[ \t]*(?:tag=|pin@)?(v?[0-9][\w.+-]*)")


def parse(file: File) -> Found:
    """What a workflow or an action uses; local actions are the project's own."""
    document = yaml.load(file.data)
    tags = dict(_TAGGED.findall(file.text))
    components: dict[str, Component] = {}
    for text in (*_uses(as_object(document)), *_images(as_object(document))):
        found = component(text, tags.get(text, ""))
        if found is not None:
            components.setdefault(found.id, found)
    return Found(tuple(components.values()))


def _uses(document: dict[str, Json]) -> Iterator[str]:
    for job in as_object(document.get("jobs")).values():
        yield as_text(as_object(job).get("uses"))
        yield from _steps(as_object(job).get("steps"))
    runs = as_object(document.get("runs"))
    yield from _steps(runs.get("steps"))
    image = as_text(runs.get("image"))
    if image.startswith("docker://"):
        yield image


def _steps(steps: Json | None) -> Iterator[str]:
    for step in as_list(steps):
        yield as_text(as_object(step).get("uses"))


def _images(document: dict[str, Json]) -> Iterator[str]:
    """The images that jobs run in and beside."""
    for job in map(as_object, as_object(document.get("jobs")).values()):
        for container in (job.get("container"), *as_object(job.get("services")).values()):
            image = as_text(container) or as_text(as_object(container).get("image"))
            if image and "${{" not in image:
                yield f"docker://{image}"
