"""Requests to one repository, authorised as the registry asks for it.

The first request carries what the last one was granted; a 401 says how to do better (Basic, or a Bearer token that
another server issues: the distribution project's token authentication specification), and is answered once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import urlencode, urlsplit

from assay.adapters.image_reference import ImageReference
from assay.adapters.registry.credentials import Credentials
from assay.adapters.registry.transport import Body, Response, Transport, host_of, join
from assay.errors import ExternalError, InputError, Malformed
from assay.formats import auth_challenge, json
from assay.formats.auth_challenge import Challenge
from assay.formats.json import as_list, as_object, as_text

MAX_TOKEN = 1 << 20
_API_HOSTS = {"docker.io": "registry-1.docker.io"}
_CLIENT = "assay"


def api_host(host: str) -> str:
    """The host that is asked for the images of a registry, with its port."""
    return _API_HOSTS.get(host, host)


class Session:
    """One repository of one registry. `credentials` is asked when the registry first wants some."""

    def __init__(
        self, reference: ImageReference, transport: Transport, credentials: Callable[[], Credentials | None]
    ) -> None:
        self.repository = reference.repository
        self.host = reference.host
        self._api = api_host(reference.host)
        self._transport = transport
        self._find = credentials
        self._granted: dict[str, str] = {}
        self._lock = Lock()

    @property
    def base(self) -> str:
        """``https://HOST/v2/REPOSITORY/``."""
        return f"{self._transport.base(self._api)}/v2/{self.repository}/"

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        *,
        actions: str = "pull",
    ) -> Response:
        """The answer to a request below the repository; `path` may be an address that the registry gave.

        Raises `ExternalError` where access is refused.
        """
        url = join(self.base, path)
        own = urlsplit(url)[:2] == urlsplit(self.base)[:2]
        if not own:
            self._transport.check(url, self.base)
        before = self._granted.get(actions, "") if own else ""
        response = self._transport.request(method, url, _with(headers, before), body)
        if response.status != 401 or not own:
            return response
        challenges = auth_challenge.parse(response.headers.get("www-authenticate", ""))
        response.close()
        granted = self._authorise(challenges, actions, before)
        return self._transport.request(method, url, _with(headers, granted), body)

    def _authorise(self, challenges: tuple[Challenge, ...], actions: str, before: str) -> str:
        """The Authorization header that the challenges ask for; one thread asks, the others use what it got."""
        with self._lock:
            if self._granted.get(actions, "") != before:
                return self._granted[actions]
            granted = self._answer(challenges, actions)
            self._granted[actions] = granted
            return granted

    def _answer(self, challenges: tuple[Challenge, ...], actions: str) -> str:
        credentials = self._find()
        for challenge in challenges:
            if challenge.scheme == "bearer":
                if credentials is not None and credentials.bearer:
                    return f"Bearer {credentials.bearer}"
                return f"Bearer {self._token(challenge, actions, credentials)}"
            if challenge.scheme == "basic" and credentials is not None and credentials.username:
                return credentials.basic
        raise ExternalError(f"{self.host} wants to know who asks for {self.repository}", self._log_in)

    @property
    def _log_in(self) -> str:
        return f"log in with `docker login {self.host}` or `podman login {self.host}`"

    def _token(self, challenge: Challenge, actions: str, credentials: Credentials | None) -> str:
        realm = challenge.parameters.get("realm", "")
        self._transport.check(realm, self.base)
        scope = f"repository:{self.repository}:{actions}"
        asked = {"service": challenge.parameters.get("service", ""), "scope": scope}
        if credentials is not None and credentials.identity:
            form = {**asked, "grant_type": "refresh_token", "refresh_token": credentials.identity, "client_id": _CLIENT}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            response = self._transport.request("POST", realm, headers, urlencode(form).encode())
        else:
            known = {"Authorization": credentials.basic} if credentials is not None and credentials.username else {}
            mark = "&" if "?" in realm else "?"
            response = self._transport.request("GET", f"{realm}{mark}{urlencode(asked)}", known)
        data = response.read(MAX_TOKEN)
        if response.status in (400, 401, 403):
            raise ExternalError(f"{host_of(realm)} grants no access to {self.host}/{self.repository}", self._log_in)
        return _token_of(data, response.status, host_of(realm))

    def fail(self, response: Response, what: str) -> Exception:
        """The error for a status that nobody hoped for; the answer is closed."""
        try:
            said = _said(response.read(64 << 10))
        except (ExternalError, InputError):
            said = ""
        where = f"{what} in {self.host}/{self.repository}" if what else f"{self.host}/{self.repository}"
        match response.status:
            case 401 | 403:
                return ExternalError(f"{self.host} refuses access to {self.repository}{said}", self._log_in)
            case 404:
                return InputError(f"there is no {where}{said}", "check the name, the tag and the digest")
            case 429:
                return ExternalError(f"{self.host} limits how often it may be asked{said}", "wait, or log in")
        return ExternalError(f"{self.host} answered {response.status} for {where}{said}", "try again later")


def _with(headers: Mapping[str, str] | None, granted: str) -> dict[str, str]:
    return {**(headers or {}), **({"Authorization": granted} if granted else {})}


def _token_of(data: bytes, status: int, host: str) -> str:
    try:
        answer = json.load_object(data) if status == 200 else {}
    except Malformed:
        answer = {}
    token = as_text(answer.get("token")) or as_text(answer.get("access_token"))
    if not token or not token.isascii() or not token.isprintable():
        raise ExternalError(f"{host} answered {status} and gave no token", "try again later")
    return token


def _said(data: bytes) -> str:
    """The first error of the specification's error document, short and printable."""
    try:
        errors = as_list(json.load_object(data).get("errors"))
    except Malformed:
        return ""
    first = as_object(errors[0]) if errors else {}
    text = as_text(first.get("message")) or as_text(first.get("code"))
    clean = "".join(letter if letter.isprintable() else " " for letter in text[:120])
    return f" ({clean.strip()})" if clean.strip() else ""
