"""An AssayPolicy at work: which images of a request it is about, what they show, and what happens to the request.

The outcome is the verdict: the same for the same digest, evidence and time, in a pipeline and in the cluster. The
action is what happens now, by the rollout, the workload's age, and whether the request leaves its images as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from assay.engines.policy.native import checks, containers, matching, rollout, workloads
from assay.engines.policy.native.asking import Asking
from assay.engines.policy.native.conditions import REQUEST, STATEMENT, Compiled, compiled
from assay.engines.policy.native.containers import Used
from assay.engines.policy.native.faults import Fault
from assay.engines.policy.native.leniency import Leniency, Lenient
from assay.engines.policy.native.rollout import Standing
from assay.engines.policy.world import World
from assay.errors import AssayError, ExternalError, InputError, Late, Refused
from assay.formats.image_reference import ImageReference
from assay.model.assay_policy import AssayPolicy
from assay.model.policy import Action, AdmissionRequest, Object, Outcome, RuleResult
from assay.model.workload import Workload

LANGUAGE = "assay"


class NativePolicy:
    """A policy, compiled: fulfils `assay.engines.policy.world.Policy`."""

    language = LANGUAGE

    def __init__(self, policy: AssayPolicy, leniency: Leniency | None = None) -> None:
        """Raises `Malformed` for conditions that are no CEL."""
        self.policy = policy
        self.leniency = leniency or Leniency()
        self.conditions = compiled(policy.conditions, REQUEST, "spec.conditions")
        self.of_attestation = {
            wanted.name: compiled(wanted.conditions, STATEMENT, f"spec.attestations {wanted.name}: conditions")
            for wanted in policy.attestations
        }

    @property
    def name(self) -> str:
        """``AssayPolicy/NAME``."""
        return f"AssayPolicy/{self.policy.name}"

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """The digests behind the tags, where the policy pins; what cannot be resolved stays as it is."""
        if not self.policy.pin or world.images is None or not self._concerns(request, world):
            return ()
        assert request.object is not None
        if containers.is_made_by_another(request.object):
            return ()
        left = containers.standing(request.object, request.old_object)
        wanted = (used for used in self._images(request.object) if (used.path, used.text) not in left)
        return containers.pin(self.name, request.object, wanted, world.images)

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """What each image of the request shows, and whether the conditions hold."""
        wrong: AssayError | None = None
        try:
            if not matching.concerns(self.policy, request, world):
                return ()
        except AssayError as error:
            wrong = error  # what cannot be told must not pass in silence
        evaluation = _Evaluation(self, request, world, self.leniency)
        results = tuple(evaluation.results(wrong))
        evaluation.note(results)
        return results

    def _concerns(self, request: AdmissionRequest, world: World) -> bool:
        try:
            return matching.concerns(self.policy, request, world)
        except AssayError:
            return True  # what cannot be told must not pass in silence: the evaluation says why

    def _images(self, item: Object) -> Iterator[Used]:
        for used in containers.images(item):
            if matching.takes_image(self.policy.scope, used.reference()):
                yield used


class _Evaluation:
    """One request against one policy."""

    def __init__(self, native: NativePolicy, request: AdmissionRequest, world: World, leniency: Leniency) -> None:
        self._native, self._policy = native, native.policy
        self._request, self._world = request, world
        self._now = world.now()
        self._lenient = Lenient(leniency, native.policy.name, request.namespace, self._now)
        self._workload: Workload | None = None

    def results(self, wrong: AssayError | None = None) -> Iterator[RuleResult]:
        """All results; what cannot be told is one: `wrong` is why it is not known whether the policy is concerned."""
        policy = self._policy
        try:
            self._standing = self._stands()
            if wrong is not None:
                raise wrong
            used = containers.images(self._request.object)
        except AssayError as error:
            yield self._told("request", error, Standing(rollout.Phase.FORCE, policy.action))
            return
        taken = [result for item in used for result in self._image(item)]
        yield from taken
        if policy.scope.images and not any(map(self._is_taken, used)):
            return
        for condition in self._native.conditions:
            yield self._condition(condition, used)

    def _is_taken(self, used: Used) -> bool:
        try:
            return matching.takes_image(self._policy.scope, used.reference())
        except InputError:
            return True

    def _stands(self) -> Standing:
        policy, request, world = self._policy, self._request, self._world
        workload = workloads.workload(request, world.cluster)
        first = None
        if world.sightings is not None and rollout.is_staged(policy):
            known = world.sightings.first(workload)
            first = known or (None if request.dry_run else world.sightings.note(workload, self._now))
        self._workload = workload
        return rollout.standing(policy, workload, first, self._now, world.rollouts)

    def note(self, results: Sequence[RuleResult]) -> None:
        """Write down what the workload breaks while the policy is not in force for it."""
        record, policy, request = self._world.rollouts, self._policy, self._request
        if record is None or request.dry_run or self._workload is None or not rollout.is_staged(policy):
            return
        if self._standing.phase is rollout.Phase.FORCE:
            return
        stage = rollout.stage_of(policy, self._workload)
        for item in results:
            if item.outcome is Outcome.FAIL:
                image = str(item.details.get("image") or "")
                record.violated(policy, stage, self._workload, item.rule, image, self._now)

    def _image(self, used: Used) -> Iterator[RuleResult]:
        try:
            reference = used.reference()
        except InputError as error:
            yield self._told("images", error, self._standing, used)
            return
        if not matching.takes_image(self._policy.scope, reference):
            return
        quiet = self._standing.action is Action.AUDIT
        with self._world.aside() if quiet else nullcontext():
            found = self._of(used, reference)
        yield from found

    def _of(self, used: Used, reference: ImageReference) -> list[RuleResult]:
        """What is asked of an image that the policy takes."""
        asking, missing = self._asked(used, reference)
        shown = "" if missing is not None else asking.digest if asking is not None else str(reference)
        standing = self._spared(self._unchanged(used, shown), shown)
        results = [self._checked(rule, check, standing, used, None) for rule, check in self._before(reference)]
        if missing is not None:
            results.append(self._told("images", missing, standing, used))
        if asking is not None:
            results += [self._checked(rule, check, standing, used, asking) for rule, check in self._of_image(asking)]
        self._admitted(results, used, shown)
        return results

    def _asked(self, used: Used, reference: ImageReference) -> tuple[Asking | None, AssayError | None]:
        """What is asked about an image, if the policy asks anything; or why its digest is not known."""
        if not self._asks():
            return None, None
        try:
            return self._asking(used, reference), None
        except AssayError as error:
            return None, error

    def _spared(self, standing: Standing, image: str) -> Standing:
        """The same for a pod of a controller that was looked up, whose workload ran the very image before."""
        record, workload = self._world.admissions, self._workload
        if self._policy.revocation_denies or standing.action is not Action.DENY or not image:
            return standing
        if record is None or workload is None or not self._is_of_controller():
            return standing
        if record.known(self._policy.name, workload, image):
            return replace(standing, action=Action.AUDIT)
        return standing

    def _is_of_controller(self) -> bool:
        """Whether the cluster has the controller, under its uid and with these images in its template."""
        cluster = self._world.cluster
        try:
            return cluster is not None and any(workloads.trusted_owners(self._request, cluster))
        except AssayError:
            return False

    def _admitted(self, results: Sequence[RuleResult], used: Used, image: str) -> None:
        """Write down an image that satisfies all that is asked of it, and the tag that led to it."""
        record, workload = self._world.admissions, self._workload
        if record is None or workload is None or self._request.dry_run or not image:
            return
        if results and all(item.outcome is Outcome.PASS for item in results):
            for name in {image, used.text}:
                record.note(self._policy.name, workload, name, self._now)

    def _has_moved(self, used: Used, image: str) -> bool:
        """Whether a tag that once led to what satisfied the policy leads to something that never did."""
        record, workload, policy = self._world.admissions, self._workload, self._policy.name
        if record is None or workload is None or not image or "@" in used.text:
            return False
        return record.known(policy, workload, used.text) and not record.known(policy, workload, image)

    def _unchanged(self, used: Used, image: str) -> Standing:
        """The standing; where the request leaves an image as it is, a violation is reported and refuses nothing."""
        standing = self._standing
        if self._policy.revocation_denies or standing.action is not Action.DENY:
            return standing
        left = containers.standing(self._request.object, self._request.old_object)
        if (used.path, used.text) in left and not self._has_moved(used, image):
            return replace(standing, action=Action.AUDIT)
        return standing

    def _asks(self) -> bool:
        policy = self._policy
        parts = (policy.signed_by, policy.attestations, policy.sbom, policy.vulnerabilities, policy.provenance)
        return any(parts) or policy.slsa is not None

    def _asking(self, used: Used, reference: ImageReference) -> Asking:
        if self._world.images is None:
            raise ExternalError("no registry can be asked here", "give one, or the images' layouts")
        digest = reference.digest or str(self._world.images.digest(used.text))
        whole = f"{reference.name}@{digest}"
        return Asking(self._policy, self._world.images, whole, used.text, self._now, self._world.stale)

    def _before(self, reference: ImageReference) -> Iterator[tuple[str, Callable[[], str]]]:
        """Checks that need nobody to be asked."""
        policy = self._policy
        if policy.registries:
            yield "registries", lambda: _registry(policy, reference)
        if policy.digest_required:
            yield "digests", lambda: _digest(reference)

    def _of_image(self, asking: Asking) -> Iterator[tuple[str, Callable[[], str]]]:
        policy, facts = self._policy, self._world.facts
        if policy.signed_by:
            yield "signedBy", lambda: checks.signed_by(asking, policy.signed_by)
        for wanted in policy.attestations:
            yield wanted.name, partial(checks.attested, asking, wanted, self._native.of_attestation[wanted.name])
        if (sbom := policy.sbom) is not None:
            yield "sbom", lambda: checks.has_sbom(asking, sbom.by, complete=sbom.complete)
        if (tolerance := policy.vulnerabilities) is not None:
            yield (
                "vulnerabilities",
                lambda: checks.tolerable(asking, tolerance, facts, self._lenient.excused(asking.digest)),
            )
        if policy.provenance is not None:
            yield "provenance", lambda: checks.built(asking, facts)
        if (level := policy.slsa) is not None:
            yield "slsa", lambda: checks.reaches(asking, level.by, level.track, level.level, level.verifier)

    def _condition(self, condition: Compiled, used: Sequence[Used]) -> RuleResult:
        def check() -> str:
            condition.check(self._seen(used), self._now)
            return "holds"

        return self._checked("conditions", check, self._standing, None, None)

    def _seen(self, used: Sequence[Used]) -> dict[str, object]:
        request = self._request
        return {
            "object": request.object,
            "oldObject": request.old_object,
            "request": {
                "operation": str(request.operation),
                "name": request.name,
                "namespace": request.namespace,
                "subResource": request.sub_resource,
                "dryRun": request.dry_run,
                "userInfo": {"username": request.user.username, "groups": list(request.user.groups)},
            },
            "namespaceObject": self._world.namespace(request.namespace),
            "images": [_described(item) for item in used],
        }

    def _checked(
        self, rule: str, check: Callable[[], str], standing: Standing, used: Used | None, asking: Asking | None
    ) -> RuleResult:
        try:
            found = check()
        except AssayError as error:
            lenient = self._let_in(rule, used, asking) if isinstance(error, Refused | InputError) else None
            return lenient or self._told(rule, error, standing, used, asking)
        return RuleResult(
            self._native.name, rule, Outcome.PASS, found, standing.action, self._details(used, asking, standing)
        )

    def _told(
        self,
        rule: str,
        error: AssayError,
        standing: Standing,
        used: Used | None = None,
        asking: Asking | None = None,
    ) -> RuleResult:
        """A refusal, or what could not be told; each with its action."""
        policy = self._policy
        failed = isinstance(error, Refused | InputError)
        action = standing.action
        if not failed and action is Action.DENY:
            action = policy.on_timeout if isinstance(error, Late) else policy.on_error
        details = self._details(used, asking, standing)
        details |= {"found": error.what, "mend": error.remedy}
        if isinstance(error, Fault):
            details |= {"found": error.found, "wanted": error.wanted}
        message = f"{used.text}: {error.what}" if used is not None else error.what
        outcome = Outcome.FAIL if failed else Outcome.ERROR
        return RuleResult(self._native.name, rule, outcome, message, action, details)

    def _details(self, used: Used | None, asking: Asking | None, standing: Standing) -> Object:
        found: Object = {"phase": str(standing)}
        if used is not None:
            found |= {"image": used.text, "place": used.place}
        if asking is not None:
            found |= {"digest": asking.digest, "evidence": list(asking.evidence)}
        return found

    def _let_in(self, rule: str, used: Used | None, asking: Asking | None) -> RuleResult | None:
        """An exception or a broken glass for the digest; None where there is none."""
        leniency = self._lenient.leniency
        if used is None or not (leniency.exceptions or leniency.glasses):
            return None
        found = self._lenient.lets_in(rule, self._known_digest(used, asking))
        if found is None:
            return None
        return RuleResult(self._native.name, rule, Outcome.SKIP, found[0], Action.AUDIT, found[1])

    def _known_digest(self, used: Used, asking: Asking | None) -> str:
        if asking is not None:
            return asking.digest
        try:
            reference = used.reference()
            if reference.digest or self._world.images is None:
                return reference.digest
            return str(self._world.images.digest(used.text))
        except AssayError:
            return ""


def _registry(policy: AssayPolicy, reference: ImageReference) -> str:
    if not matching.from_registry(policy.registries, reference):
        wanted = "one from " + " or ".join(policy.registries)
        mend = f"assay image copy {reference} {policy.registries[0]}/{reference.repository}"
        raise Fault(f"the image comes from {reference.host}", wanted, mend)
    return f"from {reference.host}"


def _digest(reference: ImageReference) -> str:
    if not reference.digest:
        mend = f"write {reference.name}@sha256:... (assay image tree {reference} shows it)"
        raise Fault(f"the image is named by its tag {reference.tag}", "a digest", mend)
    return reference.digest


def _described(used: Used) -> Object:
    try:
        found = used.reference()
    except InputError:
        return {"container": used.container, "reference": used.text}
    return {
        "container": used.container,
        "reference": used.text,
        "registry": found.host,
        "repository": found.repository,
        "tag": found.tag,
        "digest": found.digest,
    }
