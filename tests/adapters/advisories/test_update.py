"""`assay db update` against servers on loopback: only what is new is fetched, nothing is lost when they misbehave."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisory_data import osv, purls, store
from assay.adapters.advisories import AdvisoryStore, manifest, remote, sharing, update
from assay.adapters.advisories.budget import Budget
from assay.adapters.advisories.outcome import Happened, Result
from assay.adapters.advisories.quick import quick
from assay.adapters.advisories.update import UpdateRequest
from assay.adapters.registry.transport import Policy
from assay.engines.match import Options, match
from assay.errors import AssayError, UsageError
from assay.feeds import discover
from assay.model.feed import Download, Feed, Protocol
from simulators import registry
from simulators.web import Web, serve

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FAST = Policy(attempts=2, patience=0.1, timeout=30)


@pytest.fixture
def web() -> Iterator[Web]:
    with serve(Web()) as server:
        yield server


def record(number: int, fixed: str = "2", day: int = 20) -> Any:
    found = osv(f"X-{number}", "PyPI", f"p{number}", ("introduced", "0"), ("fixed", fixed))
    return {**found, "modified": f"2026-11-{day:02}T00:00:00Z"}


def zipped(*records: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in records:
            archive.writestr(f"{item['id']}.json", json.dumps(item))
    return buffer.getvalue()


def publish(web: Web, *records: Any) -> None:
    """OSV's bucket: the archive, each record, and the list of changes, newest first."""
    records = tuple({item["id"]: item for item in records}.values())
    web.files["all.zip"] = zipped(*records)
    newest = sorted(records, key=lambda item: item["modified"], reverse=True)
    web.files["modified_id.csv"] = "".join(f"{item['modified']},{item['id']}\n" for item in newest).encode()
    web.files |= {f"{item['id']}.json": json.dumps(item).encode() for item in records}


def request(folder: Path, *own: str, **more: Any) -> UpdateRequest:
    base = UpdateRequest(folder / "cache", own=own, policy=FAST, now=lambda: NOW)
    names = [text.partition("=")[0] for text in own]
    return base._replace(**{"sources": names, **more})


def run(folder: Path, asked: UpdateRequest) -> Result:
    return update.update(folder / "advisories", asked)


def happened(result: Result) -> list[tuple[str, Happened]]:
    return [(item.source, item.happened) for item in result.outcomes]


def fixed(folder: Path, *names: str) -> dict[str, tuple[str, ...]]:
    with AdvisoryStore.open(folder / "advisories") as data:
        sbom = purls(*(f"pkg:pypi/{name}@1" for name in names))
        return {item.component.name: tuple(item.fixed) for item in match(sbom, data, Options(NOW.date())).findings}


def test_only_what_changed_is_fetched(tmp_path: Path, web: Web) -> None:
    asked = request(tmp_path, f"acme=osv+{web.url('all.zip')}")
    publish(web, *(record(number) for number in range(5)))
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UPDATED)]
    assert web.requests == ["all.zip"]
    web.clear()
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UNCHANGED)]
    assert web.requests == ["modified_id.csv"]
    web.clear()
    publish(web, *(record(number) for number in range(5)), record(1, "3", 22), record(7, "9", 21))
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UPDATED)]
    assert sorted(web.requests) == ["X-1.json", "X-7.json", "modified_id.csv"]
    assert fixed(tmp_path, "p0", "p1", "p7") == {"p0": ("2",), "p1": ("3",), "p7": ("9",)}
    assert not list((tmp_path / "cache" / "advisories").glob("*.body"))


def test_a_record_of_the_future_does_not_hide_all_that_come_after(tmp_path: Path, web: Web) -> None:
    asked = request(tmp_path, f"acme=osv+{web.url('all.zip')}")
    future = {**record(0), "modified": "2099-01-01T00:00:00Z"}
    publish(web, future, record(1))
    run(tmp_path, asked)
    publish(web, future, record(1), record(1, "3", 24))
    assert happened(run(tmp_path, asked._replace(now=lambda: NOW + timedelta(days=2)))) == [("acme", Happened.UPDATED)]
    assert fixed(tmp_path, "p1") == {"p1": ("3",)}


def test_a_withdrawn_record_stays_known(tmp_path: Path, web: Web) -> None:
    asked = request(tmp_path, f"acme=osv+{web.url('all.zip')}")
    publish(web, record(1), record(2))
    run(tmp_path, asked)
    publish(web, {**record(1, day=22), "withdrawn": "2026-11-22T00:00:00Z"}, record(2))
    run(tmp_path, asked)
    assert fixed(tmp_path, "p1", "p2") == {"p2": ("2",)}


def test_a_file_is_fetched_again_only_when_it_is_new(tmp_path: Path, web: Web) -> None:
    asked = request(tmp_path, f"acme=osv+{web.url('list.jsonl')}")
    web.files["list.jsonl"] = json.dumps(record(1)).encode()
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UPDATED)]
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UNCHANGED)]
    assert web.answers == [200, 304]
    shards = manifest.load(tmp_path / "advisories" / "manifest.json")
    assert shards is not None and shards.shards["acme"].confirmed == "2026-11-23T12:00:00Z"


def test_a_broken_download_goes_on_where_it_broke(tmp_path: Path, web: Web) -> None:
    publish(web, *(record(number) for number in range(200)))
    size = len(web.files["all.zip"])
    web.drop_after, web.drops = size // 3, 2
    result = run(tmp_path, request(tmp_path, f"acme=osv+{web.url('all.zip')}"))
    assert happened(result) == [("acme", Happened.UPDATED)]
    assert web.answers == [200, 206, 206]
    assert result.fetched == size


def test_an_update_that_was_cut_off_goes_on_in_the_next_one(tmp_path: Path, web: Web) -> None:
    publish(web, *(record(number) for number in range(200)))
    size = len(web.files["all.zip"])
    web.drop_after, web.drops = size // 8, 100
    asked = request(tmp_path, f"acme=osv+{web.url('all.zip')}")
    (outcome,) = run(tmp_path, asked).outcomes
    assert outcome.happened is Happened.FAILED
    web.drops = 0
    web.clear()
    result = run(tmp_path, asked)
    assert happened(result) == [("acme", Happened.UPDATED)]
    assert web.answers == [206] and result.fetched < size // 2


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(tmp_path: Path, web: Web) -> None:
    publish(web, *(record(number) for number in range(200)))
    web.drop_after, web.drops = 1000, 100
    asked = request(tmp_path, f"acme=osv+{web.url('all.zip')}")
    run(tmp_path, asked)
    publish(web, record(1, "7"), record(2))
    web.drops = 0
    assert happened(run(tmp_path, asked)) == [("acme", Happened.UPDATED)]
    assert fixed(tmp_path, "p1", "p100") == {"p1": ("7",)}


def test_a_source_that_fails_keeps_its_data_and_the_others_go_on(tmp_path: Path, web: Web) -> None:
    web.files |= {"a.jsonl": json.dumps(record(1)).encode(), "b.jsonl": json.dumps(record(2)).encode()}
    asked = request(tmp_path, f"a=osv+{web.url('a.jsonl')}", f"b=osv+{web.url('b.jsonl')}")
    run(tmp_path, asked)
    web.status["a.jsonl"] = 500
    web.files["b.jsonl"] = json.dumps(record(2, "5")).encode()
    result = run(tmp_path, asked)
    assert dict(happened(result)) == {"a": Happened.FAILED, "b": Happened.UPDATED}
    assert fixed(tmp_path, "p1", "p2") == {"p1": ("2",), "p2": ("5",)}
    web.status["a.jsonl"] = 404
    (error,) = [item.error for item in run(tmp_path, asked).outcomes if item.error]
    assert "not there any more" in error.what and error.remedy


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b'{"id": "X-1", "affected": [', b"\x1f\x8b\x08\x00"])
def test_what_is_no_data_does_not_replace_data(tmp_path: Path, web: Web, content: bytes) -> None:
    web.files["a.json"] = json.dumps(record(1)).encode()
    asked = request(tmp_path, f"a=osv+{web.url('a.json')}")
    run(tmp_path, asked)
    web.files["a.json"] = content
    (outcome,) = run(tmp_path, asked).outcomes
    assert outcome.happened is Happened.FAILED and outcome.error is not None
    assert fixed(tmp_path, "p1") == {"p1": ("2",)}


def test_a_source_that_shrank_is_doubted(tmp_path: Path, web: Web) -> None:
    asked = request(tmp_path, f"a=osv+{web.url('a.jsonl')}")
    lines = [json.dumps(record(number)) for number in range(300)]
    web.files["a.jsonl"] = "\n".join(lines).encode()
    run(tmp_path, asked)
    web.files["a.jsonl"] = "\n".join(lines[:100]).encode()
    (outcome,) = run(tmp_path, asked).outcomes
    assert outcome.error is not None and "100 records now, it had 300" in outcome.error.what
    assert fixed(tmp_path, "p250") == {"p250": ("2",)}
    assert happened(run(tmp_path, asked._replace(anew=True))) == [("a", Happened.UPDATED)]
    assert fixed(tmp_path, "p250") == {}


def test_csaf_of_a_user(tmp_path: Path, web: Web) -> None:
    def document(name: str, version: str, day: int) -> bytes:
        product = {
            "category": "product_version",
            "name": "x",
            "product": {
                "product_id": "p",
                "name": "p",
                "product_identification_helper": {"purl": f"pkg:pypi/a@{version}"},
            },
        }
        tracking = {"id": name, "current_release_date": f"2026-11-{day}T00:00:00Z"}
        return json.dumps(
            {
                "document": {"csaf_version": "2.0", "tracking": tracking},
                "product_tree": {"branches": [product]},
                "vulnerabilities": [{"cve": name, "product_status": {"fixed": ["p"]}}],
            }
        ).encode()

    web.files |= {
        "csaf/index.txt": b"2026/cve-1.json\n",
        "csaf/changes.csv": b'"2026/cve-1.json","2026-11-20T00:00:00Z"\n',
        "csaf/2026/cve-1.json": document("CVE-2026-0001", "2", 20),
    }
    asked = request(tmp_path, f"house=csaf+complete+{web.url('csaf/')}")
    assert happened(run(tmp_path, asked)) == [("house", Happened.UPDATED)]
    assert fixed(tmp_path, "a") == {"a": ("2",)}
    assert happened(run(tmp_path, asked)) == [("house", Happened.UNCHANGED)]
    web.files["csaf/changes.csv"] += b'"2026/cve-2.json","2026-11-22T00:00:00Z"\n'
    web.files["csaf/2026/cve-2.json"] = document("CVE-2026-0002", "4", 22)
    web.clear()
    assert happened(run(tmp_path, asked)) == [("house", Happened.UPDATED)]
    assert web.requests == ["csaf/changes.csv", "csaf/2026/cve-2.json"]
    with AdvisoryStore.open(tmp_path / "advisories") as data:
        assert data.shards[0].records == 2 and data.shards[0].complete


def with_downloads(monkeypatch: pytest.MonkeyPatch, **downloads: Download) -> None:
    """The feeds of the product, fetched from here."""
    feeds = {feed.name: feed for feed in discover()}
    found: list[Feed] = [
        feeds[name]._replace(downloads=(item,), default=True, large=False) for name, item in downloads.items()
    ]
    monkeypatch.setattr(update, "discover", lambda: tuple(found))


def nvd(name: str, day: int) -> dict[str, Any]:
    node = {"operator": "OR", "cpeMatch": [{"vulnerable": True, "criteria": "cpe:2.3:a:acme:web:1.0:*:*:*:*:*:*:*"}]}
    modified = f"2026-11-{day}T00:00:00.000"
    return {"cve": {"id": name, "lastModified": modified, "configurations": [{"nodes": [node]}]}}


def page(start: int, total: int, *items: Any) -> bytes:
    value = {"resultsPerPage": len(items), "startIndex": start, "totalResults": total, "vulnerabilities": items}
    return json.dumps({**value, "timestamp": "2026-11-23T10:00:00.000", "format": "NVD_CVE"}).encode()


def test_the_nvd_page_by_page_then_what_was_modified(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with_downloads(monkeypatch, nvd=Download(web.url("cves"), Protocol.NVD_API))
    web.files["cves?resultsPerPage=2000&startIndex=0"] = page(0, 3, nvd("CVE-2026-1", 1), nvd("CVE-2026-2", 2))
    web.files["cves?resultsPerPage=2000&startIndex=2"] = page(2, 3, nvd("CVE-2026-3", 3))
    asked = request(tmp_path, pause=0.01)
    assert happened(run(tmp_path, asked)) == [("nvd", Happened.UPDATED)]
    since = "lastModStartDate=2026-11-23T10%3A00%3A00.000&lastModEndDate=2026-11-23T12%3A00%3A00.000&"
    web.files[f"cves?{since}resultsPerPage=2000&startIndex=0"] = page(0, 1, nvd("CVE-2026-4", 4))
    web.clear()
    assert happened(run(tmp_path, asked)) == [("nvd", Happened.UPDATED)]
    assert len(web.requests) == 1
    with AdvisoryStore.open(tmp_path / "advisories") as data:
        assert data.shards[0].records == 4


def test_files_that_a_listing_names(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with_downloads(monkeypatch, alpine=Download(web.url(), Protocol.LISTING, r"(v3\.\d+|edge)/(main|community)\.json"))

    def database(release: str, fixed: str) -> bytes:
        packages = [{"pkg": {"name": "busybox", "secfixes": {fixed: ["CVE-2026-1"]}}}]
        return json.dumps({"distroversion": release, "reponame": "main", "packages": packages}).encode()

    web.files |= {
        "": b'<html><a href="v3.20/">v3.20/</a><a href="../">up</a><a href="last-update">x</a></html>',
        "v3.20/": b'<a href="main.json">main.json</a><a href="main.json.asc">x</a>',
        "v3.20/main.json": database("v3.20", "1.36.1-r5"),
    }
    assert happened(run(tmp_path, request(tmp_path))) == [("alpine", Happened.UPDATED)]
    assert sorted(web.requests) == ["", "v3.20/", "v3.20/main.json"]
    assert happened(run(tmp_path, request(tmp_path))) == [("alpine", Happened.UNCHANGED)]
    with AdvisoryStore.open(tmp_path / "advisories") as data:
        sbom = purls("pkg:apk/alpine/busybox@1.36.1-r4?distro=alpine-3.20.1")
        assert len(match(sbom, data, Options(NOW.date())).findings) == 1


def test_a_budget_ends_the_update_and_the_next_one_begins_with_what_was_left(tmp_path: Path, web: Web) -> None:
    big = "\n".join(json.dumps(record(number)) for number in range(3000)).encode()
    web.files |= {f"{name}.jsonl": big for name in "abc"}
    asked = request(tmp_path, *(f"{name}=osv+{web.url(f'{name}.jsonl')}" for name in "abc"))
    result = run(tmp_path, asked._replace(budget=Budget(size=len(big) + 1000)))
    assert [item[1] for item in happened(result)] == [Happened.UPDATED, Happened.LEFT, Happened.LEFT]
    first = result.outcomes[0].source
    again = run(tmp_path, asked._replace(budget=Budget(size=10 * len(big))))
    assert again.outcomes[-1].source == first
    assert [item[1] for item in happened(again)] == [Happened.UPDATED, Happened.UPDATED, Happened.UNCHANGED]


def test_secrets_go_only_where_they_belong(tmp_path: Path, web: Web) -> None:
    web.files["a.jsonl"] = json.dumps(record(1)).encode()
    secrets = {"NVD_API_KEY": "nvd-key", "GITHUB_TOKEN": "github-token"}
    run(tmp_path, request(tmp_path, f"a=osv+{web.url('a.jsonl')}", environment=secrets))
    assert "nvd-key" not in str(web.headers) and "github-token" not in str(web.headers)


@pytest.mark.parametrize(
    ("own", "sources", "complaint"),
    [
        (("acme=tar+http://x.example",), (), "is no feed"),
        (("nvd=osv+http://x.example",), (), "another source"),
        ((), ("nothing",), "no advisory source"),
        ((), ("amazon",), "not fetched from anywhere"),
    ],
)
def test_wrong_requests(tmp_path: Path, own: tuple[str, ...], sources: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        run(tmp_path, request(tmp_path, *own, sources=sources))


def test_without_tls_nothing_is_fetched_from_other_machines(tmp_path: Path) -> None:
    (outcome,) = run(tmp_path, request(tmp_path, "a=osv+http://advisories.example/a.json")).outcomes
    assert outcome.error is not None and "without TLS" in outcome.error.what


def exported(folder: Path, *records: Any) -> Path:
    with store(folder / "made", {"pypa": records, "ghsa": [record(50)]}) as data:
        sharing.export(data, folder / "out")
    return folder / "out"


def on_web(web: Web, folder: Path) -> None:
    web.files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_built_store_on_a_web_server(tmp_path: Path, web: Web) -> None:
    on_web(web, exported(tmp_path / "one", record(1)))
    asked = request(tmp_path, url=web.url())
    assert dict(happened(run(tmp_path, asked))) == {"ghsa": Happened.UPDATED, "pypa": Happened.UPDATED}
    on_web(web, exported(tmp_path / "two", record(1, "3")))
    web.clear()
    assert dict(happened(run(tmp_path, asked))) == {"ghsa": Happened.UNCHANGED, "pypa": Happened.UPDATED}
    assert len(web.requests) == 2, "the manifest, and the shard that changed"
    assert fixed(tmp_path, "p1", "p50") == {"p1": ("3",), "p50": ("2",)}


def test_a_built_store_that_is_not_what_it_says(tmp_path: Path, web: Web) -> None:
    on_web(web, exported(tmp_path / "one", record(1)))
    name = next(path for path in web.files if path.startswith("shards/"))
    web.files[name] = web.files[name][:-100] + bytes(100)
    outcomes = run(tmp_path, request(tmp_path, url=web.url())).outcomes
    assert sorted(item.happened for item in outcomes) == [Happened.FAILED, Happened.UPDATED]
    (error,) = [item.error for item in outcomes if item.error]
    assert "not what its digest says" in error.what
    web.files["manifest.json"] = web.files["manifest.json"].replace(b"sha256:", b"sha256:../")
    with pytest.raises(AssayError, match="damaged"):
        run(tmp_path, request(tmp_path, url=web.url()))


def test_a_built_store_in_a_registry(tmp_path: Path) -> None:
    with registry.serve(registry.Registry()) as server, store(tmp_path / "made", {"pypa": [record(1)]}) as data:
        url = f"oci://{server.host}/security/advisories:latest"
        assert remote.push(data, url, FAST) == 1
        asked = request(tmp_path, url=url)
        assert happened(run(tmp_path, asked)) == [("pypa", Happened.UPDATED)]
        assert happened(run(tmp_path, asked)) == [("pypa", Happened.UNCHANGED)]
        assert fixed(tmp_path, "p1") == {"p1": ("2",)}
        pushed = len(server.requests)
        remote.push(data, url, FAST)
        assert not [line for line in server.requests[pushed:] if line[0] == "PATCH"], "the shard is there"


def ask_quickly(folder: Path, asked: UpdateRequest, seconds: float = 60, now: datetime = NOW) -> str:
    return quick(folder / "advisories", asked._replace(now=lambda: now), lambda: {"PyPI"}, seconds)


def test_a_scan_updates_what_it_asks_and_is_older_than_a_day(tmp_path: Path, web: Web) -> None:
    web.files["a.jsonl"] = json.dumps(record(1)).encode()
    asked = request(tmp_path, f"a=osv+{web.url('a.jsonl')}")
    assert ask_quickly(tmp_path, asked) == ""
    assert fixed(tmp_path, "p1") == {"p1": ("2",)}
    assert ask_quickly(tmp_path, asked, now=NOW + timedelta(hours=23)) == ""
    assert len(web.requests) == 1
    assert ask_quickly(tmp_path, asked, now=NOW + timedelta(hours=25)) == ""
    assert len(web.requests) == 2


def test_a_clock_of_another_year_does_not_end_all_updates(tmp_path: Path, web: Web) -> None:
    web.files["a.jsonl"] = json.dumps(record(1)).encode()
    asked = request(tmp_path, f"a=osv+{web.url('a.jsonl')}")
    assert ask_quickly(tmp_path, asked, now=NOW + timedelta(days=4000)) == ""
    assert ask_quickly(tmp_path, asked) == ""
    assert len(web.requests) == 2, "what was confirmed in the future is asked again"
    assert ask_quickly(tmp_path, asked) == ""
    assert len(web.requests) == 2


def test_a_scan_does_not_wait_for_a_slow_network(tmp_path: Path, web: Web) -> None:
    web.files["a.jsonl"] = json.dumps(record(1)).encode()
    web.stall = 2
    asked = request(tmp_path, f"a=osv+{web.url('a.jsonl')}")
    assert "within 0 s" in ask_quickly(tmp_path, asked, 0.2)
    assert ask_quickly(tmp_path, asked, 0.2) == "", "it is not tried again at once"
    assert ask_quickly(tmp_path, asked, 0.2, NOW + timedelta(hours=2)) != ""


def test_a_scan_without_a_network_only_warns(tmp_path: Path) -> None:
    asked = request(tmp_path, "a=osv+http://127.0.0.1:9/a.jsonl")
    assert ask_quickly(tmp_path, asked).startswith("the advisory data of a could not be brought up to date")
