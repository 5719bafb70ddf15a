"""Validation of the formats without a schema: every fault with its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.engines.validate import component_csv as tables
from assay.engines.validate import github, purls, syft, validate
from assay.formats import github_snapshot
from assay.report import formats
from formats.sboms import FULL, sboms
from formats.snapshots import DOCUMENTED, PEERS, SYFT, TRIVY


def places(data: bytes, strict: bool = False) -> list[str]:
    return [str(problem) for problem in validate(data, strict)[1]]


def told(document: dict[str, Any], strict: bool = False) -> list[str]:
    return places(json.dumps(document).encode(), strict)


@pytest.mark.parametrize("form", ["syft-json", "github", "csv", "purls"])
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(sbom=sboms())
def test_whatever_we_write_is_valid(form: str, sbom: Any) -> None:
    data = formats.write(sbom, form)
    if data:
        assert places(data) == []


@pytest.mark.parametrize("peer", PEERS)
def test_snapshots_of_peers_are_valid(peer: str) -> None:
    assert told(PEERS[peer]) == []


def test_strict_asks_for_what_the_api_asks_for() -> None:
    assert told(DOCUMENTED, strict=True) == []
    assert told(SYFT, strict=True) == [
        "sha: is missing",
        "ref: is missing",
        "job.id: is missing",
        "job.correlator: is missing",
        'manifests["app:latest:/var/lib/dpkg/status"].resolved["pkg:deb/debian/libc6@2.36-9"].dependencies[1]: '
        "names nothing in the snapshot: ''",
    ]
    ours = github_snapshot.write(FULL)
    assert places(ours) == []
    assert places(ours, strict=True) == ["sha: is no commit: 40 hexadecimal digits", "ref: does not begin with refs/"]
    assert told(DOCUMENTED | {"more": 1}, strict=True) == ["more: is not known to the API"]


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("version", "1", "version: is no integer"),
        ("scanned", "yesterday", "scanned: is no moment with its zone (RFC 3339)"),
        ("scanned", None, "scanned: is missing"),
        ("sha", "abc", "sha: is no commit: 40 hexadecimal digits"),
        ("ref", "main", "ref: does not begin with refs/"),
        ("job id", 7, "job.id: is no text"),
        ("detector url", None, "detector.url: is missing"),
        ("metadata a", [], "metadata.a: is neither a text, a number, a truth value nor null"),
        ("metadata", {str(number): number for number in range(9)}, "metadata: has 9 entries (at most 8)"),
        ("manifests pom.xml name", None, 'manifests["pom.xml"].name: is missing'),
        ("manifests pom.xml", [], 'manifests["pom.xml"]: is no object'),
        ("manifests pom.xml file source_location", 1, 'manifests["pom.xml"].file.source_location: is no text'),
        (
            "manifests pom.xml resolved org.example:deep",
            1,
            'manifests["pom.xml"].resolved["org.example:deep"]: is no object',
        ),
        (
            "manifests pom.xml resolved org.example:lib scope",
            "test",
            'manifests["pom.xml"].resolved["org.example:lib"].scope: \'test\' is none of runtime, development',
        ),
        (
            "manifests pom.xml resolved org.example:lib package_url",
            "lib@1",
            'manifests["pom.xml"].resolved["org.example:lib"].package_url: is no purl: \'lib@1\'',
        ),
        (
            "manifests pom.xml resolved org.example:lib dependencies",
            ["org.example:deep:2.0", "pkg:npm/away@1"],
            'manifests["pom.xml"].resolved["org.example:lib"].dependencies[1]: '
            "names nothing in the snapshot: 'pkg:npm/away@1'",
        ),
        ("manifests pom.xml resolved org.example:lib dependencies", [1], "dependencies[0]: is no text"),
    ],
)
def test_faults_of_snapshots(path: str, value: Any, problem: str) -> None:
    assert [line for line in told(_changed(TRIVY, path, value)) if line.endswith(problem)]


def _changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy in which the member at `path` is `value`, or is not there for None."""
    changed = copy.deepcopy(document)
    *above, last = path.split(" ")
    inner: Any = changed
    for key in above:
        inner = inner[int(key) if isinstance(inner, list) else key]
    if value is None:
        del inner[last]
    else:
        inner[int(last) if isinstance(inner, list) else last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("distro", None, "distro: is missing"),
        ("source", [], "source: is no object"),
        ("schema version", "17.0.0", "schema.version: '17.0.0' is none of 1 to 16"),
        ("schema version", "new", "schema.version: 'new' is none of 1 to 16"),
        ("schema url", None, "schema.url: is missing"),
        ("artifacts 0 name", None, "artifacts[0].name: is missing"),
        ("artifacts 0 name", "", "artifacts[0].name: is empty"),
        ("artifacts 1 purl", "bash", "artifacts[1].purl: is no purl: 'bash'"),
        ("artifacts 1 locations", {}, "artifacts[1].locations: is no list"),
        ("artifacts 1 locations 0 path", None, "artifacts[1].locations[0].path: is missing"),
        ("artifacts 2", 1, "artifacts[2]: is no object"),
        ("artifactRelationships 0 type", None, "artifactRelationships[0].type: is missing"),
        (
            "artifactRelationships 0 child",
            "x",
            "artifactRelationships[0].child: nothing in the document has the id 'x'",
        ),
        ("artifactRelationships 1", "x", "artifactRelationships[1]: is no object"),
    ],
)
def test_faults_of_syft_json(path: str, value: Any, problem: str) -> None:
    assert problem in told(_changed(json.loads(formats.write(FULL, "syft-json")), path, value))


def test_ids_of_syft_json_are_there_once() -> None:
    document = json.loads(formats.write(FULL, "syft-json"))
    document["artifacts"][2]["id"] = document["artifacts"][1]["id"]
    assert any(line.startswith("artifacts[2].id: is that of artifacts[1], too") for line in told(document))


def test_old_schemas_of_syft_json() -> None:
    """The first two had neither ids nor relationships; some wrote null for no licences."""
    document = json.loads(formats.write(FULL, "syft-json"))
    for artifact in document["artifacts"]:
        del artifact["id"]
        artifact["licenses"] = None
    del document["artifactRelationships"]
    document["schema"]["version"] = "1.0.1"
    assert told(document) == []
    document["schema"]["version"] = "3.0.0"
    assert len(told(document)) == 4


def test_relationships_of_syft_json_may_lead_to_files() -> None:
    document = json.loads(formats.write(FULL, "syft-json"))
    document["artifactRelationships"].append({"parent": "f", "child": document["source"]["id"], "type": "x"})
    assert len(told(document)) == 1
    document["files"] = [{"id": "f"}]
    assert told(document) == []


def test_lines_of_a_purl_list() -> None:
    data = b"# list\npkg:npm/a@1\n\nnonsense\npkg:deb/x@1 # by its type it needs a namespace\npkg:npm/b@1 # fine\n"
    problems = places(data)
    assert [line.partition(":")[0] for line in problems] == ["line 4"] + ["line 5"] * (len(problems) - 1)
    assert "must start with 'pkg:'" in problems[0]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("a,1,,library,,,,,", ""),
        ("a,1,nonsense,,,,,,", "line 2: no purl: 'nonsense'"),
        (",1,,,,,,,", "line 2: names no component: neither name nor purl"),
        ("a,1,,thing,,,,,", "line 2: type 'thing' is none of application, "),
        ("a,1,,,gone,,,,", "line 2: presence 'gone' is none of installed, declared"),
        ("a,1,,,,sha256:1,,,", "line 2: no digest: 'sha256:1'"),
        ("a,1,,,,,x,,\nb,1,,,,,x,,", "line 3: the id is that of line 2, too: 'x'"),
        ("a,1,,,,,x,y,", "line 2: owned_by names no id of the table: 'y'"),
        ('"a\nb",1,,,,,,,\nc,1', "line 4: has 2 cells, but the head line 9"),
        ("a,1,,,,,,,>=1", "line 2: has both a version and a version range"),
        ('a,"1', "line 2 is no CSV: unexpected end of data"),
    ],
)
def test_rows_of_a_table(rows: str, problem: str) -> None:
    head = "name,version,purl,type,presence,digests,id,owned_by,version_range\n"
    found = places((head + rows + "\n").encode())
    assert (len(found) == 1 and found[0].startswith(problem)) if problem else found == []


def test_layers_of_a_table() -> None:
    head = b"name,version,paths,layers\n"
    assert places(head + b"a,1,p q,\na,1,p q,3\na,1,p q,3 -1\na,1,,\n") == []
    assert places(head + b"a,1,p q,3 4 5\n") == ["line 2: the layers are not those of the paths: '3 4 5'"]


def test_columns_of_a_table() -> None:
    data = b"name,version,Name,remark\na,1,a,x\n"
    assert places(data) == ["column 'name' is there 2 times"]
    assert places(data, strict=True) == ["column 'name' is there 2 times", "nothing is known of column 'remark'"]


def test_fifty_problems_are_enough() -> None:
    assert len(places(b"pkg:npm/a\n" + b"nonsense\n" * 100)) == 50
    assert len(places(b"name,version\n" + b",1\n" * 100)) == 50


@settings(max_examples=50)
@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_problems_or_none(data: bytes) -> None:
    for module in (syft, github, purls, tables):
        for start in (b"", b'{"artifacts": [', b'{"manifests": {', b"name,version\n"):
            module.problems(start + data, "16.0.0", True)


_ANY = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "a", "1.0.0", "pkg:npm/a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "path", "name", "a.b"]), inner),
)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(_ANY, _ANY)
def test_any_values_are_problems_or_none(first: Any, second: Any) -> None:
    told({"artifacts": [first, {"locations": first}], "artifactRelationships": second, "schema": {}, "source": first})
    told(
        {"detector": {}, "manifests": {"a": first, "b": {"resolved": {"c": second}}}, "job": second, "metadata": first}
    )
