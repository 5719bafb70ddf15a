"""``validate.podSecurity``: the Pod Security Standards as a rule, with controls that are excluded.

Example: ``podSecurity: {level: restricted, version: v1.29, exclude: [{controlName: Seccomp, images: ["team/*"]}]}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.cel.fields import objects, only, text, texts, wrong
from assay.engines.policy.kyverno.answers import Answer, Asked, message_of
from assay.engines.policy.kyverno.odd import mapping
from assay.engines.policy.kyverno.pod_controls import Violation, data, violations
from assay.engines.policy.kyverno.substitution import shown
from assay.model.policy import GroupVersionKind, Object, Outcome

LATEST = 1000
_VERSION = re.compile(r"v?1\.(\d{1,3})")
_CONTROLLERS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a control may be broken by."""

    control: str
    images: tuple[str, ...] = ()
    field: str = ""
    values: tuple[str, ...] = ()

    def covers(self, found: Violation) -> bool:
        """Whether the violation is excluded."""
        if found.control != self.control or bool(self.images) != (found.image is not None):
            return False
        if self.images and not _image_like(self.images, found.image or ""):
            return False
        if not self.field:
            return True
        if self.field != found.field:
            return False
        return not self.values or wildcards.any_match(list(self.values), _text(found.value))


def _text(value: Any) -> str:
    return shown(value) if not isinstance(value, dict) else "*"


def _image_like(patterns: Sequence[str], image: str) -> bool:
    return any(wildcards.match(pattern, image) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class PodSecurity:
    """The body of the rule."""

    level: str
    version: int
    exclusions: tuple[Exclusion, ...] = ()
    message: str = ""

    def ask(self, asked: Asked, more: Iterable[Exclusion] = ()) -> Answer | None:
        """Whether the pod, or the template of a controller, keeps to the level; `more` are from exceptions."""
        pod = pod_of(asked.item or {}) if not asked.is_delete else None
        if pod is None:
            return None
        found = violations(*pod, self.level, self.version)
        extra = tuple(more)
        left = [one for one in found if not any(each.covers(one) for each in self.exclusions)]
        rest = [one for one in left if not any(each.covers(one) for each in extra)]
        if left and not rest:
            return Answer(Outcome.SKIP, "excepted: " + _told(left))
        if not rest:
            return Answer(Outcome.PASS, f"validation rule '{asked.rule}' passed.")
        said = message_of(self.message, asked.scope) if self.message else f"rule {asked.rule} failed"
        details: Object = {"podSecurity": [one._asdict() for one in rest[:50]]}
        return Answer(Outcome.FAIL, f"{said} ({_told(rest)})", details=details)


def _told(found: Sequence[Violation]) -> str:
    places = (
        f"{one.control}: {one.field}={_text(one.value)}" + (f" of {one.container}" if one.container else "")
        for one in found[:20]
    )
    return "; ".join(places)


def pod_of(item: Object) -> tuple[Object, Object] | None:
    """Metadata and spec of a pod, or of the template in a controller."""
    kind = GroupVersionKind.of(item).kind
    if kind == "CronJob":
        item = _inner(_inner(_inner(item, "spec"), "jobTemplate"), "spec")
        item = _inner(item, "template")
    elif kind in _CONTROLLERS:
        item = _inner(_inner(item, "spec"), "template")
    elif kind != "Pod":
        return None
    return _inner(item, "metadata"), _inner(item, "spec")


def _inner(item: Object, field: str) -> Object:
    return mapping(item.get(field))


def load(value: Object, place: str, message: str) -> PodSecurity:
    """Reads ``podSecurity``; raises `Malformed` with the field's place."""
    only(value, ("level", "version", "exclude"), place)
    level = text(value, "level", place, ("privileged", "baseline", "restricted"), "privileged")
    return PodSecurity(level, _version(value, place), exclusions(value, "exclude", place), message)


def _version(value: Object, place: str) -> int:
    found = text(value, "version", place, default="latest")
    if found == "latest":
        return LATEST
    match = _VERSION.fullmatch(found)
    if match is None:
        wrong(f"{place}.version", f"{found!r:.40} is neither latest nor v1.MINOR")
    return int(match[1])


def exclusions(holder: Object, field: str, place: str) -> tuple[Exclusion, ...]:
    """The controls that are excluded; raises `Malformed` with the field's place."""
    return tuple(_exclusion(item, where) for item, where in objects(holder, field, place))


def _exclusion(item: Object, place: str) -> Exclusion:
    only(item, ("controlName", "images", "restrictedField", "values"), place)
    return Exclusion(
        text(item, "controlName", place, data()["controls"]),
        texts(item, "images", place),
        text(item, "restrictedField", place),
        texts(item, "values", place),
    )
