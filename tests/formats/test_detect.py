"""Which format a document is, in whatever order its keys come and whatever is around it."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError
from assay.formats import sbom_document
from assay.formats.detect import Detected, detect, unwrap
from assay.report import formats
from formats.sboms import FULL

WRITTEN = [
    (found.name, version) for found in formats.every() if not found.interactive for version in found.versions or ("",)
]


@pytest.mark.parametrize(("name", "version"), WRITTEN)
def test_what_we_write_is_known(name: str, version: str) -> None:
    data = formats.write(FULL, name, version)
    found = detect(data)
    assert found is not None
    assert found.format == name
    assert found.version.startswith(version)
    assert len(sbom_document.read(data).components) >= 2


@pytest.mark.parametrize(("name", "version"), WRITTEN)
def test_the_beginning_will_do(name: str, version: str) -> None:
    found = detect(formats.write(FULL, name, version)[: 16 << 10])
    assert found is not None
    assert found.format == name


def test_the_order_of_keys_does_not_matter() -> None:
    data = json.dumps({"components": [{"bomFormat": "x"}] * 5000, "specVersion": "1.6", "bomFormat": "CycloneDX"})
    assert detect(data.encode()) == Detected("cyclonedx-json", "1.6")


def test_keys_further_down_do_not_count() -> None:
    assert detect(b'{"a": {"bomFormat": "CycloneDX", "specVersion": "1.6"}}') is None


@pytest.mark.parametrize("data", [b"", b" ", b"{", b"[]", b"<html/>", b"hello", b"\x00\x01", b'{"a": 1}'])
def test_others(data: bytes) -> None:
    assert detect(data) is None
    with pytest.raises(AssayError):
        sbom_document.read(data)


def test_statements_and_envelopes_are_looked_through() -> None:
    inner = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "x", "predicate": inner}
    envelope = {
        "payloadType": "application/vnd.in-toto+json",
        "payload": base64.b64encode(json.dumps(statement).encode()).decode(),
        "signatures": [],
    }
    for wrapped in (statement, envelope):
        data = json.dumps(wrapped).encode()
        assert detect(data) == Detected("cyclonedx-json", "1.5", True)
        assert json.loads(unwrap(data)) == inner
        assert sbom_document.read(data).source_format == "cyclonedx-json@1.5"


def test_bytes_that_are_no_text() -> None:
    assert detect(b'{"artifacts": [], "schema": {"versi\xffn": "1"}}') == Detected("syft-json")


@given(st.binary(max_size=100), st.sampled_from([b"", b"{", b"<bom", b'{"bomFormat":']))
def test_arbitrary_bytes(data: bytes, start: bytes) -> None:
    detect(start + data)
    unwrap(start + data)
