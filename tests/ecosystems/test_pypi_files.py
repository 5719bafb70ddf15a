"""Python's other files: metadata, RECORD, archives, setup.py, and arbitrary bytes in every parser."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.ecosystems.pypi import ECOSYSTEM, archives, embedded, installed, metadata, pipfile, setup_files
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats.cyclonedx import xml_writer
from assay.formats.spdx import documents
from assay.model.component import Component, ComponentType, Presence, Scope
from assay.model.ecosystem import File, Found
from assay.model.purl import Purl
from assay.model.sbom import Sbom

FIXTURES = Path(__file__).parents[2] / "src" / "assay" / "ecosystems" / "pypi" / "fixtures"
INPUTS = sorted(path for path in FIXTURES.glob("*/input/**/*") if path.is_file())
PARSERS = [parser.reads for parser in ECOSYSTEM.parsers]


def call(reads: str, file: File) -> Found:
    module, _, function = reads.partition(":")
    found = getattr(import_module(module), function)(file)
    assert isinstance(found, Found)
    return found


@pytest.mark.parametrize(
    ("head", "licences"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other", ["MIT OR Apache-2.0"]),
        ("License: BSD-3-Clause", ["BSD-3-Clause"]),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", ["MIT"]),
        ("Classifier: License :: OSI Approved\nClassifier: Topic :: Security", []),
        ("License: A long text\n        of several lines", ["A long text"]),
    ],
)
def test_the_licence_comes_from_the_best_header(head: str, licences: list[str]) -> None:
    component = metadata.component(metadata.headers(f"Name: a\nVersion: 1\n{head}\n\nLicense: MIT\n".encode()))
    assert [one.expression or one.name for one in component.licenses] == licences


def test_the_description_is_not_read_as_headers() -> None:
    known = metadata.headers(b"Name: a\r\nVersion: 1\r\n\r\nName: b\r\n")
    assert known["name"] == ["a"]


def test_metadata_without_a_version_is_told() -> None:
    found = installed.dist_info(File("s/a-1.dist-info/METADATA", b"Name: a\n"))
    assert [item.reason for item in found.skipped] == ["a has no Version"]


def test_a_record_gives_the_paths_alone() -> None:
    data = b'a/__init__.py,sha256=x,0\r\n"a/with, comma.py",sha256=y,1\r\na-1.dist-info/RECORD,,\r\n'
    (owned,) = installed.record(File("s/a_b-1.dist-info/RECORD", data)).owns
    assert owned.owner == "a-b"
    assert owned.paths == b"a/__init__.py\na/with, comma.py\na-1.dist-info/RECORD"


def test_an_egg_info_in_a_source_tree_is_the_project_itself() -> None:
    found = installed.egg_info(File("src/a.egg-info/PKG-INFO", b"Name: a\nVersion: 1\n"))
    (component,) = found.components
    assert (component.presence, component.type) == (Presence.DECLARED, ComponentType.APPLICATION)


def test_setup_py_is_read_and_not_run() -> None:
    text = """
import os; os.abort()
V = "1.2"
E = {"net": ["b>1"], "bad": 1}
setup(name="a", version=V, install_requires=["c==1", open("x")], extras_require=E, packages=find())
"""
    found = setup_files.parse_py(File("setup.py", text.encode()))
    assert {(one.id, one.scope) for one in found.components} == {
        ("pkg:pypi/a@1.2", Scope.REQUIRED),
        ("pkg:pypi/c@1", Scope.REQUIRED),
        ("pkg:pypi/b", Scope.OPTIONAL),
    }


@pytest.mark.parametrize("text", ["print 'two'", "(" * 5000, "x = " + "-" * 100_000 + "1", "a" + "+1" * 50_000, "\0"])
def test_a_setup_py_that_is_no_python_is_malformed_or_empty(text: str) -> None:
    with suppress(Malformed):
        assert setup_files.parse_py(File("setup.py", text.encode())) == Found()


def test_of_a_wheel_that_is_cut_off_the_rest_is_read_and_the_cut_told() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n")
        archive.writestr("a/__init__.py", "x = 1\n" * 50)
    whole = stream.getvalue()
    found = archives.wheel(File("a-1-py3-none-any.whl", whole[:-40]))
    assert [one.id for one in found.components] == ["pkg:pypi/a@1"]
    assert "cut off" in found.skipped[0].reason
    with pytest.raises(Malformed):
        archives.wheel(File("a-1-py3-none-any.whl", whole[:40]))


def test_a_wheel_whose_metadata_is_a_bomb_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-1.dist-info/METADATA", b"\0" * (8 << 20))
    with pytest.raises(LimitExceeded):
        archives.wheel(File("a-1-py3-none-any.whl", stream.getvalue()))


def test_an_archive_that_is_not_pythons_is_passed_over() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("other-1.0/README"))
    assert archives.sdist(File("other-1.0.tar.gz", stream.getvalue())) == Found()
    assert archives.sdist(File("not-python.tar.gz", b"")) == Found()


def test_an_embedded_sbom_of_no_known_format_is_told() -> None:
    found = embedded.parse(File("s/a-1.dist-info/sboms/a.json", b'{"packages": []}'))
    assert [item.reason for item in found.skipped] == ["an embedded SBOM of no known format"]


ZLIB = Component("zlib", "1.3", purl=Purl("generic", "zlib", "1.3"))
BZIP = Component("bzip2", "1.0.8", purl=Purl("generic", "bzip2", "1.0.8"))
WHEEL = Component("a", "1", purl=Purl("pypi", "a", "1"))
BUNDLED = Sbom(WHEEL, (BZIP, ZLIB), {WHEEL.id: (ZLIB.id,), ZLIB.id: (BZIP.id,)})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.spdx.json", documents.write_json(BUNDLED, "2.3")),
        ("a.spdx", documents.write_tag_value(BUNDLED, "2.3")),
        ("a.cdx.xml", xml_writer.write(BUNDLED, "1.6")),
    ],
)
def test_embedded_sboms_of_other_formats_are_read(name: str, data: bytes) -> None:
    found = embedded.parse(File(f"s/a-1.dist-info/sboms/{name}", data))
    assert {(item.id, item.ecosystem) for item in found.components} == {(BZIP.id, "generic"), (ZLIB.id, "generic")}
    assert found.edges == ((ZLIB.id, BZIP.id),)
    assert found.facts["sbom"] == ("s/a-1.dist-info", (ZLIB.id,))


def test_what_an_embedded_sbom_lists_without_edges_is_of_the_distribution() -> None:
    """As auditwheel writes it: no root, no dependencies."""
    listed = [{"name": "zlib", "version": "1.3", "purl": ZLIB.id}]
    data = json.dumps({"bomFormat": "CycloneDX", "components": listed}).encode()
    assert embedded.parse(File("s/a-1.dist-info/sboms/a.json", data)).facts["sbom"] == ("s/a-1.dist-info", (ZLIB.id,))


def test_a_wheel_brings_what_its_sboms_list() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-1.dist-info/METADATA", "Metadata-Version: 2.4\nName: a\nVersion: 1\n")
        archive.writestr("a-1.dist-info/sboms/a.spdx.json", documents.write_json(BUNDLED, "2.3"))
        archive.writestr("a-1.dist-info/sboms/bad.json", b"{")
        archive.writestr("a/data/b-1.dist-info/sboms/b.spdx.json", documents.write_json(BUNDLED, "2.3"))
    found = archives.wheel(File("dist/a-1-py3-none-any.whl", stream.getvalue()))
    place = "dist/a-1-py3-none-any.whl!/a-1.dist-info/sboms/"
    places = [(item.id, [one.path for one in item.occurrences]) for item in found.components]
    assert places == [(WHEEL.id, []), (BZIP.id, [f"{place}a.spdx.json"]), (ZLIB.id, [f"{place}a.spdx.json"])]
    assert set(found.edges) == {(WHEEL.id, ZLIB.id), (ZLIB.id, BZIP.id)}
    assert [item.path for item in found.skipped] == [f"{place}bad.json"]


def test_a_package_of_a_repository_has_no_version_in_a_pipfile_lock() -> None:
    data = b'{"default": {"a": {"git": "https://code.example/a.git", "ref": "1d03", "version": "*"}, "b": 1}}'
    first, second = pipfile.parse(File("Pipfile.lock", data)).components
    assert (first.version, second.version) == ("", "")
    assert first.id == "pkg:pypi/a?vcs_url=git%2Bhttps:%2F%2Fcode.example%2Fa.git%401d03"


@pytest.mark.parametrize("reads", PARSERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_parser_raises_anything_else_on_hostile_bytes(reads: str, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(INPUTS).map(Path.read_bytes) | st.binary(max_size=300))
    at = data.draw(st.integers(0, len(original)))
    mutated = original[:at] + data.draw(st.binary(max_size=8)) + original[at + data.draw(st.integers(0, 8)) :]
    try:
        call(reads, File("s/a-1.dist-info/x-1.tar.gz", mutated))
    except AssayError:
        return


@pytest.mark.parametrize(
    "text",
    [
        '{"default": []}',
        '{"default": {"": {"version": 1}}, "develop": null}',
        '[[package]]\nname = 1\nversion = []\ndependencies = 3\nfiles = {a = 1}\nsource = "x"\ngroups = 1\n',
        '[project]\nname = {}\ndependencies = "a"\n[tool]\npoetry = 1\n[dependency-groups]\na = {b = 1}\n',
        '[[packages]]\nname = "a"\nwheels = 1\nvcs = "x"\nmarker = 1\nhashes = 1\nsdist = []\n',
        '{"url": 1, "vcs_info": [], "archive_info": {"hashes": [1], "hash": 3}}',
        '{"bomFormat": "CycloneDX", "components": [1, {"name": "a", "purl": "x", "hashes": [{}]}], "dependencies": {}}',
    ],
)
@pytest.mark.parametrize("reads", PARSERS)
def test_wrong_types_are_no_crash(reads: str, text: str) -> None:
    try:
        call(reads, File("s/a-1.dist-info/x", text.encode()))
    except AssayError:
        return


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("requirements.txt", "requirements:parse"),
        ("pyproject.toml", "pyproject:parse"),
        ("setup.cfg", "setup_files:parse_cfg"),
        ("setup.py", "setup_files:parse_py"),
    ],
)
def test_the_data_of_an_installed_package_asks_for_nothing(name: str, reads: str) -> None:
    file = File(f"lib/site-packages/a/tests/{name}", b"name = (")
    assert call(f"assay.ecosystems.pypi.{reads}", file) == Found()


def test_an_embedded_sbom_does_not_name_paths_of_the_machine_that_built_the_wheel() -> None:
    written = {"name": "a", "version": "1", "purl": "pkg:cargo/a@1?download_url=file:%2F%2F..%2Fa&arch=x"}
    document = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [written]})
    found = embedded.parse(File("a.dist-info/sboms/a.cdx.json", document.encode()))
    assert [component.id for component in found.components] == ["pkg:cargo/a@1?arch=x"]


def test_extras_that_ask_for_different_versions_are_all_there() -> None:
    extras = '{"a": ["rsa>=4", "idna>=3"], "b": ["rsa==3.1.4", "idna>=3"]}'
    found = setup_files.parse_py(File("setup.py", f'setup(name="x", version="1", extras_require={extras})'.encode()))
    assert [(one.id, one.version_range) for one in found.components] == [
        ("pkg:pypi/x@1", ""),
        ("pkg:pypi/rsa", ">=4"),
        ("pkg:pypi/idna", ">=3"),
        ("pkg:pypi/rsa@3.1.4", ""),
    ]
    assert found.edges == (("pkg:pypi/x@1", "pkg:pypi/rsa@3.1.4"),)


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"a/b.py,sha256=x,1\nc.py,,\n", b"a/b.py\nc.py"),
        (b"a/b.py,sha256=x,1\r\nc.py,,\r\nno comma\r\n", b"a/b.py\nc.py"),
        (b'"a,b.py",,\nc.py,,\n', b"a,b.py\nc.py"),
        (b"no comma\n,,\n\nc.py,,", b"c.py"),
        (b"a\rb,,\nc.py,,\n", b"c.py"),
    ],
)
def test_the_paths_of_a_record(data: bytes, paths: bytes) -> None:
    (owned,) = installed.record(File("lib/a-1.dist-info/RECORD", data)).owns
    assert owned == ("a", paths)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('b ; extra == "x"', []),
        ('b ; python_version < "3" or extra == "x"', ["b"]),
        ('b @ https://code.example/b.zip?a;extra=1 ; python_version > "3"', ["b"]),
        ('b @ https://code.example/b.zip ; extra == "x"', []),
        ("extra-thing (>=1)", ["extra-thing"]),
        ('b[extra]>=1; python_version > "3"', ["b"]),
    ],
)
def test_what_only_an_extra_requires_is_left_out(text: str, names: list[str]) -> None:
    known = metadata.headers(f"Name: a\nVersion: 1\nRequires-Dist: {text}\n\n".encode())
    assert [need.names[0] for need in metadata.needs(known, "a")] == names
