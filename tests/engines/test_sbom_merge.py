"""Merged SBOMs: one component per identity, every edge kept, every contradiction told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.sbom_merge import merge
from assay.errors import UsageError
from assay.formats.spdx import documents
from assay.model.component import Component, Presence
from assay.model.digest import Algorithm, Digest
from assay.model.sbom import Completeness, Sbom
from formats.sboms import FULL, IDNA, SHELL, sboms

ALL = Component("everything", "1")
ONE = Sbom(Component("one", "1"), (IDNA,), {"library:one@1": (IDNA.id,)}, completeness=Completeness.COMPLETE)
TWO = Sbom(
    Component("two", "1"),
    (replace(IDNA, ref="SPDXRef-1", presence=Presence.INSTALLED, supplier="Kim"), replace(SHELL, ref="SPDXRef-2")),
    {"library:two@1": ("SPDXRef-2",), "SPDXRef-2": ("SPDXRef-1",)},
    completeness=Completeness.INCOMPLETE,
)


def test_hierarchical_keeps_the_old_subjects() -> None:
    found = merge([ONE, TWO], ALL)
    assert [item.id for item in found.sbom.components] == ["library:one@1", "library:two@1", SHELL.id, IDNA.id]
    assert found.sbom.dependencies == {
        "library:everything@1": ("library:one@1", "library:two@1"),
        "library:one@1": (IDNA.id,),
        "library:two@1": (SHELL.id,),
        SHELL.id: (IDNA.id,),
    }
    assert found.sbom.completeness is Completeness.INCOMPLETE


def test_flat_gives_the_new_subject_what_the_old_ones_needed() -> None:
    found = merge([ONE, TWO], ALL, flat=True)
    assert [item.id for item in found.sbom.components] == [SHELL.id, IDNA.id]
    assert found.sbom.dependencies == {"library:everything@1": (SHELL.id, IDNA.id), SHELL.id: (IDNA.id,)}


def test_what_one_document_knows_completes_the_other() -> None:
    idna = merge([ONE, TWO], ALL).sbom.components[-1]
    assert (idna.presence, idna.supplier, idna.author) == (Presence.INSTALLED, "Kim", "Kim Example")


def test_contradictions_are_told_and_the_first_counts() -> None:
    other = replace(SHELL, supplier="Others", digests=(Digest(Algorithm.SHA256, "9" * 64),))
    found = merge([Sbom(ALL, (SHELL,)), Sbom(ALL, (other,))], Component("all"))
    assert [(item.field, item.dropped) for item in found.conflicts] == [
        ("supplier", "Others"),
        ("digest", f"sha256:{'9' * 64}"),
    ]
    assert next(item for item in found.sbom.components if item.name == "bash").supplier == SHELL.supplier


def test_what_holds_for_one_document_only_is_said_to_be_lost() -> None:
    found = merge([FULL, ONE], ALL)
    assert any("1 layers" in line for line in found.lost)
    assert all(place.layer == -1 for item in found.sbom.components for place in item.occurrences)
    assert len(found.sbom.skipped) == 1


def test_documents_of_others_can_be_merged_and_written() -> None:
    read = [documents.read(documents.write_json(sbom, "2.3")) for sbom in (FULL, ONE)]
    found = merge(read, ALL, timestamp="2026-05-05T00:00:00Z")
    for version in ("2.2", "2.3", "3.0"):
        assert documents.validate(documents.write_json(found.sbom, version)) == ()


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(UsageError):
        merge([], ALL)


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(sboms(), min_size=1, max_size=3), flat=st.booleans())
def test_no_component_and_no_edge_is_lost(parts: list[Sbom], flat: bool) -> None:
    merged = merge(parts, ALL, flat=flat).sbom
    known = {item.id for item in merged.components}
    for part in parts:
        assert {item.id for item in part.components} <= known
        for dependent, needed in part.dependencies.items():
            source = ALL.id if flat and dependent == part.subject.id else dependent
            assert set(needed) <= set(merged.dependencies.get(source, ()))
    again = merge([*parts, *parts], ALL, flat=flat).sbom
    assert {item.id for item in again.components} == known
    assert again.dependencies == merged.dependencies
