"""`assay scan`, `assay db` and `assay vex` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from advisory_data import made_by_another, osv
from assay.cli._main import run
from simulators.image import layout

LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
RECORDS = [
    osv(
        "GHSA-jfh8-c2jp-5v3q",
        "Maven",
        "org.apache.logging.log4j:log4j-core",
        ("introduced", "2.13.0"),
        ("fixed", "2.15.0"),
        aliases=["CVE-2021-44228"],
        summary="Remote code injection in Log4j",
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}],
    ),
    osv("PYSEC-1", "PyPI", "flask", ("introduced", "0"), database_specific={"severity": "LOW"}),
    osv("MAL-1", "npm", "evil", ("introduced", "0")),
]
KEV = '{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10"}]}'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A store of a few records, and an empty working directory."""
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ASSAY_DB_STARTER", "false")
    monkeypatch.setenv("ASSAY_DB_UPDATE", "false")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/records.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    (tmp_path / "in/known_exploited_vulnerabilities.json").write_text(KEV)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert run(["db", "import", str(tmp_path / "in")]) == 0
    capfd.readouterr()
    yield tmp_path / "work"


def report(*words: str) -> dict[str, object]:
    """The JSON report of a scan that ends well."""
    assert run(["scan", "-q", *words, "-o", "json=out.json"]) == 0
    found: dict[str, object] = json.loads(Path("out.json").read_text())
    return found


def ids(found: dict[str, object], where: str = "findings") -> list[str]:
    findings = found[where]
    assert isinstance(findings, list)
    return [item["id"] for item in findings]


def test_a_package_url(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", LOG4J, "-o", "table"]) == 0
    shown = capfd.readouterr().out
    assert "CRITICAL  GHSA-jfh8-c2jp-5v3q (CVE-2021-44228)" in shown
    assert "fixed in 2.15.0" in shown and "exploited" in shown and "-> 2.15.0 clears it" in shown
    assert "COVERAGE" in shown


def test_several_sources_lists_and_peers_documents(data: Path) -> None:
    Path("list.txt").write_text(f"{LOG4J}\npkg:pypi/flask@1\n")
    assert sorted(ids(report("list.txt", "pkg:npm/evil@1"))) == ["GHSA-jfh8-c2jp-5v3q", "MAL-1", "PYSEC-1"]
    component = {"type": "library", "name": "flask", "version": "1", "purl": "pkg:pypi/flask@1"}
    Path("peer.json").write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]})
    )
    assert ids(report("peer.json")) == ["PYSEC-1"]


def test_a_folder_with_many_lock_files_and_rules_beside_them(data: Path) -> None:
    for name in ("one", "two"):
        Path("repo", name).mkdir(parents=True)
        Path("repo", name, "requirements.txt").write_text("flask==1.0\n")
    Path("repo/package-lock.json").write_text(
        json.dumps({"lockfileVersion": 3, "packages": {"node_modules/evil": {"version": "1.0.0"}}})
    )
    assert sorted(ids(report("repo"))) == ["MAL-1", "PYSEC-1"]
    Path("repo/.trivyignore").write_text("PYSEC-1 exp:2020-01-01\nMAL-1\n")
    found = report("repo")
    assert sorted(ids(found)) == ["MAL-1", "PYSEC-1"], "one rule has expired, the other must not hide what is malicious"
    assert any("expired on 2020-01-01" in str(text) for text in found["warnings"])  # type: ignore[attr-defined]
    Path("repo/.trivyignore").write_text("PYSEC-1\n")
    found = report("repo")
    assert (ids(found), ids(found, "suppressed")) == (["MAL-1"], ["PYSEC-1"])
    assert [Path(str(name)).name for name in found["ruleFiles"]] == [".trivyignore"]  # type: ignore[attr-defined]
    assert sorted(ids(report("repo", "--no-source-config"))) == ["MAL-1", "PYSEC-1"]


@pytest.mark.parametrize("source", [".", ".."])
def test_a_working_directory_inside_the_source_is_not_trusted(
    data: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    here = Path("repo/one")
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    Path("requirements.txt").write_text("flask==1.0\n")
    lock = {"lockfileVersion": 3, "packages": {"node_modules/evil": {"version": "1.0.0"}}}
    Path("package-lock.json").write_text(json.dumps(lock))
    Path(".trivyignore").write_text("PYSEC-1\nMAL-1\n")
    assert (ids(report(source)), ids(report(source), "suppressed")) == (["MAL-1"], ["PYSEC-1"])
    found = report(source, "--no-source-config")
    assert sorted(ids(found)) == ["MAL-1", "PYSEC-1"] and found["ruleFiles"] == []
    named = report(source, "--no-source-config", "--ignorefile", ".trivyignore")
    assert ids(named) == [], "who names the file trusts it"


def test_rules_of_the_working_directory_are_trusted(data: Path) -> None:
    Path("assay.toml").write_text('[[scan.ignore]]\nid = "CVE-2021-44228"\nreason = "no JNDI"\nexpires = 2099-01-01\n')
    found = report(LOG4J)
    assert ids(found) == [] and ids(found, "suppressed") == ["GHSA-jfh8-c2jp-5v3q"]


@pytest.mark.parametrize(
    ("condition", "code"),
    [("critical", 1), ("high", 1), ("kev", 1), ("fixable", 1), ("risk:99", 1), ("risk:101", 0), ("malicious", 0)],
)
def test_fail_on(data: Path, condition: str, code: int) -> None:
    assert run(["scan", "-q", LOG4J, "-o", "json=out.json", "--fail-on", condition]) == code


def test_malicious_packages_are_above_every_threshold(data: Path) -> None:
    assert (
        run(["scan", "-q", "pkg:npm/evil@1", "-o", "json=x.json", "--severity", "critical", "--fail-on", "risk:101"])
        == 1
    )
    assert ids(report("pkg:npm/evil@1", "--severity", "critical", "--only-fixed")) == ["MAL-1"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--fail-on", "often", LOG4J],
        ["--severity", "huge", LOG4J],
        ["-o", "pdf", LOG4J],
        ["-o", "template", LOG4J],
        ["--max-db-age", "old", LOG4J],
        ["--baseline", "nowhere.json", LOG4J],
        ["-o", "json", "-o", "table", LOG4J],
    ],
)
def test_wrong_use_is_exit_2(data: Path, words: list[str]) -> None:
    assert run(["scan", "-q", *words]) == 2


def test_a_gate_without_a_condition_is_no_gate(data: Path) -> None:
    """``--fail-on "$LEVEL"`` where nobody has set it."""
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--fail-on", ""]) == 2
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--fail-on", "high", "--fail-on", " ,"]) == 2


def test_nothing_to_judge_does_not_look_clean(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("failed.cdx.json").touch()
    assert run(["scan", "-q", "failed.cdx.json", "-o", "json=x.json"]) == 3
    Path("none.cdx.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6"}')
    Path("other.json").write_text("{}")
    Path("folder").mkdir()
    for source in ("none.cdx.json", "other.json", "folder"):
        names = ("json", "html", "sarif", "cyclonedx", "junit", "gitlab", "openvex", "csv")
        outputs = [word for name in names for word in ("-o", f"{name}=out.{name}")]
        assert run(["scan", "-q", source, "-o", "table", *outputs]) == 0
        assert capfd.readouterr().out.count("no package was found: nothing was judged") == 2
        for name in names:
            assert "no package was found" in Path(f"out.{name}").read_text(), (source, name)
    assert run(["scan", "other.json", LOG4J, "-o", "json=x.json"]) == 0
    assert "no package was found in other.json" in capfd.readouterr().err


def test_what_is_only_asked_for_is_told_as_found(data: Path) -> None:
    Path("app").mkdir()
    Path("app/package.json").write_text('{"name": "x", "version": "1.0.0", "dependencies": {"left": "^1"}}')
    told = str(report("--no-declared", "app")["coverage"])
    assert "only what manifests ask for was found: nothing was judged" in told


def test_filters_and_orders(data: Path) -> None:
    both = [LOG4J, "pkg:pypi/flask@1"]
    assert ids(report(*both)) == ["GHSA-jfh8-c2jp-5v3q", "PYSEC-1"]
    assert ids(report(*both, "--by-cve")) == ["CVE-2021-44228", "PYSEC-1"]
    assert ids(report(*both, "--only-fixed")) == ["GHSA-jfh8-c2jp-5v3q"]
    assert ids(report(*both, "--severity", "low,medium")) == ["PYSEC-1"]
    assert ids(report(*both, "--sort", "package")) == ["PYSEC-1", "GHSA-jfh8-c2jp-5v3q"]


def test_only_what_is_new(data: Path) -> None:
    report(LOG4J)
    Path("out.json").rename("old.json")
    assert ids(report(LOG4J, "pkg:pypi/flask@1", "--baseline", "old.json")) == ["PYSEC-1"]


def test_a_baseline_that_is_no_report_is_refused(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An SBOM, or what another tool wrote, would let everything count as new without a word."""
    Path("requirements.txt").write_text("flask==1\n")
    assert run(["sbom", "requirements.txt", "-q", "-o", "cyclonedx-json=sbom.json", "-o", "spdx-json=spdx.json"]) == 0
    Path("foreign.sarif").write_text('{"version": "2.1.0", "runs": [{"results": [{"ruleId": "CVE-2021-44228"}]}]}')
    for name, reason in (
        ("sbom.json", "an SBOM that nobody has scanned"),
        ("spdx.json", "no report of findings"),
        ("foreign.sarif", "have no fingerprints"),
    ):
        assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--baseline", name]) == 3
        told = capfd.readouterr().err
        assert f"the baseline {name}" in told and reason in told and "remedy: " in told
    assert not Path("x.json").exists()


@pytest.mark.parametrize("form", ["json", "cyclonedx", "cyclonedx-vex", "sarif"])
def test_a_clean_report_is_a_baseline_and_told(data: Path, capfd: pytest.CaptureFixture[str], form: str) -> None:
    assert run(["scan", "-q", "pkg:maven/org.apache.logging.log4j/log4j-core@2.99.0", "-o", f"{form}=old.json"]) == 0
    assert run(["scan", LOG4J, "-o", "json=new.json", "--baseline", "old.json"]) == 0
    assert "note: the baseline old.json has no findings: everything counts as new" in capfd.readouterr().err
    assert ids(json.loads(Path("new.json").read_text())) == ["GHSA-jfh8-c2jp-5v3q"]


def test_old_data_fails_only_on_request(data: Path) -> None:
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--max-db-age", "36500"]) == 0
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--max-db-age", "0"]) in (0, 4)


def test_the_time_of_a_build_is_not_the_time_of_the_judgement(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``SOURCE_DATE_EPOCH`` makes documents reproducible; with it old data is old, and a rule that ended has ended."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "946684800")
    Path("assay.toml").write_text('[[scan.ignore]]\nid = "PYSEC-1"\nreason = "x"\nexpires = 2001-01-01\n')
    found = report("pkg:pypi/flask@1")
    assert found["timestamp"] == "2000-01-01T00:00:00Z"
    assert ids(found) == ["PYSEC-1"] and "expired" in str(found["warnings"])
    made_by_another(data.parent / "data/advisories", day="2020-01-01", confirmed="2020-01-01")
    assert "unknown since 2020-01-01" in str(report("pkg:pypi/flask@1")["coverage"])
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--max-db-age", "30"]) == 4


def test_what_an_update_has_confirmed_is_not_old(data: Path) -> None:
    """A source that had nothing new for years is as good as the day on which an update asked it."""
    folder = data.parent / "data/advisories"
    made_by_another(folder, day="2020-01-01", confirmed=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--max-db-age", "1"]) == 0
    made_by_another(folder, day="2020-01-01", confirmed="2020-01-01")
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--max-db-age", "1"]) == 4


def test_vex_hides_and_marks(data: Path) -> None:
    words = ["--product", LOG4J, "--vuln", "CVE-2021-44228", "--status", "not_affected"]
    words += ["--justification", "vulnerable_code_not_present"]
    for form in ("openvex", "csaf", "cyclonedx", "spdx3"):
        assert run(["vex", "create", "-q", *words, "-o", f"{form}=vex.json"]) == 0
        found = report(LOG4J, "--vex", "vex.json")
        assert (ids(found), ids(found, "suppressed")) == ([], ["GHSA-jfh8-c2jp-5v3q"]), form
        hidden: Any = found["suppressed"]
        assert len(hidden) == 1
        assert hidden[0]["suppression"]["justification"] == "vulnerable_code_not_present"
    assert run(["vex", "create", "-q", *words[:4], "--status", "under_investigation", "-o", "openvex=u.json"]) == 0
    found_now: Any = report(LOG4J, "--vex", "u.json")["findings"]
    assert [item["analysis"]["status"] for item in found_now] == ["under_investigation"]


def test_vex_attested_to_an_image_counts_where_its_signer_is_trusted(
    data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COSIGN_PASSWORD", "correct horse")
    metadata = b"Metadata-Version: 2.1\nName: flask\nVersion: 2.0\n\n"
    layout(data / "image", [{"usr/lib/python3/dist-packages/flask-2.0.dist-info/METADATA": metadata}], name="app:1")
    image = "oci-dir:image"
    before: Any = report(image)
    (told,) = before["findings"]
    words = ["--product", told["component"]["purl"], "--vuln", "PYSEC-1", "--status", "not_affected"]
    said = ["--justification", "vulnerable_code_not_present", "-o", "openvex=vex.json"]
    assert run(["vex", "create", "-q", *words, *said]) == 0
    for name in ("ours", "theirs"):
        assert run(["key", "generate", "--output-key-prefix", name]) == 0
    signed = ["--key", "ours.key", "--tlog-upload=false", "--predicate", "vex.json", "--type", "openvex"]
    assert run(["attest", image, *signed]) == 0
    assert ids(report(image)) == ["PYSEC-1"], "nobody asked for attestations"
    assert ids(report(image, "--vex-attested", "--vex-key", "theirs.pub")) == ["PYSEC-1"]
    assert run(["scan", image, "--vex-attested", "--vex-key", "theirs.pub"]) == 0
    assert "not of a trusted signer" in capfd.readouterr().err
    found = report(image, "--vex-attested", "--vex-key", "ours.pub")
    assert (ids(found), ids(found, "suppressed")) == ([], ["PYSEC-1"])
    assert run(["scan", image, "--vex-attested"]) == 2
    assert "nobody is trusted" in capfd.readouterr().err


def test_vex_documents_are_merged_linted_and_applied(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    base = ["--product", LOG4J, "--vuln", "CVE-2021-44228"]
    assert run(["vex", "create", "-q", *base, "--status", "not_affected", "-o", "openvex=a.json"]) == 0
    assert (
        run(["vex", "create", "-q", *base, "--status", "affected", "--action-statement", "x", "-o", "csaf=b.json"]) == 0
    )
    capfd.readouterr()
    assert run(["vex", "lint", "a.json"]) == 1
    assert "not_affected needs a justification" in capfd.readouterr().out
    assert run(["vex", "lint", "b.json"]) == 0
    assert run(["vex", "merge", "a.json", "b.json", "-o", "openvex=m.json"]) == 0
    assert len(json.loads(Path("m.json").read_text())["statements"]) == 2
    assert run(["scan", "-q", LOG4J, "-o", "sarif=r.sarif", "-o", "json=r.json"]) == 0
    assert run(["vex", "apply", "r.json", "--vex", "a.json", "-o", "f.json"]) == 0
    assert ids(json.loads(Path("f.json").read_text()), "suppressed") == ["GHSA-jfh8-c2jp-5v3q"]
    assert run(["vex", "apply", "r.sarif", "--vex", "a.json", "-o", "f.sarif"]) == 0


def test_explanations(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", "explain", "-q", "CVE-2021-44228", LOG4J]) == 0
    shown = capfd.readouterr().out
    assert ": reported" in shown and "2.14.1 < 2.15.0 by the maven order" in shown
    assert run(["scan", "explain", "-q", "CVE-2021-44228", LOG4J.replace("2.14.1", "2.17.1")]) == 0
    assert ": not affected" in capfd.readouterr().out
    assert run(["scan", "explain", "-q", "ghsa-JFH8-c2jp-5v3q", LOG4J]) == 0
    assert "GHSA-jfh8-c2jp-5v3q in pkg:maven" in capfd.readouterr().out
    assert run(["scan", "explain", "-q", "opensuse-su-2021:1-1", LOG4J]) == 0
    assert "openSUSE-SU-2021:1-1" in capfd.readouterr().out
    assert run(["scan", "explain", "-q", "CVE-1999-1", LOG4J]) == 0
    assert "no record of the advisory data bears this id" in capfd.readouterr().out
    assert run(["scan", "explain", "-q", "CVE-1999-1", LOG4J, "--package", "log4j-core", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["verdict"] in ("not affected", "undecided")


def test_a_scan_is_recorded_as_evidence(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", "-q", LOG4J, "-o", "json=x.json", "--record"]) == 0
    capfd.readouterr()
    assert run(["evidence", "list", "--json"]) == 0
    assert [item["kind"] for item in json.loads(capfd.readouterr().out)] == ["scan"]


def test_the_store_on_the_command_line(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "status"]) == 0
    shown = capfd.readouterr().out
    assert ("kev" in shown and "osv" in shown) or "ghsa" in shown
    assert run(["db", "search", "cve-2021-44228"]) == 0
    assert ">= 2.13.0, < 2.15.0" in capfd.readouterr().out
    assert run(["db", "search", "flask", "--ecosystem", "PyPI", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["id"] == "PYSEC-1"
    assert run(["db", "verify"]) == 0
    assert run(["db", "export", "out.tar"]) == 0
    assert run(["db", "export", "delta", "--since", str(data.parent / "data/advisories/manifest.json")]) == 0
    assert run(["db", "import", "--data-dir", "elsewhere", "out.tar"]) == 0
    assert run(["db", "import", "nowhere"]) == 3


def test_no_socket_is_opened(data: Path) -> None:
    """An audit hook sees every socket of the process."""
    script = (
        "import sys; sys.addaudithook(lambda name, args: name.startswith('socket.') and sys.exit(f'{name} {args}'))\n"
    )
    script += "from assay.cli._main import run\n"
    script += f"sys.exit(run(['scan', '-q', '{LOG4J}', '-o', 'json=x.json', '--offline']))"
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0
