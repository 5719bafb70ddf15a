"""Identity tokens of whoever signs: given, found in the surroundings, or asked for in a browser.

Order: ``--identity-token`` (a token or a file), ``SIGSTORE_ID_TOKEN``, a file that Kubernetes or SPIFFE's helper
projected, the token of a CI provider (GitHub, GitLab, Buildkite, CircleCI, Google; the `id` library), SPIFFE's agent,
then a person.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from assay.errors import ExternalError, InputError, Refused, UsageError
from assay.formats import strict_json
from assay.formats.json import Object

AUDIENCE = "sigstore"
FILES = (
    "/var/run/sigstore/cosign/oidc-token",  # cosign's place for Kubernetes' projected tokens
    "/var/run/secrets/tokens/sigstore",
)
MAX_TOKEN = 64 << 10


class Token(NamedTuple):
    """An identity token, with its claims as far as they can be read without the issuer's keys."""

    text: str
    claims: Object

    @property
    def identity(self) -> str:
        """Whom it is about, for people."""
        name = self.claims.get("email") or self.claims.get("sub") or "somebody"
        return f"{name} (vouched for by {self.claims.get('iss', 'nobody')})"


def parse(text: str, now: float) -> Token:
    """A token that might be good; raises `Refused` for one that no authority would take."""
    text = text.strip()
    header, claims = token_part(text, 0), token_part(text, 1)
    if str(header.get("alg", "none")).lower() == "none":
        raise Refused("the identity token is not signed (alg: none)", "ask the issuer for a real one")
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < now:
        raise Refused(f"the identity token expired {int(now - expires)} seconds ago", "ask the issuer for a new one")
    starts = claims.get("nbf")
    if isinstance(starts, int | float) and starts > now + 60:
        raise Refused("the identity token is not valid yet", "check the clock")
    audience = claims.get("aud")
    if AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        raise Refused(f"the identity token is for {audience!s:.100}, not for {AUDIENCE!r}", "ask for that audience")
    return Token(text, claims)


def token_part(token: str, number: int) -> Object:
    """The header (0) or the claims (1) of a token, unproved; raises `Refused` for what is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN:
        raise Refused("the identity token is no JSON web token", "pass the token itself, or the name of its file")
    text = parts[number]
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Refused("the identity token is damaged", "ask the issuer for a new one") from error
    return strict_json.load(data, "the identity token")


def found(given: str, environment: Mapping[str, str], now: float) -> Token | None:
    """The token that is given or lies in the surroundings; None where a person must be asked."""
    if given:
        return parse(_of_file(Path(given)) if _is_file(given) else given, now)
    if environment.get("SIGSTORE_ID_TOKEN"):
        return parse(environment["SIGSTORE_ID_TOKEN"], now)
    for name in (environment.get("SIGSTORE_ID_TOKEN_FILE", ""), *FILES):
        if name and _is_file(name):
            return parse(_of_file(Path(name)), now)
    text = _ambient()
    if not text and environment.get("SPIFFE_ENDPOINT_SOCKET"):
        from assay.adapters.oidc import spiffe

        text = spiffe.token(environment["SPIFFE_ENDPOINT_SOCKET"], AUDIENCE)
    return parse(text, now) if text else None


def _is_file(name: str) -> bool:
    """Whether it is the name of a file; a token is far too long for one."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _of_file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the identity token in {path} cannot be read", "check the file") from error


def _ambient() -> str:
    try:
        import id
    except ImportError:
        return ""
    try:
        return id.detect_credential(AUDIENCE) or ""
    except id.IdentityError as error:
        said = " ".join(str(error).split())[:300]
        raise ExternalError(f"the CI provider gave no identity token: {said}", "grant it one") from error


def nobody() -> UsageError:
    """Nobody can be asked for a token."""
    return UsageError(
        "there is no identity token, and no terminal to ask for one",
        "set SIGSTORE_ID_TOKEN, pass --identity-token, or sign with --key",
    )
