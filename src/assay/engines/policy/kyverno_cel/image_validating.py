"""ImageValidatingPolicy: signatures and attestations of the images in a request, and tags made digests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from assay.engines.policy import patching
from assay.engines.policy.cel.environment import Program
from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.validations import Validations
from assay.engines.policy.cel.values import Value
from assay.engines.policy.kyverno_cel.attestors import Attestor, Attestors
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.kyverno_cel.libraries.images import image as parsed
from assay.engines.policy.kyverno_cel.scope import Form, bind, payload, skipped
from assay.engines.policy.kyverno_cel.scoped import Scoped
from assay.engines.policy.kyverno_cel.validating import first_fault
from assay.engines.policy.world import World
from assay.errors import InputError
from assay.formats.image_reference import parse
from assay.model.policy import AdmissionRequest, Object, Outcome, RuleResult

_TEMPLATES = {
    ("", "pods"): "",
    ("", "podtemplates"): "template",
    ("", "replicationcontrollers"): "spec.template",
    **{("apps", name): "spec.template" for name in ("deployments", "statefulsets", "daemonsets", "replicasets")},
    ("batch", "jobs"): "spec.template",
    ("batch", "cronjobs"): "spec.jobTemplate.spec.template",
}
_LISTS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """One of ``matchImageReferences``: a glob (``*`` is any text), or an expression over ``ref`` and ``image``."""

    glob: str = ""
    program: Program | None = None

    def takes(self, reference: str, context: Context) -> bool:
        """Whether the image is one of them, as written or with what a registry adds to it."""
        if self.program is not None:
            return self.program.truth({"ref": reference, "image": parsed(reference)}, context)
        return any(_glob(self.glob).fullmatch(form) is not None for form in _forms(reference))


@lru_cache(maxsize=512)
def _glob(glob: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", re.sub(r"\*+", "*", glob))
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _forms(reference: str) -> Iterator[str]:
    yield reference
    try:
        yield str(parse(reference))
    except InputError:
        return


@dataclass(frozen=True, slots=True)
class ImageForm:
    """A form with its expressions."""

    form: Form
    checks: Validations
    attestors: Mapping[str, Attestor]
    extractors: Mapping[str, Program]


_Act = Callable[[ImageForm, dict[str, Value], Context], RuleResult | None]


@dataclass(frozen=True, slots=True)
class ImageValidatingPolicy(Scoped):
    """All forms of a policy."""

    forms: tuple[ImageForm, ...]
    images: tuple[ImageMatch, ...] = ()
    attestations: Mapping[str, str] = field(default_factory=dict)
    mutates_digest: bool = True
    verifies_digest: bool = True
    required: bool = True

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """The object with the digests of its images, where the policy wants that."""
        if not self.mutates_digest or request.object is None or not self.scope.takes(request):
            return ()
        return self._first(request, world, self._pinned)

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """One result, of the form that takes the request."""
        return self._first(request, world, self._judged) if self.scope.takes(request) else ()

    def judge_payload(self, value: object, world: World) -> tuple[RuleResult, ...]:
        """What it says of a document; for the mode JSON."""
        if self.scope.mode == "Kubernetes":
            return ()
        return self.payload_result(lambda: self._judged(self.forms[0], payload(value), self._context(world)))

    def _first(self, request: AdmissionRequest, world: World, act: _Act) -> tuple[RuleResult, ...]:
        def judge(found: ImageForm) -> RuleResult | None:
            return act(found, bind(request, world), self._context(world))

        return self.first(self.forms, request, world, judge)

    def _context(self, world: World) -> Context:
        context = self.scope.context(world)
        context.attestations = self.attestations
        context.takes_image = lambda reference: self._takes(reference, context)
        return context

    def _takes(self, reference: str, context: Context) -> bool:
        return not self.images or any(match.takes(reference, context) for match in self.images)

    def _judged(self, found: ImageForm, bindings: dict[str, Value], context: Context) -> RuleResult | None:
        early = self._early(found, bindings, context)
        if early is not None:
            return early[0]
        images = self._images(found, bindings, context)
        if (message := self._without_digest(images)) is not None:
            return self.scope.result(Outcome.FAIL, message, found.form.rule)
        bindings |= {"images": images, "attestations": {name: name for name in self.attestations}}
        bindings = found.checks.bind(bindings, context)
        bindings["attestors"] = Attestors(found.attestors, bindings, context, context.world)
        bindings = found.checks.bind(bindings, context)
        details: Object = {"auditAnnotations": notes} if (notes := found.checks.annotate(bindings, context)) else {}
        judged = first_fault(found.checks, bindings, context)
        if judged is not None:
            message = "; ".join([judged.message, *context.reasons[:10]])
            details = {**_mend(context), **details}
            return self.scope.result(judged.outcome, message, found.form.rule, details)
        if (message := self._unverified(images, context)) is not None:
            return self.scope.result(Outcome.FAIL, message, found.form.rule, {**_mend(context), **details})
        return self.scope.result(Outcome.PASS, "", found.form.rule, details)

    def _early(self, found: ImageForm, bindings: dict[str, Value], context: Context) -> tuple[RuleResult | None] | None:
        """What is decided before any image is looked at."""
        bound = found.checks.bind({**bindings, **_NOTHING}, context)
        if not self.meets(lambda: found.checks.matches(bound, context)):
            return (None,)
        excepted = found.form.excepted(bindings, context)
        return (skipped(self.scope, found.form.rule, excepted.taken),) if excepted.taken is not None else None

    def _images(self, found: ImageForm, bindings: dict[str, Value], context: Context) -> dict[str, list[str]]:
        """By the names of the lists, those that the policy is about."""
        item = bindings["object"] if bindings["object"] is not None else bindings["oldObject"]
        template = _template(bindings)
        lists = dict(_written(item, template)) if template is not None and isinstance(item, dict) else {}
        bound = found.checks.bind({**bindings, **_NOTHING}, context)
        for name, program in found.extractors.items():
            value = program.evaluate(bound, context)
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise Untold(f"the expression of images {name} gives no list of texts")
            lists[name] = value
        return {name: [one for one in values if self._takes(one, context)] for name, values in lists.items()}

    def _without_digest(self, images: dict[str, list[str]]) -> str | None:
        if self.verifies_digest:
            for reference in _all(images):
                if not parsed(reference).reference.digest:
                    return f"image {reference} does not have a digest"
        return None

    def _unverified(self, images: dict[str, list[str]], context: Context) -> str | None:
        if self.required:
            for reference in _all(images):
                if reference not in context.verified:
                    return f"image {reference} is not verified: no signature or attestation of it was checked"
                if not context.verified[reference]:
                    return "; ".join([f"image {reference} failed verification", *context.reasons[:10]])
        return None

    def _pinned(self, found: ImageForm, bindings: dict[str, Value], context: Context) -> RuleResult | None:
        if self._early(found, bindings, context) is not None:
            return None
        item, template = bindings["object"], _template(bindings)
        places = _places(item, template) if template is not None else ()
        operations = [
            {"op": "replace", "path": path, "value": f"{reference}@{self._digest(reference, context)}"}
            for path, reference in places
            if not parsed(reference).reference.digest and self._takes(reference, context)
        ]
        if not operations:
            return None
        result = self.scope.result(Outcome.PASS, "digests of images added", f"{found.form.rule}mutateDigest")
        return replace(result, patched=patching.apply(item, operations))

    def _digest(self, reference: str, context: Context) -> str:
        if context.world.images is None:
            raise Untold(f"the digest of {reference:.100} cannot be looked up: no registry is there to ask")
        return str(context.world.images.digest(reference))


def _mend(context: Context) -> Object:
    """What mends the first image that nobody vouched for, where there is one."""
    bad = next((image for image, good in context.verified.items() if not good), "")
    return {"mend": f"assay sign {bad}"} if bad else {}


_NOTHING: dict[str, Value] = {"images": {}, "attestors": {}, "attestations": {}}


def _template(bindings: Mapping[str, Value]) -> str | None:
    """The path to the pod template in what the request is about; empty of a pod, None where there is none."""
    asked = bindings["request"]
    if asked is None:
        return None
    return _TEMPLATES.get((asked["resource"]["group"], asked["resource"]["resource"]))


def _all(images: dict[str, list[str]]) -> Iterator[str]:
    for values in images.values():
        yield from values


def _pod(item: Object, template: str) -> Value:
    found: Value = item
    for part in (f"{template}.spec" if template else "spec").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _containers(pod: Value, name: str) -> Iterator[tuple[int, str]]:
    """The places and images in one of the lists of a pod."""
    found = pod.get(name)
    for number, container in enumerate(found if isinstance(found, list) else []):
        if isinstance(container, dict) and isinstance(container.get("image"), str):
            yield number, container["image"]


def _places(item: Object, template: str) -> Iterator[tuple[str, str]]:
    base = "/" + (f"{template}.spec" if template else "spec").replace(".", "/")
    pod = _pod(item, template)
    for name in _LISTS:
        for number, reference in _containers(pod, name):
            yield f"{base}/{name}/{number}/image", reference


def _written(item: Object, template: str) -> Iterator[tuple[str, list[str]]]:
    """The images in a pod (template), a list for each kind of container and for volumes."""
    pod = _pod(item, template)
    for name in _LISTS:
        yield name, [reference for _, reference in _containers(pod, name)]
    volumes = pod.get("volumes")
    sources = [one.get("image") for one in volumes if isinstance(one, dict)] if isinstance(volumes, list) else []
    found = [one.get("reference") for one in sources if isinstance(one, dict)]
    yield "imageVolumes", [reference for reference in found if isinstance(reference, str)]
