"""Identity tokens (RFC 7519, OpenID Connect Core 3.1.3.7): read to know whom to ask for keys, then checked."""

from __future__ import annotations

from typing import Any

from assay.engines.authority.requests import BAD_TOKEN as BAD
from assay.errors import AssayError, Refused
from assay.formats import strict_json
from assay.formats.json import Object

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones alone: neither ``none``, nor a MAC keyed with what is public."""
MAX_BYTES = 64 << 10
LEEWAY = 30
"""Seconds by which clocks may differ."""


def issuer_of(token: str) -> tuple[str, str]:
    """Issuer and key id that a token names, unproved; raises `Refused`."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_BYTES:
        raise Refused(BAD, "it is no JSON Web Token")
    header, claims = _part(parts[0]), _part(parts[1])
    if header.get("alg") not in ALGORITHMS:
        raise Refused(BAD, "its algorithm is not one that is taken")
    issuer, key = claims.get("iss"), header.get("kid", "")
    if not isinstance(issuer, str) or not isinstance(key, str):
        raise Refused(BAD, "it names no issuer")
    return issuer, key


def _part(text: str) -> Object:
    import base64

    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return strict_json.load(data, "a token")
    except (ValueError, AssayError) as error:
        raise Refused(BAD, "it is no JSON Web Token") from error


def check(token: str, key: Any, issuer: str, audience: str) -> Object:
    """The claims, once signature, issuer, audience and times hold; raises `Refused`.

    `key` is a `jwt.PyJWK`, which knows for which algorithms it is.
    """
    import jwt

    reasons = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it is for another audience",
        jwt.InvalidSignatureError: "its signature does not hold",
        jwt.MissingRequiredClaimError: "it lacks one of iss, aud, sub, exp and iat",
    }
    try:
        return jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "sub", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise Refused(BAD, reasons.get(type(error), "it does not hold")) from None
