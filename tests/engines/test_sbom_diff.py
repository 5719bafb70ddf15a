"""Differences of SBOMs: what is matched with what, and what counts as a change."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings

from assay.engines.sbom_diff import diff
from assay.formats import purl
from assay.model.component import Component
from assay.model.digest import Algorithm, Digest
from assay.model.license import License
from assay.model.sbom import Sbom
from assay.model.sbom_diff import FieldChange
from assay.report import sbom_diff as shown
from formats.sboms import FULL, IDNA, SHELL, sboms

ROOT = Component("app", "1")


def npm(name: str, version: str) -> Component:
    return Component(name, version, ecosystem="npm", purl=purl.build("npm", name, version))


def of(*components: Component) -> Sbom:
    return Sbom(ROOT, components, {ROOT.id: tuple(sorted(item.id for item in components))})


def test_nothing_changed() -> None:
    found = diff(FULL, replace(FULL, timestamp="2030-01-01T00:00:00Z", serial="other", source_format="spdx-json@2.3"))
    assert found.same
    assert found.unchanged == 3


def test_a_new_version_is_a_change_and_no_new_dependency_of_the_root() -> None:
    found = diff(of(npm("a", "1"), npm("b", "1")), of(npm("a", "2"), npm("c", "1")))
    assert [item.name for item in found.added] == ["c"]
    assert [item.name for item in found.removed] == ["b"]
    changes = {item.after.name: item.changes for item in found.changed}
    assert changes["a"] == (FieldChange("version", "1", "2"),)
    assert changes["app"] == (FieldChange("dependencies", "pkg:npm/b@1", "pkg:npm/c@1"),)


def test_several_versions_of_one_package_are_paired_in_order() -> None:
    found = diff(of(npm("a", "1.9"), npm("a", "2.0")), of(npm("a", "1.10"), npm("a", "2.0"), npm("a", "3.0")))
    assert [(item.before.version, item.after.version) for item in found.changed if item.after.name == "a"] == [
        ("1.9", "1.10")
    ]
    assert [item.version for item in found.added] == ["3.0"]


def test_a_package_that_is_listed_for_each_of_its_places_counts_once() -> None:
    one = npm("a", "1")
    again = replace(one, ref="second-place")
    before = Sbom(ROOT, (one, again, npm("b", "1")), {ROOT.id: (one.id,), "pkg:npm/b@1": (again.id,)})
    after = Sbom(ROOT, (one, npm("b", "1")), {ROOT.id: (one.id,), "pkg:npm/b@1": (one.id,)})
    assert again.id != one.id
    assert diff(before, after).same
    assert diff(after, before).same


def test_exchanged_content_of_the_same_version_is_seen() -> None:
    other = replace(SHELL, digests=(Digest(Algorithm.SHA256, "9" * 64),))
    found = diff(of(SHELL), of(other))
    assert found.changed[0].changes == (FieldChange("digest", f"sha256:{'a' * 64}", f"sha256:{'9' * 64}"),)


def test_licences_suppliers_and_presence_are_compared() -> None:
    found = diff(of(IDNA), of(replace(IDNA, licenses=(License("MIT"),), supplier="New")))
    assert [change.field for change in found.changed[0].changes] == ["licence", "supplier"]


def test_a_name_matches_where_one_side_has_no_purl_and_never_across_worlds() -> None:
    assert diff(of(npm("debug", "1")), of(Component("debug", "2"))).added == ()
    other = Component("debug", "1", ecosystem="pypi", purl=purl.build("pypi", "debug", "1"))
    assert len(diff(of(npm("debug", "1")), of(other)).added) == 1


def test_the_reports_say_the_same_and_are_safe() -> None:
    found = diff(of(npm("a", "1")), of(npm("a", "2"), Component("|<b>x`\x1b", "1")))
    assert "~ a\n    version  1 -> 2" in shown.table(found)
    assert "\x1b" not in shown.table(found)
    assert "<b>" not in shown.markdown(found)
    document = json.loads(shown.to_json(found))
    assert document["changed"][1]["changes"] == [{"field": "version", "before": "1", "after": "2"}]
    assert len(document["added"]) == 1


@settings(max_examples=60, deadline=None)
@given(before=sboms(), after=sboms())
def test_nothing_is_counted_twice_or_not_at_all(before: Sbom, after: Sbom) -> None:
    assert diff(before, before).same
    found = diff(before, after)
    pairs = found.unchanged + sum(item.after is not after.subject for item in found.changed)
    assert pairs + len(found.added) == len(after.components)
    assert pairs + len(found.removed) == len(before.components)
    backwards = diff(after, before)
    assert {item.id for item in backwards.added} == {item.id for item in found.removed}
