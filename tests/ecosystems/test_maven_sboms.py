"""SBOMs in Java archives: read with the archives that they list, each package being one component."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import partial
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.ecosystems.maven import archive, embedded
from assay.engines.catalog import catalog
from assay.formats.spdx import documents
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File
from assay.model.purl import Purl
from assay.model.sbom import Sbom

PLACE = "META-INF/sbom/application.cdx.json"
SHOP, WEB, CORE = "pkg:maven/org.sample/shop@1", "pkg:maven/org.sample/web@2", "pkg:maven/org.sample/core@3"


def jar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, data in members.items():
            target.writestr(name, data)
    return buffer.getvalue()


def named(name: str, version: str, **more: bytes) -> bytes:
    properties = f"groupId=org.sample\nartifactId={name}\nversion={version}\n".encode()
    return jar({f"META-INF/maven/org.sample/{name}/pom.properties": properties, **more})


def listed(name: str, version: str, *, qualifiers: str = "?type=jar", sha1: bytes | None = None) -> dict[str, object]:
    purl = f"pkg:maven/org.sample/{name}@{version}{qualifiers}"
    found: dict[str, object] = {
        "type": "library",
        "bom-ref": purl,
        "group": "org.sample",
        "name": name,
        "version": version,
        "purl": purl,
    }
    if sha1 is None:
        return found
    digest = hashlib.sha1(sha1, usedforsecurity=False).hexdigest()
    return found | {"hashes": [{"alg": "SHA-1", "content": digest}]}


def document(*components: dict[str, object], edges: dict[str, list[str]] | None = None, phase: str = "build") -> bytes:
    """As the plugin of CycloneDX for Maven writes it."""
    root = listed("shop", "1")
    refs = {str(item["name"]): str(item["bom-ref"]) for item in (root, *components)}
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "metadata": {"lifecycles": [{"phase": phase}], "component": root},
            "components": components,
            "dependencies": [
                {"ref": refs[one], "dependsOn": [refs[other] for other in others]}
                for one, others in (edges or {}).items()
            ],
        }
    ).encode()


def scan(folder: Path, name: str, data: bytes) -> Sbom:
    (folder / name).write_bytes(data)
    return catalog(Directory(str(folder)), discover())


def test_what_is_nested_and_listed_is_one_component(tmp_path: Path) -> None:
    """Its purl says that it is a jar in the document, and does not in the archive."""
    bom = document(listed("web", "2"), listed("core", "3"), listed("starter", "4"), edges={"shop": ["starter"]})
    found = scan(
        tmp_path,
        "shop-1.jar",
        named(
            "shop",
            "1",
            **{PLACE: bom, "BOOT-INF/lib/web-2.jar": named("web", "2"), "lib/core-3.jar": named("core", "3")},
        ),
    )
    places = {item.id: [place.path for place in item.occurrences] for item in found.components}
    document_place = f"shop-1.jar!/{PLACE}"
    assert places == {
        SHOP: ["shop-1.jar"],
        WEB: ["shop-1.jar!/BOOT-INF/lib/web-2.jar", document_place],
        CORE: [document_place, "shop-1.jar!/lib/core-3.jar"],
        "pkg:maven/org.sample/starter@4": [document_place],
    }
    assert {item.presence for item in found.components} == {Presence.INSTALLED}
    assert not found.skipped


def test_the_edges_of_the_document_count(tmp_path: Path) -> None:
    """An archive that another needs hangs on that one only."""
    bom = document(listed("web", "2"), listed("core", "3"), edges={"shop": ["web"], "web": ["core"]})
    inner = {"BOOT-INF/lib/web-2.jar": named("web", "2"), "BOOT-INF/lib/core-3.jar": named("core", "3")}
    found = scan(tmp_path, "shop-1.jar", named("shop", "1", **{PLACE: bom}, **inner))
    assert found.dependencies[SHOP] == (WEB,)
    assert found.dependencies[WEB] == (CORE,)


def test_an_archive_of_the_same_hash_gets_its_name_from_the_document(tmp_path: Path) -> None:
    nameless = jar({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "a/A.class": b"x"})
    bom = document(listed("core", "3", sha1=nameless), listed("web", "2"), edges={"web": ["core"]})
    inner = {"BOOT-INF/lib/renamed-3.jar": nameless, "BOOT-INF/lib/web-2.jar": named("web", "2")}
    found = scan(tmp_path, "shop-1.jar", named("shop", "1", **{PLACE: bom}, **inner))
    by_id = {item.id: item for item in found.components}
    assert set(by_id) == {SHOP, WEB, CORE}
    assert (by_id[CORE].namespace, by_id[CORE].name) == ("org.sample", "core")
    assert "shop-1.jar!/BOOT-INF/lib/renamed-3.jar" in [place.path for place in by_id[CORE].occurrences]
    assert found.dependencies[WEB] == (CORE,)


def test_a_classifier_of_the_document_makes_no_second_component(tmp_path: Path) -> None:
    bom = document(listed("core", "3", qualifiers="?classifier=linux&type=jar"), edges={"shop": ["core"]})
    inner = {"BOOT-INF/lib/core-3-linux.jar": named("core", "3")}
    found = scan(tmp_path, "shop-1.jar", named("shop", "1", **{PLACE: bom}, **inner))
    assert {item.id for item in found.components} == {SHOP, CORE}
    assert found.dependencies[SHOP] == (CORE,)


def test_an_archive_without_a_group_is_what_its_document_is_about(tmp_path: Path) -> None:
    """As those of Gradle, which packs no pom.properties; one called otherwise stays what it is."""
    bom = document(listed("web", "2"), edges={"shop": ["web"]})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "till-1.jar").write_bytes(jar({PLACE: bom}))
    found = scan(tmp_path, "shop-1.jar", jar({PLACE: bom}))
    assert {item.id for item in found.components} == {SHOP, WEB, "pkg:generic/till@1"}
    assert found.dependencies[SHOP] == found.dependencies["pkg:generic/till@1"] == (WEB,)


def test_documents_of_archives_inside_belong_to_them(tmp_path: Path) -> None:
    bom = document(listed("core", "3"), edges={"shop": ["core"]})
    found = scan(tmp_path, "all-9.ear", named("all", "9", **{"shop-1.war": named("shop", "1", **{PLACE: bom})}))
    assert found.dependencies["pkg:maven/org.sample/all@9"] == (SHOP,)
    assert found.dependencies[SHOP] == (CORE,)


def test_a_plan_only_declares(tmp_path: Path) -> None:
    found = scan(tmp_path, "shop-1.jar", named("shop", "1", **{PLACE: document(listed("core", "3"), phase="design")}))
    assert {item.id: item.presence for item in found.components} == {
        SHOP: Presence.INSTALLED,
        CORE: Presence.DECLARED,
    }


def test_documents_of_other_formats_and_names_are_read(tmp_path: Path) -> None:
    core = Component("core", "3", namespace="org.sample", purl=Purl("maven", "core", "3", namespace="org.sample"))
    subject = Component("shop", "1", ComponentType.APPLICATION)
    written = documents.write_json(Sbom(subject, (core,)), "2.3")
    found = scan(tmp_path, "shop-1.jar", named("shop", "1", **{"META-INF/sbom/deep/shop.spdx.json": written}))
    assert found.dependencies[SHOP] == (CORE,)


def test_what_is_no_document_is_told_and_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_MAX_DOCUMENTS", 3)
    members = {f"META-INF/sbom/{name}.json": b'{"a": 1}' for name in "ab"}
    members |= {
        "META-INF/sbom/c.cdx.json": b'{"bomFormat": "CycloneDX", "components": 3',
        "META-INF/sbom/LICENSE": b"x",
    }
    members |= {"META-INF/sbom/d.cdx.json": document(listed("core", "3")), "META-INF/sbom/e.json": b"{}"}
    found = archive.parse(File("shop-1.jar", named("shop", "1", **members)))
    assert [item.id for item in found.components] == [SHOP]
    assert [item.path.rpartition("/")[2] for item in found.skipped] == ["a.json", "b.json", "c.cdx.json", "d.cdx.json"]
    assert found.skipped[0].reason == "an embedded SBOM of no known format"
    assert found.skipped[3].reason == "more than 3 SBOMs in an archive"


def test_documents_that_are_too_large_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MAX_DOCUMENT", 100)
    found = archive.parse(File("shop-1.jar", named("shop", "1", **{PLACE: document(listed("core", "3"))})))
    assert [item.id for item in found.components] == [SHOP]
    assert [item.path for item in found.skipped] == [f"shop-1.jar!/{PLACE}"]


def test_what_all_documents_hold_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of nested archives, too, which are small while they are packed."""
    bom = document(listed("web", "2")) + b" " * 10_000
    inner = {f"lib/part{number}-1.jar": named(f"part{number}", "1", **{PLACE: bom}) for number in range(3)}
    whole = named("shop", "1", **inner)
    monkeypatch.setattr(
        archive, "_Budget", partial(archive._Budget, bytes=2 * len(bom) + sum(map(len, inner.values())))
    )
    found = scan(tmp_path, "shop-1.jar", whole)
    assert [item.path for item in found.skipped] == [f"shop-1.jar!/lib/part2-1.jar!/{PLACE}"]
