"""syft-json: what readers of it need is there, and it is read back."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed
from assay.formats import purl, syft_json, syft_losses
from assay.model.component import Component, ComponentType, Occurrence, Presence, Property, Scope
from assay.model.digest import Algorithm, Digest
from assay.model.license import License
from assay.model.sbom import Distribution, Layer, Sbom, Tool
from formats.sboms import FULL, IMAGE, sboms

LIBC = Component(
    "libc6",
    "2.36-9",
    ecosystem="deb",
    namespace="debian",
    purl=purl.parse("pkg:deb/debian/libc6@2.36-9?arch=amd64&upstream=glibc%402.36"),
    occurrences=(Occurrence("var/lib/dpkg/status", 0, "deb-status"),),
)
CORE = Component(
    "core",
    "7.24.0",
    namespace="@babel",
    ecosystem="npm",
    purl=purl.parse("pkg:npm/%40babel/core@7.24.0"),
    licenses=(License("MIT"), License(name="Own")),
    cpes=("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",),
    occurrences=(Occurrence("app/package.json", 1, "npm-package"),),
)
SSL = Component(
    "openssl",
    "1:3.0.7-2.el9",
    ecosystem="rpm",
    purl=purl.parse("pkg:rpm/redhat/openssl@3.0.7-2.el9?arch=x86_64&epoch=1&upstream=openssl-3.0.7-2.el9.src.rpm"),
)
LOG4J = Component(
    "log4j-core",
    "2.14.1",
    ecosystem="maven",
    purl=purl.parse("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"),
    digests=(Digest(Algorithm.SHA1, "a" * 40),),
    occurrences=(Occurrence("opt/app.war!/WEB-INF/lib/log4j-core-2.14.1.jar", 1, "maven-jar"),),
)
SBOM = Sbom(
    replace(IMAGE, purl=None),
    tuple(sorted((LIBC, CORE, SSL, LOG4J), key=lambda item: item.id)),
    {CORE.id: (LIBC.id,)},
    Distribution("debian", "12", "Debian GNU/Linux", "Debian 12", "bookworm", ("unix",)),
    (Layer(0, diff_id="sha256:" + "0" * 64), Layer(1, diff_id="sha256:" + "1" * 64)),
    tools=(Tool("assay", "0.1.0"),),
    timestamp="2026-01-02T03:04:05Z",
)


def artifact(name: str) -> dict[str, Any]:
    document = json.loads(syft_json.write(SBOM))
    found: dict[str, Any] = next(item for item in document["artifacts"] if item["name"] == name)
    return found


def test_document() -> None:
    document = json.loads(syft_json.write(SBOM))
    assert document["schema"]["version"].startswith("16.")
    assert document["source"]["type"] == "image"
    assert [layer["digest"] for layer in document["source"]["metadata"]["layers"]] == [
        "sha256:" + "0" * 64,
        "sha256:" + "1" * 64,
    ]
    assert document["distro"]["id"] == "debian"
    assert document["distro"]["versionID"] == "12"
    assert document["descriptor"]["name"] == "assay"


def test_artifact() -> None:
    core = artifact("@babel/core")
    assert core["type"] == "npm"
    assert core["language"] == "javascript"
    assert core["purl"] == CORE.id
    assert core["foundBy"] == "npm-package"
    assert core["licenses"][0]["spdxExpression"] == "MIT"
    assert core["licenses"][1]["value"] == "Own"
    assert core["locations"][0]["path"] == "/app/package.json"
    assert core["locations"][0]["layerID"] == "sha256:" + "1" * 64


def test_metadata_that_matchers_need() -> None:
    libc = artifact("libc6")
    assert libc["metadataType"] == "dpkg-db-entry"
    assert (libc["metadata"]["source"], libc["metadata"]["sourceVersion"]) == ("glibc", "2.36")
    ssl = artifact("openssl")
    assert ssl["metadataType"] == "rpm-db-entry"
    assert (ssl["metadata"]["epoch"], ssl["metadata"]["version"], ssl["metadata"]["release"]) == (1, "3.0.7", "2.el9")
    assert ssl["metadata"]["sourceRpm"] == "openssl-3.0.7-2.el9.src.rpm"
    jar = artifact("log4j-core")
    assert jar["metadata"]["pomProperties"]["groupId"] == "org.apache.logging.log4j"
    assert jar["metadata"]["virtualPath"] == "/opt/app.war:WEB-INF/lib/log4j-core-2.14.1.jar"
    assert jar["locations"][0]["path"] == "/opt/app.war"


def test_edges_go_from_the_needed_to_the_one_that_needs() -> None:
    document = json.loads(syft_json.write(SBOM))
    edges = [item for item in document["artifactRelationships"] if item["type"] == "dependency-of"]
    assert edges == [
        {"parent": artifact("libc6")["id"], "child": artifact("@babel/core")["id"], "type": "dependency-of"}
    ]


def test_it_is_read_back() -> None:
    again = syft_json.read(syft_json.write(SBOM))
    assert [item.id for item in again.components] == [item.id for item in SBOM.components]
    assert again.dependencies == SBOM.dependencies
    assert again.distribution == SBOM.distribution
    by_name = {item.name: item for item in again.components}
    assert by_name["core"].licenses == CORE.licenses
    assert by_name["core"].occurrences == CORE.occurrences
    assert again.subject.type is ComponentType.CONTAINER


def test_what_was_read_is_written_again() -> None:
    document = json.loads(syft_json.write(SBOM))
    document["files"] = [{"id": "f"}]
    document["descriptor"]["configuration"] = {"a": 1}
    document["artifacts"][0]["metadata"] = {"custom": [1]}
    document["artifacts"][0]["metadataType"] = "other-entry"
    document["artifactRelationships"].append({"parent": "x", "child": "f", "type": "evident-by"})
    again = json.loads(syft_json.write(syft_json.read(json.dumps(document).encode())))
    assert again["files"] == [{"id": "f"}]
    assert again["descriptor"]["configuration"] == {"a": 1}
    assert again["artifacts"] == document["artifacts"]
    assert {"parent": "x", "child": "f", "type": "evident-by"} in again["artifactRelationships"]


def test_losses_are_said() -> None:
    lines = syft_losses.losses(FULL)
    assert "what was skipped" in lines
    assert "what the subject depends on: it contains all alike" in lines
    assert "serial number, lifecycle and completeness of the document" in lines
    told = Component(
        "a",
        "1",
        ComponentType.APPLICATION,
        author="A",
        description="d",
        copyright="c",
        properties=(Property("p", "v"),),
    )
    kinds = {"authors", "descriptions", "copyright texts", "types", "properties"}
    assert {f"{kind} of 1 components" for kind in kinds} <= set(syft_losses.losses(replace(FULL, components=(told,))))
    again = syft_json.read(syft_json.write(SBOM))
    assert not [line for line in syft_losses.losses(again) if "properties" in line or "types" in line]


def test_who_owns_what_comes_back() -> None:
    owner, owned = SBOM.components[0], replace(SBOM.components[1], owned_by=SBOM.components[0].id)
    document = syft_json.write(replace(SBOM, components=(owner, owned), dependencies={}))
    again = syft_json.read(document)
    assert {item.id: item.owned_by for item in again.components} == {owner.id: "", owned.id: owner.id}
    assert json.loads(syft_json.write(again))["artifactRelationships"] == json.loads(document)["artifactRelationships"]


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"artifacts": 1}', b"x"])
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        syft_json.read(data)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(sboms())
def test_every_sbom_is_written_and_read(sbom: Sbom) -> None:
    data = syft_json.write(sbom)
    assert syft_json.write(sbom) == data
    again = syft_json.read(data)
    assert sorted(str(item.purl) for item in again.components) == sorted(str(item.purl) for item in sbom.components)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from(["artifacts", "artifactRelationships", "source", "distro", "descriptor"]), VALUES),
    st.lists(
        st.dictionaries(st.sampled_from(["id", "name", "locations", "licenses", "cpes", "purl", "metadata"]), VALUES),
        max_size=3,
    ),
)
def test_wrong_types_anywhere(parts: dict[str, object], artifacts: list[object]) -> None:
    document = {"schema": {"version": "16"}, **parts, "artifacts": artifacts}
    with contextlib.suppress(AssayError):
        syft_json.write(syft_json.read(json.dumps(document).encode()))


def test_ranges_presence_and_scope_survive_in_the_annotations_of_a_location() -> None:
    asked = Component(
        "left-pad",
        ecosystem="npm",
        purl=purl.parse("pkg:npm/left-pad"),
        presence=Presence.DECLARED,
        scope=Scope.EXCLUDED,
        version_range="^1.3.0",
        occurrences=(Occurrence("package.json", -1, "npm-package-json"),),
    )
    found = replace(SBOM, components=(asked,), dependencies={})
    (back,) = syft_json.read(syft_json.write(found)).components
    assert (back.presence, back.scope, back.version_range) == (asked.presence, asked.scope, asked.version_range)
    assert not [line for line in syft_losses.losses(found) if "range" in line or "presence" in line]
    nowhere = replace(found, components=(replace(asked, occurrences=()),))
    assert {"version ranges of 1 components", "presence of 1 components"} <= set(syft_losses.losses(nowhere))


def test_the_module_stream_of_an_rpm_stays() -> None:
    label = Property("assay:rpm:modularity-label", "nodejs:16:8060020220523160029:ad008a3a")
    node = replace(SSL, name="nodejs", properties=(label,))
    document = syft_json.write(Sbom(IMAGE, (node, LIBC)))
    told = {item["name"]: item["metadata"].get("modularityLabel") for item in json.loads(document)["artifacts"]}
    assert told == {"nodejs": label.value, "libc6": None}
    again = {item.name: item.properties for item in syft_json.read(document).components}
    assert again == {"nodejs": (label,), "libc6": ()}
