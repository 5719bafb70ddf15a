"""CSV: what its columns hold is read back, from others' tables and spreadsheets, too."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import component_csv, component_csv_reader, sbom_document
from assay.formats.component_csv import harmless, meant
from assay.formats.detect import Detected, detect
from assay.model.component import Component, ComponentType, Occurrence, Presence, Scope
from assay.model.license import License
from assay.model.sbom import Sbom, Skipped
from assay.report import formats
from formats.sboms import FULL, IDNA, IMAGE, RANGED, SHELL, sboms


def by_name(data: bytes) -> dict[str, Component]:
    return {item.name: item for item in sbom_document.read(data).components}


def test_what_the_columns_hold_comes_back() -> None:
    found = by_name(component_csv.write(FULL))
    assert found["left"] == RANGED
    assert found["idna"] == replace(
        IDNA,
        author="",
        licenses=(License("BSD-3-Clause OR MIT"),),  # declared, for nothing says it was concluded
    )
    assert found["bash"] == replace(
        SHELL,
        licenses=(License("GPL-3.0-or-later"), License(name="Foo, see COPYING")),
        description="",
        copyright="",
        references=(),
        occurrences=(Occurrence("var/lib/dpkg/status", 0),),
        properties=(),
    )


def test_what_no_column_holds_is_said() -> None:
    assert formats.losses(FULL, "csv") == (
        "the subject and what the document says of itself",
        "dependencies",
        "authors of 1 components",
        "descriptions of 1 components",
        "copyright texts of 1 components",
        "references of 1 components",
        "properties of 1 components",
        "more of the licences than their names of 2 components",
        "parsers and lines of the places of 1 components",
    )
    assert formats.losses(sbom_document.read(component_csv.write(FULL)), "csv") == (
        "the subject and what the document says of itself",
    )


def test_items_of_a_list_may_hold_what_parts_them() -> None:
    component = Component(
        "a",
        occurrences=(Occurrence("my app/a.lock"), Occurrence('b "c"'), Occurrence("d\ne"), Occurrence("f")),
        licenses=(License(name="see; there"), License("MIT")),
    )
    data = component_csv.write(Sbom(IMAGE, (component,)))
    (again,) = sbom_document.read(data).components
    assert again.occurrences == component.occurrences
    assert again.licenses == component.licenses


def test_each_path_keeps_its_layer() -> None:
    for layers in ((0, 0), (0, 2), (1, -1)):
        places = Occurrence("a b", layers[0]), Occurrence("c", layers[1])
        data = component_csv.write(Sbom(IMAGE, (Component("x", occurrences=places),)))
        assert by_name(data)["x"].occurrences == places


def test_long_cells_are_read() -> None:
    places = tuple(Occurrence(f"srv/some/deep/folder/{number}/package.json") for number in range(5000))
    data = component_csv.write(Sbom(IMAGE, (Component("a", occurrences=places),)))
    assert by_name(data)["a"].occurrences == places


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_spreadsheets(delimiter: str) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=delimiter)
    writer.writerows(
        [["# exported"], ["Name", " Version ", "PURL", "Remark"], ["x", "2", "pkg:npm/x@2", "old; see, there\tit"]]
    )
    data = "\ufeff".encode() + lines.getvalue().encode()
    assert detect(data) == Detected("csv")
    sbom = sbom_document.read(data)
    (found,) = sbom.components
    assert (found.name, found.version, found.world) == ("x", "2", "npm")
    assert sbom.skipped == (Skipped("column remark", "nothing is known of it: 1 cells"),)


def test_tables_of_the_cyclonedx_cli() -> None:
    data = (
        "Type,MimeType,Supplier,Author,Group,Name,Version,Scope,LicenseExpressions,LicenseNames,Cpe,Purl,MD5,SHA-256\r\n"
        "Framework,,Example Inc.,Ann,com.example,mine,1.0.0,optional,,Some random license,cpe:/a:b:c:1,"
        f"pkg:maven/com.example/mine@1.0.0,{'a' * 32},{'b' * 64}\r\n"
    ).encode()
    (found,) = sbom_document.read(data).components
    assert (found.type, found.scope, found.presence) == (ComponentType.FRAMEWORK, Scope.OPTIONAL, Presence.INSTALLED)
    assert (found.namespace, found.supplier, found.author) == ("com.example", "Example Inc.", "Ann")
    assert found.licenses == (License(name="Some random license"),)
    assert [str(item) for item in found.digests] == ["md5:" + "a" * 32, "sha256:" + "b" * 64]


def test_a_purl_is_enough_and_a_name_with_a_version_too() -> None:
    assert by_name(b"purl\npkg:npm/%40babel/core@7\n")["core"].namespace == "@babel"
    found = by_name(b"name,version\na,1\na,1\n")["a"]
    assert (found.version, found.purl) == ("1", None)


@pytest.mark.parametrize("text", ["Title,Author,Price\nx,y,1\n", "name,licence,owner\n", "a;b;c\n1;2;3\n"])
def test_other_tables_are_refused_with_the_columns_that_are_needed(text: str) -> None:
    assert detect(text.encode()) is None
    with pytest.raises(Malformed) as caught:
        sbom_document.read(text.encode())
    assert "`purl`, or `name` and `version`" in caught.value.remedy
    with pytest.raises(Malformed):
        component_csv_reader.read(text.encode())


def test_a_sentence_is_no_table() -> None:
    for text in (b"First this, then that, and at last nothing.\n", b"name, version\n"[:4], b"The purl, in short.\n"):
        assert detect(text) is None
        with pytest.raises(Malformed, match="not an SBOM"):
            sbom_document.read(text)


def test_what_cannot_be_read_is_told() -> None:
    sbom = sbom_document.read(b"name,version,purl,digests\na,1,nonsense,sha256:1\n,,,\n ,2,,\n'=x,1,,,5\n")
    assert [item.name for item in sbom.components] == ["=x", "a"]
    assert sbom.skipped == (
        Skipped("line 2", "not a purl: 'nonsense'"),
        Skipped("line 2", "not a digest: 'sha256:1'"),
        Skipped("line 4", "it names no component"),
        Skipped("line 5", "5 cells, but the head line has 4"),
    )


def test_words_ranges_and_layers_that_cannot_be_read_are_told() -> None:
    head = b"name,version,purl,type,scope,presence,version_range,paths,layers\n"
    rows = b"a,1,,thing,some,gone,>1,p q,x\nb,,pkg:npm/b@2,,,,>1,,\nc,1,,,,,,p q,1 2 3\nd,1,,,,,,,1\n"
    rows += b"e,1,,,,,,p q,1 -1\n"
    sbom = sbom_document.read(head + rows)
    assert [(item.path, item.reason.partition(":")[0]) for item in sbom.skipped] == [
        ("line 2", "unknown type"),
        ("line 2", "unknown presence"),
        ("line 2", "unknown scope"),
        ("line 2", "the version range of what has a version"),
        ("line 2", "not the layers of the paths"),
        ("line 3", "the version range of what has a version"),
        ("line 4", "not the layers of the paths"),
        ("line 5", "not the layers of the paths"),
    ]
    assert by_name(head + rows)["a"].occurrences == (Occurrence("p"), Occurrence("q"))
    assert by_name(head + rows)["e"].occurrences == (Occurrence("p", 1), Occurrence("q"))


def test_words_may_be_written_as_others_write_them() -> None:
    sbom = sbom_document.read(b"Type,Name,Version,Scope\nOperating_System,a,1,Null\n")
    assert (sbom.components[0].type, sbom.components[0].scope) == (ComponentType.OPERATING_SYSTEM, Scope.REQUIRED)
    assert not sbom.skipped


def test_a_place_without_a_path_has_no_layer() -> None:
    places = Occurrence("", 1), Occurrence("a", 0), Occurrence("b", 2)
    sbom = sbom_document.read(component_csv.write(Sbom(IMAGE, (Component("x", occurrences=places),))))
    assert (sbom.components[0].occurrences, sbom.skipped) == (places[1:], ())


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component_csv_reader, "MAX_BYTES", 20)
    assert by_name(b"name,version\na,1\n")
    with pytest.raises(LimitExceeded):
        sbom_document.read(b"name,version\na,1\nb,2\n")


def test_rows_with_one_id_are_all_kept() -> None:
    sbom = sbom_document.read(b"name,version,purl,supplier\na,1,pkg:npm/a@1,x\na,1,pkg:npm/a@1,y\na,1,pkg:npm/a@1,x\n")
    assert [item.id for item in sbom.components] == ["pkg:npm/a@1", "pkg:npm/a@1#3"]


def test_an_id_that_looks_like_a_made_one_is_kept() -> None:
    sbom = sbom_document.read(b"id,name,version,supplier\nx#4,a,1,p\nx,b,1,q\nx,b,1,r\n")
    assert [(item.id, item.supplier) for item in sbom.components] == [("x", "q"), ("x#4", "p"), ("x#4#4", "r")]


@given(st.text(st.sampled_from("'=+-@ \t\n\uff1dab/"), max_size=6))
def test_the_apostrophe_goes_where_it_came_from(text: str) -> None:
    assert meant(harmless(text)) == text


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(sboms())
def test_a_second_reading_changes_nothing(sbom: Sbom) -> None:
    once = component_csv.write(sbom_document.read(component_csv.write(sbom)))  # blanks around a text are gone
    assert component_csv.write(sbom_document.read(once)) == once


@settings(suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=100), st.sampled_from([b"", b"purl\n", b"name;version\n", component_csv.write(FULL)[:200]]))
def test_arbitrary_rows(data: bytes, start: bytes) -> None:
    try:
        sbom = component_csv_reader.read(start + data)
    except AssayError:
        return
    assert all(item.name for item in sbom.components)
    assert len({item.id for item in sbom.components}) == len(sbom.components)
