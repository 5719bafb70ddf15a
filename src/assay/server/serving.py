"""Serves an instance with uvicorn until it is stopped: on an address or a unix socket, with TLS or without."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from assay.app import sigstore
from assay.app.sigstore import Instance
from assay.errors import UsageError
from assay.server import limits
from assay.server.instance import application

Say = Callable[[str], None]
_CONNECTIONS, _KEEP_ALIVE, _GRACE = 2000, 20, 10


@dataclass(frozen=True, slots=True)
class Listening:
    """Where; port 0 takes a free one. `rate` is how many requests a second an address may make, 0 without end."""

    host: str
    port: int
    unix_socket: str | None = None
    certificate: str | None = None
    key: str | None = None
    rate: float = 0.0


def serve(
    folder: Path, password: bytes, listening: Listening, files: Path, say: Say, *, development: bool = False
) -> None:
    """Serve the instance in a folder."""
    instance = sigstore.open_instance(folder, password, development=development)
    with _bound(listening) as bound:
        _run(instance, bound, listening, files, say)


def serve_development(listening: Listening, files: Path | None, say: Say) -> None:
    """Make an instance in a temporary folder, serve it, and forget it."""
    if listening.unix_socket:
        raise UsageError("a throw-away instance listens on an address", "leave --unix-socket away")
    with tempfile.TemporaryDirectory(prefix="assay-sigstore-") as name, _bound(listening) as bound:
        scheme = "https" if listening.certificate else "http"
        host = f"[{listening.host}]" if ":" in listening.host else listening.host
        url, password = f"{scheme}://{host}:{bound.getsockname()[1]}", secrets.token_bytes(16)
        folder, roots = Path(name, "data"), Path(name, "roots")
        sigstore.make(sigstore.Making(folder, roots, url, password, password, sigstore.now()))
        instance = sigstore.open_instance(folder, password, development=True)
        _run(instance, bound, listening, files or Path(name, "client-files"), say)


def _bound(listening: Listening) -> socket.socket:
    _certificate(listening)
    try:
        if listening.unix_socket:
            _free(Path(listening.unix_socket))
            found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            found.bind(listening.unix_socket)
            found.listen(128)
            return found
        family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
        return socket.create_server((listening.host, listening.port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        where = listening.unix_socket or f"{listening.host}:{listening.port}"
        raise UsageError(f"{where} cannot be listened on: {error}", "name another place: --listen") from error


def _free(path: Path) -> None:
    """Take away a socket on which nobody listens any more: what a server leaves behind that was killed."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        try:
            asked.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _certificate(listening: Listening) -> None:
    """Raise `UsageError` for a certificate or key that cannot be served with."""
    if not (listening.certificate and listening.key):
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.certificate, listening.key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        where = f"{listening.certificate} with {listening.key}"
        raise UsageError(f"{where} cannot be served: {error}", "give a certificate in PEM, and its bare key") from error


def _run(instance: Instance, bound: socket.socket, listening: Listening, files: Path, say: Say) -> None:
    import uvicorn

    instance.publish(sigstore.now())
    sigstore.write_client_files(instance, files)
    config = uvicorn.Config(
        _limited(application(instance), listening.rate),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
    )
    say(commands(instance, files))
    asyncio.run(uvicorn.Server(config).serve([bound]))


def _limited(app: ASGIApp, rate: float) -> ASGIApp:
    timed = limits.BodyTimeout(app)
    return limits.RateLimit(timed, rate) if rate else timed


def commands(instance: Instance, files: Path) -> str:
    """What to type to use it, client by client."""
    url, config = instance.url, files / "trust_config.json"
    token = f"TOKEN=$(curl -s -d email=you@example.org {url}/oauth2/dev-token)\n" if instance.development else ""
    who = f"--certificate-identity you@example.org --certificate-oidc-issuer {url}"
    return f"""{url} serves Sigstore
{token}
assay            assay sign FILE --trust-config {config} --identity-token $TOKEN
                 assay verify FILE --trust-config {config} {who}
sigstore-python  sigstore --trust-config {config} sign --identity-token $TOKEN FILE
                 sigstore --trust-config {config} verify identity --cert-identity you@example.org \\
                   --cert-oidc-issuer {url} FILE
cosign           SIGSTORE_ID_TOKEN=$TOKEN cosign sign-blob FILE --trusted-root {files}/trusted_root.json \\
                   --signing-config {files}/signing_config.json --bundle FILE.json
                 cosign verify-blob FILE --trusted-root {files}/trusted_root.json --bundle FILE.json {who}
npm sigstore     tufMirrorURL: {url}, tufRootPath: {files}/root.json, fulcioURL, rekorURL and tsaServerURL: {url}
TUF              {url} with {files}/root.json
"""
