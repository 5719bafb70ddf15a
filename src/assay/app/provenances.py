"""Provenance that comes in a form of its own: npm's pairs, Google Cloud Build's summaries, verification summaries.

What `--bundle` names decides which it is; a verification summary is asked for by `--verifier-id`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.engines.verify import Artifact, NotVerified, Options, verify
from assay.errors import InputError, Malformed, Refused, UsageError
from assay.formats import cloud_build, dsse, intoto, npm_attestations, sigstore_bundle, strict_json
from assay.model.bundle import Bundle
from assay.model.verification import Judgement, Outcome, Verification

if TYPE_CHECKING:
    from assay.app.verifying import VerifyRequest

Judge = Callable[[str], Judgement]
_DIGEST = re.compile(r"([a-z][a-z0-9_+.-]{1,40}):([A-Za-z0-9_.+/=-]{1,200})", re.ASCII)
_OWN = (b'"provenance_summary"', b'"attestations"')
"""What the forms of their own have, and no bundle of Sigstore's."""
_FAILED = "8 (provenance)"


def of(request: VerifyRequest, wanted: Options) -> Judge | None:
    """Who judges a target where the bundle is none of Sigstore's; raises `UsageError` where a flag is missing."""
    if request.summary is not None:
        return _summaries(request, wanted)
    if request.bundle is None:
        return None
    from assay.adapters.trust_roots import read_file

    data = read_file(request.bundle)
    try:
        value = strict_json.load(data, str(request.bundle))
    except Malformed:
        if any(name in data for name in _OWN):
            raise
        return None
    if npm_attestations.is_pair(value):
        return _npm(request, wanted, data)
    return _cloud_build(request, data) if cloud_build.is_summary(value) else None


def _place(request: VerifyRequest) -> str:
    if request.bundle is None:
        raise UsageError("no attestation is named", "name it: --bundle FILE")
    return str(request.bundle)


def _npm(request: VerifyRequest, wanted: Options, data: bytes) -> Judge:
    from assay.adapters import trust_roots
    from assay.workflows import npm_provenance

    expected, place = request.provenance, _place(request)
    if expected is None or not expected.builder:
        raise UsageError(
            "an npm package is held to its source and its builder", "add --source-uri URI and --builder-id ID"
        )
    pair, known = npm_attestations.read(data), trust_roots.npm_keys(request.registry_keys)
    options = wanted._replace(predicate_types=())

    def judge(target: str) -> Judgement:
        artifact = _artifact(target, "sha512")
        work = lambda: npm_provenance.verify_pair(pair, artifact, options, known, expected)  # noqa: E731
        return Judgement(target, (_outcome(place, "npm attestations", work, wanted),), _sha256(artifact))

    return judge


def _cloud_build(request: VerifyRequest, data: bytes) -> Judge:
    from assay.adapters import trust_roots
    from assay.engines.provenance import cloud_build as builds

    expected, place = request.provenance, _place(request)
    if expected is None:
        raise UsageError("an image of Google Cloud Build is held to its source", "add --source-uri URI")
    summary, keys = cloud_build.read(data), trust_roots.cloud_build_keys()

    def judge(target: str) -> Judgement:
        digest = builds.image_digest(target)

        def work() -> Verification:
            checked, found = builds.check(summary, keys, digest, expected), Verification()
            found.payload = checked.payload
            found.predicate_type = intoto.read(checked.payload).predicate_type
            found.took("signature", f"the key {checked.key} of Google Cloud Build")
            found.took("subject", f"{found.predicate_type} about this image")
            found.took("provenance", f"built by {checked.builder} from {expected.source}")
            return found

        return Judgement(target, (_outcome(place, "Google Cloud Build", work, None),), f"sha256:{digest}")

    return judge


def _summaries(request: VerifyRequest, wanted: Options) -> Judge:
    from assay.adapters.trust_roots import read_file
    from assay.engines.provenance import summary

    asked, place = request.summary, _place(request)
    assert asked is not None
    if not asked.resource:
        raise UsageError("a verification summary is about a resource", "add --resource-uri URI")
    data = read_file(Path(place))
    bare = not sigstore_bundle.is_bundle(data)
    bundle = Bundle("envelope", dsse.read(data), key_hint="-") if bare else sigstore_bundle.read(data)
    # A bare envelope comes with no log entry and no time: it stands on its key alone.
    options = Options(key=wanted.key) if bare else wanted._replace(predicate_types=())

    def judge(target: str) -> Judgement:
        artifact = _artifact(target, "sha256")
        # A file has as many digests as anybody asks for; a summary names one of them.
        digests = tuple(artifact.digests.items()) if _DIGEST.fullmatch(target) else ()

        def work() -> Verification:
            found = verify(bundle, artifact, options)
            verifier = summary.check(intoto.read(found.payload), replace(asked, digests=digests))
            found.took("provenance", f"verified by {verifier}: {', '.join(asked.levels) or 'passed'}")
            return found

        return Judgement(target, (_outcome(place, "verification summary", work, wanted),), _sha256(artifact))

    return judge


def _artifact(target: str, algorithm: str) -> Artifact:
    """A file, or a digest of whatever algorithm the statement uses."""
    path = Path(target)
    if path.is_file():
        try:
            return Artifact(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    match = _DIGEST.fullmatch(target)
    if match is None:
        raise InputError(f"there is no file {target}", f"name a file, or a digest: {algorithm}:HEX")
    return Artifact(digests=[(match[1], match[2])])


def _sha256(artifact: Artifact) -> str:
    return f"sha256:{artifact.digests['sha256']}" if "sha256" in artifact.digests else ""


def _outcome(place: str, form: str, work: Callable[[], Verification], wanted: Options | None) -> Outcome:
    try:
        found = work()
        if wanted is not None and wanted.predicate_types and found.predicate_type not in wanted.predicate_types:
            raise Refused(f"the statement is of the type {found.predicate_type}", "ask for it: --type TYPE")
        return Outcome(place, form, found)
    except NotVerified as error:
        return Outcome(place, form, error.verification, Refused(error.what, error.remedy), error.step)
    except (Refused, Malformed) as error:
        return Outcome(place, form, None, Refused(error.what, error.remedy), _FAILED)
