"""A ClusterImagePolicy at work: every image that it is about must meet one of its authorities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay.engines.policy.native import containers
from assay.engines.policy.native.containers import Used
from assay.engines.policy.native.matching import spellings
from assay.engines.policy.policy_controller.loading import CipAuthority, ClusterImagePolicy
from assay.engines.policy.resources import resource_of
from assay.engines.policy.selectors import selects
from assay.engines.policy.world import World
from assay.errors import AssayError, ExternalError, InputError, Refused
from assay.formats import intoto
from assay.formats.image_reference import ImageReference
from assay.model.identity import CLAIMS
from assay.model.image_policy import ImageSignature
from assay.model.policy import Action, AdmissionRequest, Object, Operation, Outcome, RuleResult

_DOCKER = "docker.io/"
_GITHUB = {2: "githubWorkflowTrigger", 3: "githubWorkflowSha", 4: "githubWorkflowName", 5: "githubWorkflowRepo"}
_GITHUB[6] = "githubWorkflowRef"
_WIDE = {"*": "index.docker.io/library/*", "*/*": "index.docker.io/*/*"}


@lru_cache(1024)
def _compiled(glob: str) -> Any:
    """``*`` stops at ``/``, ``**`` crosses it; with RE2, so that no glob takes for ever."""
    import re2

    text = _WIDE.get(glob, glob).replace(".", r"\.").replace("**", "#").replace("*", "[^/]*").replace("#", ".*")
    return re2.compile(text)


@lru_cache(16384)
def takes(glob: str, image: ImageReference, text: str) -> bool:
    """Whether a glob is about an image: by its full name (with tag or digest), or as it was written."""
    wanted, ending = _compiled(glob), f"@{image.digest}" if image.digest else f":{image.tag}"
    plain = [name for name in spellings(image) if not image.tag or not name.endswith(f":{image.tag}")]
    full = [f"index.{name}" if name.startswith(_DOCKER) else name for name in plain]
    return any(wanted.fullmatch(name) is not None for name in (text, *(f"{name}{ending}" for name in full)))


class CipPolicy:
    """Fulfils `assay.engines.policy.world.Policy`."""

    language = "policy-controller"

    def __init__(self, policy: ClusterImagePolicy) -> None:
        self.policy = policy

    @property
    def name(self) -> str:
        """``ClusterImagePolicy/NAME``."""
        return f"ClusterImagePolicy/{self.policy.name}"

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """The digests behind the tags of the images that the policy is about."""
        if not concerns(self.policy, request) or world.images is None or request.object is None:
            return ()
        wanted = (used for used, _ in self.images(request.object))
        return containers.pin(self.name, request.object, wanted, world.images)

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """A result for each image."""
        if not concerns(self.policy, request):
            return ()
        try:
            return tuple(self._one(used, request, world) for used, _ in self.images(request.object or {}))
        except AssayError as error:
            return (self._result(None, error),)

    def images(self, item: Object) -> Iterator[tuple[Used, ImageReference]]:
        """The images that the policy is about; raises `InputError` for a reference that is none."""
        for used in containers.images(item):
            reference = used.reference()
            if any(takes(glob, reference, used.text) for glob in self.policy.globs):
                yield used, reference

    def _one(self, used: Used, request: AdmissionRequest, world: World) -> RuleResult:
        try:
            found = _Image(self.policy, used, request, world).check()
        except AssayError as error:
            return self._result(used, error)
        details: Object = {"image": used.text, "digest": used.reference().digest, "evidence": [found]}
        return RuleResult(self.name, "authorities", Outcome.PASS, found, self.policy.action, details)

    def _result(self, used: Used | None, error: AssayError) -> RuleResult:
        outcome = Outcome.FAIL if isinstance(error, Refused | InputError) else Outcome.ERROR
        details: Object = {"found": error.what, "mend": error.remedy}
        message = error.what
        if used is not None:
            details["image"], message = used.text, f"{used.text}: {error.what}"
            details["mend"] = error.remedy.replace("IMAGE", used.text)
        return RuleResult(self.name, "authorities", outcome, message, self.policy.action, details)


def concerns(policy: ClusterImagePolicy, request: AdmissionRequest) -> bool:
    """Whether a request is one that the policy is asked about."""
    if request.operation not in (Operation.CREATE, Operation.UPDATE) or request.object is None:
        return False
    if request.sub_resource not in ("", "ephemeralcontainers") or _is_ending(request.object):
        return False
    return not policy.match or any(_matches(item, request) for item in policy.match)


def _is_ending(item: Object) -> bool:
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and metadata.get("deletionTimestamp") is not None


def _matches(item: Object, request: AdmissionRequest) -> bool:
    resource = request.resource if request.resource.resource else resource_of(request.kind)
    wanted = (item.get("group") or "", item.get("version") or "", item.get("resource") or "")
    if wanted != ("", "", "") and wanted != tuple(resource):
        return False
    metadata = (request.object or {}).get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return selects(item.get("selector"), labels if isinstance(labels, dict) else {})


@dataclass(slots=True)
class _Image:
    """One image against one policy."""

    policy: ClusterImagePolicy
    used: Used
    request: AdmissionRequest
    world: World

    def check(self) -> str:
        """Which authorities are met; raises `Refused` with the reason of each, `ExternalError`."""
        reference = self.used.reference()
        if not reference.digest:
            raise Refused(
                "the image is named by its tag, which can move", f"name a digest: {reference.name}@sha256:..."
            )
        matches: dict[str, Object] = {}
        reasons, away = list[tuple[str, AssayError]](), list[ExternalError]()
        for authority in self.policy.authorities:
            try:
                matches[authority.name] = self._authority(authority)
            except (Refused, InputError) as error:
                reasons.append((authority.name, error))
            except ExternalError as error:
                away.append(error)
        if not matches:
            if away:
                raise away[0]
            told = "; ".join(f"{name}: {error.what}" for name, error in reasons)
            raise Refused(f"no authority is met: {told}"[:2000], next((error.remedy for _, error in reasons), ""))
        if self.policy.judge is not None:
            self.policy.judge.check(self._result(matches), self.world.now())
        return "met: " + ", ".join(matches)

    def _authority(self, authority: CipAuthority) -> Object:
        if authority.static == "fail":
            raise Refused(authority.message or "disallowed by static policy", "use an image that is allowed")
        if authority.static == "pass":
            return {"static": True}
        reason: AssayError | None = None
        for way in range(len(authority.ways)):
            try:
                return self._way(authority, way)
            except (Refused, InputError, ExternalError) as error:
                if reason is None or isinstance(error, ExternalError):
                    reason = error
        raise reason or Refused("it names nobody")

    def _way(self, authority: CipAuthority, number: int) -> Object:
        way, images = authority.ways[number], self.world.images
        if images is None:
            raise ExternalError("no registry can be asked here")
        if not authority.attestations:
            return {"signatures": [_signature(item) for item in images.signatures(self.used.text, way)]}
        found: dict[str, list[Object]] = {}
        for wanted in authority.attestations:
            reason: Refused | None = None
            (kind, *_) = intoto.wanted(wanted.predicate_type)
            for item in images.attestations(self.used.text, kind, way):
                try:
                    if wanted.judge is not None:
                        wanted.judge.check(item.statement, self.world.now())
                except Refused as error:
                    reason = reason or error
                    continue
                said = {**_signature(item.signature), "predicateType": wanted.predicate_type}
                found.setdefault(wanted.name, []).append(said)
            if wanted.name not in found:
                raise reason or Refused(f"no attestation of {wanted.predicate_type}", "assay attest IMAGE")
        return {"attestations": found}

    def _result(self, matches: dict[str, Object]) -> Object:
        """What the policy's own policy is asked about (policy-controller's ``PolicyResult``)."""
        found: Object = {"authorityMatches": matches}
        include, item = self.policy.include or {}, self.request.object or {}
        if include.get("fetchConfigFile") and self.world.images is not None:
            config = self.world.images.data(self.used.text).config
            platform = "/".join(str(config.get(key)) for key in ("os", "architecture", "variant") if config.get(key))
            found["config"] = {platform: config}
        if include.get("includeSpec"):
            found["spec"] = item.get("spec")
        if include.get("includeObjectMeta"):
            found["metadata"] = item.get("metadata")
        if include.get("includeTypeMeta"):
            found["typemeta"] = {"apiVersion": item.get("apiVersion"), "kind": item.get("kind")}
        return found


def _signature(item: ImageSignature) -> Object:
    if item.identity.startswith("key "):
        return {"id": item.identity.rpartition(":")[2]}
    claims = {_GITHUB[number]: text for number, text in item.claims if number in _GITHUB and number in CLAIMS}
    return {"subject": item.identity, "issuer": item.issuer, **claims}


class NoMatch:
    """policy-controller's ``no-match-policy``: what happens to images that no ClusterImagePolicy is about."""

    name = "ConfigMap/config-policy-controller"
    language = "policy-controller"

    def __init__(self, policies: Sequence[CipPolicy], action: Action) -> None:
        self._policies, self._action = policies, action

    def mutate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """Nothing."""
        return ()

    def validate(self, request: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        """A failure for each image without a policy."""
        if request.operation not in (Operation.CREATE, Operation.UPDATE) or request.sub_resource not in (
            "",
            "ephemeralcontainers",
        ):
            return ()
        try:
            taken = {
                used.path
                for policy in self._policies
                if concerns(policy.policy, request)
                for used, _ in policy.images(request.object or {})
            }
            bare = [used for used in containers.images(request.object) if used.path not in taken]
        except AssayError as error:
            return (RuleResult(self.name, "no-match-policy", Outcome.FAIL, error.what, self._action),)
        mend = {"mend": "write a ClusterImagePolicy for it"}
        return tuple(
            RuleResult(
                self.name,
                "no-match-policy",
                Outcome.FAIL,
                f"{used.text}: no matching policies",
                self._action,
                {"image": used.text, **mend},
            )
            for used in bare
        )
