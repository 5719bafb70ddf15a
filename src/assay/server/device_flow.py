"""Signing in on another device (RFC 8628): a program shows a short code, a person types it into a page.

::

    POST /oauth2/device_authorization  -> {"device_code": "…", "user_code": "BCDF-GHJK", "verification_uri": "…", …}
    GET  /oauth2/device?user_code=…    the page; POST: the person's answer
    POST /oauth2/token                 authorization_pending, slow_down, expired_token, or the token
"""

from __future__ import annotations

import html
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from assay.server import login_page

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LIFE, INTERVAL = 600, 1
_MAX = 10_000
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words (section 6.1)."""


@dataclass(slots=True)
class Waiting:
    """A program that waits for a person; `email` is the answer."""

    user_code: str
    challenge: str
    until: float
    asked: float = 0.0
    email: str = ""


class DeviceFlow:
    """The programs that wait, by their device codes; `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._waiting: dict[str, Waiting] = {}

    def routes(self) -> list[BaseRoute]:
        """Where a program begins, and where a person answers."""
        return [
            Route("/oauth2/device_authorization", self.begin, methods=["POST"]),
            Route("/oauth2/device", self.ask, methods=["GET"]),
            Route("/oauth2/device", self.confirm, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Two codes: a long one for the program, a short one for the person (sections 3.1 and 3.2)."""
        form = await login_page.fields(request)
        if not form.get("client_id"):
            return JSONResponse({"error": "invalid_request", "error_description": "client_id is missing"}, 400)
        if form.get("code_challenge_method", "S256") != "S256":
            return JSONResponse({"error": "invalid_request", "error_description": "only S256 is offered"}, 400)
        code, found = self._new(form.get("code_challenge", ""))
        page = f"{self._url}/oauth2/device"
        complete = f"{page}?{urlencode({'user_code': found.user_code})}"
        told = {"user_code": found.user_code, "verification_uri": page, "verification_uri_complete": complete}
        answer = {"device_code": code, **told, "expires_in": LIFE, "interval": INTERVAL}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    def _new(self, challenge: str) -> tuple[str, Waiting]:
        now = self._clock()
        self._waiting = {code: one for code, one in self._waiting.items() if one.until > now}
        if len(self._waiting) >= _MAX:
            self._waiting.clear()
        letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
        found = Waiting(f"{letters[:4]}-{letters[4:]}", challenge, now + LIFE)
        code = secrets.token_urlsafe(24)
        self._waiting[code] = found
        return code, found

    async def ask(self, request: Request) -> Response:
        """The page: the code that the program shows, and an address."""
        given = html.escape(request.query_params.get("user_code", "")[:64])
        more = f'value="{given}" maxlength="64" autocomplete="off"'
        label = "The code that the program shows"
        field = login_page.field("user_code", label, more if given else f"{more} autofocus")
        return login_page.page(login_page.form(f"{self._url}/oauth2/device", {}, field))

    async def confirm(self, request: Request) -> Response:
        """The person's answer; a code is confirmed once."""
        form = await login_page.fields(request)
        email = form.get("email", "")
        found = self._shown(form.get("user_code", ""))
        if found is None:
            return login_page.page("<p>No program waits with this code. Begin anew there.</p>", 400)
        if not login_page.is_address(email):
            return login_page.page("<p>An email address is needed.</p>", 400)
        found.email = email
        return login_page.page("<p id='done'>Signed in. This page can be closed.</p>")

    def _shown(self, typed: str) -> Waiting | None:
        """Who shows this code and waits still; case, blanks and hyphens do not matter (section 6.1)."""
        wanted = "".join(letter for letter in typed.upper() if letter in _LETTERS)
        for one in self._waiting.values():
            if one.user_code.replace("-", "") == wanted and one.until > self._clock() and not one.email:
                return one
        return None

    def redeem(self, form: dict[str, str]) -> tuple[str, str]:
        """Address and error for a request for a token, one of them empty (section 3.5)."""
        code, now = form.get("device_code", ""), self._clock()
        found = self._waiting.get(code)
        if found is None:
            return "", "invalid_grant"
        if found.until <= now:
            del self._waiting[code]
            return "", "expired_token"
        if found.challenge and not login_page.proves(form.get("code_verifier", ""), found.challenge):
            return "", "invalid_grant"
        early, found.asked = now - found.asked < INTERVAL / 2, now
        if not found.email:
            return "", "slow_down" if early else "authorization_pending"
        del self._waiting[code]
        return found.email, ""
