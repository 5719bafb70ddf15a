"""Sigstore bundles of others: each is verified with the file and with its digest alone, and both must say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import Match, Policy, Wanted
from assay.errors import AssayError
from assay.formats import pem, sigstore_bundle, trusted_root
from conformance.suite import Tally, folder, lines


def _options(suite: Path, case: dict[str, Any]) -> Options:
    name = case["trusted_root"]
    path = suite / ("trusted_root.production.json" if name == "production" else name)
    key, policy = None, None
    if "key" in case:
        key = pem.blocks((suite / case["key"]).read_bytes())[0][1]
    else:
        policy = Policy((Wanted(Match(case["identity"]), Match(case["issuer"])),))
    root = trusted_root.read(path.read_bytes())
    return Options(root=root, policy=policy, key=key, min_times=case.get("min_verified_times", 1))


def _verdict(suite: Path, case: dict[str, Any], artifact: Artifact) -> str:
    try:
        bundle = sigstore_bundle.read((suite / case["bundle"]).read_bytes())
        verify(bundle, artifact, _options(suite, case))
    except AssayError:
        return "fail"
    return "pass"


def observe(suite: Path, case: dict[str, Any]) -> str:
    """The verdict with the file and with its digest; both, where they differ."""
    whole = Artifact((suite / case["artifact"]).read_bytes())
    digest = Artifact(digests=[("sha256", case["artifact_sha256"])])
    verdicts = {_verdict(suite, case, artifact) for artifact in (whole, digest)}
    return " and ".join(sorted(verdicts))


def test_every_bundle_is_judged_right() -> None:
    suite, tally = folder("sigstore-bundles"), Tally("sigstore-bundles")
    for case in lines(suite / "index.jsonl"):
        tally.add(case["name"], case["expected"], observe(suite, case))
    tally.close(1.0)
