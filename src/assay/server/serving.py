"""Serves parts with uvicorn until it is stopped: on an address or a unix socket, with TLS or without."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from assay.app import sigstore
from assay.app.sigstore import Instance
from assay.errors import UsageError
from assay.server import complaints, cycles, limits
from assay.server.instance import Serving, part
from assay.server.maintenance import Schedule
from assay.server.parts import Part, compose
from assay.server.tls_renewal import Renewal
from assay.server.witnessing import Witnesses

Say = Callable[[str], None]
_CONNECTIONS, _KEEP_ALIVE, _GRACE = 5000, 20, 10


@dataclass(frozen=True, slots=True)
class Listening:
    """Where; port 0 takes a free one. `rate` is how many requests a second an address may make, 0 without end.

    A certificate that changes is taken over; `renew` is called now and then, and may write a new one.
    """

    host: str
    port: int
    unix_socket: str | None = None
    certificate: str | None = None
    key: str | None = None
    rate: float = 0.0
    renew: Callable[[], object] | None = None


def serve(parts: Sequence[Part], listening: Listening, say: Say) -> None:
    """Serve parts as one application until it is stopped; their greetings are said when it listens."""
    with _bound(listening) as bound:
        _run(parts, bound, listening, say)


def sigstore_part(
    instance: Instance,
    files: Path,
    schedule: Schedule | None = None,
    witnesses: Witnesses | None = None,
    identity_rate: float = 0.0,
    single_use: bool = False,
) -> Part:
    """The part of an instance, published and with the files of its clients written."""
    instance.publish(sigstore.now())
    sigstore.write_client_files(instance, files)
    found = schedule or Schedule(), witnesses or Witnesses()
    return part(instance, Serving(*found, files, commands(instance, files), identity_rate, single_use))


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
        _run([sigstore_part(instance, files or Path(name, "client-files"))], bound, listening, say)


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
        found = socket.create_server((listening.host, listening.port), family=family, backlog=512)
        # asyncio does so only for sockets made with a protocol; else an answer in two writes waits 40 ms for an ACK
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found
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


def _run(parts: Sequence[Part], bound: socket.socket, listening: Listening, say: Say) -> None:
    import uvicorn

    config = uvicorn.Config(
        _limited(compose(parts), listening.rate),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
    )
    config.load()
    complaints.calm()
    if config.ssl is not None and listening.certificate and listening.key:
        Renewal(config.ssl, listening.certificate, listening.key, listening.renew)
    say("".join(one.greeting for one in parts))
    cycles.settle()
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
