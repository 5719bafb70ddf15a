"""Every feed: the files of ../shared/data/advisories whole, and the sources' own forms in small."""

from __future__ import annotations

import fnmatch
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory_data import TODAY, osv
from assay.adapters.advisories.importer import Batch, reader
from assay.adapters.advisories.unpack import documents
from assay.errors import AssayError
from assay.feeds import discover
from assay.feeds.recognise import recognise
from assay.model.advisory import Advisory, Enrichment, Exploited, FixState, Kind, Level, Record, Release
from assay.model.ecosystem import Proof
from assay.model.feed import Document
from assay.model.sbom import Skipped
from conformance import suite
from mutations import mutations

FEEDS = {feed.name: feed for feed in discover()}


def read(feed: str, name: str, content: bytes | str | object) -> list[Record | Skipped]:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    return list(reader(FEEDS[feed])(Document(name, content), feed))


def only(feed: str, name: str, content: object) -> Any:
    (found,) = read(feed, name, content)
    return found


def claims(item: Advisory) -> list[tuple[str, str, str, FixState]]:
    return [(one.ecosystem, one.name, ", ".join(map(str, one.intervals)), one.state) for one in item.affected]


def test_every_shared_file_is_recognised_and_read_whole() -> None:
    folder = suite.folder("advisories")
    for entry in suite.lines(folder / "index.jsonl"):
        (document,) = documents(folder / entry["file"])
        assert isinstance(document, Document)
        feed = recognise(document.name, document.content[:65536])
        assert feed is not None and feed.proof is Proof.FOREIGN, entry["file"]
        found = list(reader(feed)(document, feed.name))
        assert not [item for item in found if isinstance(item, Skipped)], entry["file"]
        if feed.name not in ("alpine", "tuxcare", "nvd"):  # these join or split rows
            assert len(found) == entry["records"], entry["file"]
        withdrawn = sum(isinstance(item, Advisory) and bool(item.withdrawn) for item in found)
        assert withdrawn == (entry.get("withdrawn") or 0), entry["file"]


def test_every_requirement_string_of_the_shared_data_is_a_range() -> None:
    folder = suite.folder("advisories")
    for name in ("npm-nodejs-security-wg.jsonl.zst", "rubygems-rubysec.jsonl.zst", "julia-jlsec.jsonl.zst"):
        batch = Batch(TODAY)
        batch.add(folder / name)
        (builder,) = batch._builders.values()
        assert builder.tally.skipped == 0, builder.skipped[:3]


def test_feeds_are_declared_soundly() -> None:
    assert len(FEEDS) >= 30
    for feed in FEEDS.values():
        assert feed.title and feed.licence and feed.origin
        assert callable(reader(feed))
        assert not (feed.default and feed.large), feed.name
        for download in feed.downloads:
            assert download.url.startswith("https://")
        assert all(fnmatch.translate(pattern) for pattern in feed.files)
    assert {feed.name for feed in FEEDS.values() if feed.large} >= {"nvd", "cve5"}


def test_debian_tracker() -> None:
    tracker = {
        "openssl": {
            "CVE-2023-0464": {
                "releases": {
                    "bookworm": {"status": "resolved", "fixed_version": "3.0.9-1", "urgency": "not yet assigned"},
                    "bullseye": {"status": "open", "urgency": "low", "nodsa": "Minor", "nodsa_reason": "postponed"},
                    "trixie": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"},
                }
            }
        }
    }
    assert claims(only("debian", "tracker.json", tracker)) == [
        ("Debian:12", "openssl", "< 3.0.9-1", FixState.FIXED),
        ("Debian:11", "openssl", "", FixState.DEFERRED),
        ("Debian:13", "openssl", "", FixState.NOT_AFFECTED),
    ]


def test_ubuntu_tracker_file_and_json() -> None:
    text = "Candidate: CVE-2020-1\nPublicDate: 2020-01-30 19:15:00 UTC\nPriority: low\n"
    text += "bionic_python3.6: released (3.6.9-1)\ntrusty/esm_python3.5: ignored (end of life)\nxenial_x: DNE\n"
    text += "focal_y: needs-triage\nupstream_y: released (1)\n"
    record = {
        "cve": "CVE-2020-1",
        "published": "2020-01-30",
        "priority": "low",
        "pkgs": {
            "python3.6": {"bionic": ["released", "3.6.9-1"]},
            "python3.5": {"trusty/esm": ["ignored", "end of life"]},
            "x": {"xenial": ["DNE", ""]},
            "y": {"focal": ["needs-triage", ""], "upstream": ["released", "1"]},
        },
    }
    expected = [
        ("Ubuntu:18.04", "python3.6", "< 3.6.9-1", FixState.FIXED),
        ("Ubuntu:14.04", "python3.5", "", FixState.END_OF_LIFE),
        ("Ubuntu:20.04", "y", "", FixState.UNDER_INVESTIGATION),
    ]
    for found in (only("ubuntu", "active/CVE-2020-1", text), only("ubuntu", "x.json", record)):
        assert claims(found) == expected
        assert found.severities[0].level is Level.LOW
        assert found.affected[1].channel == "esm"


def test_alpine_database_as_json_and_yaml() -> None:
    database = {
        "distroversion": "v3.20",
        "packages": [{"pkg": {"name": "p", "secfixes": {"1-r1": ["CVE-1-1"], "0": ["CVE-1-2"]}}}],
    }
    yaml = "distroversion: v3.20\npackages:\n  - pkg:\n      name: p\n"
    yaml += "      secfixes:\n        1-r1: [CVE-1-1]\n        '0': [CVE-1-2]\n"
    for name, content in (("main.json", database), ("main.yaml", yaml)):
        found = [item for item in read("alpine", name, content) if isinstance(item, Advisory)]
        assert [claims(item) for item in found] == [
            [("Alpine:3.20", "p", "< 1-r1", FixState.FIXED)],
            [("Alpine:3.20", "p", "", FixState.NOT_AFFECTED)],
        ]
    assert claims(read("wolfi", "security.json", database)[0])[0][0] == "Wolfi"  # type: ignore[arg-type]


OVAL = """<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
<definition class="vulnerability" id="d1"><metadata><title>CVE-2023-3863</title>
<reference source="CVE" ref_id="CVE-2023-3863" ref_url="https://nvd.example/"/><severity>Medium</severity></metadata>
<criteria operator="AND"><criterion test_ref="t1"/></criteria></definition></definitions>
<tests><rpminfo_test xmlns="x" id="t1"><object object_ref="o1"/><state state_ref="s1"/></rpminfo_test></tests>
<objects><rpminfo_object xmlns="x" id="o1"><name>kernel</name></rpminfo_object></objects>
<states><rpminfo_state xmlns="x" id="s1"><evr operation="less than">0:5.10.188.1-1.cm1</evr></rpminfo_state></states>
</oval_definitions>"""


def test_oval() -> None:
    found = only("azure", "cbl-mariner-1.0-oval.xml", OVAL)
    assert (found.id, claims(found)) == (
        "CVE-2023-3863",
        [("Mariner:1.0", "kernel", "< 5.10.188.1-1.cm1", FixState.FIXED)],
    )
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(AssayError, match="entities"):
        read("azure", "x-3.0.xml", bomb)


def test_nvd_of_the_api() -> None:
    cve = {
        "id": "CVE-2021-44228",
        "vulnStatus": "Analyzed",
        "lastModified": "2026-01-01T00:00:00",
        "metrics": {
            "cvssMetricV31": [
                {
                    "source": "nvd@nist.gov",
                    "cvssData": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "baseScore": 10.0},
                }
            ]
        },
        "weaknesses": [{"description": [{"value": "CWE-502"}]}],
        "configurations": [
            {
                "nodes": [
                    {
                        "cpeMatch": [
                            {
                                "vulnerable": True,
                                "criteria": "cpe:2.3:a:apache:log4j:*:*:*:*:*:*:*:*",
                                "versionStartIncluding": "2.0",
                                "versionEndExcluding": "2.15.0",
                            },
                            {"vulnerable": True, "criteria": "cpe:2.3:a:apache:log4j:2.0:beta9:*:*:*:*:*:*"},
                            {"vulnerable": False, "criteria": "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*"},
                        ]
                    }
                ]
            }
        ],
    }
    facts, advisory = read("nvd", "x.json", {"format": "NVD_CVE", "vulnerabilities": [{"cve": cve}]})
    assert isinstance(facts, Enrichment) and facts.severities[0].score == 10 and facts.weaknesses == ("CWE-502",)
    assert isinstance(advisory, Advisory)
    assert [(item.name, item.versions) for item in advisory.affected] == [
        ("a:apache:log4j", ()),
        ("a:apache:log4j", ("2.0-beta9",)),
    ]
    rejected = only(
        "nvd", "x.json", {"vulnerabilities": [{"cve": {"id": "CVE-1", "vulnStatus": "Rejected"}}], "format": "x"}
    )
    assert rejected.rejected


def test_cve_records_with_ssvc() -> None:
    options = [{"Exploitation": "active"}, {"Automatable": "no"}, {"Technical Impact": "total"}]
    adp: dict[str, Any] = {
        "title": "CISA ADP Vulnrichment",
        "metrics": [{"other": {"type": "ssvc", "content": {"options": options}}}],
    }
    cna = {
        "metrics": [{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": 9.8}}]
    }
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2024-1", "state": "PUBLISHED"},
        "containers": {"cna": cna, "adp": [adp]},
    }
    found = only("cve5", "CVE-2024-1.json", record)
    assert dict(found.ssvc)["Exploitation"] == "active" and found.severities[0].score == 9.8
    assert found.exploited is None
    adp["metrics"].append({"other": {"type": "kev", "content": {"dateAdded": "2024-03-30", "reference": "https://x"}}})
    assert only("cve5", "CVE-2024-1.json", record).exploited == Exploited("2024-03-30")


def test_kev_epss_and_end_of_life() -> None:
    kev = {
        "catalogVersion": "1",
        "vulnerabilities": [{"cveID": "CVE-1-1", "dateAdded": "2026-01-01", "knownRansomwareCampaignUse": "Known"}, {}],
    }
    good, bad = read("kev", "k.json", kev)
    assert isinstance(good, Enrichment) and good.exploited is not None and good.exploited.ransomware
    assert isinstance(bad, Skipped)
    scores = b"#model_version:v1,score_date:2026-11-22T00:00:00+0000\ncve,epss,percentile\n"
    scores += b"CVE-1-1,0.5,0.9\nbroken,x,y\nCVE-1-2,7,0\n"
    first, *others = read("epss", "e.csv", scores)
    assert isinstance(first, Enrichment) and first.likelihood is not None and first.likelihood.day == "2026-11-22"
    assert [type(item) for item in others] == [Skipped, Skipped]
    cycle = {"cycle": "12", "codename": "Bookworm", "releaseDate": "2023-06-10", "eol": "2028-06-30", "support": True}
    found = only("endoflife", "debian.json", [cycle])
    assert found == Release("debian", "12", "2023-06-10", "true", "2028-06-30", "", "Bookworm")


def test_arch_and_photon() -> None:
    group = {
        "name": "AVG-1",
        "packages": ["curl"],
        "status": "Fixed",
        "severity": "Medium",
        "affected": "8-1",
        "fixed": "8.9-1",
        "issues": ["CVE-1"],
    }
    found = only("arch", "all.json", [group])
    assert found.upstream == ("CVE-1",) and claims(found) == [("Arch Linux", "curl", "< 8.9-1", FixState.FIXED)]
    row = {"cve_id": "CVE-1", "pkg": "openssl", "cve_score": 7.4, "aff_ver": "…", "res_ver": "3.0.8-1.ph4"}
    found = only("photon", "cve_data_photon4.0.json", [row])
    assert claims(found) == [("Photon OS:4.0", "openssl", "< 3.0.8-1.ph4", FixState.FIXED)]


def test_ghsa_of_the_api() -> None:
    item = {
        "ghsa_id": "GHSA-1",
        "cve_id": "CVE-1",
        "severity": "high",
        "vulnerabilities": [
            {
                "package": {"ecosystem": "pip", "name": "django"},
                "vulnerable_version_range": ">= 3.2, < 3.2.25",
                "first_patched_version": "3.2.25",
            }
        ],
    }
    found = only("ghsa", "ghsa.json", [item])
    assert found.affected[0].requirements == (">= 3.2, < 3.2.25",) and found.aliases == ("CVE-1",)


def test_yaml_sources() -> None:
    gem = "gem: rack\ncve: 2020-1\nghsa: aaaa\ndate: 2020-05-12\ncvss_v3: 8.6\npatched_versions: ['>= 2.2.0']\n"
    found = only("rubysec", "gems/rack/CVE-2020-1.yml", gem)
    assert found.affected[0].patched == (">= 2.2.0",) and found.severities[0].score == 8.6
    php = "title: T\nlink: https://x.example\ncve: CVE-1\nreference: composer://a/b\n"
    php += "branches:\n  1.x:\n    time: 2023-02-01 08:00:00\n"
    php += "    versions: ['>=1.0', '<1.4']\n"
    found = only("friendsofphp", "a/b/CVE-1.yaml", php)
    assert found.affected[0].requirements == (">=1.0,<1.4",)
    pysec = "id: PYSEC-1\naffected:\n- package: {ecosystem: PyPI, name: a}\n  ranges:\n  - type: ECOSYSTEM\n"
    pysec += "    events:\n    - introduced: '0'\n    - fixed: '2'\n"
    assert claims(only("pypa", "vulns/a/PYSEC-1.yaml", pysec)) == [("PyPI", "a", ">= 0, < 2", FixState.FIXED)]


def test_retire_and_malicious_packages() -> None:
    library = {
        "jquery": {
            "npmname": "jquery",
            "vulnerabilities": [
                {"below": "3.5.0", "severity": "medium", "identifiers": {"CVE": ["CVE-1"]}, "info": []}
            ],
        }
    }
    assert claims(only("retirejs", "jsrepository.json", library)) == [("npm", "jquery", "< 3.5.0", FixState.FIXED)]
    never = osv("RETIREJS:x:0:n", "npm", "x", ("introduced", "1.0"), ("fixed", "99.999.99999"))
    found = only("retirejs", "npm-retirejs.osv.jsonl", json.dumps(never).encode())
    assert claims(found) == [("npm", "x", ">= 1.0", FixState.NOT_FIXED)], "a version that nobody will release is no fix"
    assert isinstance(found, Advisory) and found.affected[0].fixed == ()
    evil = {
        "id": "MAL-2026-1",
        "affected": [
            {
                "package": {"ecosystem": "npm", "name": "evil"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            }
        ],
    }
    assert only("malicious-packages", "MAL-2026-1.json", evil).kind is Kind.MALICIOUS


def test_a_file_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"X-{n}", "affected": []}) for n in range(10)]
    found = read("osv", "x.jsonl", "\n".join(lines)[:-5])
    assert [type(item) for item in found] == [Advisory] * 9 + [Skipped]
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode())[:-20])
    with pytest.raises(AssayError, match="damaged"):
        list(documents(tmp_path / "x.jsonl.gz"))


@pytest.mark.parametrize("name", sorted(FEEDS))
@given(
    content=st.binary(max_size=200)
    | st.sampled_from([b"{}", b"[]", b"[1]", b'{"id": 1}', b'{"affected": {}}', b"null"])
)
def test_any_bytes_make_skips_or_our_errors(name: str, content: bytes) -> None:
    for suffix in ("json", "yaml", "xml", "csv"):
        try:
            list(reader(FEEDS[name])(Document(f"gems/x/CVE-1.{suffix}", content), name))
        except AssayError:
            continue


def test_wrong_types_anywhere_never_crash() -> None:
    record = {
        "id": "X-1",
        "aliases": ["A"],
        "severity": [{"type": "CVSS_V3", "score": "x/y"}],
        "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-1"]},
        "references": [{"type": "WEB", "url": "u"}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "a"},
                "ranges": [{"type": "ECOSYSTEM", "repo": "r", "events": [{"introduced": "0"}, {"fixed": "1"}]}],
                "versions": ["1"],
                "database_specific": {"patched_versions": ["1"], "vulnerable_versions": "<1", "categories": ["x"]},
                "ecosystem_specific": {
                    "imports": [{"path": "p", "symbols": ["s"]}],
                    "affects": {"functions": {"f": []}},
                },
            }
        ],
    }
    for item in mutations(record):
        found = read("osv", "x.json", item)
        assert len(found) == 1
