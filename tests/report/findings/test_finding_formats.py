"""Every format of findings: valid, safe against hostile names, honest about what is not covered, and reproducible."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from assay.engines import validate
from assay.formats import scan_report, vex_document
from assay.model.finding import Match
from assay.report.findings import formats
from assay.report.findings.formats import Options
from finding_samples import HOSTILE, empty, scan

REPOSITORY = Path(__file__).parents[3]
TEMPLATE = "{% for item in scan.findings %}{{ item.id }} {{ item.component.name }}\n{% endfor %}"
NAMES = formats.names()
FOR_PEOPLE = {"table", "markdown", "html", "github", "csv", "junit"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def written(name: str, what: Any = None, **more: Any) -> bytes:
    return formats.write(what or scan(), name, Options(template=TEMPLATE, **more))


def loaded(name: str, what: Any = None) -> Any:
    return json.loads(written(name, what))


def test_all_formats_of_the_field_are_there() -> None:
    assert set(NAMES) == {
        "table", "json", "sarif", "cyclonedx", "cyclonedx-vex", "openvex", "cosign-vuln", "junit", "html", "markdown",
        "csv", "gitlab", "github", "template",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_same_scan_gives_the_same_bytes(name: str) -> None:
    assert written(name) == written(name)
    assert written(name).endswith(b"\n")


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"template"}))
def test_what_is_not_covered_is_in_every_report(name: str) -> None:
    text = written(name, empty()).decode().replace("\\", "")
    assert "no advisory data for alpine 3.20" in text


@pytest.mark.parametrize("name", sorted(FOR_PEOPLE))
def test_no_name_steers_a_terminal(name: str) -> None:
    text = written(name).decode()
    assert "\x1b" not in text
    if name not in ("csv", "template", "junit"):
        assert "\u202e" not in text


def test_json_tells_each_fact_of_a_match_under_its_name() -> None:
    """The writer takes a match field by field, so that a new or moved field shows here."""
    facts = Match(**{name: f"<{name}>" for name in Match._fields})  # type: ignore[arg-type]  # told apart by their names
    found = scan()
    told = found.findings[0]._replace(matches=(facts._replace(fixed=("<fixed>",), symbols=("<symbols>",)),))
    document = loaded("json", replace(found, findings=(told,)))
    (match,) = document["findings"][0]["matches"]
    names = {"range": "interval", "cpe": "by_cpe", "sourcePackage": "source_package"}
    assert {names.get(key, key): value for key, value in match.items()} == {
        name: [f"<{name}>"] if name in ("fixed", "symbols") else f"<{name}>" for name in Match._fields
    }


def test_json_is_as_its_schema_says() -> None:
    schema = json.loads((REPOSITORY / "docs/reference/scan.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for what in (scan(), empty()):
        jsonschema.validate(loaded("json", what), schema)


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
@pytest.mark.parametrize("name", ["cyclonedx", "cyclonedx-vex"])
def test_cyclonedx_is_valid(name: str, version: str) -> None:
    for what in (scan(), empty()):
        assert not validate.validate(written(name, what, version=version))[1]


def test_cyclonedx_says_what_was_decided() -> None:
    entries = {item["id"]: item for item in loaded("cyclonedx")["vulnerabilities"]}
    assert entries["S-1"]["analysis"] == {
        "state": "not_affected",
        "justification": "code_not_present",
        "detail": "not used (vex.json)",
    }
    assert entries["GHSA-aaaa"]["affects"] == [
        {"ref": "pkg:pypi/lib@1.0", "versions": [{"version": "1.0", "status": "affected"}]}
    ]
    assert {"method": "CVSSv31", "score": 9.8}.items() <= entries["GHSA-aaaa"]["ratings"][0].items()
    refs = {item["bom-ref"] for item in loaded("cyclonedx")["components"]}
    assert {affect["ref"] for item in entries.values() for affect in item["affects"]} <= refs


@pytest.mark.parametrize("name", ["openvex", "cyclonedx-vex"])
def test_vex_reads_back(name: str) -> None:
    found = vex_document.read(written(name), "x")
    by_id = {item.vulnerability[0]: item for item in found.statements}
    assert str(by_id["S-1"].status) == "not_affected"
    assert by_id["S-1"].justification == "vulnerable_code_not_present"


def test_sarif_is_sound() -> None:
    log = loaded("sarif")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"] and result["partialFingerprints"]
        assert result["locations"], "GitHub refuses a result that is in no file"
        for place in result["locations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9/!$&'()*+,;=@._~%-]+", uri)
    marks = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(marks)) == len({(r["ruleId"], r["properties"]["purl"]) for r in run["results"]})
    assert sum("suppressions" in result for result in run["results"]) == 3
    for rule in rules:
        assert 0 <= float(rule["properties"]["security-severity"]) <= 10


@pytest.mark.parametrize("name", ["json", "cyclonedx", "cyclonedx-vex", "sarif"])
def test_a_report_serves_as_a_baseline(name: str) -> None:
    keys = scan_report.keys(written(name))
    assert ("GHSA-aaaa", "pkg:pypi/lib@1.0") in keys


def test_junit_is_xml_with_true_counts() -> None:
    root = ElementTree.fromstring(written("junit"))
    assert int(root.get("failures", "")) == len(root.findall(".//failure")) == len(scan().findings)
    assert len(root.findall(".//skipped")) == 2
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)


def test_csv_holds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(written("csv").decode())))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@")]
    assert sum(row[0] == "unjudged" for row in rows) == 2


def test_github_annotations_stay_on_their_line() -> None:
    lines = written("github").decode().splitlines()
    assert len(lines) == len(scan().findings) + 2 + 1
    assert all(re.match(r"::(error|warning|notice) ", line) for line in lines)


def test_gitlab_has_what_its_schema_requires() -> None:
    report = loaded("gitlab")
    assert {"version", "scan", "vulnerabilities"} <= report.keys()
    assert {"analyzer", "scanner", "type", "start_time", "end_time", "status"} <= report["scan"].keys()
    assert len({item["id"] for item in report["vulnerabilities"]}) == len(report["vulnerabilities"])
    for item in report["vulnerabilities"]:
        assert item["identifiers"] and item["location"]["dependency"]["package"]["name"]
        assert item["severity"] in ("Critical", "High", "Medium", "Low", "Info", "Unknown")


def test_cosign_predicate_names_the_advisory_data() -> None:
    predicate = loaded("cosign-vuln")
    assert predicate["scanner"]["db"]["version"] == scan().manifest
    assert predicate["scanner"]["result"]["findings"]
    assert predicate["metadata"]["scanFinishedOn"] == "2026-11-23T00:00:00Z"


def test_markdown_shows_hostile_text_as_text() -> None:
    page = written("markdown").decode()
    assert "<script>" not in page
    rows = [line for line in page.splitlines() if re.match(r"\| (critical|high|low|unknown|negligible) ", line)]
    assert len(rows) == len(scan().findings)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}


@pytest.mark.parametrize("group", ["component", "vulnerability", "severity", "path", "ecosystem"])
def test_the_table_groups(group: str) -> None:
    text = written("table", group_by=group).decode()
    assert "5 findings: 1 critical, 1 high, 1 low, 1 negligible, 1 unknown" in text
    assert "1 by VEX" in text and "1 by ignore rules" in text and "1 answered by the distribution" in text
    assert "exploited, ransomware" in text and "won't fix" in text
    assert "unknown since 2023-04-02" in text


def test_a_template_sees_the_report() -> None:
    assert written("template").decode().splitlines()[1] == "GHSA-aaaa lib"


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.styles = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.styles += "style" in names or any(name.startswith("on") for name in names)
        self.asked += [str(names[name]) for name in ("src", "href", "action", "data") if name in names]


def test_the_page_asks_for_nothing_and_runs_nothing_foreign() -> None:
    page = written("html").decode()
    parser = _Page()
    parser.feed(page)
    assert page.count("<script>") == 1
    assert parser.styles == 0
    assert all(link.startswith(("#", "https://host.example/")) for link in parser.asked)


def test_the_page_lives_in_a_browser(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium here: `make system` installs it")
    script = "<script>const s = document.getElementById('severity'); s.value = 'critical';"
    script += "s.dispatchEvent(new Event('input'))"
    page = written("html").decode()
    probe = page.replace("</body>", f"{script}</script></body>")
    probe = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", probe)
    (tmp_path / "page.html").write_text(probe)
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--virtual-time-budget=3000",
    ]
    command = [
        browser,
        *flags,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        (tmp_path / "page.html").as_uri(),
    ]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    visible = re.findall(r'<details class="finding"[^>]*>', shown.partition("<main")[2].partition("</main>")[0])
    assert sum("hidden" not in tag for tag in visible) == 1
    assert len(visible) == 5
    assert HOSTILE not in shown
