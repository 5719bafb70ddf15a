"""What cosign signed and what was done to it afterwards: images, attestations, files and keys, judged right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.adapters import access, places
from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import Match, Policy, Wanted
from assay.errors import AssayError, Refused
from assay.formats import cosign_key, intoto, pem, sigstore_bundle, strict_json, trusted_root
from assay.model.bundle import Bundle, MessageSignature
from assay.model.image_tree import AttachedKind
from assay.model.trusted_root import Authority, Validity
from assay.workflows import image_signatures, image_tree
from conformance.suite import Tally, folder, lines

Case = dict[str, Any]


def _options(suite: Path, case: Case) -> Options:
    key = pem.blocks((suite / case["key"]).read_bytes())[0][1] if "key" in case else None
    policy = None
    if "identity" in case:
        policy = Policy((Wanted(Match(case["identity"]), Match(case["issuer"])),))
    root = trusted_root.read((suite / case["trusted_root"]).read_bytes()) if "trusted_root" in case else None
    authorities: tuple[Authority, ...] = ()
    if "ca" in case:
        chain = pem.certificates((suite / case["ca"]).read_bytes())
        authorities = (Authority(case["ca"], chain, Validity()),)
    types = intoto.wanted(case["type"]) if "type" in case else ()
    return Options(
        root=root,
        policy=policy,
        key=key,
        authorities=authorities,
        ignore_sct=case.get("sct") == "absent",
        predicate_types=types,
        now=datetime.now(UTC),
    )


def _image(suite: Path, case: Case) -> None:
    place = places.source(f"oci-dir:{suite / case['layout']}@{case['digest']}", access.Access(offline=True))
    node = image_tree.read(place.pull, case["digest"], image_tree.Options(tags=place.tags))
    kind = AttachedKind.SIGNATURE if case["kind"] == "image" else AttachedKind.ATTESTATION
    wanted = image_signatures.Wanted(_options(suite, case), kind, case.get("annotations", {}))
    judged = image_signatures.judge(place.pull, node, wanted)
    if not image_signatures.accepted(judged):
        raise Refused("; ".join(item.reason.what for item in judged if item.reason) or "nothing is there")


def _blob(suite: Path, case: Case) -> None:
    data = (suite / case["bundle"]).read_bytes()
    artifact = Artifact((suite / case["artifact"]).read_bytes())
    if sigstore_bundle.is_bundle(data):
        bundle = sigstore_bundle.read(data)
    else:
        signature = strict_json.decode(data.decode().strip(), "the signature")
        bundle = Bundle("signature", MessageSignature(signature), key_hint="-")
    verify(bundle, artifact, _options(suite, case))


def _private_key(suite: Path, case: Case) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

    der = cosign_key.read((suite / case["file"]).read_bytes(), case["password"].encode())
    public = load_der_private_key(der, None).public_key()
    found = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if found != pem.blocks((suite / case["key"]).read_bytes())[0][1]:
        raise Refused("another key")


JUDGES = {
    "image": _image,
    "attestation": _image,
    "blob": _blob,
    "blob-attestation": _blob,
    "private-key": _private_key,
}


def observe(suite: Path, case: Case) -> str:
    """The verdict; the word of the index where it takes both."""
    try:
        JUDGES[case["kind"]](suite, case)
        seen = "accept"
    except AssayError as error:
        case["said"] = error.what
        seen = "refuse"
    return "either" if case["expected"] == "either" else seen


def test_every_row_is_judged_right() -> None:
    suite, tally = folder("cosign"), Tally("cosign")
    for case in lines(suite / "index.jsonl"):
        tally.add(case["name"], case["expected"], observe(suite, case))
    tally.close(1.0)
