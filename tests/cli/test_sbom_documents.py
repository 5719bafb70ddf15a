"""Every format that is written is a document for every command; what is for people is refused with a remedy."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.engines import validate
from assay.engines.sbom_diff import diff
from assay.formats import sbom_document
from assay.report import formats
from formats.snapshots import PEERS

FIXTURES = Path(__file__).parents[2] / "src/assay/ecosystems"
SAMPLES = ("npm/fixtures/package-lock-3", "pypi/fixtures/poetry", "cargo/fixtures/workspace", "deb/fixtures/dpkg")
FORMATS = [
    f"{item.name}@{version}" if version else item.name
    for item in formats.every()
    if not item.interactive
    for version in item.versions or ("",)
]
PICTURES = [item.name for item in formats.every() if item.interactive and item.name != "template"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SBOM of projects and of installed packages, written in every format."""
    folder = tmp_path_factory.mktemp("documents")
    for sample in SAMPLES:
        shutil.copytree(FIXTURES / sample / "input", folder / "source" / sample.partition("/")[0])
    assert main(["-q", "--offline", "sbom", str(folder / "source"), *_outputs(folder)]) == 0
    return folder


def _outputs(folder: Path, start: str = "") -> list[str]:
    return [word for form in FORMATS for word in ("-o", f"{form}={folder / (start + form)}")]


def test_no_format_is_forgotten() -> None:
    """What is written for programs is read, recognised and validated."""
    assert {form.partition("@")[0] for form in FORMATS} == {*sbom_document.READERS} == {*validate.FORMATS}


@pytest.mark.parametrize("form", FORMATS)
def test_every_command_takes_every_format(
    form: str, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = str(documents / form)
    first = sbom_document.read((documents / form).read_bytes())
    assert len(first.components) > 15
    assert main(["sbom", "validate", document]) == 0
    assert main(["-q", "sbom", "convert", document, *_outputs(tmp_path)]) == 0
    assert main(["sbom", "validate", *map(str, sorted(tmp_path.iterdir()))]) == 0
    again = sbom_document.read((tmp_path / form).read_bytes())
    assert diff(first, again).same
    assert main(["sbom", "diff", document, document, "--exit-code"]) == 0
    merged = tmp_path / "merged"
    assert main(["-q", "sbom", "merge", document, document, "--flat", "-o", f"cyclonedx-json={merged}"]) == 0
    identities = {str(item.purl) if item.purl else item.name for item in first.components}
    components = sbom_document.read(merged.read_bytes()).components
    assert {str(item.purl) if item.purl else item.name for item in components} == identities
    capsys.readouterr()
    assert main(["sbom", "score", document, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] > 2


@pytest.mark.parametrize("form", ["github", "csv", "purls", "syft-json@16"])
def test_they_are_sources_too_also_on_standard_input(
    form: str, documents: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q", "sbom", str(documents / "purls"), "-o", "purls"]) == 0
    wanted = capsys.readouterr().out
    data = (documents / form).read_bytes()
    for words in (["sbom", str(documents / form)], ["sbom", "-"], ["sbom", "convert", "-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main(["-q", "--offline", *words, "-o", "purls"]) == 0
        assert capsys.readouterr().out == wanted


@pytest.mark.parametrize("peer", PEERS)
def test_snapshots_of_peers(peer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "snapshot.json"
    document.write_text(json.dumps(PEERS[peer]))
    assert main(["sbom", "validate", str(document)]) == 0
    assert main(["sbom", "convert", str(document), *_outputs(tmp_path, "as-")]) == 0
    told = capsys.readouterr().err
    assert "cyclonedx-json@1.2=" not in told
    assert "note: cyclonedx-json@1.2 cannot hold GitHub snapshot detector.url: 1 entry\n" in told
    assert main(["sbom", "validate", *map(str, sorted(tmp_path.glob("as-*")))]) == 0
    assert json.loads((tmp_path / "as-github").read_bytes()) == PEERS[peer]


def test_what_is_skipped_in_a_list_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "a.csv"
    table.write_text("name,version,purl,owner\na,1,nonsense,me\n")
    assert main(["sbom", "convert", str(table), "-o", "purls"]) == 0
    told = capsys.readouterr().err
    assert f"warning: {table}: skipped line 2: not a purl: 'nonsense'\n" in told
    assert f"warning: {table}: skipped column owner: nothing is known of it: 1 cells\n" in told


def test_names_in_a_document_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "snapshot.json"
    document.write_text(json.dumps(PEERS["trivy"] | {"manifests": {"a\x1b[2J\nb": 1, "c" * 300: 1}}))
    assert main(["sbom", "validate", str(document)]) == 1
    told = capsys.readouterr().out.splitlines()[1:]
    assert told == ['  manifests["a\\x1b[2J b"]: is no object', f'  manifests["{"c" * 100}"]: is no object']


@pytest.mark.parametrize("form", PICTURES)
@pytest.mark.parametrize("words", [["validate"], ["convert", "-o", "purls"], ["diff", "purls"], ["merge"], ["score"]])
def test_what_is_for_people_is_refused_with_a_remedy(
    form: str, words: list[str], documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / form
    assert main(["-q", "sbom", "convert", str(documents / "spdx-json@2.3"), "-o", f"{form}={picture}"]) == 0
    command, *rest = words
    rest = [str(documents / word) if word == "purls" and command == "diff" else word for word in rest]
    capsys.readouterr()
    assert main(["sbom", command, *rest, str(picture)]) == 3
    told = capsys.readouterr().err
    assert f"error: {picture}: a" in told
    assert "which shows an SBOM but is none\n  remedy: for people only; write it as a document" in told


def test_what_a_template_made_is_no_document(
    documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.j2").write_text("{% for item in sbom.components %}{{ item.name }}\n{% endfor %}")
    words = ["--template", str(tmp_path / "t.j2"), "-o", f"template={tmp_path / 'list.txt'}"]
    assert main(["-q", "sbom", "convert", str(documents / "purls"), *words]) == 0
    for command in (["validate"], ["convert", "-o", "purls"]):
        capsys.readouterr()
        assert main(["sbom", *command, str(tmp_path / "list.txt")]) == 3
        told = capsys.readouterr().err
        assert f"error: {tmp_path / 'list.txt'}: not an SBOM of any known format\n  remedy: CycloneDX, SPDX," in told


@pytest.mark.parametrize("command", [["validate"], ["convert", "-o", "purls"], ["score"], ["diff", "a.csv"]])
def test_a_csv_of_something_else_is_refused_with_the_columns_that_are_needed(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("name,version\na,1\n")
    Path("prices.csv").write_text("title,author,price\nx,y,1\n")
    assert main(["sbom", *command, "prices.csv"]) == 3
    told = capsys.readouterr().err
    assert "error: prices.csv: cells, but no column that names components\n" in told
    assert "remedy: a table of components has a head line with a column `purl`, or `name` and `version`\n" in told
