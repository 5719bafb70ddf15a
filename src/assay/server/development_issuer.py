"""An identity provider for development: whoever asks is whoever they say (OpenID Connect Core 1.0, RFC 7636, 8628).

It is there only where `assay sigstore up --dev` (or ``--dev-oidc``) asked for it.
"""

from __future__ import annotations

import secrets
import time
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from assay.app.sigstore import Instance, issuer_key, key_set, token_algorithm
from assay.server import login_page
from assay.server.device_flow import GRANT, DeviceFlow
from assay.trust import signing

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_LIFE, _MAX = 600, 10_000


class Grant(NamedTuple):
    """What a code stands for."""

    email: str
    redirect: str
    challenge: str
    nonce: str
    until: float


class DevelopmentIssuer:
    """Signs tokens with the key ``oidc`` of the instance."""

    def __init__(self, instance: Instance) -> None:
        self._url, self._key = instance.url, issuer_key(instance.online)
        self._keys = key_set(self._key)
        self._grants: dict[str, Grant] = {}
        self._devices = DeviceFlow(self._url)

    def routes(self) -> list[BaseRoute]:
        """Discovery, keys, login page, code for token, the device flow, and tokens just so."""
        return [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/oauth2/keys", self.keys),
            Route("/oauth2/auth", self.login, methods=["GET"]),
            Route("/oauth2/auth", self.grant, methods=["POST"]),
            Route("/oauth2/token", self.exchange, methods=["POST"]),
            Route("/oauth2/dev-token", self.mint, methods=["POST"]),
            *self._devices.routes(),
        ]

    async def discovery(self, request: Request) -> Response:
        """The provider's metadata."""
        return JSONResponse(
            {
                "issuer": self._url,
                "authorization_endpoint": f"{self._url}/oauth2/auth",
                "token_endpoint": f"{self._url}/oauth2/token",
                "device_authorization_endpoint": f"{self._url}/oauth2/device_authorization",
                "grant_types_supported": ["authorization_code", GRANT],
                "jwks_uri": f"{self._url}/oauth2/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [token_algorithm(self._key)],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "email"],
            }
        )

    async def keys(self, request: Request) -> Response:
        """The key set."""
        return JSONResponse(self._keys)

    async def login(self, request: Request) -> Response:
        """The page that asks for an address."""
        asked = request.query_params
        fault = _fault(asked.get("response_type"), asked.get("redirect_uri", ""), asked.get("code_challenge_method"))
        if fault or not asked.get("code_challenge"):
            return PlainTextResponse(fault or "code_challenge (S256) is missing", 400)
        names = ("redirect_uri", "state", "code_challenge", "nonce", "response_type", "code_challenge_method")
        hidden = {name: asked[name] for name in names if name in asked}
        return login_page.page(login_page.form(f"{self._url}/oauth2/auth", hidden))

    async def grant(self, request: Request) -> Response:
        """Take the address; send the browser back with a code."""
        form = await login_page.fields(request)
        redirect, email = form.get("redirect_uri", ""), form.get("email", "")
        fault = _fault(form.get("response_type"), redirect, form.get("code_challenge_method"))
        if fault or not login_page.is_address(email) or not form.get("code_challenge"):
            return PlainTextResponse(fault or "an email address and a code_challenge are needed", 400)
        code = self._code(Grant(email, redirect, form["code_challenge"], form.get("nonce", ""), time.monotonic()))
        if redirect == OUT_OF_BAND:
            return login_page.page(f"<p>Your code:</p><pre id='code'>{code}</pre>")
        query = urlencode({"code": code, "state": form.get("state", "")})
        return RedirectResponse(f"{redirect}?{query}", 303)

    def _code(self, grant: Grant) -> str:
        now = time.monotonic()
        self._grants = {code: one for code, one in self._grants.items() if one.until > now}
        if len(self._grants) >= _MAX:
            self._grants.clear()
        code = secrets.token_urlsafe(24)
        self._grants[code] = grant._replace(until=now + _LIFE)
        return code

    async def exchange(self, request: Request) -> Response:
        """A code, once, for tokens: of the login page with its verifier, or of the device flow."""
        form = await login_page.fields(request)
        if form.get("grant_type") == GRANT:
            email, error = self._devices.redeem(form)
            return _refused(error) if error else self._tokens(email)
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.until <= time.monotonic() or grant.redirect != form.get("redirect_uri"):
            return _refused("invalid_grant")
        if not login_page.proves(form.get("code_verifier", ""), grant.challenge):
            return _refused("invalid_grant")
        return self._tokens(grant.email, grant.nonce)

    def _tokens(self, email: str, nonce: str = "") -> Response:
        token = self.token(email, nonce)
        answer = {"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": _LIFE}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def mint(self, request: Request) -> Response:
        """A token for an address, as plain text."""
        email = (await login_page.fields(request)).get("email", "")
        if not login_page.is_address(email):
            return PlainTextResponse("give an email address: -d email=you@example.org", 400)
        return PlainTextResponse(self.token(email), headers={"cache-control": "no-store"})

    def token(self, email: str, nonce: str = "") -> str:
        """A token for ten minutes."""
        import jwt

        now = int(time.time())
        claims = {"iss": self._url, "aud": "sigstore", "sub": email, "email": email, "email_verified": True}
        more = {"nonce": nonce} if nonce else {}
        headers = {"kid": signing.digest(self._key.public_key)[:16]}
        times = {"iat": now, "exp": now + _LIFE}
        return jwt.encode(
            {**claims, **times, **more}, self._key.private, algorithm=token_algorithm(self._key), headers=headers
        )


def _refused(error: str) -> Response:
    return JSONResponse({"error": error}, 400, {"cache-control": "no-store"})


def _fault(kind: str | None, redirect: str, method: str | None) -> str:
    try:
        parts = urlsplit(redirect)
    except ValueError:
        return "redirect_uri is no address"
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1") and not parts.fragment
    if kind != "code" or method != "S256":
        return "only response_type=code with code_challenge_method=S256 is offered"
    if redirect != OUT_OF_BAND and not local:
        return "redirect_uri must be on this computer"
    return ""
