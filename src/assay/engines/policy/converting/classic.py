"""A classic policy of Kyverno's as policies of its CEL kinds, a rule at a time."""

from __future__ import annotations

from collections.abc import Callable

from assay.engines.policy.converting import generating, images, mutating, validating
from assay.engines.policy.converting.losses import Converted, Loss, unsaid
from assay.engines.policy.converting.rules import RuleSource
from assay.engines.policy.kyverno import loading
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import Object


def convert(policy: Manifest) -> Converted:
    """The policies; raises `Malformed` for one that does not load: what means nothing has no conversion."""
    loading.load(policy)
    item: Object = policy.object
    name = str((item.get("metadata") or {}).get("name") or "")
    objects: list[Object] = []
    losses: list[Loss] = []
    refused: list[Loss] = []
    became: list[tuple[str, str]] = []
    for rule in item["spec"]["rules"]:
        source = RuleSource(item, rule)
        place = f"spec.rules[{source.name}]"
        try:
            found = _convert(source)
        except (AssayError, RecursionError) as error:
            refused.append(Loss(place, str(error)))
            continue
        objects += found
        became += [(source.name, one["metadata"]["name"]) for one in found]
        losses += [Loss(f"{place}.{one.field}", one.what, one.effect) for one in source.notes.found]
    return Converted(name, tuple(objects), tuple(losses), tuple(refused), tuple(became))


_MAKERS: dict[str, Callable[[RuleSource], list[Object]]] = {
    "validate": validating.convert,
    "verifyImages": images.convert,
    "mutate": mutating.convert,
    "generate": generating.convert,
}


def _convert(source: RuleSource) -> list[Object]:
    for body, make in _MAKERS.items():
        if source.rule.get(body):
            return make(source)
    raise unsaid("a rule of this kind")
