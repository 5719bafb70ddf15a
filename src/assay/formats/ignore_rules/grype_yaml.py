"""``.grype.yaml``: its ``ignore`` rules.

::

    ignore:
      - vulnerability: CVE-2008-4318
        fix-state: not-fixed
        package: {name: libcurl, version: 1.5.1, type: npm, location: "/usr/local/lib/node_modules/**"}
        reason: not reachable
"""

from __future__ import annotations

from assay.formats import yaml
from assay.formats.json import as_list, as_object, as_text
from assay.model.advisory import FixState
from assay.model.ignore_rule import IgnoreRule

_STATES = {
    "fixed": FixState.FIXED,
    "not-fixed": FixState.NOT_FIXED,
    "wont-fix": FixState.WONT_FIX,
    "unknown": FixState.UNKNOWN,
}
_TYPES = {
    "python": "pypi",
    "npm": "npm",
    "go-module": "golang",
    "java-archive": "maven",
    "rust-crate": "cargo",
    "deb": "deb",
    "rpm": "rpm",
    "apk": "apk",
    "php-composer": "composer",
    "dotnet": "nuget",
    "gem": "gem",
}
_KNOWN = frozenset(("name", "version", "type", "location"))
"""Conditions on packages; a rule with another one (``language``) would hide more than it says."""


def read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules; a rule on VEX status is left to VEX, a condition that is not understood is told."""
    rules, problems = [], []
    for number, item in enumerate(as_list(as_object(yaml.load(data)).get("ignore")), 1):
        said, place = as_object(item), f"{origin}: ignore {number}"
        package = as_object(said.get("package"))
        strange = sorted({"vex-status", "vex-justification", "namespace", "match-type"} & set(said))
        strange += sorted(key for key, value in package.items() if value and key not in _KNOWN)
        if strange:
            problems.append(f"{place}: {', '.join(strange)} is not supported, the rule is left out")
            continue
        name, version = as_text(package.get("name")), as_text(package.get("version"))
        state = _STATES.get(as_text(said.get("fix-state")))
        kind, location = as_text(package.get("type")), as_text(package.get("location"))
        rule = IgnoreRule(
            ids=(as_text(said["vulnerability"]),) if said.get("vulnerability") else (),
            packages=(f"{name or '*'}@{version}" if version else name,) if name or version else (),
            paths=(location.lstrip("/"),) if location else (),
            states=(state,) if state is not None else (),
            ecosystems=(_TYPES.get(kind, kind),) if kind else (),
            reason=as_text(said.get("reason")),
            origin=place,
        )
        if rule.ids or rule.packages or rule.paths or rule.states or rule.ecosystems:
            rules.append(rule)
    return rules, problems
