"""Who we are to a registry: the files of Docker and Podman, and the helper programs that these name.

::

    {"auths": {"registry.example": {"auth": "dXNlcjpwYXNz"}, "other.example/team": {"identitytoken": "..."}},
     "credHelpers": {"cloud.example": "cloud"}, "credsStore": "desktop"}

``REGISTRY_AUTH_FILE`` alone counts where it is set; else the first of these that knows the registry:
``$XDG_RUNTIME_DIR/containers/auth.json``, ``$XDG_CONFIG_HOME/containers/auth.json``, ``$DOCKER_CONFIG/config.json``
(``~/.docker/config.json``). Keys of containers-auth.json(5) may name a part of a registry; the longest that fits wins.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.errors import ExternalError, InputError, Malformed
from assay.formats import json
from assay.formats.json import Object, as_object, as_text

HELPER_SECONDS = 15
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DOCKER_KEY = "https://index.docker.io/v1/"
_MAX_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to show a registry: a user with a password, or a token to refresh (`identity`) or to use as it is."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def find(host: str, repository: str, environment: Mapping[str, str]) -> Credentials | None:
    """The credentials for a repository; None where there are none.

    Raises `InputError` for a file that cannot be understood, `ExternalError` for a helper that fails.
    """
    for path in _files(environment):
        document = _load(path, required=path == Path(environment.get("REGISTRY_AUTH_FILE") or "/"))
        found = _in_document(document, host, repository) if document else None
        if found is not None:
            return found
    return None


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
        return
    home = environment.get("HOME", "")
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime, "containers", "auth.json")
    if configuration := environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config"):
        yield Path(configuration, "containers", "auth.json")
    if docker := environment.get("DOCKER_CONFIG") or (home and f"{home}/.docker"):
        yield Path(docker, "config.json")


def _load(path: Path, *, required: bool) -> Object | None:
    try:
        with path.open("rb") as file:
            return json.load_object(file.read(_MAX_FILE))
    except OSError as error:
        if required:
            raise InputError(f"{path} cannot be read: {error.strerror}", "mend or unset REGISTRY_AUTH_FILE") from error
        return None
    except Malformed as error:
        raise InputError(f"{path} holds no credentials: {error.what}", "log in to the registry again") from error


def in_auths(document: Object, host: str, repository: str) -> Credentials | None:
    """The credentials that a document itself holds; helpers that it names are never run."""
    return _in_document({"auths": document.get("auths")}, host, repository)


def _in_document(document: Object, host: str, repository: str) -> Credentials | None:
    keys = list(_keys(host, repository))
    helpers, auths = as_object(document.get("credHelpers")), as_object(document.get("auths"))
    helper = next((as_text(helpers[key]) for key in keys if key in helpers), "")
    if helper:
        return _ask(helper, _server(host))
    plain = {_plain(key): as_object(value) for key, value in auths.items()}
    entries = (plain[_plain(key)] for key in keys if _plain(key) in plain)
    found = next((entry for item in entries if (entry := _entry(item)) is not None), None)
    store = as_text(document.get("credsStore"))
    return _ask(store, _server(host)) if found is None and store else found


def _keys(host: str, repository: str) -> Iterator[str]:
    """The most telling first: ``host/team/app``, ``host/team``, ``host``."""
    parts = repository.split("/")
    for count in range(len(parts), 0, -1):
        yield "/".join([host, *parts[:count]])
    yield host
    if host == "docker.io":
        yield from (_DOCKER_KEY, "index.docker.io", "registry-1.docker.io")


def _plain(key: str) -> str:
    """A key without what old versions of Docker put around the host."""
    key = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return re.sub(r"/v[12]$", "", key)


def _entry(item: Object) -> Credentials | None:
    if token := as_text(item.get("identitytoken")):
        return Credentials(identity=token)
    if token := as_text(item.get("registrytoken")):
        return Credentials(bearer=token)
    if not (packed := as_text(item.get("auth"))):
        username, password = as_text(item.get("username")), as_text(item.get("password"))
        return Credentials(username, password) if username else None
    try:
        user, colon, password = base64.b64decode(packed).decode().rstrip("\0").partition(":")
    except (binascii.Error, ValueError):
        return None
    return Credentials(user, password) if colon else None


def _server(host: str) -> str:
    return _DOCKER_KEY if host == "docker.io" else host


def _ask(helper: str, server: str) -> Credentials | None:
    """Run ``docker-credential-HELPER get`` (its protocol: the server on standard input, JSON on standard output)."""
    import subprocess

    program = f"docker-credential-{helper}"
    if _HELPER.fullmatch(helper) is None:
        raise InputError(f"{helper[:80]!r} is no name of a credential helper", "mend config.json")
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=HELPER_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise ExternalError(f"{program} is not installed", "install it, or log in again without it") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExternalError(f"{program} does not answer: {type(error).__name__}", "try it by hand") from error
    if done.returncode:
        if b"not found" in done.stdout + done.stderr:
            return None
        raise ExternalError(
            f"{program} failed with {done.returncode}", f"try it by hand: echo {server} | {program} get"
        )
    try:
        answer = json.load_object(done.stdout)
    except Malformed as error:
        raise ExternalError(f"{program} gave no JSON", "try it by hand") from error
    user, secret = as_text(answer.get("Username")), as_text(answer.get("Secret"))
    if user == "<token>":
        return Credentials(identity=secret)
    return Credentials(user, secret) if user or secret else None
