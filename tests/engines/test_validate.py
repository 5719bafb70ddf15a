"""Validation: every problem with its place, and no schema from anywhere but the installed package."""

from __future__ import annotations

import builtins
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.validate import Problem, cyclonedx, validate
from assay.errors import InputError, UsageError
from assay.formats.cyclonedx import json_writer, xml_writer
from assay.report import formats
from formats.sboms import FULL


def test_valid_documents() -> None:
    for name, version in (("cyclonedx-json", "1.6"), ("cyclonedx-xml", "1.4"), ("spdx-json", "2.3")):
        found, problems = validate(formats.write(FULL, name, version))
        assert (found.format, found.version, problems) == (name, version, ())


def test_each_broken_component_is_named() -> None:
    document = json.loads(json_writer.write(FULL, "1.6"))
    good = document["components"][0]
    document["components"] = [good, {"type": "x", "name": "a"}, good | {"bom-ref": "b"}, {"name": 1, "type": "file"}]
    _, problems = validate(json.dumps(document).encode())
    assert [problem.path for problem in problems] == ["components[1].type", "components[3].name"]


def test_lines_of_xml_are_named() -> None:
    data = xml_writer.write(FULL, "1.4").replace(b'type="library"', b'type="nonsense"', 1)
    _, problems = validate(data)
    assert len(problems) == 1
    assert problems[0].path.startswith("line ")
    assert "nonsense" in str(problems[0])


def test_strict_forbids_unknown_fields() -> None:
    data = b'{"bomFormat": "CycloneDX", "specVersion": "1.3", "version": 1, "nonsense": 1}'
    assert validate(data)[1] == ()
    assert validate(data, strict=True)[1] != ()


def test_dates_are_asserted() -> None:
    document = json.loads(json_writer.write(FULL))
    document["metadata"]["timestamp"] = "yesterday"
    _, problems = validate(json.dumps(document).encode())
    assert problems[0].path == "metadata.timestamp"


def test_what_the_specification_requires_though_the_package_does_not() -> None:
    assert validate(b'{"bomFormat": "CycloneDX", "specVersion": "1.4"}')[1] != ()
    assert validate(b'{"bomFormat": "CycloneDX", "specVersion": "1.5"}')[1] == ()


def test_unknown_version_and_no_sbom() -> None:
    assert validate(b'{"bomFormat": "CycloneDX", "specVersion": "9.9"}')[1][0].path == "specVersion"
    with pytest.raises(InputError):
        validate(b"{}")
    with pytest.raises(InputError, match="HTML page"):
        validate(formats.write(FULL, "html"))


def test_entities_are_refused() -> None:
    data = b"""<!DOCTYPE bom [<!ENTITY a "b">]>
      <bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1"><components/></bom>"""
    assert cyclonedx.xml_problems(data, "1.4") == [Problem("", "declares entities, which are refused")]


@pytest.mark.parametrize(("missing", "check"), [("fastjsonschema", "json"), ("lxml", "xml")])
def test_a_missing_extra_is_a_usage_error(missing: str, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return real(name, *rest, **more)

    cyclonedx._checker.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        if check == "json":
            cyclonedx.json_problems(json_writer.write(FULL), "1.7")
        else:
            cyclonedx.xml_problems(xml_writer.write(FULL), "1.7")
    assert "validate" in caught.value.remedy


@settings(max_examples=50)
@given(st.binary(max_size=100), st.sampled_from(["1.2", "1.7"]))
def test_arbitrary_bytes_are_problems(data: bytes, version: str) -> None:
    assert cyclonedx.json_problems(data, version)
    assert cyclonedx.xml_problems(data, version)
