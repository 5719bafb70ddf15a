"""package.json, and what every parser of the npm world makes of hostile bytes."""

from __future__ import annotations

import io
import json
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.adapters.directory import Directory
from assay.ecosystems.npm import ECOSYSTEM, package, package_json, yarn_cache
from assay.ecosystems.npm.assembly import assemble
from assay.engines.catalog import catalog
from assay.errors import AssayError, Malformed
from assay.model.component import ComponentType, Presence, Scope
from assay.model.ecosystem import File, Found, Located

FIXTURES = Path(__file__).parents[2] / "src" / "assay" / "ecosystems" / "npm" / "fixtures"
INPUTS = sorted(path for path in FIXTURES.glob("*/input/**/*") if path.is_file())
PARSERS = [parser.reads for parser in ECOSYSTEM.parsers]


def read(path: str, **document: object) -> Found:
    return package_json.parse(File(path, json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("a/node_modules/b/package.json", True),
        ("node_modules/@s/b/package.json", True),
        ("node_modules/.pnpm/b@1/node_modules/b/package.json", True),
        ("usr/lib/node_modules/npm/node_modules/b/package.json", True),
        ("node_modules/b/test/package.json", False),
        ("node_modules/@s/b/lib/package.json", False),
        ("node_modules/@s/package.json", False),
    ],
)
def test_only_the_folders_that_node_looks_into_hold_packages(path: str, there: bool) -> None:
    found = read(path, name="b", version="1.0.0")
    assert [one.presence for one in found.components] == [Presence.INSTALLED] * there


@pytest.mark.parametrize(
    ("folder", "version", "there"),
    [
        ("next/dist/compiled/@s/b", "7.15.4", True),
        ("next/dist/compiled/@s/b", "", False),
        ("next/dist/compiled/b", "1.0.0", False),  # another name than the folder's
        ("next/dist/compiled/@s/b/esm", "1.0.0", False),
        ("@parcel/x/test/fixtures/packages/@s/b", "1.0.0", False),
    ],
)
def test_what_a_package_has_compiled_into_itself_is_there(folder: str, version: str, there: bool) -> None:
    found = read(f"node_modules/{folder}/package.json", name="@s/b", version=version)
    assert [str(one.purl) for one in found.components] == ["pkg:npm/%40s/b@7.15.4"] * there


@pytest.mark.parametrize("document", [{}, {"type": "module"}, {"name": []}])
def test_a_module_marker_is_no_package(document: dict[str, object]) -> None:
    assert not read("node_modules/a/package.json", **document).components


@pytest.mark.parametrize("path", ["node_modules/@s/a", "node_modules/b/node_modules/@s/a"])
def test_the_folder_names_a_package_that_does_not(path: str) -> None:
    (component,) = read(f"{path}/package.json", version="2.0.0").components
    assert str(component.purl) == "pkg:npm/%40s/a@2.0.0"
    assert not read("node_modules/.cache/package.json", version="2.0.0").components


def test_a_package_without_a_version_is_one() -> None:
    (component,) = read("node_modules/a/package.json", name="a").components
    assert (component.name, component.version, str(component.purl)) == ("a", "", "pkg:npm/a")


@pytest.mark.parametrize(
    "document",
    [{"engines": {"vscode": "^1.0"}}, {"contributes": {}}, {"unity": "2022.1"}],
)
def test_other_worlds_use_the_same_file_name(document: dict[str, object]) -> None:
    found = read("package.json", name="a", version="1.0.0", **document)
    assert not [one for one in found.components if one.type is ComponentType.APPLICATION]


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        ("MIT", ["MIT"]),
        ({"type": "MIT", "url": "https://l.example"}, ["MIT"]),
        ("SEE LICENSE IN LICENSE.md", ["SEE LICENSE IN LICENSE.md"]),
        (None, []),
    ],
)
def test_licences_old_and_new(license_: object, expected: list[str]) -> None:
    (component,) = read("node_modules/a/package.json", name="a", version="1.0.0", license=license_).components
    assert [one.expression or one.name for one in component.licenses] == expected


def test_a_list_of_licences_is_a_choice() -> None:
    licenses = [{"type": "MIT"}, {"type": "Apache-2.0"}]
    (component,) = read("node_modules/a/package.json", name="a", version="1.0.0", licenses=licenses).components
    assert [one.expression for one in component.licenses] == ["MIT OR Apache-2.0"]


def test_a_manifest_declares_ranges_pins_aliases_and_repositories() -> None:
    dependencies = {"r": "^1.0.0", "p": "1.2.3", "x": "npm:@s/y@~2.0.0", "g": "github:o/n#main", "s": "o/n"}
    found = read("app/package.json", name="app", version="1.0.0", dependencies=dependencies, devDependencies={"d": "*"})
    shown = {one.id: (one.version, one.version_range, one.scope) for one in found.components}
    assert shown == {
        "pkg:npm/app@1.0.0": ("1.0.0", "", Scope.REQUIRED),
        "pkg:npm/r": ("", "^1.0.0", Scope.REQUIRED),
        "pkg:npm/p@1.2.3": ("1.2.3", "", Scope.REQUIRED),
        "pkg:npm/%40s/y": ("", "~2.0.0", Scope.REQUIRED),
        "pkg:npm/g?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fn.git%40main": ("", "", Scope.REQUIRED),
        "pkg:npm/s?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fn.git": ("", "", Scope.REQUIRED),
        "pkg:npm/d": ("", "*", Scope.EXCLUDED),
    }


def test_what_is_asked_for_of_the_workspace_is_an_application(tmp_path: Path) -> None:
    for name, wanted in (("a", {"b": "workspace:*"}), ("b", {})):
        (tmp_path / name).mkdir()
        document = {"name": name, "version": "1.0.0", "dependencies": wanted}
        (tmp_path / name / "package.json").write_text(json.dumps(document))
    found = catalog(Directory(str(tmp_path)), [ECOSYSTEM])
    assert [(one.id, one.type) for one in found.components] == [
        ("pkg:npm/a@1.0.0", ComponentType.APPLICATION),
        ("pkg:npm/b@1.0.0", ComponentType.APPLICATION),
    ]
    assert found.dependencies["pkg:npm/a@1.0.0"] == ("pkg:npm/b@1.0.0",)


def test_a_range_gives_way_to_what_is_installed_above() -> None:
    manifest = Located("w/a/package.json", -1, read("w/a/package.json", name="a", dependencies={"b": "^1", "c": "^1"}))
    there = Located(
        "w/node_modules/b/package.json", -1, read("w/node_modules/b/package.json", name="b", version="1.1.0")
    )
    kept, _ = assemble([manifest, there], None)
    assert [one.id for one in kept.found.components] == ["pkg:npm/a", "pkg:npm/c"]


def test_a_token_in_an_address_is_not_passed_on() -> None:
    assert package.repository("git+https://token@code.example/a/b.git#1d03") == "git+https://code.example/a/b.git@1d03"
    assert package.repository("git+ssh://git@code.example/a/b.git#1d03") == "git+ssh://git@code.example/a/b.git@1d03"


def test_a_file_that_is_no_json_is_malformed() -> None:
    with pytest.raises(Malformed):
        package_json.parse(File("package.json", b"name: a"))


def call(reads: str, file: File) -> None:
    module, _, function = reads.partition(":")
    try:
        found = getattr(import_module(module), function)(file)
    except AssayError:
        return
    known = {one.id for one in found.components}
    assert all(dependent in known and dependency in known for dependent, dependency in found.edges)
    assemble([Located(file.path, -1, found)], None)


@pytest.mark.parametrize("reads", PARSERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_parser_raises_anything_else_on_hostile_bytes(reads: str, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(INPUTS).map(Path.read_bytes) | st.binary(max_size=300))
    at = data.draw(st.integers(0, len(original)))
    mutated = original[:at] + data.draw(st.binary(max_size=8)) + original[at + data.draw(st.integers(0, 8)) :]
    call(reads, File("app/package.json", mutated))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["", "a", "@s/b", "node_modules/a", "name", "version", "resolved", "link", "dependencies", "packages",
         "requires", "npm", "jsr", "specifiers", "workspaces", "importers", "snapshots", "resolution", "license"]
    ), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize("reads", PARSERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(document=st.dictionaries(st.sampled_from(["packages", "dependencies", "name", "npm", "workspaces"]), JSON))
def test_wrong_types_are_no_crash(reads: str, document: dict[str, object]) -> None:
    call(reads, File("app/package.json", json.dumps(document).encode()))


def _cached(members: dict[str, str]) -> File:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return File(".yarn/cache/@sample-a-npm-1.2.3-0f2f4dbe3b-667b4b7b1c.zip", buffer.getvalue())


def test_packages_in_the_cache_of_yarn_are_installed() -> None:
    own = '{"name": "@sample/a", "version": "1.2.3", "license": "MIT", "dependencies": {"b": "1"}}'
    inner = '{"name": "inner", "version": "9.9.9"}'
    folder = "node_modules/@sample/a"
    found = yarn_cache.parse(
        _cached({f"{folder}/node_modules/inner/package.json": inner, f"{folder}/package.json": own})
    )
    assert [(one.id, one.presence) for one in found.components] == [("pkg:npm/%40sample/a@1.2.3", Presence.INSTALLED)]
    assert found.components[0].licenses[0].expression == "MIT"


def test_of_an_archive_of_the_cache_that_is_cut_off_the_rest_is_read_and_the_cut_told() -> None:
    assert yarn_cache.parse(_cached({"readme": ""})) == Found()
    whole = _cached({"node_modules/a/package.json": '{"name": "a", "version": "1.0.0"}'})
    found = yarn_cache.parse(File(whole.path, whole.data[:-30]))
    assert [one.id for one in found.components] == ["pkg:npm/a@1.0.0"]
    assert "cut off" in found.skipped[0].reason
    with pytest.raises(Malformed):
        yarn_cache.parse(File(whole.path, whole.data[:20]))
