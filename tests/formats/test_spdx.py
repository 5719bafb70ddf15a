"""SPDX documents: valid by specification and libraries, the same bytes each time, and read back without loss."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assay import __version__
from assay.errors import AssayError, Malformed, UsageError
from assay.formats.spdx import check, documents, written
from assay.formats.spdx.losses import losses
from assay.model.component import Component
from assay.model.sbom import Sbom, Tool
from formats.sboms import FULL, sboms

WRITERS = {"json": documents.write_json, "yaml": documents.write_yaml, "tag-value": documents.write_tag_value}
CASES = [(form, version) for form in WRITERS for version in ("2.2", "2.3")] + [("json", "3.0")]
each_case = pytest.mark.parametrize(("form", "version"), CASES)


def bare(sbom: Sbom) -> Sbom:
    """An SBOM without what only tells which document it came from."""
    components = tuple(replace(item, extra={}) for item in sbom.components)
    subject = replace(sbom.subject, extra={})
    return replace(sbom, subject=subject, components=components, extra={}, serial="", source_format="")


@each_case
def test_everything_is_read_back(form: str, version: str) -> None:
    data = WRITERS[form](FULL, version)
    again = documents.read(data)
    assert bare(again) == FULL
    assert again.source_format == f"spdx-{form}@{version}"
    assert again.serial


@each_case
def test_our_documents_are_valid(form: str, version: str) -> None:
    assert documents.validate(WRITERS[form](FULL, version)) == ()


@each_case
def test_a_document_that_was_read_is_written_the_same(form: str, version: str) -> None:
    data = WRITERS[form](FULL, version)
    assert WRITERS[form](documents.read(data), version) == data


@each_case
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sbom=sboms())
@example(
    sbom=Sbom(
        Component("x", supplier="Kim", author="Kim"), supplier="Kim", authors=("Kim",), tools=(Tool("assay", "1"),)
    )
)
def test_any_sbom_is_valid_and_read_back(form: str, version: str, sbom: Sbom) -> None:
    data = WRITERS[form](sbom, version)
    again = bare(documents.read(data))
    assert again.subject == sbom.subject
    assert again.components == sbom.components
    assert dict(again.dependencies) == dict(sbom.dependencies)
    assert (again.authors, again.supplier, again.tools) == (sbom.authors, sbom.supplier, sbom.tools)
    assert documents.validate(data) == ()


@each_case
def test_only_the_timestamp_tells_two_runs_apart(form: str, version: str) -> None:
    first = WRITERS[form](FULL, version)
    later = WRITERS[form](replace(FULL, timestamp="2027-02-03T04:05:06Z"), version)
    assert first != later
    assert later.replace(b"2027-02-03T04:05:06Z", b"2026-01-02T03:04:05Z") == first


def test_the_namespace_follows_the_content() -> None:
    names = {
        json.loads(documents.write_json(sbom, "2.3"))["documentNamespace"]
        for sbom in (FULL, replace(FULL, supplier="Others"), replace(FULL, components=FULL.components[:2]))
    }
    assert len(names) == 3


@pytest.mark.parametrize("version", ["2.2", "2.3"])
@pytest.mark.parametrize("form", WRITERS)
def test_spdx_tools_find_nothing_wrong(form: str, version: str, tmp_path: object) -> None:
    parse_anything = pytest.importorskip("spdx_tools.spdx.parser.parse_anything")
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    ending = {"json": ".spdx.json", "yaml": ".spdx.yaml", "tag-value": ".spdx"}[form]
    path = f"{tmp_path}/document{ending}"
    with open(path, "wb") as file:
        file.write(WRITERS[form](FULL, version))
    document = parse_anything.parse_file(path)
    assert len(document.packages) == 4
    messages = [message.validation_message for message in validate_full_spdx_document(document)]
    assert messages == []


def test_spdx_3_is_read_by_the_generated_bindings() -> None:
    spdx_python_model = pytest.importorskip("spdx_python_model")
    model, elements = spdx_python_model.load_data(json.loads(documents.write_json(FULL, "3.0")))
    packages = [item for item in elements.foreach() if isinstance(item, model.software_Package)]
    assert sorted(item.name for item in packages) == ["app", "bash", "idna", "left"]
    assert not elements.link()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"type": "software_Nonsense"}, "SPDX 3"),
        ({"software_primaryPurpose": "no-such-purpose"}, "SPDX 3"),
        ({"creationInfo": None}, ""),
        ({"software_unknownProperty": "x"}, ""),
    ],
)
def test_faults_in_spdx_3_are_found(change: dict[str, object], complaint: str) -> None:
    document = json.loads(documents.write_json(FULL, "3.0"))
    package = next(item for item in document["@graph"] if item["type"] == "software_Package")
    package.update(change)
    problems = documents.validate(json.dumps(document).encode())
    assert problems
    assert complaint in problems[0]


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("packages", 0, "downloadLocation"), ..., "packages[0].downloadLocation: missing"),
        (("packages", 0, "colour"), "red", "packages[0].colour: no field"),
        (("packages", 0, "filesAnalyzed"), "no", "packages[0].filesAnalyzed: must be bool"),
        (("packages", 1, "checksums"), [{"algorithm": "ROT13", "checksumValue": "00"}], "ROT13"),
        (("relationships", 0, "relatedSpdxElement"), "SPDXRef-nowhere", "'SPDXRef-nowhere' is not in the document"),
        (("creationInfo", "created"), "yesterday", "creationInfo.created"),
        (("creationInfo", "creators"), [], "must not be empty"),
        (("packages", 1, "SPDXID"), "SPDXRef_1", "is not written SPDXRef-"),
        (("dataLicense",), "MIT", "must be CC0-1.0"),
        (("documentNamespace",), "no-uri", "absolute URI"),
    ],
)
def test_faults_in_spdx_2_are_found(path: tuple[str | int, ...], value: object, complaint: str) -> None:
    document = json.loads(documents.write_json(FULL, "2.3"))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    assert any(complaint in problem for problem in documents.validate(json.dumps(document).encode()))


def test_spdx_2_2_has_only_its_own_fields() -> None:
    document = json.loads(documents.write_json(FULL, "2.2"))
    assert all("primaryPackagePurpose" not in package for package in document["packages"])
    assert all(
        {"licenseConcluded", "licenseDeclared", "copyrightText"} <= package.keys() for package in document["packages"]
    )
    categories = {
        ref["referenceCategory"] for package in document["packages"] for ref in package.get("externalRefs", [])
    }
    assert categories == {"PACKAGE_MANAGER", "SECURITY", "OTHER"}


def test_a_version_that_is_not_written_is_refused() -> None:
    with pytest.raises(UsageError):
        documents.write_json(FULL, "2.1")


FOREIGN = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "foreign",
    "documentNamespace": "https://somebody.example/doc",
    "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Tool: other-1.2"], "licenseListVersion": "3.19"},
    "comment": "kept",
    "packages": [
        {
            "SPDXID": "SPDXRef-a",
            "name": "a",
            "downloadLocation": "NONE",
            "packageFileName": "a.tgz",
            "validUntilDate": "x",
        },
        {
            "SPDXID": "SPDXRef-b",
            "name": "b",
            "versionInfo": "1",
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": "LicenseRef-own",
            "checksums": [{"algorithm": "MD6", "checksumValue": "00"}],
        },
    ],
    "files": [
        {"SPDXID": "SPDXRef-f", "fileName": "./f", "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}]}
    ],
    "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-own", "name": "Own", "extractedText": "do as you like"}],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-b", "relationshipType": "DEV_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-b", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-f"},
        {
            "spdxElementId": "SPDXRef-b",
            "relationshipType": "PATCH_FOR",
            "relatedSpdxElement": "SPDXRef-a",
            "comment": "c",
        },
    ],
    "unheardOf": {"deep": [1, 2]},
}


@pytest.mark.parametrize("form", WRITERS)
def test_a_foreign_document_keeps_what_assay_does_not_know(form: str) -> None:
    data = WRITERS[form](documents.read(json.dumps(FOREIGN).encode()), "2.3")
    tree = written.load(data, form)[0]
    creation = tree["creationInfo"]
    assert isinstance(creation, dict)
    assert creation["creators"] == ["Tool: other-1.2", f"Tool: assay-{__version__}"]
    kept = FOREIGN.keys() - {"creationInfo"} - ({"unheardOf"} if form == "tag-value" else set())
    for key in kept:
        assert tree[key] == FOREIGN[key], key


def test_a_changed_component_keeps_the_rest_of_its_package() -> None:
    sbom = documents.read(json.dumps(FOREIGN).encode())
    changed = replace(sbom, components=(replace(sbom.components[0], version="2", supplier="New"),))
    package = json.loads(documents.write_json(changed, "2.3"))["packages"][1]
    assert (package["versionInfo"], package["supplier"]) == ("2", "Organization: New")
    assert package["licenseDeclared"].startswith("LicenseRef-")


def test_losses_are_told() -> None:
    sbom = documents.read(json.dumps(FOREIGN).encode())
    assert losses(sbom, "2.3") == ()
    assert any("validUntilDate" in line for line in losses(sbom, "2.2"))
    assert any("SPDX 2 files: " in line for line in losses(sbom, "3.0"))


def test_tag_value_text_blocks_comments_and_unknown_tags() -> None:
    data = (
        b"# a comment\nSPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\nColour: red\n"
        b"Creator: Tool: x-1\nCreated: 2024-01-01T00:00:00Z\nPackageName: p\nSPDXID: SPDXRef-p\n"
        b"PackageComment: <text>two\n\nlines</text>\nFileName: ./f\nSPDXID: SPDXRef-f\n"
        b"Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-p\nRelationshipComment: why\n"
    )
    tree, skipped = written.load(data, "tag-value")
    assert tree["packages"] == [
        {"name": "p", "SPDXID": "SPDXRef-p", "comment": "two\n\nlines", "hasFiles": ["SPDXRef-f"]}
    ]
    assert [item.path for item in skipped] == ["line 5"]
    assert documents.read(data).subject.name == "p"


@pytest.mark.parametrize("data", [b"", b"hello", b"{}", b'{"@graph": 3}', b"SPDXVersion: SPDX-2.3\nno tag here\n"])
def test_what_is_no_spdx_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        documents.read(data)


SEEDS = [WRITERS[form](FULL, version) for form, version in CASES]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), seed=st.sampled_from(SEEDS), place=st.floats(0, 1), length=st.integers(0, 60))
@example(data=b"[]", seed=SEEDS[-1], place=0.5, length=9)
def test_broken_documents_raise_only_our_errors(data: bytes, seed: bytes, place: float, length: int) -> None:
    start = int(place * len(seed))
    for broken in (data, seed[:start] + data[:10] + seed[start + length :]):
        try:
            sbom = documents.read(broken)
            documents.write_json(sbom, "2.3")
            documents.write_tag_value(sbom, "2.2")
            documents.write_json(sbom, "3.0")
        except AssayError:
            pass
        documents.validate(broken)


def test_names_of_hostile_files_do_not_break_any_form() -> None:
    sbom = replace(FULL, components=(Component("a\udc80b\x00\n</text>", "1\r"),), dependencies={})
    for form, version in CASES:
        assert documents.read(WRITERS[form](sbom, version)).components


def _shared_schema() -> dict[str, object]:
    suites = Path(os.environ.get("ASSAY_SUITES") or Path(__file__).resolve().parents[3] / "shared" / "data")
    path = suites / "spdx" / "schemas" / "spdx-schema-2.3.json"
    if not path.is_file():
        pytest.skip(f"the JSON schema of SPDX 2.3 is not at {path}")
    schema: dict[str, object] = json.loads(path.read_text("utf-8"))
    return schema


def _places(value: object) -> list[tuple[dict[str, object] | list[object], str | int]]:
    """Every member of every object and list in a document."""
    found: list[tuple[dict[str, object] | list[object], str | int]] = []
    if isinstance(value, dict):
        found += [(value, key) for key in value]
        found += [place for item in value.values() for place in _places(item)]
    elif isinstance(value, list):
        found += [(value, position) for position in range(len(value))]
        found += [place for item in value for place in _places(item)]
    return found


def test_our_check_draws_the_same_lines_as_the_json_schema() -> None:
    """Each member of a full document is removed, replaced and joined by a stranger; both must judge alike."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft7Validator(_shared_schema())
    text = json.dumps(FOREIGN | {"unheardOf": None} | json.loads(documents.write_json(FULL, "2.3")))
    for position in range(len(_places(json.loads(text)))):
        changes: tuple[object, ...] = ("remove", 7, "text", [], {}, True)
        for change in changes:
            document = json.loads(text)
            del document["unheardOf"]
            places = _places(document)
            if position >= len(places):
                continue
            holder, key = places[position]
            if change == "remove":
                del holder[key]  # type: ignore[arg-type]
            else:
                holder[key] = change  # type: ignore[index]
            assert (check.shape_problems(document) == []) is validator.is_valid(document), (key, change)


@each_case
def test_components_without_a_name_or_with_one_identity_stay_apart(form: str, version: str) -> None:
    twins = (Component("twin", "1"), Component("twin", "1", supplier="Kim"), Component(""))
    sbom = replace(FULL, subject=Component(""), components=twins, dependencies={})
    data = WRITERS[form](sbom, version)
    assert documents.validate(data) == ()
    assert sorted(map(repr, bare(documents.read(data)).components)) == sorted(map(repr, twins))
