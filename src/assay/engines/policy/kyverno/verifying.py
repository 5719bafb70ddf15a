"""``verifyImages``: signatures and attestations of the images in an object, and tags made digests.

Example: ``verifyImages: [{imageReferences: ["ghcr.io/team/*"], attestors: [{entries: [{keyless: {...}}]}]}]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.engines.policy import patching, wildcards
from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, texts, wrong
from assay.engines.policy.kyverno import attestors, clauses, validating
from assay.engines.policy.kyverno.answers import Answer, Asked
from assay.engines.policy.kyverno.attestors import AttestorSet
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.images import Image, images_of
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.validating import Check
from assay.engines.policy.queries.faults import BadQuery
from assay.errors import AssayError, InputError, Refused
from assay.model.image_policy import Authority, ImageAttestation, ImageSignature, SignatureForm
from assay.model.policy import Object, Outcome
from assay.ports import Images

FIELDS = (
    *("type", "imageReferences", "skipImageReferences", "image", "failureAction", "attestors", "attestations"),
    *("mutateDigest", "verifyDigest", "required", "useCache", "repository", "annotations", "validate"),
    *("imageRegistryCredentials", "cosignOCI11", "key", "issuer", "subject", "roots", "additionalExtensions"),
)
_ATTESTATION = ("name", "type", "predicateType", "attestors", "conditions")


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement that must be there, and what it must say."""

    name: str
    predicate_type: str
    attestors: tuple[AttestorSet, ...]
    conditions: Clauses


@dataclass(frozen=True, slots=True)
class ImageCheck:
    """One entry: for which images, by whom signed, with which statements."""

    references: tuple[str, ...]
    skipped: tuple[str, ...]
    attestors: tuple[AttestorSet, ...]
    attestations: tuple[Attestation, ...]
    mutates: bool = True
    digests: bool = True
    repository: str = ""
    annotations: Mapping[str, str] | None = None
    check: Check | None = None
    action: str = ""

    def takes(self, image: Image) -> bool:
        """Whether an image is one of them, as written or in full."""
        forms = (image.text, image.full, str(image.reference))
        wanted = any(wildcards.any_match(list(self.references), form) for form in forms)
        return wanted and not any(wildcards.any_match(list(self.skipped), form) for form in forms)

    def verify(self, image: Image, asked: Asked) -> str:
        """The digest that was verified, empty where nothing is asked but the digest; raises `Refused`."""
        world = _images(asked.scope)
        reference = str(image.reference)
        digests = {str(one.image) for one in self._signatures(world, reference, asked.scope)}
        digests |= {digest for one in self.attestations for digest in self._attested(world, reference, one, asked)}
        if len(digests) > 1:
            raise Refused(f"{reference} changed while it was verified", "name the image by its digest")
        return next(iter(digests), "")

    def _own(self, authority: Authority) -> Authority:
        annotations = {**(self.annotations or {}), **authority.annotations}
        return replace(authority, annotations=annotations, repository=authority.repository or self.repository)

    def _signatures(self, world: Images, reference: str, scope: Scope) -> list[ImageSignature]:
        found = attestors.verified(
            self.attestors, scope, lambda authority: world.signatures(reference, self._own(authority))
        )
        return [one for some in found for one in some]

    def _attested(self, world: Images, reference: str, wanted: Attestation, asked: Asked) -> set[str]:
        sets = wanted.attestors or self.attestors
        found = attestors.verified(
            sets, asked.scope, lambda one: world.attestations(reference, wanted.predicate_type, self._own(one))
        )
        good = [self._statement(one, wanted, asked) for some in found for one in some]
        kept = [one for one in good if one is not None]
        if not kept:
            raise Refused(
                f"no {wanted.predicate_type} attestation of {reference} meets the conditions", "see its predicate"
            )
        return {str(one.signature.image) for one in kept}

    def _statement(self, found: ImageAttestation, wanted: Attestation, asked: Asked) -> ImageAttestation | None:
        predicate = found.statement.get("predicate")
        values = predicate if isinstance(predicate, dict) else {}
        scope = asked.scope.inner({**values, **({wanted.name: predicate} if wanted.name else {})})
        if not clauses.holds(wanted.conditions, scope):
            return None
        if wanted.name:
            asked.scope.put(f'"{wanted.name}"', predicate)
        return found


def _images(scope: Scope) -> Images:
    if scope.world.images is None:
        raise BadQuery("images are to be verified, and there is no registry to ask")
    return scope.world.images


@dataclass(frozen=True, slots=True)
class ImageRule:
    """The body of the rule."""

    checks: tuple[ImageCheck, ...]
    extractors: Mapping[str, Sequence[Mapping[str, str]]]

    def wanted(self, item: Object) -> list[tuple[Image, ImageCheck]]:
        """The images that the rule is about, each with what is asked of it."""
        found = list(images_of(item, self.extractors))
        return [(image, check) for image in found for check in self.checks if check.takes(image)]

    def pinned(self, asked: Asked) -> Answer | None:
        """The object with digests for tags, of images that are good; None where there is nothing to change."""
        if asked.item is None or asked.is_delete:
            return None
        operations: list[Object] = []
        for image, check in self.wanted(asked.item):
            if not check.mutates or image.reference.digest:
                continue
            try:
                digest = check.verify(image, asked) or str(_images(asked.scope).digest(str(image.reference)))
            except AssayError:
                continue  # the validation says so, with the reason
            operations.append({"op": "replace", "path": image.pointer, "value": f"{image.text}@{digest}"})
        if not operations:
            return None
        return Answer(Outcome.PASS, "digests of images added", patched=patching.apply(asked.item, operations))

    def ask(self, asked: Asked) -> Answer | None:
        """Whether all images are good; None where the rule is about none of them."""
        if asked.item is None or asked.is_delete:
            return None
        wanted = self.wanted(asked.item)
        for image, check in wanted:
            if (answer := self._one(image, check, asked)) is not None:
                more = {"image": image.text, "failureAction": check.action}
                return replace(answer, details={**answer.details, **more})
        return Answer(Outcome.PASS, "; ".join(f"verified {image.text}" for image, _ in wanted[:10])) if wanted else None

    def _one(self, image: Image, check: ImageCheck, asked: Asked) -> Answer | None:
        """What is wrong with an image; a verification that is not required is made where attestors are named."""
        try:
            check.verify(image, asked)
        except BadQuery as error:
            return Answer(Outcome.ERROR, f"image {image.text} cannot be verified: {error.what}")
        except (Refused, InputError) as error:
            mend = {"mend": error.remedy.replace("IMAGE", image.text)} if error.remedy else {}
            return Answer(Outcome.FAIL, f"image verification failed for {image.text}: {error.what}", details=mend)
        except AssayError as error:
            return Answer(Outcome.ERROR, f"image {image.text} cannot be verified: {error.what}")
        if check.digests and not image.reference.digest:
            mend = {"mend": f"name it by its digest, {image.text}@sha256:..."}
            return Answer(Outcome.FAIL, f"missing digest for {image.text}", details=mend)
        if check.check is None:
            return None
        answer = check.check.ask(asked)
        return answer if answer is not None and answer.outcome in (Outcome.FAIL, Outcome.ERROR) else None


def load(rule: Object, place: str) -> ImageRule:
    """Reads ``verifyImages`` and ``imageExtractors``; raises `Malformed` with the field's place."""
    checks = tuple(_check(item, where) for item, where in objects(rule, "verifyImages", place))
    return ImageRule(checks, dict(_extractors(mapping(rule, "imageExtractors", place), f"{place}.imageExtractors")))


def _extractors(value: Object, place: str) -> Iterator[tuple[str, list[Any]]]:
    for kind in value:
        found = []
        for item, where in objects(value, kind, place):
            only(item, ("path", "value", "name", "key", "jmesPath"), where)
            if not text(item, "path", where).startswith("/"):
                wrong(f"{where}.path", "a path starts with /")
            found.append(item)
        yield kind, found


def _check(item: Object, place: str) -> ImageCheck:
    only(item, FIELDS, place)
    kind = text(item, "type", place, ("Cosign", "SigstoreBundle", "Notary"), "Cosign")
    if kind == "Notary":
        wrong(f"{place}.type", "Notary signatures cannot be evaluated")
    form = SignatureForm.BUNDLE if kind == "SigstoreBundle" else SignatureForm.ANY
    item = modern(item, place)
    credentials = mapping(item, "imageRegistryCredentials", place)
    only(credentials, ("allowInsecureRegistry", "providers", "secrets"), f"{place}.imageRegistryCredentials")
    references = texts(item, "imageReferences", place)
    if not references:
        wrong(f"{place}.imageReferences", "there are none")
    sets = attestors.load(item, place, form)
    flag(item, "required", place, default=True)  # every matching image is verified in any case
    check, where = mapping(item, "validate", place), f"{place}.validate"
    only(check, ("message", "deny", "pattern", "anyPattern"), where)
    return ImageCheck(
        references,
        texts(item, "skipImageReferences", place),
        sets,
        tuple(_attestation(one, at, form, bool(sets)) for one, at in objects(item, "attestations", place)),
        flag(item, "mutateDigest", place, default=True),
        flag(item, "verifyDigest", place, default=True),
        text(item, "repository", place),
        {str(key): str(value) for key, value in mapping(item, "annotations", place).items()},
        validating.load(check, where, text(check, "message", where)) if check else None,
        text(item, "failureAction", place, ("Audit", "Enforce")),
    )


def modern(item: Object, place: str) -> Object:
    """The forms of old, one key or identity without attestors, written as attestors."""
    old: Object = {
        part: item[part] for part in ("key", "issuer", "subject", "roots", "additionalExtensions") if part in item
    }
    found = {part: value for part, value in item.items() if part not in old}
    if "image" in found:
        found.setdefault("imageReferences", [found.pop("image")])
    if not old:
        return found
    if found.get("attestors"):
        wrong(place, "key, issuer and subject do not go with attestors")
    if "key" in old:
        entry: Object = {"keys": {"publicKeys": text(old, "key", place)}}
    else:
        entry = {"keyless": old}
    return {**found, "attestors": [{"entries": [entry]}]}


def _attestation(item: Object, place: str, form: SignatureForm, has_others: bool) -> Attestation:
    only(item, _ATTESTATION, place)
    sets = attestors.load(item, place, form)
    if not sets and not has_others:
        wrong(f"{place}.attestors", "there are none: anybody could have written the statement")
    kind = text(item, "type", place) or text(item, "predicateType", place)
    if not kind:
        wrong(f"{place}.type", "the type of the statement is missing")
    return Attestation(
        text(item, "name", place), kind, sets, clauses.load(item.get("conditions"), f"{place}.conditions")
    )
