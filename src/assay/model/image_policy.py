"""What policies ask about images: by whom they must be signed, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from assay.model.digest import Digest
from assay.model.policy import Object


class SignatureForm(StrEnum):
    """How signatures are stored beside an image."""

    ANY = "any"
    LEGACY = "legacy"
    """cosign's ``.sig`` and ``.att`` tags with simple-signing payloads and DSSE envelopes."""
    BUNDLE = "bundle"
    """Sigstore bundles as OCI referrers."""


@dataclass(frozen=True, slots=True)
class KeylessIdentity:
    """Whose certificate is accepted; an empty field asks for nothing, the expressions match anywhere (RE2).

    `wildcards` makes ``*`` and ``?`` in `issuer` and `subject` stand for any text, as Kyverno has it.
    """

    issuer: str = ""
    issuer_regexp: str = ""
    subject: str = ""
    subject_regexp: str = ""
    wildcards: bool = False
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Claims of the certificate, by Fulcio's names (``githubWorkflowRepository`` ...)."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One way in which an image may be signed: by a key, by a certificate, or keyless; PEM texts throughout."""

    name: str = ""
    key: str = ""
    hash_algorithm: str = ""
    """``sha256`` and so on; empty: what goes with the key."""
    certificate: str = ""
    chain: str = ""
    identities: tuple[KeylessIdentity, ...] = ()
    """Any of them will do; none, and no key and no certificate: refused when loaded."""
    roots: str = ""
    """Certificates that identities' certificates must chain to, instead of the trust root's."""
    rekor_key: str = ""
    ct_key: str = ""
    tsa_chain: str = ""
    ignore_log: bool = False
    ignore_sct: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    repository: str = ""
    """Where the signatures are, if not beside the image."""
    tag_prefix: str = ""
    form: SignatureForm = SignatureForm.ANY
    trust_root: str = ""
    """A named trust root (policy-controller's TrustRoot); empty: the one that is configured."""


@dataclass(frozen=True, slots=True)
class ImageSignature:
    """A signature that an authority accepts."""

    image: Digest
    identity: str
    """The certificate's subject, or the fingerprint of the key."""
    issuer: str = ""
    signed: datetime | None = None
    """A time that somebody else than the signer vouches for."""
    payload: Object = field(default_factory=dict)
    """The simple-signing payload; of a bundle, the same made of its annotations."""
    claims: tuple[tuple[int, str], ...] = ()
    """Claims of the certificate by Fulcio's numbers (`assay.model.identity.CLAIMS`)."""


@dataclass(frozen=True, slots=True)
class ImageAttestation:
    """A statement about the image that an authority accepts."""

    signature: ImageSignature
    statement: Object
    """The in-toto statement, its ``predicateType`` and ``predicate`` among it."""


@dataclass(frozen=True, slots=True)
class ImageData:
    """What a registry says of an image."""

    reference: str
    digest: Digest
    manifest: Object
    config: Object
    index: Object | None = None
    """The image index, where the reference names one."""
