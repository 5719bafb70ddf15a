"""Every advisory source: the first byte picks it, the second the suffix of the file.

A file makes records and skips that name their place, or one of our errors; what was read can be written to a shard and
is found again by its ids.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.importer import reader
from assay.errors import AssayError
from assay.feeds import discover
from assay.feeds.recognise import recognise
from assay.model.advisory import Advisory
from assay.model.feed import Document
from assay.model.sbom import Skipped

_FEEDS = discover()
_SUFFIXES = ("json", "jsonl", "yaml", "xml", "csv")
_EVERY = 199

_OSV = {
    "id": "X-1",
    "aliases": ["CVE-2024-1"],
    "modified": "2024-01-01T00:00:00Z",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "a"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]}],
            "versions": ["0.1"],
        }
    ],
}
_CSAF = {
    "document": {"csaf_version": "2.0", "tracking": {"id": "CVE-2024-1"}},
    "product_tree": {
        "branches": [
            {
                "category": "product_version_range",
                "name": "vers:pypi/<2",
                "product": {"product_id": "p", "product_identification_helper": {"purl": "pkg:pypi/a@1"}},
            }
        ]
    },
    "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {"known_affected": ["p"], "fixed": ["p"]}}],
}
_TEXTS = [
    json.dumps(_OSV).encode(),
    json.dumps(_CSAF).encode(),
    b'{"vulnerabilities": [{"cve": {"id": "CVE-1", "configurations": [{"nodes": [{"cpeMatch": [{"vulnerable": true, '
    b'"criteria": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*", "versionEndExcluding": "2"}]}]}]}}]}',
    b'{"openssl": {"CVE-1": {"releases": {"bookworm": {"status": "open", "fixed_version": "1"}}}}}',
    b'{"distroversion": "v3.20", "reponame": "main", '
    b'"packages": [{"pkg": {"name": "a", "secfixes": {"1-r0": ["CVE-1"]}}}]}',
    b"<updates><update><id>ALAS-1</id><pkglist><collection><name>Amazon Linux 2</name><package name='a' version='1' "
    b"release='1'/></collection></pkglist></update></updates>",
    b"<oval_definitions><definitions><definition id='d' class='patch'><metadata/><criteria><criterion test_ref='t'/>"
    b"</criteria></definition></definitions><tests><rpminfo_test id='t'/></tests></oval_definitions>",
    b"#model_version:v2026,score_date:2026-01-01\ncve,epss,percentile\nCVE-1,0.5,0.9\n",
    b"---\ngem: a\ncve: 2024-1\npatched_versions:\n- '>= 1.2'\n",
]
SEEDS: list[bytes] = [
    bytes([number, suffix]) + text
    for number in range(len(_FEEDS))
    for suffix, text in ((_suffix, _text) for _text in _TEXTS for _suffix in (0, 2, 3, 4))
    if (suffix == 3) == text.startswith(b"<")
]


def run(data: bytes) -> None:
    if len(data) < 2:
        return
    feed, suffix, content = _FEEDS[data[0] % len(_FEEDS)], _SUFFIXES[data[1] % len(_SUFFIXES)], data[2:]
    document = Document(f"gems/a/CVE-1.{suffix}", content)
    recognise(document.name, content)
    try:
        found = list(reader(feed)(document, feed.name))
    except AssayError:
        return
    assert all(item.path and item.reason for item in found if isinstance(item, Skipped))
    assert all(item.id for item in found if isinstance(item, Advisory))
    if found and hash(content) % _EVERY == 0:
        with tempfile.TemporaryDirectory() as folder:
            builder = ShardBuilder(feed.name, "2026-11-23")
            builder.extend(iter(found))
            builder.write(Path(folder, "x.sqlite"))
