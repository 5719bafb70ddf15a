"""The fields of ClusterImagePolicy and TrustRoot that are evaluated here; every other one is refused by name."""

from __future__ import annotations

from assay.engines.policy.shape import Shape

GROUP = "policy.sigstore.dev"
VERSIONS = ("v1alpha1", "v1beta1")


def _record(required: tuple[str, ...] = (), **fields: Shape) -> Shape:
    return Shape("object", fields=fields, required=required)


def _list(each: Shape, least: int = 0) -> Shape:
    return Shape("array", each=each, least=least)


_TEXT, _FLAG = Shape("string"), Shape("boolean")
_FULL = Shape("string", least=1)
_FREE = Shape("object", free=True)
_KEY = _record(data=_TEXT, secretRef=_FREE, kms=_TEXT, hashAlgorithm=_TEXT)
_IDENTITY = _record(issuer=_TEXT, subject=_TEXT, issuerRegExp=_TEXT, subjectRegExp=_TEXT)
_POLICY = _record(
    ("type",),
    type=Shape("string", choices=("rego", "cue", "cel")),
    data=_TEXT,
    remote=_FREE,
    configMapRef=_FREE,
    fetchConfigFile=_FLAG,
    includeSpec=_FLAG,
    includeObjectMeta=_FLAG,
    includeTypeMeta=_FLAG,
)
_KEYLESS = {
    "url": _TEXT,
    "identities": _list(_IDENTITY, 1),
    "trustRootRef": _TEXT,
    "insecureIgnoreSCT": _FLAG,
}
_AUTHORITY = _record(
    name=_TEXT,
    key=_KEY,
    keyless=Shape("object", fields={**_KEYLESS, "ca-cert": _KEY}),
    static=_record(("action",), action=Shape("string", choices=("pass", "fail")), message=_TEXT),
    source=_list(_record(oci=_TEXT, signaturePullSecrets=_list(_FREE), tagPrefix=_TEXT)),
    ctlog=_record(url=_TEXT, trustRootRef=_TEXT),
    rfc3161timestamp=_record(trustRootRef=_TEXT),
    attestations=_list(_record(("name", "predicateType"), name=_FULL, predicateType=_FULL, policy=_POLICY)),
    signatureFormat=Shape("string", choices=("", "legacy", "bundle")),
)
POLICY = _record(
    ("images",),
    images=_list(_record(("glob",), glob=_FULL), 1),
    match=_list(_record(group=_TEXT, version=_TEXT, resource=_TEXT, selector=_FREE)),
    mode=Shape("string", choices=("enforce", "warn")),
    authorities=_list(_AUTHORITY),
    policy=_POLICY,
)
_LOG = _record(("publicKey",), baseURL=_TEXT, hashAlgorithm=_TEXT, publicKey=_FULL)
_ISSUER = _record(("certChain",), subject=_record(organization=_TEXT, commonName=_TEXT), uri=_TEXT, certChain=_FULL)
TRUST_ROOT = _record(
    remote=_FREE,
    repository=_FREE,
    sigstoreKeys=_record(
        certificateAuthorities=_list(_ISSUER),
        tLogs=_list(_LOG),
        ctLogs=_list(_LOG),
        timestampAuthorities=_list(_ISSUER),
    ),
)
KINDS = {"ClusterImagePolicy": POLICY, "TrustRoot": TRUST_ROOT}


def whole(spec: Shape) -> Shape:
    """The shape of a whole object."""
    fields = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _FREE, "spec": spec, "status": _FREE}
    return Shape("object", fields=fields, required=("apiVersion", "kind", "metadata", "spec"))
