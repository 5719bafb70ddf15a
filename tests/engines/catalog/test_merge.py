"""Who made a component reaches the documents, from every ecosystem whose files say it; nothing is invented."""

from __future__ import annotations

import json
from pathlib import Path

from assay.app import SbomRequest, sbom
from assay.report import formats

FILES = {
    "node_modules/a/package.json": '{"name": "a", "version": "1", "author": "Ann <ann@acme.example>"}',
    "node_modules/m/package.json": '{"name": "m", "version": "1", "maintainers": [{"name": "Moe"}]}',
    "lib/python3.12/site-packages/p-1.dist-info/METADATA": "Name: p\nVersion: 1\nAuthor: Pat\nMaintainer: Max\n",
    "lib/ruby/gems/3.3.0/specifications/g-1.gemspec": (
        'Gem::Specification.new do |s|\n  s.name = "g".freeze\n  s.version = "1".freeze\n'
        '  s.authors = ["Gil".freeze, "Gus".freeze]\nend\n'
    ),
    "vendor/composer/installed.json": (
        '{"packages": [{"name": "v/c", "version": "1.0", "authors": [{"name": "Cleo", "email": "c@c.example"}]}]}'
    ),
    "rust/Cargo.toml": '[package]\nname = "k"\nversion = "1.0.0"\nauthors = ["Kim"]\n',
    "rust/Cargo.lock": 'version = 3\n[[package]]\nname = "r"\nversion = "1.0.0"\n',
}
EXPECTED = {
    "a": ("Ann <ann@acme.example>", "Ann <ann@acme.example>"),
    "m": ("Moe", ""),
    "p": ("Max", "Pat"),
    "g": ("Gil, Gus", "Gil, Gus"),
    "c": ("Cleo", "Cleo"),
    "k": ("Kim", "Kim"),
    "r": ("", ""),
}


def test_people_reach_the_documents(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = sbom(SbomRequest(str(tmp_path)))
    assert {item.name: (item.supplier, item.author) for item in found.components} == EXPECTED
    cyclonedx = json.loads(formats.write(found, "cyclonedx-json", "1.7"))["components"]
    shown = {
        item["name"]: (item.get("supplier", {}).get("name", ""), item.get("authors", [{"name": ""}])[0]["name"])
        for item in cyclonedx
    }
    assert shown == EXPECTED
    packages = json.loads(formats.write(found, "spdx-json", "2.3"))["packages"]
    spdx = {item["name"]: (item["supplier"], item.get("originator", "")) for item in packages}
    assert spdx["g"] == ("Organization: Gil, Gus", "Person: Gil, Gus")
    assert spdx["r"] == ("NOASSERTION", "")
