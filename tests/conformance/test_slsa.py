"""SLSA's own verification cases: GitHub's builders, npm's pairs, Google's summaries, verification summaries.

The names of the original's errors are told from assay's reasons here: what is compared is why, not in which words.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assay.__main__ import main
from assay.adapters import trust_roots
from assay.engines import provenance
from assay.engines.provenance import Expected, Mismatch, Reason, cloud_build, npm, summary
from assay.engines.verify import Artifact, NotVerified, Options, verify
from assay.engines.verify.identities import Policy
from assay.errors import AssayError, InputError, Malformed
from assay.formats import (
    attachment,
    certificate,
    cosign_signature,
    dsse,
    intoto,
    npm_attestations,
    pem,
    sigstore_bundle,
    trusted_root,
)
from assay.formats import cloud_build as cloud_build_format
from assay.model.bundle import Bundle, Envelope
from assay.model.verification import Verification
from assay.workflows import npm_provenance
from conformance.suite import Tally, folder, lines

Case = dict[str, Any]
NAMES = {
    Reason.BUILDER: "ErrorUntrustedReusableWorkflow",
    Reason.REF: "ErrorInvalidRef",
    Reason.SOURCE: "ErrorMismatchSource",
    Reason.BRANCH: "ErrorMismatchBranch",
    Reason.TAG: "ErrorMismatchTag",
    Reason.VERSIONED_TAG: "ErrorMismatchVersionedTag",
    Reason.INPUTS: "ErrorMismatchWorkflowInputs",
    Reason.BUILDER_ID: "ErrorInvalidBuilderID",
    Reason.BUILDER_KIND: "ErrorNotSupported",
    Reason.BUILDER_NAMED: "ErrorMismatchBuilderID",
    Reason.BUILD_TYPE: "ErrorInvalidRecipe",
    Reason.PACKAGE_NAME: "ErrorMismatchPackageName",
    Reason.PACKAGE_VERSION: "ErrorMismatchPackageVersion",
    Reason.SUBJECT: "ErrorMismatchHash",
    Reason.FORM: "ErrorInvalidFormat",
    Reason.TYPE: "ErrorInvalidDssePayload",
    Reason.SIGNATURE: "ErrorNoValidSignature",
    Reason.TEXT: "ErrorMismatchIntoto",
    Reason.VERIFIER: "ErrorMismatchVerifierID",
    Reason.RESOURCE: "ErrorMismatchResourceURI",
    Reason.RESULT: "ErrorInvalidVerificationResult",
    Reason.LEVELS: "ErrorMismatchVerifiedLevels",
    Reason.EMPTY: "ErrorEmptyRequiredField",
}
GITHUB = ("verify-artifact", "verify-artifact-container-based", "verify-github-attestation", "verify-image")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    suite = folder("slsa")
    place = tmp_path_factory.mktemp("slsa")
    with (suite / "testdata.tar.zst").open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(place, filter="data")
    return place


def _bundles(place: Path, case: Case) -> list[Bundle]:
    if case["format"] == "oci-layout":
        return _of_layout(place / case["oci_layout"])
    data = (place / case["provenance"]).read_bytes()
    if case["format"] != "dsse+cert":
        return [sigstore_bundle.read(data.splitlines()[0] if data.count(b"\n") == 1 else data)]
    whole = json.loads(data)
    chain = pem.certificates(whole["signatures"][0]["cert"].encode())
    return [Bundle("envelope", dsse.read(data), chain)]


def _of_layout(layout: Path) -> list[Bundle]:
    found = []
    for item in json.loads((layout / "index.json").read_bytes())["manifests"]:
        manifest = json.loads((layout / "blobs/sha256" / item["digest"].partition(":")[2]).read_bytes())
        for layer in manifest.get("layers", []):
            if layer["mediaType"] == attachment.DSSE:
                data = (layout / "blobs/sha256" / layer["digest"].partition(":")[2]).read_bytes()
                found.append(cosign_signature.of_layer(layer["annotations"], data, envelope=True))
    return found


def _options(suite: Path, bundle: Bundle, case: Case) -> Options:
    root = trusted_root.read((suite / "trusted_root.production.json").read_bytes())
    if case["format"] != "dsse+cert":
        return Options(root=root, policy=Policy(), ignore_sct=case["format"] == "oci-layout")
    # The log entry was looked up online: here the certificate counts at its own time, which is told.
    moment = certificate.read(bundle.certificates[0]).not_before
    return Options(root=root, policy=Policy(), ignore_log=True, min_times=0, now=moment)


def judge(suite: Path, place: Path, case: Case, builder: str) -> str:
    expected = Expected(
        source=case["source_uri"],
        builder=builder,
        branch=case.get("branch", ""),
        tag=case.get("tag", ""),
        versioned_tag=case.get("versioned_tag", ""),
        inputs=case.get("inputs", {}),
        untagged=case.get("builder_ref_untagged", False),
        unreleased=OWN,
    )
    artifacts = [item["sha256"] for item in case.get("artifacts", [])] or [case["image_digest"].partition(":")[2]]
    said = "nothing to verify"
    for bundle in _bundles(place, case):
        try:
            for digest in artifacts:
                found = verify(bundle, Artifact(digests=[("sha256", digest)]), _options(suite, bundle, case))
                assert found.identity is not None
                provenance.check(intoto.read(found.payload), found.identity, expected)
        except Mismatch as error:
            said = f"fail {NAMES[error.reason]}"
        except NotVerified as error:
            said = "fail ErrorMismatchHash" if error.step.startswith("7") else f"fail {error.what}"
        except AssayError as error:
            said = f"fail {error.what}"
        else:
            return "pass"
    return said


OWN = ("github.com/slsa-framework/slsa-github-generator", "github.com/slsa-framework/example-package")
"""Repositories of the original's own tests, for whose builds it takes unreleased builders."""


def _expected(case: Case, builder: str) -> Expected:
    return Expected(
        source=case.get("source_uri", ""),
        builder=builder,
        branch=case.get("branch", ""),
        tag=case.get("tag", ""),
        versioned_tag=case.get("versioned_tag", ""),
        package=case.get("package_name", ""),
        version=case.get("package_version", ""),
    )


def _root(suite: Path) -> Options:
    root = trusted_root.read((suite / "trusted_root.production.json").read_bytes())
    return Options(root=root, policy=Policy())


def judge_npm(suite: Path, place: Path, case: Case, builder: str) -> str:
    """An unknown key or a log entry about another signature is a bad signature in the words of the original."""
    keys = npm_attestations.keys((place / "keys/npm_keys.json").read_bytes())
    artifact = Artifact(digests=[("sha512", case["artifacts"][0]["sha512"])])
    try:
        pair = npm_attestations.read((place / case["provenance"]).read_bytes())
        npm_provenance.verify_pair(pair, artifact, _root(suite), keys, _expected(case, builder))
    except Mismatch as error:
        return f"fail {NAMES[error.reason]}"
    except NotVerified as error:
        return "fail ErrorMismatchHash" if error.step.startswith("7") else "fail ErrorInvalidSignature"
    except Malformed:
        return "fail errrorInvalidAttestations"
    return "pass"


def judge_cloud_build(suite: Path, place: Path, case: Case, builder: str) -> str:
    keys = trust_roots.cloud_build_keys()
    try:
        digest = cloud_build.image_digest(case["image"])
    except InputError:
        return "fail ErrorMutableImage"
    try:
        found = cloud_build_format.read((place / case["provenance"]).read_bytes())
        checked = cloud_build.check(found, keys, digest, _expected(case, builder))
    except Mismatch as error:
        return f"fail {NAMES[error.reason]}"
    except Malformed:
        return "fail ErrorInvalidDssePayload"
    if case.get("verified_builder_id", "") not in ("", checked.builder, checked.builder.partition("@")[0]):
        return f"built by {checked.builder}"
    return "pass"


def judge_summary(suite: Path, place: Path, case: Case, builder: str) -> str:
    digests = [(name, value) for name, _, value in (item.partition(":") for item in case["subject_digests"])]
    key = pem.blocks((place / case["public_key"]).read_bytes())[0][1]
    levels = case.get("verified_levels", [])
    wanted = summary.ExpectedSummary(case["verifier_id"], case["resource_uri"], levels, digests)
    bundle = Bundle("envelope", dsse.read((place / case["attestation"]).read_bytes()), key_hint="-")
    try:
        found = verify(bundle, Artifact(digests=digests), Options(key=key))
        summary.check(intoto.read(found.payload), wanted)
    except Mismatch as error:
        return "fail " + ("ErrorMissingSubjectDigest" if error.reason is Reason.SUBJECT else NAMES[error.reason])
    except NotVerified as error:
        return "fail " + ("ErrorMissingSubjectDigest" if error.step.startswith("7") else "ErrorNoValidSignature")
    return "pass"


def _unit_bundle(suite: Path, data: bytes, case: Case) -> None:
    bundle = sigstore_bundle.read(data)
    verify(bundle, _own_subject(bundle), _root(suite))


def _own_subject(bundle: Bundle) -> Artifact:
    """The artifact that the statement is about, if it says so: here only the material is judged."""
    try:
        subjects = _statement(bundle).subjects
    except Malformed:
        subjects = ()
    return Artifact(digests=[pair for _, pairs in subjects for pair in pairs])


def _statement(bundle: Bundle) -> intoto.Statement:
    assert isinstance(bundle.content, Envelope)
    return intoto.read(bundle.content.payload)


def _statements(data: bytes) -> tuple[intoto.Statement, intoto.Statement]:
    pair = npm_attestations.read(data)
    return _statement(pair.publish), _statement(pair.provenance)


def _unit_subject(suite: Path, data: bytes, case: Case) -> None:
    if not _statements(data)[0].names("sha512", case["sha512"]):
        raise Mismatch(Reason.SUBJECT, "", case["sha512"])


def _unit_publish(suite: Path, data: bytes, case: Case) -> Verification:
    pair = npm_attestations.read(data)
    keys = trust_roots.npm_keys()
    return npm_provenance.verify_publish(pair, _own_subject(pair.publish), _root(suite), keys)


def _unit_provenance(suite: Path, data: bytes, case: Case) -> None:
    bundle = npm_attestations.read(data).provenance
    verify(bundle, _own_subject(bundle), _root(suite))


UNITS: dict[str, Any] = {
    "bundle": _unit_bundle,
    "npm-publish-subject-digest": _unit_subject,
    "npm-intoto-headers": lambda suite, data, case: npm.check_types(*_statements(data)),
    "npm-attestation-pair": lambda suite, data, case: npm_attestations.read(data),
    "npm-publish-signature": _unit_publish,
    "npm-provenance-signature": _unit_provenance,
    "npm-package-name": lambda suite, data, case: npm.check_package(*_statements(data), case["package_name"], ""),
    "npm-package-version": lambda suite, data, case: npm.check_package(*_statements(data), "", case["package_version"]),
}


def judge_unit(suite: Path, place: Path, case: Case) -> str:
    bundles = case["command"] == "bundle"
    try:
        UNITS[case["command"]](suite, (place / case["file"]).read_bytes(), case)
    except Mismatch as error:
        return f"fail {NAMES[error.reason]}"
    except NotVerified as error:
        other = "ErrorMismatchSignature" if "another signature" in error.found else "ErrorInvalidRekorEntry"
        return f"fail {other if bundles else 'ErrorInvalidSignature'}"
    except Malformed:
        return "fail errrorInvalidAttestations"
    return "pass"


JUDGES = {
    **dict.fromkeys(GITHUB, judge),
    "verify-npm-package": judge_npm,
    "verify-image-gcb": judge_cloud_build,
    "verify-vsa": judge_summary,
}


def observe(suite: Path, place: Path, case: Case) -> str:
    """The verdict for all builder ids of a run, which must agree."""
    try:
        if case["command"] in UNITS:
            return judge_unit(suite, place, case)
        judge_it = JUDGES[case["command"]]
        verdicts = {judge_it(suite, place, case, builder or "") for builder in case.get("builder_ids", [""])}
    except (AssayError, OSError, KeyError, ValueError) as error:
        return f"broken: {error!r}"
    return " and ".join(sorted(verdicts))


def test_provenance_is_judged_as_slsas_own_verifier_does(unpacked: Path) -> None:
    suite, tally = folder("slsa"), Tally("slsa")
    rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for case in lines(suite / "index.jsonl"):
        wanted = "pass" if case["expected"] == "pass" else f"fail {case.get('error', '')}"
        rows[str(case.get("row") or case["name"])].append((wanted, observe(suite, unpacked, case)))
    for name, runs in rows.items():
        wrong = [run for run in runs if run[0] != run[1]]
        tally.add(name, *(wrong or runs)[0])
    tally.close(1.0)


def test_the_command_asks_for_source_and_builder(unpacked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(
        item
        for item in lines(folder("slsa") / "index.jsonl")
        if item["command"] == "verify-artifact" and item["format"] == "bundle-v0.3" and item["expected"] == "pass"
    )
    digest = f"sha256:{case['artifacts'][0]['sha256']}"
    words = ["verify-attestation", digest, "--bundle", str(unpacked / case["provenance"]), "--unsafe-any-identity"]
    words += ["--trusted-root", str(folder("slsa") / "trusted_root.production.json")]
    builder = ["--builder-id", case["builder_ids"][0]]
    assert main([*words, "--source-uri", case["source_uri"], *builder]) == 0
    assert "8 provenance" in capsys.readouterr().out
    assert main([*words, "--source-uri", "github.com/somebody/else", *builder]) == 1
    assert "wanted was https://github.com/somebody/else" in capsys.readouterr().err
    assert main([*words, "--source-tag", "v1"]) == 2


def _words(suite: Path, place: Path, case: Case, builder: str) -> list[str]:
    """A case as a command line, in the words of slsa-verifier."""
    found = ["verify-attestation", "--trusted-root", str(suite / "trusted_root.production.json")]
    flags = {"source_uri": "--source-uri", "branch": "--source-branch", "tag": "--source-tag"}
    flags |= {"versioned_tag": "--source-versioned-tag", "package_name": "--package-name"}
    flags |= {"package_version": "--package-version", "verifier_id": "--verifier-id", "resource_uri": "--resource-uri"}
    for name, flag in flags.items():
        found += [f"{flag}={case[name]}"] if case.get(name) else []
    found += [f"--verified-level={level}" for level in case.get("verified_levels", [])]
    found += [f"--builder-id={builder}"] if builder else []
    if case["command"] == "verify-vsa":
        key = ["--key", str(place / case["public_key"]), "--attestation-path", str(place / case["attestation"])]
        return [*found, *key, *case["subject_digests"]]
    found += ["--provenance-path", str(place / case.get("provenance", "missing"))]
    if case["command"] == "verify-image-gcb":
        return [*found, case["image"]]
    return [*found, "--registry-keys", str(place / "keys/npm_keys.json"), f"sha512:{case['artifacts'][0]['sha512']}"]


@pytest.mark.parametrize("command", ["verify-npm-package", "verify-image-gcb", "verify-vsa"])
def test_the_command_judges_alike(unpacked: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No identity is named: builder and source stand for it."""
    suite = folder("slsa")
    wrong, seen = [], set()
    for case in lines(suite / "index.jsonl"):
        if case["command"] != command:
            continue
        for builder in case.get("builder_ids", [""]):
            code = main(_words(suite, unpacked, case, builder or ""))
            seen.add(code)
            if (code == 0) != (case["expected"] == "pass") or code not in (0, 1, 2, 3):
                wrong.append((case["name"], builder, code, capsys.readouterr().err))
    assert wrong == []
    assert 0 in seen


def test_a_summary_that_says_less_is_refused(unpacked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(item for item in lines(folder("slsa") / "index.jsonl") if item["command"] == "verify-vsa")
    words = _words(folder("slsa"), unpacked, case, "")
    assert main([*words, "--print-provenance"]) == 0
    assert json.loads(capsys.readouterr().out)["predicateType"] == summary.TYPE
    assert main([*words, "--verified-level", "SLSA_BUILD_LEVEL_3"]) == 1
    assert main([*words, "--verifier-id", "https://other.example"]) == 1
    assert main([*words, "--resource-uri", "gce_image://other"]) == 1
    assert main([*words[:-1], "gce_image_id:1"]) == 1
    assert main([word for word in words if "--resource-uri" not in word]) == 2
    assert main([word for word in words if "--verifier-id" not in word]) == 2


def test_a_command_without_a_source_says_what_is_missing(unpacked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("verify-npm-package", "verify-image-gcb"):
        case = next(item for item in lines(folder("slsa") / "index.jsonl") if item["command"] == command)
        bare = {name: value for name, value in case.items() if name not in ("source_uri", "tag", "versioned_tag")}
        bare = {name: value for name, value in bare.items() if name not in ("package_name", "package_version")}
        assert main(_words(folder("slsa"), unpacked, bare, "")) == 2
        assert "--source-uri" in capsys.readouterr().err
