"""The plain formats: purl lists, CSV, GitHub snapshots."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed
from assay.formats import component_csv, github_snapshot, purl_list
from assay.model.component import Component
from assay.model.sbom import Sbom
from formats.sboms import FULL, IDNA, IMAGE, SHELL, sboms


def test_purls() -> None:
    assert purl_list.write(FULL) == f"{SHELL.purl}\n{IDNA.purl}\n".encode()
    assert "1 components without a purl" in purl_list.losses(FULL)


def test_purls_are_read() -> None:
    sbom = purl_list.read(
        b"\xef\xbb\xbf# a comment\r\n\r\npkg:npm/%40babel/core@7\r\nnonsense\r\npkg:npm/%40babel/core@7\r\n"
    )
    (component,) = sbom.components
    assert (component.namespace, component.name, component.version) == ("@babel", "core", "7")
    (skipped,) = sbom.skipped
    assert skipped.path == "line 4"


def test_comments_behind_purls_are_none_of_the_version() -> None:
    sbom = purl_list.read(b"pkg:npm/a@1.0 # why\n  pkg:golang/a.example/b@v1#sub/path\t#2\n # c\n")
    assert {str(item.purl) for item in sbom.components} == {"pkg:npm/a@1.0", "pkg:golang/a.example/b@v1#sub/path"}
    assert not sbom.skipped


def test_no_purl_at_all() -> None:
    with pytest.raises(Malformed):
        purl_list.read(b"# nothing\nhere\n")


@settings(suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=100))
def test_arbitrary_lines(data: bytes) -> None:
    try:
        purl_list.read(b"pkg:npm/a\n" + data)
        purl_list.read(data)
    except AssayError:
        pass


def rows(sbom: Sbom) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(component_csv.write(sbom).decode(), newline="")))


def test_csv() -> None:
    table = {row["name"]: row for row in rows(FULL)}
    assert table["bash"]["purl"] == str(SHELL.purl)
    assert table["bash"]["licenses"] == "GPL-3.0-or-later; Foo, see COPYING"
    assert table["bash"]["paths"] == "var/lib/dpkg/status"
    assert table["left"]["version_range"] == ">=1,<2"
    assert table["idna"]["owned_by"] == SHELL.id


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@SUM(1)", '+HYPERLINK("x")', "  =1+1", "\uff1d1+1", "\n=1"])
def test_csv_runs_no_formula(name: str) -> None:
    (row,) = rows(Sbom(IMAGE, (Component(name),)))
    assert row["name"] == "'" + name


def test_csv_leaves_scopes_alone() -> None:
    (row,) = rows(Sbom(IMAGE, (Component("core", namespace="@babel"),)))
    assert row["namespace"] == "@babel"


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(sboms())
def test_every_component_has_a_row(sbom: Sbom) -> None:
    assert [row["id"].lstrip("'") for row in rows(sbom)] == [item.id.lstrip("'") for item in sbom.components]


def test_github() -> None:
    sbom = replace(FULL, dependencies={IMAGE.id: (SHELL.id,), SHELL.id: (IDNA.id,)})
    document = json.loads(github_snapshot.write(sbom))
    assert document["detector"]["name"] == "assay"
    assert document["scanned"] == FULL.timestamp
    resolved = document["manifests"]["var/lib/dpkg/status"]["resolved"]
    assert resolved[str(SHELL.purl)] == {
        "package_url": str(SHELL.purl),
        "relationship": "direct",
        "scope": "runtime",
        "dependencies": [str(IDNA.purl)],
    }
    (other,) = document["manifests"][IMAGE.name]["resolved"].values()
    assert (other["relationship"], other["scope"]) == ("indirect", "development")
