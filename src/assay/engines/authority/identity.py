"""Who asked for a certificate, and how that stands in it (Fulcio: certificate-specification.md, oid-info.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.engines.authority import x509
from assay.formats import der

ARC = "1.3.6.1.4.1.57264.1."
_RAW = range(1, 7)


@dataclass(frozen=True, slots=True)
class Identity:
    """`kind` is ``email``, ``uri`` or ``username``; `challenge` is what a proof of possession signs.

    `claims` are Fulcio's extensions by their last number; 1, 8 and 24 come from issuer and subject.
    """

    kind: str
    name: str
    issuer: str
    subject: str
    challenge: str
    claims: Mapping[int, str] = field(default_factory=dict)

    def extensions(self) -> list[bytes]:
        """The critical name, and the claims."""
        found = [x509.extension("2.5.29.17", der.sequence(self._name()), critical=True)]
        claims = {1: self.issuer, 8: self.issuer, 24: self.subject, **self.claims}
        for number, text in sorted(claims.items()):
            value = text.encode() if number in _RAW else der.encode(der.UTF8, text.encode())
            found.append(x509.extension(f"{ARC}{number}", value))
        return found

    def _name(self) -> bytes:
        if self.kind == "username":
            text = der.encode(0xA0, der.encode(der.UTF8, self.name.encode()))
            return der.encode(0xA0, der.oid(f"{ARC}7") + text)
        return der.encode(0x81 if self.kind == "email" else 0x86, self.name.encode("ascii"))
