"""PolicyException (kyverno.io v2, v2beta1, v2alpha1): objects that some rules are not asked of.

Example: ``spec: {exceptions: [{policyName: limits, ruleNames: [memory]}], match: {any: [{resources: {...}}]}}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, texts
from assay.engines.policy.kyverno import clauses, filters, pod_security
from assay.engines.policy.kyverno.answers import Asked
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.filter_fields import check
from assay.engines.policy.kyverno.pod_security import Exclusion
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

GROUP = "kyverno.io"
VERSIONS = ("v2", "v2beta1", "v2alpha1")
_FIELDS = ("background", "match", "conditions", "exceptions", "podSecurity")


@dataclass(frozen=True, slots=True)
class Exempted:
    """An exception as it applies to one policy."""

    name: str
    rules: tuple[str, ...]
    match: Mapping[str, Any]
    conditions: Clauses
    controls: tuple[Exclusion, ...]

    def covers(self, asked: Asked) -> bool:
        """Whether the rule is not asked of the object; raises `AssayError` where a condition cannot be told."""
        if not wildcards.any_match(list(self.rules), asked.rule):
            return False
        if not filters.takes(self.match, None, asked.request, asked.world):
            return False
        return clauses.holds(self.conditions, asked.scope)


def is_exception(item: Object) -> bool:
    """Whether `item` is one of them."""
    kind = GroupVersionKind.of(item)
    return (kind.group, kind.kind) == (GROUP, "PolicyException")


def load(manifests: Iterable[Manifest], name: str) -> tuple[Exempted, ...]:
    """The exceptions to the policy `name` (of a Policy ``NAMESPACE/NAME``); raises `Malformed`."""
    return tuple(found for manifest in manifests if is_exception(manifest.object) for found in _load(manifest, name))


def _load(manifest: Manifest, policy: str) -> list[Exempted]:
    item, place = manifest.object, manifest.place
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    spec, where = mapping(item, "spec", place), f"{place}: spec"
    only(spec, _FIELDS, where)
    flag(spec, "background", where, default=True)
    match = check(spec, "match", where)
    conditions = clauses.load(spec.get("conditions"), f"{where}.conditions")
    controls = pod_security.exclusions(spec, "podSecurity", where)
    own = str(mapping(item, "metadata", place).get("name") or "")
    found = []
    for entry, at in objects(spec, "exceptions", where):
        only(entry, ("policyName", "ruleNames"), at)
        if text(entry, "policyName", at) == policy:
            found.append(Exempted(own, texts(entry, "ruleNames", at), match, conditions, controls))
    return found
