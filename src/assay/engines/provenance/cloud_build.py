"""Provenance of Google Cloud Build: signed by one of Google's keys, about the image, by the builder, of the source.

The steps of a check, in their order: signature, builder, subject, form, what stands beside the envelope, source, tag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assay.engines.provenance import Expected, Mismatch, Reason, check_tags
from assay.errors import InputError, Malformed, Refused
from assay.formats import dsse, intoto
from assay.formats.cloud_build import V01, V1, Build, Summary
from assay.formats.intoto import Statement
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.bundle import EnvelopeSignature
from assay.trust import keys

_KEY_ID = re.compile(
    r"projects/verified-builder/locations/([a-z0-9-]+)/keyRings/attestor/cryptoKeys/([A-Za-z0-9-]+)/cryptoKeyVersions/(\d+)"
)
_REGIONAL = "builtByGCB"
"""The kind of key that signs the payload itself; the others sign as DSSE says."""
WORKER = "https://cloudbuild.googleapis.com/GoogleHostedWorker"
_V02, _V03 = f"{WORKER}@v0.2", f"{WORKER}@v0.3"
_RECIPES = ("https://cloudbuild.googleapis.com/CloudBuildYaml@", "https://cloudbuild.googleapis.com/CloudBuildSteps@")
_BUILD = "type.googleapis.com/google.devtools.cloudbuild.v1.Build"
_BUILD_TYPE = "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1"


class Checked(NamedTuple):
    """What was found: the builder, the signed statement, and the name of the key."""

    builder: str
    payload: bytes
    key: str


def check(summary: Summary, keys_: Mapping[str, bytes], digest: str, expected: Expected) -> Checked:
    """Of several provenances the first that a key signed counts; `digest` is the image's SHA-256 (hexadecimal).

    Raises `Mismatch` for what does not fit.
    """
    build, key = _signed(summary.builds, keys_)
    statement = _statement(build)
    said = _Said(statement)
    builder = _builder(said, expected.builder)
    if not statement.names("sha256", digest):
        raise Mismatch(Reason.SUBJECT, _subjects(statement), f"sha256:{digest}")
    if build.kind != "BUILD":
        raise Mismatch(Reason.FORM, build.kind, "BUILD")
    for found in (build.resource, summary.qualified, summary.digest):
        if not f"@{found}".endswith(f"@sha256:{digest}"):
            raise Mismatch(Reason.SUBJECT, found, f"sha256:{digest}")
    _same_text(build)
    _source(said, builder, expected.source)
    if expected.branch and said.branch != expected.branch:
        raise Mismatch(Reason.BRANCH, said.branch, expected.branch)
    if (expected.tag or expected.versioned_tag) and not said.tag:
        raise Mismatch(Reason.TAG if expected.tag else Reason.VERSIONED_TAG, "", expected.tag or expected.versioned_tag)
    check_tags(said.tag, said.ref, expected)
    return Checked(builder, build.envelope.payload, key)


def _subjects(statement: Statement) -> str:
    return ", ".join(f"{name}:{value}" for _, pairs in statement.subjects[:3] for name, value in pairs)


def _signed(builds: Sequence[Build], known: Mapping[str, bytes]) -> tuple[Build, str]:
    """The first provenance with a signature of a known key, and the key's name."""
    for build in builds:
        for signature in build.envelope.signatures:
            if name := _signer(build, signature, known):
                return build, name
    count = sum(len(build.envelope.signatures) for build in builds)
    raise Mismatch(Reason.SIGNATURE, f"{count} signatures", "one of a key of Google Cloud Build")


def _signer(build: Build, signature: EnvelopeSignature, known: Mapping[str, bytes]) -> str:
    match = _KEY_ID.fullmatch(signature.key_id)
    if match is None:
        return ""
    region, kind, version = match.groups()
    regional = kind == _REGIONAL
    name = region if regional else f"{region}-pae-{kind}_{version}"
    if name not in known or (regional and version != "1"):
        return ""
    payload = build.envelope.payload
    signed = payload if regional else dsse.encoded(build.envelope.payload_type, payload)
    try:
        keys.check(keys.load(known[name]), signature.signature, keys.Signed(signed))
    except Refused:
        return ""
    return name


def _statement(build: Build) -> Statement:
    if build.envelope.payload_type != dsse.IN_TOTO:
        raise Mismatch(Reason.TYPE, build.envelope.payload_type, dsse.IN_TOTO)
    statement = intoto.read(build.envelope.payload)
    if statement.predicate_type not in (V01, V1):
        raise Mismatch(Reason.TYPE, statement.predicate_type, f"{V01} or {V1}")
    return statement


class _Said:
    """What a predicate says, of either version."""

    def __init__(self, statement: Statement) -> None:
        predicate = as_object(statement.predicate)
        self.is_v1 = statement.predicate_type == V1
        values = self._of_v1(predicate) if self.is_v1 else self._of_v01(predicate)
        self.tag, self.branch = as_text(values.get("TAG_NAME")), as_text(values.get("BRANCH_NAME"))
        self.ref = as_text(values.get("REF_NAME"))

    def _of_v01(self, predicate: Object) -> Object:
        recipe = as_object(predicate.get("recipe"))
        arguments = as_object(recipe.get("arguments"))
        self.builder = as_text(as_object(predicate.get("builder")).get("id"))
        self.build_type, self.arguments = as_text(recipe.get("type")), as_text(arguments.get("@type"))
        materials = as_list(predicate.get("materials"))
        self.source = as_text(as_object(materials[0] if materials else None).get("uri"))
        return as_object(arguments.get("substitutions"))

    def _of_v1(self, predicate: Object) -> Object:
        definition = as_object(predicate.get("buildDefinition"))
        self.builder = as_text(as_object(as_object(predicate.get("runDetails")).get("builder")).get("id"))
        self.build_type, self.arguments = as_text(definition.get("buildType")), ""
        place = as_object(as_object(definition.get("externalParameters")).get("buildConfigSource"))
        self.source = as_text(place.get("repository"))
        found = dict(as_object(as_object(definition.get("internalParameters")).get("systemSubstitutions")))
        ref = as_text(place.get("ref"))
        if ref.startswith("refs/tags/") and ref != f"refs/tags/{found.get('TAG_NAME')}":
            raise Mismatch(Reason.TAG, as_text(found.get("TAG_NAME")), ref)
        return found


def _builder(said: _Said, wanted: str) -> str:
    known = (WORKER,) if said.is_v1 else (_V02, _V03)
    if said.builder not in known:
        raise Mismatch(Reason.BUILDER_ID, said.builder, " or ".join(known))
    if wanted and said.builder != wanted and said.builder.partition("@")[0] != wanted:
        raise Mismatch(Reason.BUILDER_NAMED, said.builder, wanted)
    if said.is_v1:
        fits = said.build_type == _BUILD_TYPE
    elif said.builder == _V02:
        fits = said.build_type == _V02
    else:
        fits = said.build_type.startswith(_RECIPES)
    if not fits:
        raise Mismatch(Reason.BUILD_TYPE, said.build_type, "one of this builder")
    if not said.is_v1 and said.arguments != _BUILD:
        raise Mismatch(Reason.BUILDER_NAMED, said.arguments, _BUILD)
    return said.builder


def _source(said: _Said, builder: str, wanted: str) -> None:
    """A repository at GitHub, with the commit behind it in the elder form; or an object in Google's storage."""
    found = said.source.removeprefix("git+")
    full = f"https://{wanted}" if found.startswith("https://") and "://" not in wanted else wanted
    fits = found == full or found.startswith(f"{full}#")
    if builder == _V02:
        fits = found.startswith((f"{full}/commit/", f"{full}#"))
    if not fits:
        raise Mismatch(Reason.SOURCE, found, full)


def _same_text(build: Build) -> None:
    """The statement for people, which is not signed, must not say something else than the signed one."""
    try:
        signed = as_object(json.loads(build.envelope.payload))
    except ValueError as error:
        raise Malformed(f"the signed statement is no JSON: {error}") from error
    for name in ("_type", "predicateType", "subject", "predicate"):
        if build.text.get(name) != signed.get(name):
            raise Mismatch(Reason.TEXT, f"{name} differs", "what was signed")


def image_digest(name: str) -> str:
    """The SHA-256 in the name of an image; raises `InputError` for a name that may mean another one tomorrow."""
    match = re.search(r"@sha256:([0-9a-f]{64})$", f"@{name}" if name.startswith("sha256:") else name)
    if match is None:
        raise InputError(f"{name} names no digest, and may mean another image tomorrow", "write NAME@sha256:DIGEST")
    return match[1]
