"""What cosign signed, pushed to a registry on loopback and judged as policies ask: through the port `Images`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.app import policies
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import InputError, Refused
from assay.formats import intoto, trusted_root
from assay.formats.manifest import Manifest
from assay.model.image_policy import Authority, KeylessIdentity
from assay.model.trusted_root import TrustedRoot
from conformance.suite import Tally, folder, lines
from simulators import pushed_layout, real_registries
from simulators.native_samples import pod, request

Case = dict[str, Any]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    suite = folder("cosign")
    with real_registries.debian(tmp_path_factory.mktemp("registry")) as host:
        for layout in sorted((suite / "images").iterdir()):
            pushed_layout.push(layout, f"{host}/{layout.name}")
        yield host


def cases() -> list[Case]:
    """The rows about images and their attestations."""
    return [case for case in lines(folder("cosign") / "index.jsonl") if case["kind"] in ("image", "attestation")]


def roots(suite: Path) -> Callable[[str], TrustedRoot]:
    """The trust roots of the suite, by the path that rows give."""
    return lambda name: trusted_root.read((suite / name).read_bytes()) if name else TrustedRoot()


def authority(suite: Path, case: Case) -> Authority:
    """What a row demands."""
    identities: tuple[KeylessIdentity, ...] = ()
    if "identity" in case:
        identities = (KeylessIdentity(issuer=case["issuer"], subject=case["identity"]),)
    rooted = "trusted_root" in case
    return Authority(
        key=(suite / case["key"]).read_text() if "key" in case else "",
        identities=identities,
        roots=(suite / case["ca"]).read_text() if "ca" in case else "",
        ignore_log=not rooted,
        ignore_sct=not rooted or case.get("sct") == "absent",
        annotations=case.get("annotations", {}),
        trust_root=case.get("trusted_root", ""),
    )


def reference(host: str, case: Case) -> str:
    """The image of a row in the registry."""
    return f"{host}/{Path(case['layout']).name}@{case['digest']}"


def test_every_row_is_judged_right_through_the_port(registry: str) -> None:
    suite, tally = folder("cosign"), Tally("cosign-images")
    registries = Registries(Reach(roots(suite)))
    for case in cases():
        images, wanted = registries.images(30), authority(suite, case)
        try:
            if case["kind"] == "image":
                assert images.signatures(reference(registry, case), wanted)
            else:
                found = images.attestations(reference(registry, case), case.get("type", ""), wanted)
                assert all(item.statement["predicateType"] for item in found)
            seen = "accept"
        except (Refused, InputError) as error:
            case["said"] = error.what
            seen = "refuse"
        tally.add(case["name"], case["expected"], "either" if case["expected"] == "either" else seen)
    registries.close()
    tally.close(1.0)


def native(suite: Path, case: Case) -> dict[str, Any]:
    """A row as an AssayPolicy."""
    signer: dict[str, Any] = {"annotations": case.get("annotations", {}), "trust": trust(case)}
    if "key" in case:
        signer["keys"] = [(suite / case["key"]).read_text()]
    else:
        signer["identities"] = [{"identity": case["identity"], "issuer": case["issuer"]}]
    if "ca" in case:
        signer["trust"]["roots"] = (suite / case["ca"]).read_text()
    spec: dict[str, Any] = {"signers": {"who": signer}, "action": "enforce"}
    if case["kind"] == "image":
        spec["signedBy"] = ["who"]
    else:
        spec["attestations"] = [{"type": case["type"], "by": ["who"]}]
    return {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "row"}, "spec": spec}


def trust(case: Case) -> dict[str, Any]:
    """Which trust root counts, by a name that a TrustRoot may have."""
    if "trusted_root" not in case:
        return {"ignoreLog": True, "ignoreSct": True}
    return {"root": Path(case["trusted_root"]).stem, "ignoreSct": case.get("sct") == "absent"}


def cluster_image_policy(suite: Path, case: Case) -> dict[str, Any] | None:
    """A row as a ClusterImagePolicy; None for what that cannot say: annotations."""
    if "annotations" in case:
        return None
    who: dict[str, Any] = {"name": "who"}
    if "key" in case:
        who["key"] = {"data": (suite / case["key"]).read_text()}
    else:
        who["keyless"] = {
            "identities": [{"issuer": case["issuer"], "subject": case["identity"]}],
            "insecureIgnoreSCT": True,
        }
    if "ca" in case:
        who["keyless"]["ca-cert"] = {"data": (suite / case["ca"]).read_text()}
    if "trusted_root" in case:
        who["keyless"]["trustRootRef"] = who_root = Path(case["trusted_root"]).stem
        who["ctlog"] = {"trustRootRef": who_root}
    if case["kind"] == "attestation":
        who["attestations"] = [{"name": "wanted", "predicateType": case["type"]}]
    spec = {"images": [{"glob": "**"}], "authorities": [who]}
    meta = {"name": "row"}
    return {"apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy", "metadata": meta, "spec": spec}


def image_validating_policy(suite: Path, case: Case) -> dict[str, Any]:
    """A row as an ImageValidatingPolicy of Kyverno's; the trust root is the configured one."""
    rooted = "trusted_root" in case
    log = {"insecureIgnoreTlog": not rooted, "insecureIgnoreSCT": not rooted or case.get("sct") == "absent"}
    cosign: dict[str, Any] = {"ctlog": log, "annotations": case.get("annotations", {})}
    if "key" in case:
        cosign["key"] = {"data": (suite / case["key"]).read_text()}
    else:
        cosign["keyless"] = {"identities": [{"issuer": case["issuer"], "subject": case["identity"]}]}
    if "ca" in case:
        cosign["keyless"]["roots"] = (suite / case["ca"]).read_text()
    asked = "verifyImageSignatures(i, [attestors.who])"
    if case["kind"] == "attestation":
        asked = "verifyAttestationSignatures(i, attestations.wanted, [attestors.who])"
    (kind, *_) = intoto.wanted(case.get("type", ""))
    spec = {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
            ]
        },
        "attestors": [{"name": "who", "cosign": cosign}],
        "attestations": [{"name": "wanted", "intoto": {"type": kind or "none"}}],
        "validations": [{"expression": f"images.containers.all(i, {asked} > 0)"}],
        "validationActions": ["Deny"],
    }
    meta = {"name": "row"}
    return {"apiVersion": "policies.kyverno.io/v1", "kind": "ImageValidatingPolicy", "metadata": meta, "spec": spec}


def verify_images(suite: Path, case: Case) -> dict[str, Any]:
    """A row as a ClusterPolicy of Kyverno's; the trust root is the configured one."""
    rooted = "trusted_root" in case
    ignored = {"rekor": {"ignoreTlog": not rooted}, "ctlog": {"ignoreSCT": not rooted or case.get("sct") == "absent"}}
    entry: dict[str, Any] = {"annotations": case["annotations"]} if "annotations" in case else {}
    if "key" in case:
        entry["keys"] = {"publicKeys": (suite / case["key"]).read_text(), **ignored}
    else:
        entry["keyless"] = {"issuer": case["issuer"], "subject": case["identity"], **ignored}
    if "ca" in case:
        entry["keyless"]["roots"] = (suite / case["ca"]).read_text()
    asked: dict[str, Any] = {"imageReferences": ["*"], "attestors": [{"entries": [entry]}]}
    if case["kind"] == "attestation":
        (kind, *_) = intoto.wanted(case["type"])
        asked = {"imageReferences": ["*"], "attestations": [{"type": kind, "attestors": asked["attestors"]}]}
    rule = {"name": "row", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "verifyImages": [asked]}
    spec = {"validationFailureAction": "Enforce", "rules": [rule]}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "row"}, "spec": spec}


@pytest.mark.parametrize("language", [native, cluster_image_policy, image_validating_policy, verify_images])
def test_every_row_is_judged_right_by_a_policy(
    registry: str, language: Callable[[Path, Case], dict[str, Any] | None]
) -> None:
    suite, tally, skipped = folder("cosign"), Tally(f"cosign-{language.__name__}"), list[str]()
    named = {path.stem: trusted_root.read(path.read_bytes()) for path in (suite / "roots").iterdir()}
    known = {name: Registries(Reach(NamedRoots(partial(TrustedRoot, *root), named))) for name, root in named.items()}
    for case in cases():
        registries = known[Path(case.get("trusted_root", "right.json")).stem]
        item = language(suite, case)
        if item is None:
            skipped.append(case["name"])
            continue
        loaded = policies.of_manifests([Manifest(item, "row.yaml", 1)])
        assert not loaded.problems, [problem.what for problem in loaded.problems]
        world = World(images=registries.images(30))
        decision = deciding.whole(loaded.policies, request(pod(reference(registry, case))), world)
        case["said"] = decision.message
        seen = "accept" if decision.allowed else "refuse"
        assert decision.verdict != "error" or case["expected"] == "either", decision.message
        tally.add(case["name"], case["expected"], "either" if case["expected"] == "either" else seen)
    assert len(skipped) == (3 if language is cluster_image_policy else 0), skipped
    tally.close(1.0)
