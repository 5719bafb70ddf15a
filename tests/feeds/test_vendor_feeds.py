"""Feeds of vendors whose data is not at hand: documents in the publishers' own form, through to findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisory_data import TODAY, purls
from assay.adapters.advisories import AdvisoryStore
from assay.adapters.advisories.importer import Batch
from assay.adapters.advisories.writer import writing
from assay.engines.match import Options, match
from assay.errors import AssayError
from assay.feeds.recognise import recognise
from assay.formats import csaf_records, oval
from assay.model.advisory import Advisory, FixState, Level
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval
from mutations import mutations

_VEX = "https://www.redhat.com"


def product(name: str, category: str = "product_version", **helper: str) -> dict[str, Any]:
    item = {"name": name, "product_id": name, "product_identification_helper": helper}
    return {"category": category, "name": name, "product": item}


def part(inner: str, outer: str) -> dict[str, Any]:
    whole = {"name": f"{inner} as a component of {outer}", "product_id": f"{outer}:{inner}"}
    return {
        "category": "default_component_of",
        "product_reference": inner,
        "relates_to_product_reference": outer,
        "full_product_name": whole,
    }


def csaf(branches: list[Any], relations: list[Any], status: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {"name": "x", "namespace": more.pop("namespace", _VEX)},
            "title": "a flaw",
            "tracking": {
                "id": more.pop("id", "CVE-2024-0001"),
                "initial_release_date": "2024-01-01T00:00:00Z",
                "current_release_date": "2024-02-01T00:00:00Z",
            },
        },
        "product_tree": {
            "branches": [{"category": "vendor", "name": "x", "branches": branches}],
            "relationships": relations,
        },
        "vulnerabilities": [{"cve": "CVE-2024-0001", "product_status": status, **more}],
    }


RED_HAT = csaf(
    [
        product("AppStream-8.9.0.Z.MAIN", "product_name", cpe="cpe:/a:redhat:enterprise_linux:8::appstream"),
        product("AppStream-8.6.0.Z.EUS", "product_name", cpe="cpe:/a:redhat:rhel_eus:8.6::appstream"),
        product("red_hat_enterprise_linux_9", "product_name", cpe="cpe:/o:redhat:enterprise_linux:9"),
        product("openssl-1:1.1.1k-12.el8.x86_64", purl="pkg:rpm/redhat/openssl@1.1.1k-12.el8?arch=x86_64&epoch=1"),
        product("openssl-1:1.1.1k-12.el8.src", purl="pkg:rpm/redhat/openssl@1.1.1k-12.el8?arch=src&epoch=1"),
        product("openssl-1:1.1.1k-9.el8_6.x86_64", purl="pkg:rpm/redhat/openssl@1.1.1k-9.el8_6?arch=x86_64&epoch=1"),
        product("openssl", purl="pkg:rpm/redhat/openssl"),
        product("compat-openssl11", purl="pkg:rpm/redhat/compat-openssl11"),
        product(
            "npm-1:8.0-1.module+el8+1.x86_64",
            purl="pkg:rpm/redhat/npm@8.0-1.module%2Bel8%2B1?arch=x86_64&epoch=1&rpmmod=nodejs:16:8090:abc",
        ),
    ],
    [
        part("openssl-1:1.1.1k-12.el8.x86_64", "AppStream-8.9.0.Z.MAIN"),
        part("openssl-1:1.1.1k-12.el8.src", "AppStream-8.9.0.Z.MAIN"),
        part("openssl-1:1.1.1k-9.el8_6.x86_64", "AppStream-8.6.0.Z.EUS"),
        part("npm-1:8.0-1.module+el8+1.x86_64", "AppStream-8.9.0.Z.MAIN"),
        part("openssl", "red_hat_enterprise_linux_9"),
        part("compat-openssl11", "red_hat_enterprise_linux_9"),
    ],
    {
        "fixed": [
            "AppStream-8.9.0.Z.MAIN:openssl-1:1.1.1k-12.el8.x86_64",
            "AppStream-8.9.0.Z.MAIN:openssl-1:1.1.1k-12.el8.src",
            "AppStream-8.6.0.Z.EUS:openssl-1:1.1.1k-9.el8_6.x86_64",
            "AppStream-8.9.0.Z.MAIN:npm-1:8.0-1.module+el8+1.x86_64",
        ],
        "known_affected": ["red_hat_enterprise_linux_9:compat-openssl11"],
        "known_not_affected": ["red_hat_enterprise_linux_9:openssl"],
    },
    scores=[{"cvss_v3": {"baseScore": 7.5, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}],
    threats=[{"category": "impact", "details": "Important"}],
    cwe={"id": "CWE-400"},
    remediations=[
        {
            "category": "no_fix_planned",
            "details": "Will not fix",
            "product_ids": ["red_hat_enterprise_linux_9:compat-openssl11"],
        }
    ],
)


def records(value: Any, source: str = "redhat") -> list[Any]:
    return list(csaf_records.read(Document("cve.json", json.dumps(value).encode()), source))


def test_red_hat_vex() -> None:
    (found,) = records(RED_HAT)
    assert isinstance(found, Advisory)
    assert (found.id, found.upstream, found.weaknesses) == ("CVE-2024-0001", (), ("CWE-400",))
    assert [(item.score, item.level) for item in found.severities] == [(7.5, Level.UNKNOWN), (-1.0, Level.HIGH)]
    by_key = {(item.ecosystem, item.name, item.channel): item for item in found.affected}
    main = by_key["Red Hat:8", "openssl", ""]
    assert (main.fixed, main.intervals) == (("1:1.1.1k-12.el8",), (Interval(high="1:1.1.1k-12.el8"),))
    assert by_key["Red Hat:8", "openssl", "eus"].fixed == ("1:1.1.1k-9.el8_6",)
    assert by_key["Red Hat:8", "npm", ""].module == "nodejs:16"
    compat = by_key["Red Hat:9", "compat-openssl11", ""]
    assert (compat.state, compat.intervals) == (FixState.WONT_FIX, (Interval(),))
    assert by_key["Red Hat:9", "openssl", ""].state is FixState.NOT_AFFECTED


def test_suse_names_rpms_without_purls() -> None:
    value = csaf(
        [
            product("SUSE Linux Enterprise Server 15 SP5", "product_name", cpe="cpe:/o:suse:sles:15:sp5"),
            product("openSUSE Leap 15.5", "product_name", cpe="cpe:/o:opensuse:leap:15.5"),
            product("libopenssl1_1-1.1.1l-150500.17.3.1.x86_64"),
            product("openssl-1_1-1.1.1l-150500.17.3.1.src"),
        ],
        [
            part("libopenssl1_1-1.1.1l-150500.17.3.1.x86_64", "SUSE Linux Enterprise Server 15 SP5"),
            part("libopenssl1_1-1.1.1l-150500.17.3.1.x86_64", "openSUSE Leap 15.5"),
            part("openssl-1_1-1.1.1l-150500.17.3.1.src", "openSUSE Leap 15.5"),
        ],
        {
            "first_fixed": [
                "SUSE Linux Enterprise Server 15 SP5:libopenssl1_1-1.1.1l-150500.17.3.1.x86_64",
                "openSUSE Leap 15.5:libopenssl1_1-1.1.1l-150500.17.3.1.x86_64",
                "openSUSE Leap 15.5:openssl-1_1-1.1.1l-150500.17.3.1.src",
            ]
        },
        namespace="https://www.suse.com/",
    )
    (found,) = records(value, "suse")
    assert [(item.ecosystem, item.name, item.fixed) for item in found.affected] == [
        ("SLES:15.5", "libopenssl1_1", ("1.1.1l-150500.17.3.1",)),
        ("openSUSE:15.5", "libopenssl1_1", ("1.1.1l-150500.17.3.1",)),
    ]


def test_packages_of_languages_and_version_ranges() -> None:
    ranged = {
        "category": "product_version_range",
        "name": "vers:pypi/>=1|<2.5",
        "product": {
            "name": "acme",
            "product_id": "acme-range",
            "product_identification_helper": {"purl": "pkg:pypi/acme"},
        },
    }
    value = csaf(
        [
            ranged,
            product("log", purl="pkg:maven/org.acme/log@2.0"),
            product("gone", purl="pkg:npm/%40acme/gone@1.0"),
            product("thing", purl="pkg:generic/thing@1"),
        ],
        [],
        {"known_affected": ["acme-range", "thing"], "fixed": ["log"], "last_affected": ["gone"]},
        id="ACME-2024-1",
        namespace="https://acme.example",
    )
    (found,) = records(value, "acme")
    assert (found.id, found.upstream) == ("ACME-2024-1:CVE-2024-0001", ("CVE-2024-0001",))
    assert [(item.ecosystem, item.name, [str(one) for one in item.intervals]) for item in found.affected] == [
        ("PyPI", "acme", [">= 1, < 2.5"]),
        ("Maven", "org.acme:log", ["< 2.0"]),
        ("npm", "@acme/gone", ["<= 1.0"]),
    ]


ORACLE = """<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
  xmlns:red="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux">
 <definitions>
  <definition id="oval:com.oracle.elsa:def:20240001" version="501" class="patch"><metadata>
    <title>ELSA-2024-0001: nodejs security update (IMPORTANT)</title>
    <affected family="unix"><platform>Oracle Linux 8</platform></affected>
    <reference source="elsa" ref_id="ELSA-2024-0001" ref_url="https://linux.oracle.example/ELSA-2024-0001.html"/>
    <reference source="CVE" ref_id="CVE-2024-0001"/><reference source="CVE" ref_id="CVE-2024-0002"/>
    <advisory><severity>IMPORTANT</severity><issued date="2024-01-05"/></advisory></metadata>
   <criteria operator="AND">
    <criterion test_ref="t:1" comment="Oracle Linux 8 is installed"/>
    <criterion test_ref="oval:com.oracle.elsa:tst:9" comment="Module nodejs:18 is enabled"/>
    <criteria operator="OR"><criteria operator="AND">
      <criterion test_ref="t:2" comment="nodejs is earlier than 1:18.19-1.module+el8"/>
      <criterion test_ref="t:3" comment="nodejs is signed with the Oracle Linux 8 key"/>
    </criteria></criteria></criteria></definition>
 </definitions>
 <tests>
  <red:rpminfo_test id="t:1"><red:object object_ref="o:1"/><red:state state_ref="s:1"/></red:rpminfo_test>
  <red:rpminfo_test id="t:2"><red:object object_ref="o:2"/><red:state state_ref="s:2"/></red:rpminfo_test>
  <red:rpminfo_test id="t:3"><red:object object_ref="o:2"/><red:state state_ref="s:3"/></red:rpminfo_test>
 </tests>
 <objects>
  <red:rpminfo_object id="o:1"><red:name>oraclelinux-release</red:name></red:rpminfo_object>
  <red:rpminfo_object id="o:2"><red:name>nodejs</red:name></red:rpminfo_object>
 </objects>
 <states>
  <red:rpminfo_state id="s:1"><red:version operation="pattern match">^8</red:version></red:rpminfo_state>
  <red:rpminfo_state id="s:2"><red:evr operation="less than">1:18.19-1.module+el8</red:evr></red:rpminfo_state>
  <red:rpminfo_state id="s:3"><red:signature_keyid>82562ea9</red:signature_keyid></red:rpminfo_state>
 </states>
</oval_definitions>"""


def test_oracle_oval() -> None:
    (found,) = oval.read(Document("com.oracle.elsa-ol8.xml", ORACLE.encode()), "oracle")
    assert isinstance(found, Advisory)
    assert (found.id, found.upstream) == ("ELSA-2024-0001", ("CVE-2024-0001", "CVE-2024-0002"))
    assert found.published == "2024-01-05" and found.severities[0].level is Level.HIGH
    (affected,) = found.affected
    assert (affected.ecosystem, affected.name, affected.module) == ("Oracle Linux:8", "nodejs", "nodejs:18")
    assert affected.fixed == ("1:18.19-1.module+el8",)


def test_suse_oval_tells_the_release_by_what_is_installed() -> None:
    text = ORACLE.replace("Oracle Linux 8 is installed", "SUSE Linux Enterprise Server 15 SP5 is installed")
    text = text.replace("<platform>Oracle Linux 8</platform>", "<platform>a</platform><platform>b</platform>")
    (found,) = oval.read(Document("suse.xml", text.replace("Module nodejs:18 is enabled", "").encode()), "suse")
    assert isinstance(found, Advisory)
    assert [item.ecosystem for item in found.affected] == ["SLES:15.5"]


AMAZON = """<?xml version="1.0" ?><updates>
<update author="linux-security@amazon.example" from="x" status="final" type="security" version="1.4">
 <id>ALAS2-2024-2501</id><title>Amazon Linux 2: important priority package update for kernel</title>
 <issued date="2024-03-27 21:12"/><updated date="2024-04-01 10:00"/><severity>important</severity>
 <references><reference href="https://alas.example/CVE-2024-1086.html" id="CVE-2024-1086" type="cve"/></references>
 <pkglist><collection short="amazon-linux-2"><name>Amazon Linux 2</name>
  <package arch="x86_64" epoch="0" name="kernel" release="257.562.amzn2" version="4.14.336"/>
  <package arch="src" epoch="0" name="kernel" release="257.562.amzn2" version="4.14.336"/>
 </collection></pkglist></update>
<update type="security"><id>ALAS2-EMPTY</id></update></updates>"""


def imported(folder: Path, *documents: Document) -> AdvisoryStore:
    batch = Batch(TODAY)
    for document in documents:
        batch.read(document)
    with writing(folder) as writer:
        batch.finish(writer)
        writer.commit("2026-11-22T00:00:00Z")
    return AdvisoryStore.open(folder)


def test_all_are_recognised_and_found_by_a_scan(tmp_path: Path) -> None:
    documents = [
        Document("vex/2024/cve-2024-0001.json", json.dumps(RED_HAT).encode()),
        Document("a.xml", ORACLE.encode()),
        Document("b.xml", AMAZON.encode()),
    ]
    feeds = [recognise(item.name, item.content) for item in documents]
    assert [feed and feed.name for feed in feeds] == ["redhat", "oracle", "amazon"]
    other = json.dumps(RED_HAT).replace(_VEX, "https://acme.example").encode()
    named = recognise("x.json", other)
    assert named is not None and named.name == "csaf"
    with imported(tmp_path, *documents) as data:
        sbom = purls(
            "pkg:rpm/redhat/openssl@1.1.1k-10.el8?epoch=1&distro=rhel-8.9",
            "pkg:rpm/redhat/openssl@1.1.1k-13.el8?epoch=1&distro=rhel-8.9",
            "pkg:rpm/redhat/openssl@1.1.1k-9.el8_6?epoch=1&distro=rhel-8.6",
            "pkg:rpm/redhat/openssl@1.1.1k-8.el8_6?epoch=1&distro=rhel-8.6",
            "pkg:rpm/redhat/compat-openssl11@1.1.1k-4.el9?epoch=1&distro=rhel-9.3",
            "pkg:rpm/redhat/openssl@3.0.7-24.el9?epoch=1&distro=rhel-9.3",
            "pkg:rpm/amzn/kernel@4.14.330-250.amzn2?distro=amzn-2",
            "pkg:rpm/ol/nodejs@18.18-1.module%2Bel8?epoch=1&distro=ol-8.9",
        )
        found = {
            (item.component.name, item.component.version, item.vulnerability.id)
            for item in match(sbom, data, Options(TODAY)).findings
        }
    assert found == {
        ("openssl", "1.1.1k-10.el8", "CVE-2024-0001"),
        ("openssl", "1.1.1k-8.el8_6", "CVE-2024-0001"),
        ("compat-openssl11", "1.1.1k-4.el9", "CVE-2024-0001"),
        ("kernel", "4.14.330-250.amzn2", "CVE-2024-1086"),
        ("nodejs", "18.18-1.module+el8", "CVE-2024-0001"),
        ("nodejs", "18.18-1.module+el8", "CVE-2024-0002"),
    }


def test_an_update_without_packages_is_told() -> None:
    feed = recognise("updateinfo.xml", AMAZON.encode())
    assert feed is not None
    from assay.adapters.advisories.importer import reader

    found = list(reader(feed)(Document("updateinfo.xml", AMAZON.encode()), "amazon"))
    assert [type(item) for item in found] == [Advisory, Skipped]


def test_wrong_types_anywhere_in_csaf() -> None:
    for value in mutations(RED_HAT):
        try:
            list(csaf_records.read(Document("x.json", json.dumps(value).encode()), "redhat"))
        except AssayError:
            continue


@pytest.mark.parametrize("part", [0.01, 0.1, 0.4, 0.7, 0.99])
def test_oval_that_was_cut_off(part: float) -> None:
    with pytest.raises(AssayError, match="not XML"):
        list(oval.read(Document("x.xml", ORACLE.encode()[: int(len(ORACLE) * part)]), "oracle"))
