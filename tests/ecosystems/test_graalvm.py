"""GraalVM native images: the embedded SBOM."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.graalvm import sbom
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.model.ecosystem import File
from assay.model.executable import Executable, ExecutableFormat

PROOF = ("graalvm", "synthetic")


def _file(section: str, data: bytes) -> File:
    image = Executable(ExecutableFormat.ELF, sections={section: (4, len(data))})
    return File("bin/tool", bytes(4) + data, 0o755, image)


def test_native_image() -> None:
    document = {
        "metadata": {"component": {"bom-ref": "app", "type": "application", "name": "app", "version": "1"}},
        "components": [
            {
                "bom-ref": "x",
                "group": "org.sample",
                "name": "x",
                "version": "2",
                "type": "library",
                "licenses": [{"license": {"id": "MIT"}}],
            },
            3,
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["x", "y"]}, "z"],
    }
    found = sbom.parse(_file("sbom", gzip.compress(json.dumps(document).encode())))
    assert [item.id for item in found.components] == ["pkg:generic/app@1", "pkg:maven/org.sample/x@2"]
    assert found.edges == (("pkg:generic/app@1", "pkg:maven/org.sample/x@2"),)
    assert [item.expression for item in found.components[1].licenses] == ["MIT"]
    with pytest.raises(Malformed):
        sbom.parse(_file("sbom", b"none"))
    with pytest.raises(LimitExceeded):
        sbom.parse(_file("sbom", gzip.compress(bytes(65 << 20), 1)))


@given(st.binary(max_size=120))
def test_arbitrary_bytes_raise_nothing_foreign(data: bytes) -> None:
    for content in (data, gzip.compress(data)):
        with contextlib.suppress(AssayError):
            sbom.parse(_file("sbom", content))
