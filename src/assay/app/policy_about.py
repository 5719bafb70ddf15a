"""What the objects of policies say besides their rules: severity, category, whether what runs is held to them, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assay.app.standing_beside import Reporting
from assay.engines.policy.gatekeeper.constraints import AUDIT
from assay.engines.policy.gatekeeper.engine import ConstraintPolicy
from assay.engines.policy.kyverno.policy import ClassicPolicy

if TYPE_CHECKING:
    from assay.engines.policy.world import Policy
    from assay.formats.manifest import Manifest
    from assay.model.policy import Object

_LANGUAGES = {
    "assay.dev": "native",
    "kyverno.io": "kyverno",
    "policies.kyverno.io": "kyverno_cel",
    "constraints.gatekeeper.sh": "gatekeeper",
    "policy.sigstore.dev": "policy_controller",
    "admissionregistration.k8s.io": "kubernetes",
}
_PREFIX = "policies.kyverno.io/"


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a policy; `reference` names its object as a Kubernetes event does."""

    severity: str = ""
    category: str = ""
    scored: bool = True
    background: bool = True
    reference: tuple[tuple[str, str], ...] = ()


NOTHING = About()


class Described:
    """The descriptions of policies that were loaded from `manifests`."""

    def __init__(self, manifests: Iterable[Manifest] = ()) -> None:
        self._known: dict[tuple[str, str], About] = {}
        self._named: dict[str, About] = {}
        for item in manifests:
            self._take(item.object)

    def _take(self, item: Object) -> None:
        language = _LANGUAGES.get(str(item.get("apiVersion", "")).partition("/")[0])
        metadata = _mapping(item.get("metadata"))
        if language is None or not metadata.get("name"):
            return
        about, name = _about(item, metadata), str(metadata["name"])
        for key in (name, f"{item.get('kind')}/{name}", f"{metadata.get('namespace')}/{name}"):
            self._known.setdefault((language, key), about)
            self._named.setdefault(key, about)

    def of(self, policy: Policy) -> About:
        """What is said of a policy; of one that is unknown, nothing."""
        return self._known.get((_language(policy), policy.name), NOTHING)

    def named(self, name: str) -> About:
        """The same by the name that results give, in whatever language."""
        return self._named.get(name, NOTHING)


def _language(policy: Policy) -> str:
    inner = policy.inner if isinstance(policy, Reporting) else policy
    return type(inner).__module__.removeprefix("assay.engines.policy.").partition(".")[0]


def in_background(policy: Policy, about: About) -> Policy | None:
    """The policy as it is asked about what runs; None where it is not asked then.

    Constraints are asked at the audit enforcement point, Kyverno's policies where ``background`` is on, also those
    that are off for admission.
    """
    if not about.background:
        return None
    if isinstance(policy, Reporting):
        inner = in_background(policy.inner, about)
        return Reporting(inner) if inner is not None else None
    if isinstance(policy, ConstraintPolicy):
        return policy.at(AUDIT)
    if isinstance(policy, ClassicPolicy):
        return replace(policy, settings=replace(policy.settings, admission=True))
    scope: Any = getattr(policy, "scope", None)
    if _language(policy) == "kyverno_cel" and scope is not None and not scope.admission:
        changed: Any = policy
        widened: Policy = replace(changed, scope=replace(scope, admission=True))
        return widened
    return policy


def _about(item: Object, metadata: Mapping[str, Any]) -> About:
    annotations = _mapping(metadata.get("annotations"))
    spec = _mapping(item.get("spec"))
    reference = {
        "apiVersion": str(item.get("apiVersion")),
        "kind": str(item.get("kind")),
        "name": str(metadata["name"]),
        "namespace": str(metadata.get("namespace") or ""),
        "uid": str(metadata.get("uid") or ""),
    }
    return About(
        str(annotations.get(f"{_PREFIX}severity") or annotations.get("assay.dev/severity") or "").lower(),
        str(annotations.get(f"{_PREFIX}category") or annotations.get("assay.dev/category") or ""),
        str(annotations.get(f"{_PREFIX}scored", "true")).lower() != "false",
        _background(spec),
        tuple((key, value) for key, value in reference.items() if value),
    )


def _background(spec: Mapping[str, Any]) -> bool:
    """``background`` of Kyverno's classic policies, ``evaluation.background.enabled`` of its CEL policies."""
    evaluation = _mapping(_mapping(spec.get("evaluation")).get("background"))
    return spec.get("background") is not False and evaluation.get("enabled") is not False


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
