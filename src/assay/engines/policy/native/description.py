"""The fields of assay's own policies, each with what it means: the one description of them.

::

    apiVersion: assay.dev/v1alpha1
    kind: AssayPolicy
    metadata: {name: release}
    spec:
      images: {include: ["registry.example/acme/**"]}
      signers:
        release:
          identities:
            - identityGlob: https://github.com/acme/**
              issuer: https://token.actions.githubusercontent.com
      signedBy: [release]
      sbom: {by: [release], complete: true}
      vulnerabilities: {from: attested-scan, by: [release], youngerThan: 24h, deny: [critical, kev]}
      digests: {pin: true}
      action: enforce
      rollout: {auditUntil: 2026-12-01, grace: 30d}
"""

from __future__ import annotations

from typing import Any

from assay.engines.policy.shape import Shape

GROUP, VERSION = "assay.dev", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
ACTIONS = ("audit", "warn", "enforce")
DENIED = ("low", "medium", "high", "critical", "kev", "fixable", "malicious")


def _text(about: str, *choices: str, least: int = 0) -> Shape:
    return Shape("string", about, choices=choices, least=least)


def _flag(about: str) -> Shape:
    return Shape("boolean", about)


def _texts(about: str, *, least: int = 0) -> Shape:
    return Shape("array", about, each=Shape("string", least=1), least=least)


def _record(about: str, required: tuple[str, ...] = (), **fields: Shape) -> Shape:
    return Shape("object", about, fields=fields, required=required)


_SELECTOR = Shape("object", "a label selector of Kubernetes", free=True)
_BY = _texts("names of spec.signers, each of which must have signed it", least=1)

_IDENTITY = _record(
    "whose certificate is accepted: a name and who vouched for it",
    identity=_text("the e-mail address or URI in the certificate"),
    identityGlob=_text("the same; * stops at /, ** crosses it"),
    identityRegexp=_text("the same as a regular expression (RE2) over the whole name"),
    issuer=_text("who vouched for the name"),
    issuerGlob=_text("the same; * stops at /, ** crosses it"),
    issuerRegexp=_text("the same as a regular expression (RE2) over the whole issuer"),
    claims=Shape("object", "claims of the certificate by Fulcio's names, exactly", each=Shape("string")),
)
_TRUST = _record(
    "whom to trust, where that is not the configured trust root",
    root=_text("the name of a TrustRoot"),
    roots=_text("certificate authorities in PEM, in place of the trust root's"),
    rekorKey=_text("the public key of the transparency log in PEM"),
    ctKey=_text("the public key of the certificate log in PEM"),
    tsaChain=_text("certificates of the timestamp authority in PEM"),
    ignoreLog=_flag("no entry in a transparency log is needed"),
    ignoreSct=_flag("no entry in a certificate log is needed"),
)
_SIGNER = _record(
    "somebody who signs: any of these identities, keys and certificates, unless `require` says more",
    require=Shape("flexible", "any, all, or how many of them must have signed", choices=("any", "all")),
    identities=Shape("array", "signers without keys", each=_IDENTITY),
    keys=_texts("public keys in PEM"),
    certificates=Shape(
        "array",
        "certificates that are trusted themselves",
        each=_record(
            "a certificate",
            ("certificate",),
            certificate=_text("in PEM", least=1),
            chain=_text("what it must chain to, in PEM"),
        ),
    ),
    trust=_TRUST,
    annotations=Shape("object", "what must be signed along", each=Shape("string")),
    repository=_text("where the signatures are, if not beside the image"),
    tagPrefix=_text("what stands before cosign's tags"),
    form=_text("how signatures are stored", "any", "legacy", "bundle"),
)
_IMAGES = _record(
    "which images; * stops at /, ** crosses it; a tag is matched by a pattern that has one",
    include=_texts("globs over HOST/NAME or HOST/NAME:TAG"),
    exclude=_texts("globs of images that are left out"),
)
_WORKLOADS = _record(
    "which objects; everything that runs containers where nothing is said",
    kinds=_texts("kinds as Pod or Deployment"),
    namespaces=_texts("namespaces; * and ? stand for any text"),
    excludedNamespaces=_texts("namespaces that are left out"),
    selector=_SELECTOR,
    namespaceSelector=_SELECTOR,
    operations=Shape("array", "CREATE and UPDATE unless said otherwise", each=_text("", "CREATE", "UPDATE")),
)
_CONDITION = _record(
    "a condition in CEL",
    ("expression",),
    expression=_text("what must hold", least=1),
    message=_text("what is said where it does not"),
)
_ATTESTATION = _record(
    "an attestation that must be there",
    ("type", "by"),
    name=_text("for messages"),
    type=_text("a short name of cosign's or the address of the predicate type", least=1),
    by=_BY,
    youngerThan=Shape("duration", "since the verified time of signing"),
    conditions=Shape("array", "CEL over predicate, statement, image, now and signed", each=_CONDITION),
)
_SBOM = _record(
    "an SBOM must be attested",
    ("by",),
    by=_BY,
    complete=_flag("it must claim to be complete, have components, and a version for each"),
)
_VULNERABILITIES = _record(
    "what may be wrong with it",
    ("from",),
    **{"from": _text("where findings come from", "attested-scan", "attested-sbom", "own-scan")},
    by=_BY,
    youngerThan=Shape("duration", "age of the scan: since the earlier of its end and the verified time of signing"),
    deny=_texts("low, medium, high, critical (and what is worse), kev, fixable, malicious, or ids", least=1),
    ignore=_texts("ids that do not count"),
    vexBy=_texts("signers whose attested OpenVEX may say that an image is not affected"),
    maxDataAge=Shape("duration", "how old the advisory data of the controller may be"),
)
_PROVENANCE = _record(
    "it must have been built from this source by this builder, as verified provenance says",
    ("by", "source"),
    by=_BY,
    source=_text("github.com/OWNER/NAME", least=1),
    builder=_text("the builder's id; by default a trusted one of SLSA's"),
    branch=_text("the branch that was built"),
    tag=_text("the tag that was built"),
    versionedTag=_text("the same; v1 or v1.2 take a line"),
)
_SLSA = _record(
    "somebody must have verified its level: a verification summary",
    ("by", "level", "verifier"),
    by=_BY,
    level=Shape("integer", "the least level", least=0, most=9),
    track=_text("the track of levels; BUILD unless said otherwise", least=1),
    verifier=_text("the verifier's id in the summary", least=1),
)
_GATE = _record(
    "must hold before the audit ends, besides its date",
    ("noNewViolationFor",),
    noNewViolationFor=Shape(
        "duration", "so long no workload may have broken the policy anew, by the controller's record"
    ),
)
_GATES = Shape("array", "all must hold; of a stage without its own those of the rollout count", each=_GATE)
_STAGE = _record(
    "other dates for some of the workloads; the first stage that takes a workload counts",
    namespaces=_texts("namespaces; * and ? stand for any text"),
    percent=Shape("integer", "so many of a hundred workloads, always the same", least=0, most=100),
    auditUntil=Shape("time", "until then nothing is refused"),
    grace=Shape("duration", "for how long workloads that existed then are only warned about"),
    gates=_GATES,
    forced=_record(
        "the stage goes on although a gate does not hold",
        ("since", "reason"),
        since=Shape("time", "since when"),
        reason=_text("why", least=1),
    ),
)
_ROLLOUT = _record(
    "how the policy comes into force",
    auditUntil=_STAGE.fields["auditUntil"],
    grace=_STAGE.fields["grace"],
    gates=_GATES,
    forced=_STAGE.fields["forced"],
    hold=_record(
        "the rollout stands still as it is at that time",
        ("since", "reason"),
        since=Shape("time", "since when"),
        reason=_text("why", least=1),
    ),
    stages=Shape("array", "per namespace or per cent", each=_STAGE),
)
_POLICY = _record(
    "what images and workloads must meet",
    description=_text("for people"),
    images=_IMAGES,
    workloads=_WORKLOADS,
    signers=Shape("object", "who signs, by a name of yours", each=_SIGNER),
    signedBy=_texts("names of spec.signers, each of which must have signed the image"),
    attestations=Shape("array", "attestations that must be there", each=_ATTESTATION),
    sbom=_SBOM,
    vulnerabilities=_VULNERABILITIES,
    provenance=_PROVENANCE,
    slsa=_SLSA,
    digests=_record(
        "images by digest",
        pin=_flag("write the digest behind the tag of each image"),
        require=_flag("refuse images without a digest; so it is after `pin` unless this is false"),
    ),
    registries=_texts("registries or beginnings of names, as ghcr.io/acme, that images may come from"),
    conditions=Shape("array", "CEL over object, oldObject, request, namespaceObject and images", each=_CONDITION),
    action=_text("what a violation does; audit unless said otherwise", *ACTIONS),
    rollout=_ROLLOUT,
    onError=_text("where something cannot be told: enforce (refuse) unless said otherwise", *ACTIONS),
    onTimeout=_text("where the time does not suffice; as onError unless said otherwise", *ACTIONS),
    staleIfError=Shape("duration", "for how long an elder verdict counts where a registry cannot be asked"),
    onRevocation=_text("what a violation does to requests that leave images as they are", "report", "deny"),
)
_EXCEPTION = _record(
    "lets an image or a vulnerability pass, for a while",
    ("policies", "reason", "approver", "expires"),
    policies=_texts("names of policies, * stands for any text", least=1),
    checks=_texts("only these checks, as signedBy or vulnerabilities"),
    images=_texts("digests (sha256:...) of the images, or HOST/NAME@DIGEST"),
    vulnerabilities=_texts("ids that do not count"),
    namespaces=_texts("only there; * and ? stand for any text"),
    reason=_text("why", least=1),
    approver=_text("who decided", least=1),
    ticket=_text("where that was discussed"),
    expires=Shape("time", "until when; from then on it says nothing"),
)
_BREAK_GLASS = _record(
    "lets one digest in, signed and for a short time",
    ("image", "reason", "until", "bundle"),
    image=_text("HOST/NAME@DIGEST or a digest", least=1),
    reason=_text("why", least=1),
    until=Shape("time", "until when"),
    namespaces=_texts("only there"),
    bundle=_text("a Sigstore bundle over this object's statement, as JSON", least=1),
)

KINDS: dict[str, tuple[str, Shape]] = {
    "AssayPolicy": ("assaypolicies", _POLICY),
    "AssayException": ("assayexceptions", _EXCEPTION),
    "BreakGlass": ("breakglasses", _BREAK_GLASS),
}
"""The kinds, with their plural and the shape of their ``spec``."""


def whole(kind: str) -> Shape:
    """The shape of a whole object."""
    about = _text("the API version of assay's own policies", API_VERSION)
    metadata = Shape("object", "as in every object of Kubernetes", free=True)
    status = Shape("object", "what the controller says", free=True)
    fields = {"apiVersion": about, "kind": _text("", kind), "metadata": metadata, "spec": KINDS[kind][1]}
    return Shape("object", fields={**fields, "status": status}, required=("apiVersion", "kind", "metadata", "spec"))


def schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a kind."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://{GROUP}/schemas/{VERSION}/{kind.lower()}.json",
        "title": kind,
        **_closed(whole(kind).schema()),
    }


def _closed(value: Any) -> Any:
    """A structural schema as a JSON schema: what is not named is refused, Kubernetes' words are translated."""
    if isinstance(value, list):
        return [_closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _closed(item) for key, item in value.items() if not key.startswith("x-kubernetes-")}
    if value.get("x-kubernetes-int-or-string"):
        found["type"] = ["integer", "string"]
    if "properties" in value and value.get("type") == "object" and "additionalProperties" not in value:
        found["additionalProperties"] = False
    return found


def definition(kind: str) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind (apiextensions.k8s.io/v1)."""
    plural, _ = KINDS[kind]
    shape = whole(kind).schema()
    for name in ("apiVersion", "kind"):
        shape["properties"][name] = {"type": "string"}
    shape["properties"]["metadata"] = {"type": "object"}
    shape["required"] = ["spec"]
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": shape},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "names": names, "scope": "Cluster", "versions": [version]},
    }
