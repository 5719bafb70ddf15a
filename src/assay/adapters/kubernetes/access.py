"""Where the API server is and who we are: a kubeconfig, or what Kubernetes gives to a pod."""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.errors import InputError, UsageError
from assay.formats import yaml
from assay.formats.json import Object, as_list, as_object, as_text

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MAX_BYTES = 1 << 20
_TOKEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """`server` ends without a slash; `token` is asked for with each request, empty where a certificate is used."""

    server: str
    context: Callable[[], ssl.SSLContext]
    token: Callable[[], str] = lambda: ""
    origin: str = ""


def in_cluster(environment: Mapping[str, str] = os.environ, folder: Path = ACCOUNT) -> ClusterAccess:
    """The service account of this pod; raises `UsageError` outside of a cluster."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").is_file():
        raise UsageError("this is no pod with a service account", "name a cluster: --kubeconfig FILE")
    name = f"[{host}]" if ":" in host else host
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    return ClusterAccess(f"https://{name}:{port}", lambda: context, _Token(folder / "token"), "the service account")


class _Token:
    """A token in a file, which Kubernetes changes every hour or so."""

    def __init__(self, path: Path) -> None:
        self._path, self._text, self._until = path, "", 0.0

    def __call__(self) -> str:
        if time.monotonic() >= self._until:
            self._text, self._until = _text(self._path).strip(), time.monotonic() + _TOKEN_SECONDS
        return self._text


def kubeconfig(path: Path, context: str = "") -> ClusterAccess:
    """The cluster of a context (by default the current one); raises `InputError`, `UsageError`."""
    document = yaml.load_object(_text(path))
    name = context or as_text(document.get("current-context"))
    chosen = _named(document, "contexts", "context", name, path)
    cluster = _named(document, "clusters", "cluster", as_text(chosen.get("cluster")), path)
    user = _named(document, "users", "user", as_text(chosen.get("user")), path) if chosen.get("user") else {}
    server = as_text(cluster.get("server")).rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise InputError(f"{path}: the server of {name} is {server[:100]!r}", "an address begins with https://")
    _refuse_helpers(user, path)
    made = _context(cluster, user, path.parent)
    return ClusterAccess(server, lambda: made, _token(user, path.parent), f"{path}, {name}")


def _named(document: Object, group: str, part: str, name: str, path: Path) -> Object:
    for item in map(as_object, as_list(document.get(group))):
        if name and as_text(item.get("name")) == name:
            return as_object(item.get(part))
    raise InputError(f"{path} has no {part} {name!r}", "name another with its current-context")


def _refuse_helpers(user: Object, path: Path) -> None:
    for name in ("exec", "auth-provider", "username"):
        if name in user:
            raise UsageError(f"{path}: credentials by {name} are not used here", "use a token or a client certificate")


def _token(user: Object, folder: Path) -> Callable[[], str]:
    if file := as_text(user.get("tokenFile")):
        return _Token(folder / file)
    text = as_text(user.get("token"))
    return lambda: text


def _context(cluster: Object, user: Object, folder: Path) -> ssl.SSLContext:
    ca = _pem(cluster, "certificate-authority", folder)
    try:
        context = ssl.create_default_context(cadata=ca.decode("ascii") if ca else None)
        if cluster.get("insecure-skip-tls-verify") is True:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        certificate, key = _pem(user, "client-certificate", folder), _pem(user, "client-key", folder)
        if certificate:
            _load(context, certificate, key)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise InputError(f"the certificates of the kubeconfig cannot be used: {error}", "write it anew") from error
    return context


def _load(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads a client's certificate from a file only, which is gone when this returns."""
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        place = Path(name, "client.pem")
        place.touch(0o600)
        place.write_bytes(certificate + b"\n" + key)
        context.load_cert_chain(place, password="")


def _pem(item: Object, name: str, folder: Path) -> bytes:
    """What is there in base64, or in a file."""
    if data := as_text(item.get(f"{name}-data")):
        try:
            return base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise InputError(f"{name}-data of the kubeconfig is no base64: {error}") from error
    file = as_text(item.get(name))
    return _text(folder / file).encode() if file else b""


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            found = file.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "check the path") from error
    if len(found) > MAX_BYTES:
        raise InputError(f"{path} has more than {MAX_BYTES} characters", "name the right file")
    return found
