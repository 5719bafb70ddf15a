"""PolicyException (policies.kyverno.io): what a policy does not ask of some objects, for some time.

Example::

    apiVersion: policies.kyverno.io/v1
    kind: PolicyException
    metadata: {name: legacy, namespace: team}
    spec:
      policyRefs: [{name: require-labels, kind: ValidatingPolicy}]
      matchConditions: [{name: one, expression: "object.metadata.name == 'legacy'"}]
      expiresAt: "2027-01-01T00:00:00Z"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.cel.libraries.times import parse_timestamp
from assay.engines.policy.cel.validations import Named, conditions, holds
from assay.engines.policy.cel.values import Value
from assay.engines.policy.kyverno_cel.context import Context
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

_FIELDS = (
    "policyRefs",
    "matchConditions",
    "images",
    "allowedValues",
    "reportResult",
    "expiresAt",
    "properties",
    "evaluationMode",
)


@dataclass(frozen=True, slots=True)
class Exempted:
    """An exception to one policy, compiled in its environment."""

    name: str
    conditions: tuple[Named, ...]
    images: tuple[str, ...]
    values: tuple[str, ...]
    passes: bool
    """Whether what it takes is reported as passed, not as skipped."""
    expires: datetime | None

    @property
    def whole(self) -> bool:
        """Whether it takes the object out altogether, and not only images or values."""
        return not self.images and not self.values


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Those that take an object: one that takes all of it, and what the others allow."""

    taken: Exempted | None = None
    images: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def value(self) -> Object:
        """The variable ``exceptions``."""
        return {"allowedImages": list(self.images), "allowedValues": list(self.values)}


def load(manifests: Iterable[Manifest], policy: Object, environment: Environment) -> tuple[Exempted, ...]:
    """The exceptions among `manifests` to `policy`; raises `Malformed` with file, line and field."""
    kind, name = GroupVersionKind.of(policy).kind, str(mapping(policy, "metadata", "").get("name"))
    return tuple(
        _load(manifest, environment)
        for manifest in manifests
        if is_exception(manifest.object) and _about(manifest, kind, name)
    )


def is_exception(item: Object) -> bool:
    """Whether `item` is one of them."""
    found = GroupVersionKind.of(item)
    return found.group == "policies.kyverno.io" and found.kind == "PolicyException"


def check(manifest: Manifest) -> None:
    """Raises `Malformed` for an exception that cannot be read, whatever policy it is about."""
    spec, where = mapping(manifest.object, "spec", manifest.place), f"{manifest.place}: spec"
    only(spec, _FIELDS, where)
    _about(manifest, "", "")
    _expiry(spec, where)
    if not spec.get("policyRefs"):
        wrong(f"{where}.policyRefs", "an exception needs the policy that it is to")


def _about(manifest: Manifest, kind: str, name: str) -> bool:
    spec = mapping(manifest.object, "spec", manifest.place)
    where = f"{manifest.place}: spec"
    for item, inner in objects(spec, "policyRefs", where):
        only(item, ("name", "kind", "namespace"), inner)
        if item.get("name") == name and item.get("kind") in (kind, None):
            return True
    return False


def _load(manifest: Manifest, environment: Environment) -> Exempted:
    spec, where = mapping(manifest.object, "spec", manifest.place), f"{manifest.place}: spec"
    only(spec, _FIELDS, where)
    return Exempted(
        str(mapping(manifest.object, "metadata", manifest.place).get("name") or ""),
        conditions(spec, environment, where),
        texts(spec, "images", where),
        texts(spec, "allowedValues", where),
        text(spec, "reportResult", where, ("skip", "pass"), "skip") == "pass",
        _expiry(spec, where),
    )


def _expiry(spec: Object, place: str) -> datetime | None:
    value = text(spec, "expiresAt", place)
    try:
        return parse_timestamp(value) if value else None
    except Untold as error:
        wrong(f"{place}.expiresAt", str(error))


def matching(exceptions: tuple[Exempted, ...], bindings: Mapping[str, Value], context: Context) -> Exceptions:
    """Those that are in force and take the object; raises `Untold` where that cannot be told."""
    images: list[str] = []
    values: list[str] = []
    taken = None
    for found in exceptions:
        if found.expires is not None and context.world.now() > found.expires:
            continue
        if not holds(found.conditions, bindings, context):
            continue
        if found.whole:
            taken = taken or found
        images += found.images
        values += found.values
    return Exceptions(taken, tuple(images), tuple(values))
