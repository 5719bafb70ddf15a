"""Whether verified provenance says what is expected: builder, source, branch, tag, inputs (SLSA, GitHub's builders).

Nothing in a predicate is believed that the certificate contradicts: who built is the workflow in the certificate, and
the source is the repository that its token named. The predicate then must say the same, and adds the ref.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assay.errors import Refused
from assay.formats.intoto import Statement
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.identity import Identity

ISSUER = "https://token.actions.githubusercontent.com"
_GENERATOR = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/"
_DELEGATOR = f"{_GENERATOR}delegator_"
TRUSTED = frozenset(
    _GENERATOR + name
    for name in (
        "builder_bazel_slsa3.yml",
        "builder_container-based_slsa3.yml",
        "builder_go_slsa3.yml",
        "builder_gradle_slsa3.yml",
        "builder_maven_slsa3.yml",
        "builder_nodejs_slsa3.yml",
        "delegator_generic_slsa3.yml",
        "delegator_lowperms-generic_slsa3.yml",
        "generator_container_slsa3.yml",
        "generator_generic_slsa3.yml",
    )
)
"""The workflows that are builders of SLSA level 3 without being named."""
_RELEASE = re.compile(r"refs/tags/v\d+\.\d+\.\d+", re.ASCII)
_MAIN = "refs/heads/main"
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", re.ASCII)


class Reason(StrEnum):
    """What does not fit."""

    BUILDER = "builder"
    REF = "ref"
    SOURCE = "source"
    BRANCH = "branch"
    TAG = "tag"
    VERSIONED_TAG = "versioned tag"
    INPUTS = "inputs"
    BUILDER_ID = "builder id"
    BUILDER_KIND = "kind of builder"
    BUILDER_NAMED = "builder in the provenance"
    PACKAGE_NAME = "name of the package"
    PACKAGE_VERSION = "version of the package"
    SUBJECT = "subject"
    FORM = "form"
    BUILD_TYPE = "type of the build"
    TYPE = "type of the statement"
    SIGNATURE = "signature"
    TEXT = "text beside the signed statement"
    VERIFIER = "verifier"
    RESOURCE = "resource"
    RESULT = "result"
    LEVELS = "levels"
    EMPTY = "summary"


class Mismatch(Refused):
    """Provenance that says something else than was expected."""

    def __init__(self, reason: Reason, found: str, wanted: str) -> None:
        super().__init__(f"the {reason} is {found or 'not said'}, wanted was {wanted}")
        self.reason, self.found, self.wanted = reason, found, wanted


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected: `source` as ``github.com/owner/name``; `builder` with ``@TAG`` or without, empty for trusted.

    `untagged` takes a builder that was run from a branch, too; `unreleased` are sources (as `source`) whose builds may
    use what is on the main branch of the builder's repository. `package` and `version` are those of an npm package.
    """

    source: str
    builder: str = ""
    branch: str = ""
    tag: str = ""
    versioned_tag: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    untagged: bool = False
    unreleased: Collection[str] = ()
    package: str = ""
    version: str = ""


def check(statement: Statement, identity: Identity, expected: Expected) -> str:
    """The builder that made it; raises `Mismatch` for the first thing that does not fit."""
    said = Said(as_object(statement.predicate))
    builder = _builder(identity, said, expected)
    source = f"https://{expected.source}"
    for found in (_claimed(identity), said.source):
        if found != source:
            raise Mismatch(Reason.SOURCE, found, source)
    if said.builder and said.builder != builder and said.builder.partition("@")[0] != builder.partition("@")[0]:
        raise Mismatch(Reason.BUILDER, said.builder, builder)
    said.check_refs(expected)
    for name, value in expected.inputs.items():
        if said.inputs.get(name) != value:
            raise Mismatch(Reason.INPUTS, f"{name}={said.inputs.get(name)!s:.100}", f"{name}={value}")
    return builder


def _builder(identity: Identity, said: Said, expected: Expected) -> str:
    """The workflow in the certificate; a delegator there vouches for the builder that the predicate names."""
    found = identity.names[0] if identity.names else ""
    delegated = found.startswith(_DELEGATOR)
    if delegated:
        _released(found, identity, expected)
        found = said.builder
    path, _, ref = found.partition("@")
    wanted, _, tag = expected.builder.partition("@")
    if identity.issuer != ISSUER or (path != wanted if wanted else path not in TRUSTED):
        raise Mismatch(Reason.BUILDER, found, expected.builder or "a trusted builder")
    if tag and ref not in (tag, f"refs/tags/{tag}"):
        raise Mismatch(Reason.BUILDER, found, expected.builder)
    if delegated or path in TRUSTED:
        _released(found, identity, expected)
    return found


def _released(workflow: str, identity: Identity, expected: Expected) -> None:
    ref = workflow.partition("@")[2]
    if expected.untagged or _RELEASE.fullmatch(ref):
        return
    if ref != _MAIN or _claimed(identity).removeprefix("https://") not in expected.unreleased:
        raise Mismatch(Reason.REF, ref, "a release of the builder")


def _claimed(identity: Identity) -> str:
    """The source that the token named."""
    return identity.claim(12) or f"https://github.com/{identity.claim(5)}"


def check_tags(found: str, ref: str, expected: Expected) -> None:
    """Raise `Mismatch` unless a tag (``refs/tags/…`` or its name) is the expected one; `ref` is what there was."""
    if not (expected.tag or expected.versioned_tag):
        return
    if not found:
        raise Mismatch(Reason.REF, ref, "a tag")
    tag = found.removeprefix("refs/tags/")
    if expected.tag and tag != expected.tag:
        raise Mismatch(Reason.TAG, tag, expected.tag)
    if expected.versioned_tag and not _is_within(tag, expected.versioned_tag):
        raise Mismatch(Reason.VERSIONED_TAG, tag, expected.versioned_tag)


def _is_within(tag: str, wanted: str) -> bool:
    """Whether a version is the wanted one, or of the wanted minor or major line."""
    found, line = _VERSION.fullmatch(tag), _VERSION.fullmatch(wanted)
    if found is None or line is None:
        return False
    pairs = zip(found.groups(default="0"), line.groups(), strict=True)
    return all(part is None or int(one) == int(part) for one, part in pairs)


class Said:
    """What a predicate says, of either version."""

    def __init__(self, predicate: Object) -> None:
        self._v1 = as_object(predicate.get("buildDefinition"))
        invocation = as_object(predicate.get("invocation"))
        internal = as_object(self._v1.get("internalParameters"))
        environment = as_object(invocation.get("environment"))
        self.builder = as_text(as_object(predicate.get("builder")).get("id")) or as_text(
            as_object(as_object(predicate.get("runDetails")).get("builder")).get("id")
        )
        external = as_object(self._v1.get("externalParameters"))
        place = as_object(invocation.get("configSource")) or as_object(external.get("source"))
        workflow = as_object(external.get("workflow"))
        resolved = as_list(self._v1.get("resolvedDependencies"))
        place = place or as_object(resolved[0] if resolved else None)
        uri, _, at = as_text(place.get("uri")).removeprefix("git+").partition("@")
        self.source = uri or as_text(workflow.get("repository"))
        known = (environment.get("github_ref"), environment.get("GITHUB_REF"), internal.get("GITHUB_REF"))
        self.ref = next((as_text(item) for item in known if item), "") or at
        self.ref = self.ref or as_text(workflow.get("ref"))
        payload = as_object(environment.get("github_event_payload") or internal.get("GITHUB_EVENT_PAYLOAD"))
        self.inputs = as_object(payload.get("inputs"))
        self.tag = self.ref if self.ref.startswith("refs/tags/") else ""
        self.is_v1 = bool(self._v1)
        self.branch = self.ref if self.ref.startswith("refs/heads/") else _base(environment or internal, payload)

    def check_refs(self, expected: Expected) -> None:
        """Raise `Mismatch` unless branch and tag are the expected ones."""
        if expected.branch and self.branch != f"refs/heads/{expected.branch}":
            raise Mismatch(Reason.BRANCH, self.branch, expected.branch)
        check_tags(self.tag, self.ref, expected)


def _base(environment: Object, payload: Object) -> str:
    """The branch that a tag was made on, where the event says so."""
    release = as_object(payload.get("release")).get("target_commitish")
    found: Json = environment.get("github_base_ref") or environment.get("GITHUB_BASE_REF")
    found = found or payload.get("base_ref") or release
    text = as_text(found)
    return text if text.startswith("refs/heads/") or not text else f"refs/heads/{text}"
