"""An identity provider for development: whoever asks is whoever they say (OpenID Connect Core 1.0, RFC 7636).

It is there only where `assay sigstore up --dev` (or ``--dev-oidc``) asked for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
import time
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from assay.app.sigstore import Instance, key_set
from assay.errors import AssayError
from assay.server import http_bodies
from assay.trust import signing

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_LIFE, _MAX, _FORM = 600, 10_000, 16 << 10
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in for development</title><style>body{{font:16px system-ui;max-width:26rem;margin:12vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;margin:.4rem 0}}small{{color:#555}}</style>
<h1>Sign in for development</h1>{body}"""


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
        self._url, self._key = instance.url, instance.online["oidc"]
        self._keys = key_set(self._key)
        self._grants: dict[str, Grant] = {}

    def routes(self) -> list[BaseRoute]:
        """Discovery, keys, login page, code for token, and tokens just so."""
        return [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/oauth2/keys", self.keys),
            Route("/oauth2/auth", self.login, methods=["GET"]),
            Route("/oauth2/auth", self.grant, methods=["POST"]),
            Route("/oauth2/token", self.exchange, methods=["POST"]),
            Route("/oauth2/dev-token", self.mint, methods=["POST"]),
        ]

    async def discovery(self, request: Request) -> Response:
        """The provider's metadata."""
        return JSONResponse(
            {
                "issuer": self._url,
                "authorization_endpoint": f"{self._url}/oauth2/auth",
                "token_endpoint": f"{self._url}/oauth2/token",
                "jwks_uri": f"{self._url}/oauth2/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
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
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">' for name in names if name in asked
        )
        body = (
            f'<form method="post" action="{self._url}/oauth2/auth">{hidden}<label for="email">Email</label>'
            '<input id="email" name="email" type="email" required autofocus maxlength="254" autocomplete="email">'
            "<button>Sign in</button></form><small>No password: this issuer believes everybody. "
            "Never use it for anything but development.</small>"
        )
        return _page(body)

    async def grant(self, request: Request) -> Response:
        """Take the address; send the browser back with a code."""
        form = await _form(request)
        redirect, email = form.get("redirect_uri", ""), form.get("email", "")
        fault = _fault(form.get("response_type"), redirect, form.get("code_challenge_method"))
        if fault or not _address(email) or not form.get("code_challenge"):
            return PlainTextResponse(fault or "an email address and a code_challenge are needed", 400)
        code = self._code(Grant(email, redirect, form["code_challenge"], form.get("nonce", ""), time.monotonic()))
        if redirect == OUT_OF_BAND:
            return _page(f"<p>Your code:</p><pre id='code'>{code}</pre>")
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
        """A code, once, for tokens; the verifier must fit the challenge (RFC 7636, 4.6)."""
        form = await _form(request)
        grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        found = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        good = grant is not None and grant.until > time.monotonic() and grant.redirect == form.get("redirect_uri")
        if grant is None or not good or not hmac.compare_digest(found.encode(), grant.challenge.encode()):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.token(grant.email, grant.nonce)
        answer = {"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": _LIFE}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def mint(self, request: Request) -> Response:
        """A token for an address, as plain text."""
        email = (await _form(request)).get("email", "")
        if not _address(email):
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
        return jwt.encode({**claims, **times, **more}, self._key.private, algorithm="ES256", headers=headers)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; of an unreadable one there are none."""
    try:
        text = (await http_bodies.read(request.receive, _FORM)).decode("ascii")
        return dict(parse_qsl(text, max_num_fields=32))
    except (ValueError, AssayError):
        return {}


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


def _address(text: str) -> bool:
    name, _, host = text.partition("@")
    return bool(name and host) and len(text) <= 254 and text.isascii() and text.isprintable() and " " not in text


def _page(body: str) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    headers = {"content-security-policy": policy, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return HTMLResponse(_PAGE.format(body=body), headers=headers)
