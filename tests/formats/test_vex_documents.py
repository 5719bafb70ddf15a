"""VEX in four forms: what is written reads back, what matches what, and nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engines import vex, vex_lint
from assay.errors import AssayError
from assay.formats import vex_document
from assay.model.advisory import Exploited, Kind
from assay.model.component import Component
from assay.model.finding import Finding, Match, Vulnerability
from assay.model.purl import Purl
from assay.model.vex import Product, Statement, Status, VexDocument
from mutations import mutations

PART = "pkg:pypi/lib@1.0"
WHOLE = "pkg:oci/app@sha256:aa"
TIME = "2026-11-22T00:00:00Z"


def statement(status: Status, *products: Product, time: str = TIME, **more: str) -> Statement:
    return Statement(("CVE-1",), status, products or (Product((PART,)),), time=time, **more)  # type: ignore[arg-type]


def document(*statements: Statement, form: str = "openvex") -> VexDocument:
    return VexDocument(form, "https://x.example/1", "me", time=TIME, statements=statements)


def finding(**more: Any) -> Finding:
    component = Component("lib", "1.0", purl=Purl("pypi", "lib", "1.0"))
    found = Vulnerability("GHSA-1", ("GHSA-1", "CVE-1"))
    return Finding(found, component, (Match("f", "GHSA-1", "PyPI", "lib", "1.0"),))._replace(**more)


SUBJECT = Component("app", purl=Purl("oci", "app", "sha256:aa"))


def verdict(*documents: VexDocument, item: Finding | None = None, trusted: bool = True) -> str:
    stay, hidden = vex.apply([item or finding()], documents, SUBJECT, trusted=trusted)
    if hidden:
        assert hidden[0].suppression is not None
        return hidden[0].suppression.status
    return stay[0].analysis.status if stay[0].analysis is not None else ""


@pytest.mark.parametrize("form", sorted(vex_document.WRITERS))
@pytest.mark.parametrize("status", list(Status))
def test_every_form_reads_back(form: str, status: Status) -> None:
    justification = "vulnerable_code_not_present" if status is Status.NOT_AFFECTED else ""
    action = "update" if status is Status.AFFECTED else ""
    made = document(statement(status, justification=justification, action=action))
    read = vex_document.read(vex_document.WRITERS[form](made), "file")
    assert read.form == form
    (one,) = read.statements
    assert (one.vulnerability[0], one.status, one.justification) == ("CVE-1", status, justification)
    assert PART in one.products[0].ids
    assert verdict(read) == status


def test_openvex_inside_an_attestation() -> None:
    inner = json.loads(vex_document.WRITERS["openvex"](document(statement(Status.FIXED))))
    outer = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://openvex.dev/ns/v0.2.0",
        "predicate": inner,
    }
    assert vex_document.read(json.dumps(outer).encode(), "a").statements[0].status is Status.FIXED


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        (Product((PART,)), "not_affected"),
        (Product(("pkg:pypi/lib",)), "not_affected"),
        (Product(("pkg:pypi/lib@2.0",)), ""),
        (Product(("pkg:pypi/other@1.0",)), ""),
        (Product((WHOLE,)), "not_affected"),
        (Product((WHOLE,), ((PART,),)), "not_affected"),
        (Product((WHOLE,), (("pkg:pypi/other@1.0",),)), ""),
        (Product(("pkg:oci/another@sha256:bb",), ((PART,),)), ""),
        (Product(("pkg:pypi/lib@1.0?arch=x",)), ""),
    ],
)
def test_which_products_match(product: Product, expected: str) -> None:
    assert verdict(document(statement(Status.NOT_AFFECTED, product, justification="component_not_present"))) == expected


def test_the_most_specific_then_the_newest_then_the_last_counts() -> None:
    general = statement(Status.NOT_AFFECTED, Product((WHOLE,)), time="2026-12-01")
    exact = statement(Status.AFFECTED, Product((PART,)), time="2026-01-01")
    newer = statement(Status.FIXED, Product((PART,)), time="2026-06-01")
    assert verdict(document(general, exact)) == "affected"
    assert verdict(document(newer, exact)) == "fixed"
    same = statement(Status.UNDER_INVESTIGATION, Product((PART,)), time="2026-06-01")
    assert verdict(document(newer), document(same)) == "under_investigation"


def test_what_came_with_the_source_hides_nothing_grave() -> None:
    said = document(statement(Status.NOT_AFFECTED))
    evil = finding(vulnerability=Vulnerability("MAL-1", ("MAL-1", "CVE-1"), Kind.MALICIOUS))
    used = finding(vulnerability=Vulnerability("X", ("X", "CVE-1"), exploited=Exploited("2026-01-01")))
    for item in (evil, used):
        stay, hidden = vex.apply([item], [said], SUBJECT, trusted=False)
        assert stay and not hidden
    assert verdict(said, trusted=False) == "not_affected"


def test_lint_names_what_is_wrong() -> None:
    problems = vex_lint.lint(
        document(
            statement(Status.NOT_AFFECTED),
            statement(Status.AFFECTED, justification="because"),
            statement(Status.FIXED, Product(("pkg:nonsense",))),
        )
    )
    text = "\n".join(problems)
    for words in (
        "needs a justification",
        "is no justification",
        "needs an action",
        "no package URL",
        "at the same time",
    ):
        assert words in text
    assert not vex_lint.lint(document(statement(Status.NOT_AFFECTED, justification="component_not_present")))


def test_merging_keeps_each_statement_once() -> None:
    one, two = document(statement(Status.AFFECTED)), document(statement(Status.AFFECTED), statement(Status.FIXED))
    merged = vex_lint.merge([two, one], "", TIME)
    assert len(merged.statements) == 2
    assert merged == vex_lint.merge([one, two], "", TIME)


@given(
    st.binary(max_size=200) | st.sampled_from([b'{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [1, {}]}'])
)
def test_any_bytes(data: bytes) -> None:
    try:
        vex_document.read(data, "x")
    except AssayError:
        return


@pytest.mark.parametrize("form", sorted(vex_document.WRITERS))
def test_wrong_types_anywhere(form: str) -> None:
    value = json.loads(
        vex_document.WRITERS[form](document(statement(Status.NOT_AFFECTED, Product((WHOLE,), ((PART,),)))))
    )
    for item in mutations(value):
        try:
            vex_document.read(json.dumps(item).encode(), "x")
        except AssayError:
            continue
