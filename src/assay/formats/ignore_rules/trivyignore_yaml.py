"""``.trivyignore.yaml``.

::

    vulnerabilities:
      - id: CVE-2022-40897
        paths: ["usr/local/lib/**/METADATA"]
        purls: ["pkg:pypi/setuptools"]
        expired_at: 2026-01-01
        statement: accepted
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import yaml
from assay.formats.ignore_rules.assay_toml import day
from assay.formats.json import as_list, as_object, as_text
from assay.model.ignore_rule import IgnoreRule


def read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules about vulnerabilities; those about misconfigurations, secrets and licences concern others."""
    rules, problems = [], []
    for number, item in enumerate(as_list(as_object(yaml.load(data)).get("vulnerabilities")), 1):
        said, place = as_object(item), f"{origin}: vulnerabilities {number}"
        name = as_text(said.get("id"))
        if not name:
            problems.append(f"{place}: it names no id")
            continue
        try:
            ends = day(said.get("expired_at"))
        except Malformed as error:
            problems.append(f"{place}: {error.what}")
            continue
        purls = tuple(map(as_text, as_list(said.get("purls"))))
        paths = tuple(map(as_text, as_list(said.get("paths"))))
        rules.append(
            IgnoreRule((name,), purls, paths, reason=as_text(said.get("statement")), expires=ends, origin=place)
        )
    return rules, problems
