"""GitHub's snapshots: read as peers write them, and nothing of them lost on the way back."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.engines.sbom_merge import merge
from assay.engines.validate import validate
from assay.errors import AssayError, Malformed
from assay.formats import github_snapshot, github_snapshot_reader, sbom_document
from assay.formats.detect import detect
from assay.model.component import Component, Occurrence, Scope
from assay.model.sbom import Distribution, Sbom, Skipped
from assay.report import formats
from formats.sboms import FULL, IDNA, IMAGE, SHELL, sboms
from formats.snapshots import DOCUMENTED, PEERS, SYFT, TRIVY


def read(document: dict[str, Any]) -> Sbom:
    return sbom_document.read(json.dumps(document).encode())


def edges(sbom: Sbom) -> dict[str, list[str]]:
    names = {item.id: item.name for item in (sbom.subject, *sbom.components)}
    return {names[key]: sorted(names[item] for item in needed) for key, needed in sbom.dependencies.items()}


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_snapshot_is_written_again_as_it_was(peer: str) -> None:
    sbom = read(PEERS[peer])
    assert json.loads(github_snapshot.write(sbom)) == PEERS[peer]
    assert not sbom.skipped


def test_what_syft_says() -> None:
    sbom = read(SYFT)
    assert sbom.distribution == Distribution("debian", "12", id_like=("unix", "other"))
    assert sbom.timestamp == "2026-01-02T03:04:05Z"
    assert edges(sbom) == {"snapshot": ["libc6", "libgcc-s1"], "libc6": ["libgcc-s1"]}
    assert [item.occurrences for item in sbom.components] == [(Occurrence("app:latest:/var/lib/dpkg/status"),)] * 2


def test_what_trivy_says() -> None:
    """Names instead of purls, packages of the system outside of any file, and one without a purl."""
    sbom = read(TRIVY)
    assert edges(sbom) == {"scan_images": ["lib", "musl", "odd", "zlib"], "zlib": ["musl"], "lib": ["deep"]}
    places = {item.name: [seen.path for seen in item.occurrences] for item in sbom.components}
    assert places == {"odd": [], "musl": [], "zlib": [], "lib": ["pom.xml"], "deep": ["pom.xml"]}
    assert {item.name: item.value for item in sbom.properties}["assay:github:sha"] == TRIVY["sha"]


def test_a_package_of_two_manifests_is_one_and_needed_where_either_says_so() -> None:
    sbom = read(DOCUMENTED)
    core, http = sbom.components
    assert [seen.path for seen in http.occurrences] == ["src/package-lock.json", "src/yarn.lock"]
    assert (core.scope, http.scope) == (Scope.REQUIRED, Scope.REQUIRED)
    assert edges(sbom) == {"build_test": ["core"], "core": ["http"]}  # nothing says what is direct, but the edge does
    document = copy.deepcopy(DOCUMENTED)
    document["manifests"]["yarn.lock"]["resolved"]["http"]["scope"] = "development"
    assert read(document).components[1].scope is Scope.EXCLUDED


def test_what_changed_is_written_anew_and_the_rest_as_it_was() -> None:
    sbom = read(TRIVY)
    odd, musl, zlib, deep, lib = sbom.components
    changed = replace(
        sbom,
        components=(odd, musl, zlib, replace(deep, scope=Scope.EXCLUDED), replace(lib, occurrences=(Occurrence("b"),))),
        dependencies={sbom.subject.id: (deep.id, odd.id, zlib.id), lib.id: (deep.id, musl.id)},
    )
    manifests = json.loads(github_snapshot.write(changed))["manifests"]
    system, pom = manifests["app:latest (alpine 3.19.1)"], manifests["pom.xml"]
    assert system["name"] == "alpine"
    assert system["resolved"]["musl"]["relationship"] == "indirect"
    assert system["resolved"]["zlib"] == TRIVY["manifests"]["app:latest (alpine 3.19.1)"]["resolved"]["zlib"] | {
        "dependencies": []
    }
    assert system["resolved"]["odd"] == {"relationship": "direct", "scope": "runtime"}
    assert pom["resolved"] == {
        "org.example:deep": {
            "package_url": str(deep.purl),
            "relationship": "direct",
            "scope": "development",
        }
    }
    (moved,) = manifests["b"]["resolved"].values()
    assert (moved["relationship"], moved["dependencies"]) == ("indirect", [str(musl.purl), str(deep.purl)])


def test_the_commit_and_the_job_come_back_from_another_format() -> None:
    there = sbom_document.read(formats.write(read(TRIVY), "cyclonedx-json"))
    again = json.loads(github_snapshot.write(there))
    assert {key: again[key] for key in ("sha", "ref", "job", "scanned")} == {
        key: TRIVY[key] for key in ("sha", "ref", "job", "scanned")
    }


def test_packages_without_a_purl_stay_in_what_is_merged() -> None:
    sbom = read(TRIVY)
    merged = merge([sbom, read(SYFT)], Component("both"), flat=True).sbom
    data = github_snapshot.write(merged)
    assert not validate(data)[1]
    manifests = json.loads(data)["manifests"]
    assert manifests["both"]["resolved"]["odd"] == {
        "relationship": "direct",
        "scope": "runtime",
        "dependencies": [],
    }
    assert set(manifests) == {"both", "pom.xml", "app:latest:/var/lib/dpkg/status"}


def test_losses_name_what_no_noun_holds() -> None:
    assert formats.losses(read(TRIVY), "cyclonedx-json") == (
        "GitHub snapshot component.metadata: 1 entry",
        "GitHub snapshot detector.url: 1 entry",
        "GitHub snapshot manifests.name: 1 entry",
        "GitHub snapshot metadata.aquasecurity:trivy:RepoTag: 1 entry",
    )
    assert "GitHub snapshot manifests.metadata: 2 entries" in formats.losses(read(SYFT), "spdx-json")
    assert formats.losses(read(TRIVY), "github") == formats.losses(read(SYFT), "github")
    ours = sbom_document.read(github_snapshot.write(FULL))
    assert formats.losses(ours, "cyclonedx-json") == ()
    assert "what was skipped" in formats.losses(FULL, "github")


def test_what_an_sbom_of_ours_says_comes_back() -> None:
    sbom = replace(FULL, dependencies={IMAGE.id: (SHELL.id,), SHELL.id: (IDNA.id,)})
    again = sbom_document.read(github_snapshot.write(sbom))
    assert edges(again) == {"app": ["bash"], "bash": ["idna"]}
    shell, idna = again.components
    assert (shell.purl, idna.purl) == (SHELL.purl, IDNA.purl)
    assert [seen.path for seen in shell.occurrences] == ["var/lib/dpkg/status"]
    assert (idna.occurrences, idna.scope) == ((), Scope.EXCLUDED)  # seen nowhere: its manifest is no file
    assert (again.subject.name, again.timestamp, again.tools) == ("app", FULL.timestamp, FULL.tools)


def test_what_cannot_be_read_is_told() -> None:
    document = copy.deepcopy(TRIVY)
    resolved = document["manifests"]["pom.xml"]["resolved"]
    resolved["org.example:deep"]["package_url"] = "nonsense"
    resolved["org.example:lib"]["dependencies"].append("pkg:npm/away@1")
    resolved[""] = {}
    assert set(read(document).skipped) == {
        Skipped("manifests", "entries without a purl and a key: 1"),
        Skipped("pom.xml: org.example:deep", "not a purl: 'nonsense'"),
        Skipped("pom.xml: org.example:lib", "needs 'pkg:npm/away@1', which is not in the snapshot"),
    }


def test_an_empty_snapshot_is_one_and_a_detector_further_down_is_none() -> None:
    empty = {key: value for key, value in TRIVY.items() if key != "manifests"}
    assert read(empty).components == ()
    cut = b'{"version": 1, "parts": [{"detector": {"name": "radar"}, "x": "'
    assert detect(cut + b"y" * 100) is None
    assert detect(json.dumps({"parts": TRIVY}).encode()) is None
    with pytest.raises(Malformed):
        github_snapshot_reader.read(b'{"detector": "radar"}')


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(sboms())
def test_a_second_reading_changes_nothing(sbom: Sbom) -> None:
    once = github_snapshot.write(sbom)
    assert github_snapshot.write(sbom_document.read(once)) == once


_TEXTS = st.sampled_from(["", "a", "pkg:npm/a@1", "pkg:npm/b", "a@1", "b:1", "direct", "development", "p", "é"])
_VALUES = st.recursive(
    _TEXTS | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner)
)
_FIELDS = ["package_url", "relationship", "scope", "dependencies", "metadata", "name", "file", "resolved"]
_ENTRIES = st.dictionaries(_TEXTS, st.dictionaries(st.sampled_from(_FIELDS), _VALUES) | _VALUES, max_size=3)
_MANIFESTS = st.fixed_dictionaries(
    {}, optional={"name": _VALUES, "resolved": _ENTRIES | _VALUES, "file": st.just({"source_location": "p"}) | _VALUES}
)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(_TEXTS, _MANIFESTS | _VALUES, max_size=3), _VALUES, _VALUES)
def test_any_manifests_are_read_and_written(manifests: dict[str, Any], job: Any, metadata: Any) -> None:
    document = {"detector": {}, "job": job, "metadata": metadata, "manifests": manifests, "scanned": "2026-01-01"}
    sbom = read(document)
    known = {sbom.subject.id, *(item.id for item in sbom.components)}
    assert all(item.name for item in sbom.components)
    assert known >= {*sbom.dependencies, *(item for needed in sbom.dependencies.values() for item in needed)}
    once = github_snapshot.write(sbom)
    assert github_snapshot.write(sbom_document.read(once)) == once
    formats.losses(sbom, "cyclonedx-json")


@given(st.binary(max_size=100))
def test_arbitrary_bytes(data: bytes) -> None:
    try:
        github_snapshot_reader.read(b'{"detector": {}, "manifests": {' + data)
        github_snapshot_reader.read(data)
    except AssayError:
        pass
