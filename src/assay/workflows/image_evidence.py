"""What an image can show: its signatures and attestations, as policies ask for them (`Authority`).

Every authority becomes the options of `assay.engines.verify`: the trusted root, with the parts replaced for which the
authority brings its own, and a key or identities. Verdicts are those of `assay verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from assay.engines.verify import Artifact, Options
from assay.engines.verify.identities import How, Match, Policy, Wanted
from assay.errors import AssayError, ExternalError, InputError, Malformed, Refused
from assay.formats import cosign_signature, intoto, pem, strict_json
from assay.model.bundle import Envelope
from assay.model.digest import Digest
from assay.model.identity import CLAIMS
from assay.model.image_policy import Authority, ImageAttestation, ImageSignature, KeylessIdentity, SignatureForm
from assay.model.image_tree import AttachedKind, Node
from assay.model.policy import Object
from assay.model.trusted_root import Authority as Issuer
from assay.model.trusted_root import Log, TrustedRoot
from assay.ports import RegistryPull
from assay.trust import certificates, keys
from assay.workflows import image_signatures
from assay.workflows.image_signatures import Judged, Signature

_FULCIO = "1.3.6.1.4.1.57264.1."
_KEYS = ("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE")


def signatures(
    pull: RegistryPull, node: Node, authority: Authority, root: TrustedRoot, now: datetime
) -> tuple[ImageSignature, ...]:
    """The signatures of an image that an authority accepts; raises `Refused` where there is none."""
    wanted = image_signatures.Wanted(options(authority, root, now), annotations=authority.annotations)
    accepted = _accepted(pull, node, wanted, authority)
    return tuple(_signature(item, node.item.digest, authority) for item in accepted)


def attestations(
    pull: RegistryPull, node: Node, predicate_type: str, authority: Authority, root: TrustedRoot, now: datetime
) -> tuple[ImageAttestation, ...]:
    """The attestations of a type (empty: any) that an authority accepts; raises `Refused` where there is none."""
    types = intoto.wanted(predicate_type) if predicate_type else ()
    demand = options(authority, root, now, types)
    wanted = image_signatures.Wanted(demand, AttachedKind.ATTESTATION, authority.annotations)
    accepted = _accepted(pull, node, wanted, authority)
    return tuple(
        ImageAttestation(
            _signature(item, node.item.digest, authority),
            strict_json.load(item.verification.payload, "the statement") if item.verification else {},
        )
        for item in accepted
    )


def options(authority: Authority, root: TrustedRoot, now: datetime, types: Sequence[str] = ()) -> Options:
    """What an authority demands of each signature; raises `InputError` for PEM that is none."""
    key = _key(authority)
    return Options(
        root=_trusted(authority, root),
        policy=_policy(authority) if key is None else None,
        key=key,
        min_times=0 if authority.ignore_log else 1,
        ignore_log=authority.ignore_log,
        ignore_sct=authority.ignore_sct,
        predicate_types=types,
        now=now,
    )


def check(authority: Authority) -> None:
    """Raise `InputError` or `UsageError` for an authority that could never accept anything, when it is loaded."""
    if not (authority.key or authority.certificate or authority.chain or authority.identities):
        what = f"the authority {authority.name or 'without a name'} has no key, certificate or identity"
        raise InputError(what, "say who must have signed")
    options(authority, TrustedRoot(), datetime.fromisoformat("2026-01-01T00:00:00Z"))


def _trusted(authority: Authority, root: TrustedRoot) -> TrustedRoot:
    """The trusted root with the authority's own parts in place of its."""
    roots = authority.roots or ("" if authority.certificate else authority.chain)
    if roots:
        root = root._replace(authorities=(Issuer("the policy's roots", _chain(roots)),))
    if authority.rekor_key:
        root = root._replace(logs=tuple(_logs(authority.rekor_key, "the policy's log")))
    if authority.ct_key:
        root = root._replace(ct_logs=tuple(_logs(authority.ct_key, "the policy's certificate log")))
    if authority.tsa_chain:
        root = root._replace(timestamp_authorities=(Issuer("the policy's", _chain(authority.tsa_chain)),))
    return root


def _logs(text: str, url: str) -> Iterable[Log]:
    for label, content in pem.blocks(text.encode()):
        if label in _KEYS:
            key = keys.spki(keys.load(content))
            yield Log(url, key, "", hashlib.sha256(key).digest())


def _chain(text: str) -> tuple[bytes, ...]:
    found = pem.certificates(text.encode())
    if not found:
        raise Malformed("the PEM of the policy holds no certificate")
    for item in found:
        certificates.load(item)
    return found


def _key(authority: Authority) -> bytes | None:
    """The public key (DER) that must have signed; None for identities."""
    text = authority.key or authority.certificate
    if not text:
        return None
    for label, content in pem.blocks(text.encode()):
        if label not in _KEYS:
            continue
        keys.load(content)
        if authority.certificate and authority.chain:
            _issued(content, authority.chain)
        return content
    raise Malformed("the PEM of the policy holds no public key", "a private key stays at home; give the .pub file")


def _issued(leaf: bytes, chain: str) -> None:
    """Raise `Refused` unless a certificate chains to those given, when its validity began, as cosign has it."""
    found = certificates.load(leaf)
    certificates.authority_of(found, (Issuer("the policy's chain", _chain(chain)),), found.not_before)


def _policy(authority: Authority) -> Policy:
    return Policy(tuple(map(_wanted, authority.identities)), authority.name or "the policy")


def _wanted(identity: KeylessIdentity) -> Wanted:
    exact = How.WILDCARD if identity.wildcards else How.EXACT
    claims = tuple((claim_number(name), Match(text, exact)) for name, text in identity.extensions.items())
    return Wanted(
        _match(identity.subject, identity.subject_regexp, exact),
        _match(identity.issuer, identity.issuer_regexp, exact),
        claims,
    )


def _match(text: str, pattern: str, exact: How) -> Match | None:
    if text:
        return Match(text, exact)
    found = Match(pattern, How.REGEXP, anywhere=True) if pattern else None
    if found is not None:
        found.holds("")  # compiles it, so that a wrong one is told when the policy is loaded
    return found


_NAMES = {name.replace("-", ""): number for number, name in CLAIMS.items()} | {"oidcissuer": 1, "issuer": 8}


def claim_number(name: str) -> int:
    """The number of a claim by any of its names: ``githubWorkflowRef``, ``source-repository-uri``, its OID.

    Raises `InputError` for a name that is none.
    """
    if name.startswith(_FULCIO) and name.removeprefix(_FULCIO).isdecimal():
        return int(name.removeprefix(_FULCIO))
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    if plain not in _NAMES:
        raise InputError(f"there is no claim {name[:80]!r}", f"there are {', '.join(sorted(CLAIMS.values()))}")
    return _NAMES[plain]


def _accepted(
    pull: RegistryPull, node: Node, wanted: image_signatures.Wanted, authority: Authority
) -> Sequence[Judged]:
    judged = [item for item in image_signatures.judge(pull, node, wanted) if _of_form(item, authority.form)]
    accepted = image_signatures.accepted(judged)
    if accepted:
        return accepted
    for item in judged:
        if isinstance(item.reason, ExternalError):
            raise item.reason
    raise _refusal(judged, wanted, node)


def _of_form(item: Judged, form: SignatureForm) -> bool:
    if form is SignatureForm.ANY or item.signature is None:
        return True
    return item.signature.form.startswith("bundle") == (form is SignatureForm.BUNDLE)


def _refusal(judged: Sequence[Judged], wanted: image_signatures.Wanted, node: Node) -> AssayError:
    """Why nothing counts: the failure that came furthest, with what mends that one."""
    if wanted.kind is AttachedKind.ATTESTATION:
        types = " or ".join(wanted.options.predicate_types) or "any type"
        nothing = f"no attestation of {types} hangs on it"
        mend = "assay attest IMAGE --type TYPE --predicate FILE"
    else:
        nothing, mend = "it is not signed", "assay sign IMAGE"
    failed = [(item, item.reason) for item in judged if item.reason is not None]
    if not failed:
        return Refused(f"{node.item.digest}: {nothing}", mend)
    item, best = max(failed, key=lambda one: one[1].what if one[1].what.startswith("step ") else "")
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return Refused(f"{node.item.digest}: {best.what}{more}", _remedy(item, best, node, mend))


def _remedy(item: Judged, reason: AssayError, node: Node, mend: str) -> str:
    """What mends a signature that does not count; `mend` is the command that makes one that does."""
    if other := _elsewhere(item, node):
        source = "another image" if other in reason.what else other
        return f"it was copied from {source}: ask who put it there; if this image, too, may be signed: {mend}"
    if reason.remedy.startswith("name the artifact"):  # which a policy does; it is about this one, so the key differs
        return f"{mend}, with a key that the policy names; or let the policy name the key that signed it"
    return reason.remedy or mend


def _elsewhere(item: Judged, node: Node) -> str:
    """The digest that a signature names, where that is another one than this image's; empty where it names this one.

    Empty, too, where none can be read. It is what the signature says, which nobody need have verified.
    """
    try:
        named = list(_named(item.signature)) if item.signature is not None else []
    except InputError:
        return ""
    if not named or any(one in Artifact(node.data).digests.items() for one in named):
        return ""
    return f"{named[0][0]}:{named[0][1]}"[:150]


def _named(signature: Signature) -> Iterator[tuple[str, str]]:
    """The digests that a signature is about, by algorithm."""
    content = signature.bundle.content
    if signature.payload:
        algorithm, _, value = cosign_signature.payload(signature.payload).digest.partition(":")
        yield algorithm, value
    elif isinstance(content, Envelope):
        for _, digests in intoto.read(content.payload).subjects:
            yield from digests
    elif content.digest:
        yield content.algorithm, content.digest.hex()


def _signature(item: Judged, image: Digest, authority: Authority) -> ImageSignature:
    found = item.verification
    assert found is not None and item.signature is not None
    moments = [datetime.fromisoformat(text) for text in found.times]
    name, issuer = _signer(item, authority)
    payload: Object = {}
    if item.signature.payload:
        payload = strict_json.load(item.signature.payload, "the signed payload")
    elif item.signature.kind is AttachedKind.SIGNATURE:
        payload = _as_payload(image, item.annotations)
    claims = found.identity.claims if found.identity is not None else ()
    return ImageSignature(image, name, issuer, min(moments, default=None), payload, claims)


def _as_payload(image: Digest, annotations: Object) -> Object:
    """A bundle's signature as the simple-signing payload that policies know."""
    critical = {
        "identity": {"docker-reference": ""},
        "image": {"docker-manifest-digest": str(image)},
        "type": cosign_signature.TYPE,
    }
    return {"critical": critical, "optional": dict(annotations)}


def _signer(item: Judged, authority: Authority) -> tuple[str, str]:
    found = item.verification
    if found is not None and found.identity is not None:
        return ", ".join(found.identity.names) or "nobody", found.identity.issuer
    key = _key(authority)
    assert key is not None
    return f"key sha256:{hashlib.sha256(keys.spki(keys.load(key))).hexdigest()}", ""


def fingerprint(text: str) -> str:
    """The name by which a key (PEM) stands in results; raises `InputError` for what is none."""
    found = _key(Authority(key=text))
    assert found is not None
    return f"key sha256:{hashlib.sha256(keys.spki(keys.load(found))).hexdigest()}"
