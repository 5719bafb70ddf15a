"""CycloneDX: valid in every version, the same bytes each time, read back without loss."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.engines.validate.cyclonedx import json_problems, xml_problems
from assay.errors import AssayError, Malformed, UsageError
from assay.formats import purl
from assay.formats.cyclonedx import json_reader, json_writer, xml_reader, xml_writer
from assay.formats.cyclonedx.losses import losses
from assay.model.component import Component, ComponentType, ExternalReference, Occurrence, Property
from assay.model.digest import Algorithm, Digest
from assay.model.license import Acknowledgement, License
from assay.model.sbom import Completeness, Lifecycle, Sbom
from formats.sboms import FULL, IDNA, IMAGE, RANGED, SHELL, sboms

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
each_version = pytest.mark.parametrize("version", VERSIONS)
ANY_TEXT = st.text(max_size=10)
PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


def bare(sbom: Sbom) -> Sbom:
    """An SBOM without what only tells which document it came from."""
    components = tuple(replace(item, extra={}) for item in sbom.components)
    subject = replace(sbom.subject, extra={})
    return replace(sbom, subject=subject, components=components, extra={}, serial="", source_format="")


def document(sbom: Sbom, version: str = "1.7") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_writer.write(sbom, version))
    return found


def component(sbom: Sbom, name: str, version: str = "1.7") -> dict[str, Any]:
    found: dict[str, Any]
    found = next(item for item in document(sbom, version)["components"] if item["name"] == name)
    return found


def of(**fields: Any) -> Sbom:
    """An SBOM of one component."""
    return Sbom(IMAGE, (Component("a", **fields),))


@each_version
def test_json_is_valid(version: str) -> None:
    assert json_problems(json_writer.write(FULL, version), version, strict=True) == []


@each_version
def test_xml_is_valid(version: str) -> None:
    assert xml_problems(xml_writer.write(FULL, version), version) == []


def complete(sbom: Sbom) -> Sbom:
    """With its components in order and an entry of the graph for each."""
    ids = [sbom.subject.id, *(item.id for item in sbom.components)]
    graph = {item: tuple(sorted(sbom.dependencies.get(item, ()))) for item in sorted(ids)}
    return replace(sbom, components=tuple(sorted(sbom.components, key=lambda item: item.id)), dependencies=graph)


def held(sbom: Sbom, version: str) -> Sbom:
    """What a version since 1.3 can hold of it."""
    streebog = () if version < "1.7" else (Algorithm.STREEBOG_256,)
    kept = (*(item for item in Algorithm if "streebog" not in item), *streebog)
    components = []
    for item in sbom.components:
        digests = tuple(digest for digest in item.digests if digest.algorithm in kept)
        found = tuple(
            replace(each, acknowledgement=each.acknowledgement if version >= "1.6" else Acknowledgement.DECLARED)
            for each in item.licenses
        )
        components.append(replace(item, digests=digests, licenses=found))
    return replace(sbom, components=tuple(components), lifecycles=sbom.lifecycles if version >= "1.5" else ())


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.6", "1.7"])
def test_the_noun_is_read_back(version: str) -> None:
    assert bare(json_reader.read(json_writer.write(FULL, version))) == complete(held(FULL, version))


@pytest.mark.parametrize("version", ["1.4", "1.7"])
def test_xml_says_what_json_says(version: str) -> None:
    by_json = bare(json_reader.read(json_writer.write(FULL, version)))
    by_xml = bare(xml_reader.read(xml_writer.write(FULL, version)))
    assert by_xml == by_json


def test_the_root_and_the_whole_graph() -> None:
    whole = document(FULL)
    assert whole["metadata"]["component"]["bom-ref"] == IMAGE.id
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in whole["dependencies"]}
    assert graph == {
        IMAGE.id: sorted([RANGED.id, SHELL.id]),
        SHELL.id: [IDNA.id],
        IDNA.id: [],
        RANGED.id: [],
    }


def test_completeness_is_never_claimed_where_something_was_skipped() -> None:
    claimed = replace(FULL, completeness=Completeness.COMPLETE)
    assert document(claimed)["compositions"][0]["aggregate"] == "incomplete"
    unskipped = replace(claimed, skipped=())
    assert document(unskipped)["compositions"][0] == {
        "aggregate": "complete",
        "assemblies": [IMAGE.id],
        "dependencies": [IMAGE.id],
    }


def test_serial_number_depends_on_the_content_alone() -> None:
    serial = document(FULL)["serialNumber"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", serial)
    assert document(replace(FULL, timestamp="2030-01-01T00:00:00Z"))["serialNumber"] == serial
    assert document(replace(FULL, supplier="other"))["serialNumber"] != serial


def test_same_nouns_same_bytes() -> None:
    shuffled = replace(
        FULL, components=FULL.components[::-1], dependencies=dict(reversed(list(FULL.dependencies.items())))
    )
    assert json_writer.write(shuffled) == json_writer.write(FULL)
    assert xml_writer.write(shuffled) == xml_writer.write(FULL)


def test_a_version_range_is_no_version() -> None:
    newest = component(FULL, "left")
    assert "version" not in newest
    assert newest["versionRange"] == "vers:npm/>=1|<2"
    assert {"name": "assay:versionRange", "value": ">=1,<2"} in newest["properties"]
    assert newest["isExternal"] is True
    older = component(FULL, "left", "1.6")
    assert {"name": "assay:versionRange", "value": ">=1,<2"} in older["properties"]
    assert "version" not in older
    assert "versionRange" not in older
    assert component(FULL, "left", "1.3")["version"] == ""


@pytest.mark.parametrize("fields", [{"version": "1" * 2000}, {"version_range": ">" * 5000}])
def test_what_is_too_long_for_the_schema_is_a_property(fields: dict[str, Any]) -> None:
    data = json_writer.write(of(**fields))
    assert json_problems(data, "1.7") == []
    (again,) = bare(json_reader.read(data)).components
    assert again == replace(Component("a", **fields), ref=again.ref)


@pytest.mark.parametrize(
    ("licenses", "newest", "older"),
    [
        ([License("MIT")], [{"license": {"id": "MIT"}}], [{"license": {"id": "MIT"}}]),
        ([License("MIT OR X11")], [{"expression": "MIT OR X11"}], [{"expression": "MIT OR X11"}]),
        (
            [License("MIT"), License(name="Own")],
            [{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}],
            [{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}],
        ),
        (
            [License("MIT"), License("ISC OR X11")],
            [{"license": {"id": "MIT"}}, {"expression": "ISC OR X11"}],
            [{"expression": "MIT AND (ISC OR X11)"}],
        ),
        (
            [License("ISC OR X11"), License(name="Own")],
            [{"expression": "ISC OR X11"}, {"license": {"name": "Own"}}],
            [{"license": {"name": "ISC OR X11"}}, {"license": {"name": "Own"}}],
        ),
        ([License("LicenseRef-x")], [{"expression": "LicenseRef-x"}], [{"expression": "LicenseRef-x"}]),
    ],
)
def test_licenses(licenses: list[License], newest: Any, older: Any) -> None:
    sbom = of(licenses=tuple(licenses))
    assert _without_acknowledgement(component(sbom, "a")["licenses"]) == newest
    assert component(sbom, "a", "1.5")["licenses"] == older


def _without_acknowledgement(entries: list[dict[str, Any]]) -> object:
    for entry in entries:
        entry.get("license", entry).pop("acknowledgement")
    return entries


def test_acknowledgement_since_1_6() -> None:
    sbom = of(licenses=(License("MIT"),))
    assert component(sbom, "a", "1.6")["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]


def test_evidence_by_version() -> None:
    newest = component(FULL, "bash")["evidence"]
    assert newest["occurrences"] == [
        {"location": "var/lib/dpkg/status", "additionalContext": "layer 0, found by deb-status"}
    ]
    assert newest["identity"][0]["field"] == "purl"
    older = component(FULL, "bash", "1.5")["evidence"]
    assert older["occurrences"] == [{"location": "var/lib/dpkg/status"}]
    assert older["identity"]["field"] == "purl"
    assert "evidence" not in component(FULL, "bash", "1.4")


def test_properties_tell_layer_and_presence() -> None:
    properties = {item["name"]: item["value"] for item in component(FULL, "bash")["properties"]}
    assert properties["assay:presence"] == "installed"
    assert properties["assay:layer:index"] == "0"
    assert properties["assay:layer:digest"] == "sha256:" + "e" * 64
    assert properties["assay:layer:created-by"] == "COPY . ."
    assert properties["assay:found-by"] == "deb-status"
    owned = {item["name"]: item["value"] for item in component(FULL, "idna")["properties"]}
    assert owned["assay:owned-by"] == SHELL.id
    assert owned["assay:presence"] == "declared"


def test_further_cpes_and_odd_ones_are_properties() -> None:
    good, other = "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*", "cpe:2.3:a:b:d:1:*:*:*:*:*:*:*"
    written = component(of(cpes=(good, other)), "a")
    assert written["cpe"] == good
    assert {"name": "assay:cpe", "value": other} in written["properties"]
    written = component(of(cpes=("cpe:nonsense",)), "a")
    assert "cpe" not in written
    assert {"name": "assay:cpe", "value": "cpe:nonsense"} in written["properties"]


@each_version
@pytest.mark.parametrize("kind", list(ComponentType))
def test_every_type_in_every_version(version: str, kind: ComponentType) -> None:
    data = json_writer.write(of(type=kind), version)
    assert json_problems(data, version, strict=True) == []
    if version > "1.2":
        assert json_reader.read(data).components[0].type is kind


def test_losses_are_said() -> None:
    assert losses(FULL, "1.7") == ()
    assert [line for line in losses(FULL, "1.5") if "author" in line or "occurrence" in line] == []
    said = "\n".join(losses(FULL, "1.2"))
    assert "component.properties" in said
    assert "metadata.lifecycles" in said
    assert "hash.alg=Streebog-256" in "\n".join(losses(FULL, "1.6"))


def test_tools_by_version() -> None:
    assert document(FULL)["metadata"]["tools"] == {
        "components": [{"type": "application", "name": "assay", "version": "0.1.0"}]
    }
    assert document(FULL, "1.4")["metadata"]["tools"] == [{"name": "assay", "version": "0.1.0"}]


def test_unknown_version_is_refused() -> None:
    with pytest.raises(UsageError, match=re.escape("1.8")):
        json_writer.write(FULL, "1.8")


@pytest.mark.parametrize("source", ["", "spdx-json@2.3", "syft-json@16", "cyclonedx-json@1.6"])
def test_documents_of_our_own_are_in_the_public_domain(source: str) -> None:
    extra = {"cyclonedx": {"specVersion": "1.6"}} if source.startswith("cyclonedx") else {}
    meta = document(replace(FULL, source_format=source, extra=extra))["metadata"]
    expected = None if source.startswith(("syft", "cyclonedx")) else [{"license": {"id": "CC0-1.0"}}]
    assert meta.get("licenses") == expected


def test_what_was_read_is_written_again() -> None:
    raw: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 7,
        "metadata": {
            "authors": [{"name": "Ann", "email": "ann@a.example"}],
            "component": {"type": "application", "name": "root", "components": [{"type": "file", "name": "inner"}]},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "x",
                "name": "x",
                "supplier": {"name": "S", "url": ["https://s.example"]},
                "licenses": [{"license": {"id": "MIT", "licensing": {"purchaseOrder": "1"}}}],
                "pedigree": {"notes": "n"},
                "components": [{"type": "library", "bom-ref": "y", "name": "y"}],
            }
        ],
        "dependencies": [{"ref": "x", "dependsOn": ["y"], "provides": ["z"]}],
        "services": [{"bom-ref": "s", "name": "s"}],
        "vulnerabilities": [{"id": "CVE-1"}],
    }
    sbom = json_reader.read(json.dumps(raw).encode())
    assert [item.id for item in sbom.components] == ["file:inner@", "x", "y"]
    again = document(sbom, "1.6")
    assert again["components"][0]["components"][0]["name"] == "y"
    assert again["metadata"]["component"]["components"][0]["name"] == "inner"
    assert again["metadata"]["authors"] == raw["metadata"]["authors"]
    for key in ("serialNumber", "version", "dependencies", "services", "vulnerabilities"):
        assert again[key] == raw[key]
    written = again["components"][0]
    for key in ("supplier", "licenses", "pedigree"):
        assert written[key] == raw["components"][0][key]


def test_a_change_wins_over_what_was_read() -> None:
    first = document(of(licenses=(License("MIT"),), supplier="S"))
    first["components"][0]["licenses"][0]["license"]["properties"] = [{"name": "p", "value": "v"}]
    first["components"][0]["tags"] = ["t"]
    sbom = json_reader.read(json.dumps(first).encode())
    (changed,) = sbom.components
    changed = replace(changed, licenses=(License("ISC"),))
    again = component(replace(sbom, components=(changed,)), "a")
    assert again["licenses"] == [{"license": {"id": "ISC", "acknowledgement": "declared"}}]
    assert again["tags"] == ["t"]


def test_components_of_an_old_document_in_a_new_one() -> None:
    old = b"""{"bomFormat": "CycloneDX", "specVersion": "1.3", "version": 1, "components": [
      {"type": "library", "name": "a", "version": "1", "unheard-of": 1, "publisher": "P"}]}"""
    xml = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4" xmlns:x="urn:x" version="1"><components>
      <component type="library" x:c="3"><name>b</name></component></components></bom>"""
    found = (*json_reader.read(old).components, *xml_reader.read(xml).components)
    merged = Sbom(IMAGE, found)
    assert json_problems(json_writer.write(merged), "1.7") == []
    assert xml_problems(xml_writer.write(merged), "1.7") == []
    assert component(merged, "a")["publisher"] == "P"
    assert any("unheard-of" in line for line in losses(merged))


def test_a_signature_is_not_kept() -> None:
    signed = document(FULL) | {"signature": {"algorithm": "ES256", "value": "AA"}}
    sbom = json_reader.read(json.dumps(signed).encode())
    assert "signature" not in document(sbom)
    assert any("signature" in line for line in losses(sbom))


def test_foreign_parts_of_xml_are_kept_in_xml() -> None:
    data = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4" xmlns:x="urn:x" version="1" x:a="1">
      <components x:b="2"><component type="library" x:c="3"><name>n</name><version>1</version><x:d>4</x:d></component>
      </components><x:e><x:f g="5"/></x:e></bom>"""
    assert xml_problems(data, "1.4") == []
    again = xml_writer.write(xml_reader.read(data), "1.4")
    assert xml_problems(again, "1.4") == []
    for mark in (b'a="1"', b'b="2"', b'c="3"', b">4<", b'g="5"'):
        assert mark in again
    assert json_problems(json_writer.write(xml_reader.read(data), "1.4"), "1.4", strict=True) == []


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(sboms(), st.sampled_from(VERSIONS))
def test_every_sbom_is_valid_in_every_version(sbom: Sbom, version: str) -> None:
    assert json_problems(json_writer.write(sbom, version), version, strict=True) == []
    assert xml_problems(xml_writer.write(sbom, version), version) == []


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.builds(
        Component,
        ANY_TEXT,
        version=ANY_TEXT,
        namespace=ANY_TEXT,
        description=ANY_TEXT,
        supplier=ANY_TEXT,
        cpes=st.lists(ANY_TEXT, max_size=2).map(tuple),
        licenses=st.lists(st.builds(License, st.just(""), ANY_TEXT, url=ANY_TEXT, text=ANY_TEXT), max_size=2).map(
            tuple
        ),
        references=st.lists(st.builds(ExternalReference, ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=2).map(tuple),
        occurrences=st.lists(st.builds(Occurrence, ANY_TEXT, st.integers(-2, 4), ANY_TEXT), max_size=2).map(tuple),
        properties=st.lists(st.builds(Property, ANY_TEXT, ANY_TEXT), max_size=2).map(tuple),
    ),
    st.sampled_from(VERSIONS),
)
def test_any_text_is_valid(found: Component, version: str) -> None:
    sbom = Sbom(IMAGE, (found,), timestamp="whenever")
    assert json_problems(json_writer.write(sbom, version), version, strict=True) == []
    assert xml_problems(xml_writer.write(sbom, version), version) == []


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(sboms())
def test_the_newest_version_holds_everything(sbom: Sbom) -> None:
    assert bare(json_reader.read(json_writer.write(sbom))) == complete(sbom)


@settings(suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    for read in (json_reader.read, xml_reader.read):
        with pytest.raises(AssayError):
            read(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_wrong_types_anywhere(data: st.DataObject) -> None:
    whole = document(FULL)
    target: object = whole
    for _ in range(data.draw(st.integers(0, 4))):
        if isinstance(target, dict) and target:
            inner = target[data.draw(st.sampled_from(sorted(target)))]
        elif isinstance(target, list) and target:
            inner = target[0]
        else:
            break
        if not isinstance(inner, dict | list):
            break
        target = inner
    if isinstance(target, dict) and target:
        target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    elif isinstance(target, list):
        target.append(data.draw(JSON))
    try:
        sbom = json_reader.read(json.dumps(whole).encode())
    except Malformed:
        return
    for version in ("1.7", "1.4"):
        json_writer.write(sbom, version)
        xml_writer.write(sbom, version)


def test_deep_nesting_is_refused() -> None:
    inner = '{"type":"library","name":"a"}'
    for _ in range(20000):
        inner = '{"type":"library","name":"a","components":[' + inner + "]}"
    data = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[' + inner + "]}"
    with pytest.raises(Malformed, match="deep"):
        json_reader.read(data.encode())


def test_three_thousand_components_are_written_in_no_time() -> None:
    many = tuple(
        replace(
            SHELL,
            name=f"p{i:04}",
            purl=purl.parse(f"pkg:deb/debian/p{i:04}@1"),
            digests=(Digest(Algorithm.SHA1, "0" * 40),),
        )
        for i in range(3000)
    )
    start = time.process_time()
    data = json_writer.write(Sbom(IMAGE, many, lifecycles=(Lifecycle.BUILD,)))
    assert len(data) > 1_000_000
    assert time.process_time() - start < 5  # the measured figure is in the benchmark; this catches quadratic time


def test_whom_a_patent_belongs_to_is_told_apart_in_json() -> None:
    holders = (
        b"<organization><name>A</name></organization>",
        b"<individual><name>B</name></individual>",
        b"<individual><name>C</name><email>c@c.example</email></individual>",
    )
    patent = b"<patentNumber>US12</patentNumber><jurisdiction>US</jurisdiction><patentLegalStatus>granted"
    patent += b"</patentLegalStatus>" + b"".join(b"<patentAssignee>" + each + b"</patentAssignee>" for each in holders)
    data = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.7" version="1"><definitions><patents><patent>' + patent
    sbom = xml_reader.read(data + b"</patent></patents></definitions></bom>")
    text = json_writer.write(sbom, "1.7")
    assert json_problems(text, "1.7") == []
    assert json.loads(text)["definitions"]["patents"][0]["patentAssignee"][0]["name"] == "A"
    again = xml_writer.write(json_reader.read(text), "1.7")
    assert xml_problems(again, "1.7") == []
    assert b"".join(again.split()).count(b"<individual>") == 2


def test_who_made_or_published_a_component_supplies_it() -> None:
    people: dict[str, dict[str, Any]] = {
        "a": {"supplier": {"name": "S"}, "manufacturer": {"name": "M"}},
        "b": {"manufacturer": {"name": "M"}, "publisher": "P"},
        "c": {"publisher": "P"},
    }
    components = [{"type": "library", "name": name, **made} for name, made in people.items()]
    text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})
    sbom = json_reader.read(text.encode())
    assert [item.supplier for item in sbom.components] == ["S", "M", "P"]
    again = document(sbom, "1.6")["components"]
    assert [{key: item.get(key) for key in people[item["name"]]} for item in again] == list(people.values())
