"""The certificate authority: from an identity and a key to a certificate that the CT log promised to list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.engines.authority import sct, x509
from assay.engines.authority.identity import Identity
from assay.formats import certificate, der
from assay.ports import Signer

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate (DER), what the CT log must keep of it before it is handed out, and the chain above it."""

    certificate: bytes
    leaf: bytes
    chain: tuple[bytes, ...] = ()


class CertificateAuthority:
    """Signs with the key of `chain[0]` (DER, the issuing certificate first); `ct_log` signs the promises."""

    def __init__(self, signer: Signer, chain: tuple[bytes, ...], ct_log: Signer) -> None:
        self.signer, self.chain, self.ct_log = signer, chain, ct_log
        self._subject = certificate.read(chain[0]).subject

    def issue(self, identity: Identity, public_key: bytes, now: datetime) -> Issued:
        """A certificate of ten minutes for the key (SPKI)."""
        start = now.replace(microsecond=0)
        extensions = (
            x509.key_usage(0),
            x509.extended_usage(x509.CODE_SIGNING),
            *x509.key_ids(public_key, self.signer.public_key),
            *identity.extensions(),
        )
        draft = x509.Draft(
            self._subject, der.sequence(), public_key, start, start + LIFETIME, extensions, x509.serial()
        )
        moment = int(now.timestamp() * 1000)
        entry = sct.entry(draft.signed_part(self.signer.scheme), self.signer.public_key)
        promise = sct.extension_value(sct.promise(self.ct_log, moment, entry))
        whole = draft.signed_part(self.signer.scheme, x509.extension(x509.SCT_LIST, promise))
        return Issued(x509.sign(whole, self.signer), sct.leaf(moment, entry), self.chain)
