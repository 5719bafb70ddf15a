"""Ignore files, ours and those of peers; the first byte picks the form."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats.ignore_rules import assay_toml, grype_yaml, osv_scanner_toml, trivyignore, trivyignore_yaml

_READERS = (assay_toml.read, grype_yaml.read, osv_scanner_toml.read, trivyignore.read, trivyignore_yaml.read)
SEEDS: list[bytes] = [
    b'\x00[[ignore]]\nid = "CVE-2024-1"\nreason = "x"\nexpires = 2026-12-31\npackage = "pkg:pypi/a"\n',
    b"\x01ignore:\n  - vulnerability: CVE-2024-1\n    fix-state: unknown\n    package: {name: a, type: python}\n",
    b'\x02[[IgnoredVulns]]\nid = "GHSA-1"\nignoreUntil = 2026-11-09\nreason = "x"\n',
    b"\x03# x\nCVE-2024-1 exp:2026-01-01\nGHSA-1\n",
    b"\x04vulnerabilities:\n  - id: CVE-2024-1\n    paths: ['a/**']\n    expired_at: 2026-01-01\n    statement: x\n",
]


def run(data: bytes) -> None:
    if not data:
        return
    try:
        rules, problems = _READERS[data[0] % len(_READERS)](data[1:], "x")
    except AssayError:
        return
    assert all(isinstance(item, str) and item for item in problems)
    assert all(rule.origin for rule in rules)
