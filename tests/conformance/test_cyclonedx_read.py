"""The valid cases of the CycloneDX specification are read, and written again without loss.

Written in the version they came in, they are valid and hold every field; written in every other version and in the
other of JSON and XML, they are valid. The signature of a whole document is the one thing that is left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay.engines.validate.cyclonedx import VERSIONS, json_problems, xml_problems
from assay.formats.cyclonedx import json_reader, json_writer, xml_reader, xml_writer
from conformance import suite

_UNORDERED = frozenset({"components", "dependencies", "dependsOn"})
_LEFT_OUT = frozenset({"$schema", "signature"})


def _valid(form: str) -> Iterator[tuple[str, str, bytes]]:
    folder = suite.folder("cyclonedx")
    for case in suite.lines(folder / "index.jsonl"):
        if case["expected"] == "valid" and case["format"] == form:
            yield case["name"], case["spec_version"], Path(folder, case["file"]).read_bytes()


def _fields(value: object, path: str = "") -> Counter[str]:
    """The leaves of a JSON document by their paths; lists that have no order lose their positions."""
    if isinstance(value, dict):
        kept = value.items() if path else ((key, item) for key, item in value.items() if key not in _LEFT_OUT)
        return sum((_fields(item, f"{path}.{key}") for key, item in kept), Counter[str]())
    if isinstance(value, list):
        positions = "[]" if path.rpartition(".")[2] in _UNORDERED else "[{}]"
        return sum((_fields(item, path + positions.format(i)) for i, item in enumerate(value)), Counter[str]())
    return Counter([f"{path} = {value!r}"])


def _elements(element: ElementTree.Element, path: str = "") -> Counter[str]:
    """The same of an XML document: texts and attributes."""
    here = f"{path}/{element.tag.rpartition('}')[2]}"
    found = Counter([f"{here} = {(element.text or '').strip()}"])
    found.update(f"{here}@{key.rpartition('}')[2]} = {value}" for key, value in element.attrib.items())
    for child in element:
        if path or not child.tag.endswith("}Signature"):
            found += _elements(child, here)
    return found


def test_json() -> None:
    for name, version, data in _valid("json"):
        again = json_writer.write(json_reader.read(data), version)
        assert json_problems(again, version) == [], name
        assert not _fields(json.loads(data)) - _fields(json.loads(again)), name


def test_xml() -> None:
    for name, version, data in _valid("xml"):
        again = xml_writer.write(xml_reader.read(data), version)
        assert xml_problems(again, version) == [], name
        lost = _elements(ElementTree.fromstring(data)) - _elements(ElementTree.fromstring(again))
        assert not lost, f"{name}: {list(lost)[:5]}"


def test_xml_as_json() -> None:
    for name, version, data in _valid("xml"):
        if version in VERSIONS:
            assert json_problems(json_writer.write(xml_reader.read(data), version), version) == [], name


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_json(version: str) -> None:
    for name, _, data in _valid("json"):
        assert json_problems(json_writer.write(json_reader.read(data), version), version) == [], name


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_every_version_of_xml(form: str, version: str) -> None:
    read = json_reader.read if form == "json" else xml_reader.read
    for name, _, data in _valid(form):
        assert xml_problems(xml_writer.write(read(data), version), version) == [], name
