"""SLSA's own verification cases, as far as assay decides them: GitHub's builders, of files and of images.

npm's pairs, Google's summaries and verification summaries are not read yet: they count as missed.
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
from assay.engines import provenance
from assay.engines.provenance import Expected, Mismatch, Reason
from assay.engines.verify import Artifact, NotVerified, Options, verify
from assay.engines.verify.identities import Policy
from assay.errors import AssayError
from assay.formats import attachment, certificate, cosign_signature, dsse, intoto, pem, sigstore_bundle, trusted_root
from assay.model.bundle import Bundle
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


def observe(suite: Path, place: Path, case: Case) -> str:
    """The verdict for all builder ids of a run, which must agree."""
    if case["command"] not in GITHUB:
        return "not decided: this form of provenance is not read"
    try:
        verdicts = {judge(suite, place, case, builder or "") for builder in case["builder_ids"]}
    except (OSError, KeyError, ValueError) as error:
        return f"broken: {error}"
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
    tally.close(0.39)


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
