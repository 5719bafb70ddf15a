"""``x509.decode``: the fields of a certificate or a signing request."""

from __future__ import annotations

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import Value
from assay.engines.policy.x509_fields import decode
from assay.errors import Malformed


def _decode(text: str) -> Value:
    try:
        return decode(text)
    except Malformed as error:
        raise Untold(str(error)) from error


X509 = Library("x509", {"x509.decode(string): dyn": _decode})
