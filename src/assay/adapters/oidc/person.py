"""Asks a person for an identity token: in a browser with PKCE (RFC 7636), by a code typed in, or by the device flow
(RFC 8628)."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from assay.adapters.oidc import token_part
from assay.adapters.registry.transport import Transport, host_of
from assay.errors import ExternalError, Refused, UsageError
from assay.formats import strict_json
from assay.formats.strict_json import Reader

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SECONDS = 300
_MAX = 1 << 20


class Issuer:
    """An OpenID provider, found by its discovery document."""

    def __init__(self, transport: Transport, url: str, client: str = "sigstore", secret: str = "") -> None:
        self._transport = transport
        self._url = url.rstrip("/").removesuffix("/auth")
        self._client = client
        self._secret = secret
        self._found: Reader | None = None

    def _discovered(self) -> Reader:
        if self._found is None:
            for base in dict.fromkeys((self._url, f"{self._url}/auth")):
                status, data = self._ask("GET", f"{base}/.well-known/openid-configuration", None)
                if status == 200:
                    self._found = Reader(strict_json.load(data, "the issuer's description"), "the issuer")
                    return self._found
            raise ExternalError(f"{host_of(self._url)} does not describe itself as an issuer", "check --oidc-issuer")
        return self._found

    def _ask(self, method: str, url: str, form: dict[str, str] | None) -> tuple[int, bytes]:
        self._transport.require(url)
        body = urlencode(form).encode() if form is not None else None
        headers = {"Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            pair = f"{self._client}:{self._secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        response = self._transport.request(method, url, headers, body)
        try:
            return response.status, response.read(_MAX)
        finally:
            response.close()

    def browser(self, say: Callable[[str], None]) -> str:
        """A token through a browser of this machine."""
        with _Answer() as answer:
            verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
            address = self._address(answer.url, verifier, state, nonce)
            say(f"open this in a browser, if it does not open by itself:\n  {address}")
            webbrowser.open(address)
            code = answer.wait(state)
        return self._token({"code": code, "redirect_uri": answer.url, "code_verifier": verifier}, nonce)

    def typed(self, say: Callable[[str], None]) -> str:
        """A token through a browser anywhere, and a code that is typed in here."""
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        address = self._address(OUT_OF_BAND, verifier, state, nonce)
        say(f"open this in a browser, and type in the code that it shows:\n  {address}")
        sys.stderr.write("Code: ")
        sys.stderr.flush()
        code = sys.stdin.readline().strip()
        if not code:
            raise UsageError("no code was typed in", "try again, or pass --identity-token")
        return self._token({"code": code, "redirect_uri": OUT_OF_BAND, "code_verifier": verifier}, nonce)

    def _address(self, redirect: str, verifier: str, state: str, nonce: str) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "scope": "openid email",
            "redirect_uri": redirect,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": state,
            "nonce": nonce,
        }
        return f"{self._discovered().text('authorization_endpoint')}?{urlencode(asked)}"

    def _token(self, form: dict[str, str], nonce: str) -> str:
        asked = {"grant_type": "authorization_code", "client_id": self._client, **form}
        status, data = self._ask("POST", self._discovered().text("token_endpoint"), asked)
        if status != 200:
            raise Refused(f"{host_of(self._url)} gave no token: {_error(data)}", "try again")
        text = Reader(strict_json.load(data, "the issuer's answer"), "the issuer's answer").text("id_token")
        if token_part(text, 1).get("nonce") != nonce:
            raise Refused("the token was made for another question than ours", "try again")
        return text

    def device(self, say: Callable[[str], None]) -> str:
        """A token through a browser on another device."""
        described = self._discovered()
        if not described.has("device_authorization_endpoint"):
            raise UsageError(f"{host_of(self._url)} has no device flow", "use --fulcio-auth-flow normal or token")
        asked = {"client_id": self._client, "scope": "openid email"}
        status, data = self._ask("POST", described.text("device_authorization_endpoint"), asked)
        if status != 200:
            raise Refused(f"{host_of(self._url)} began no device flow: {_error(data)}", "try again")
        begun = Reader(strict_json.load(data, "the issuer's answer"), "the issuer's answer")
        say(f"open {begun.text('verification_uri')} and enter the code {begun.text('user_code')}")
        return self._poll(begun, described.text("token_endpoint"))

    def _poll(self, begun: Reader, endpoint: str) -> str:
        pause = max(begun.integer("interval", 5), 1)
        until = time.monotonic() + min(begun.integer("expires_in", SECONDS), SECONDS)
        asked = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": begun.text("device_code"),
            "client_id": self._client,
        }
        while time.monotonic() < until:
            time.sleep(pause)
            status, data = self._ask("POST", endpoint, asked)
            if status == 200:
                return Reader(strict_json.load(data, "the issuer's answer"), "the issuer's answer").text("id_token")
            error = _error(data)
            pause += 5 if error == "slow_down" else 0
            if error not in ("slow_down", "authorization_pending"):
                raise Refused(f"{host_of(self._url)} gave no token: {error}", "try again")
        raise Refused("nobody confirmed the code in time", "try again")


def _error(data: bytes) -> str:
    try:
        value = json.loads(data)
    except ValueError:
        return "an answer that is no JSON"
    return str(value.get("error", "nothing"))[:200] if isinstance(value, dict) else "nothing"


class _Answer:
    """Listens on loopback for the one redirect that brings the code."""

    def __init__(self) -> None:
        self._query: dict[str, list[str]] = {}
        self._came = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path != "/auth/callback":
                    self.send_error(404)
                    return
                outer._query = parse_qs(parts.query)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"Thank you. This page can be closed.\n")
                outer._came.set()

            def log_message(self, format: str, *args: object) -> None:
                """The code must not be logged."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_address[1]}/auth/callback"

    def __enter__(self) -> _Answer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, state: str) -> str:
        """The code; raises `Refused` for none in time, or for an answer to another question."""
        if not self._came.wait(SECONDS):
            raise Refused("no browser came back in five minutes", "pass --identity-token, or use the device flow")
        said = {name: values[0] for name, values in self._query.items()}
        if not secrets.compare_digest(said.get("state", "").encode(), state.encode()):
            raise Refused("the browser brought an answer to another question", "try again")
        if not said.get("code"):
            raise Refused(f"the issuer says: {said.get('error', 'nothing')[:200]}", "try again")
        return said["code"]
