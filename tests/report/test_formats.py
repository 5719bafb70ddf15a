"""The output formats: found without a list, named by their files, each writing the same bytes each time."""

from __future__ import annotations

import re

import pytest

from assay.errors import UsageError
from assay.model.sbom_format import Format
from assay.report import formats
from formats.sboms import FULL

DOCUMENTS = [
    (found.name, version)
    for found in formats.every()
    if found.name != "template"
    for version in found.versions or ("",)
]


def test_names() -> None:
    wanted = {"cyclonedx-json", "cyclonedx-xml", "spdx-json", "spdx-yaml", "spdx-tag-value", "syft-json"}
    assert wanted | {"github", "purls", "csv", "html"} <= set(formats.names())


@pytest.mark.parametrize("found", formats.every(), ids=lambda found: found.name)
def test_descriptions(found: Format) -> None:
    assert found.title
    assert found.media_type
    assert all(re.fullmatch(r"(\.[a-z0-9-]+)+", extension) for extension in found.extensions)
    assert found.default in found.versions or (not found.default and not found.versions)


@pytest.mark.parametrize(("name", "version"), DOCUMENTS)
def test_same_bytes(name: str, version: str) -> None:
    data = formats.write(FULL, name, version)
    assert data.endswith(b"\n")
    assert formats.write(FULL, name, version) == data
    assert all(isinstance(line, str) for line in formats.losses(FULL, name, version))


def test_parse() -> None:
    found, version = formats.parse("cyclonedx-json")
    assert (found.name, version) == ("cyclonedx-json", "1.7")
    assert formats.parse("cyclonedx-xml@1.4")[1] == "1.4"


@pytest.mark.parametrize("text", ["nonsense", "cyclonedx-json@9", "purls@1", "cyclonedx-json@", "__init__"])
def test_unknown_ones_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        formats.parse(text)
    assert caught.value.remedy
