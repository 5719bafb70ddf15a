"""``python -m bench ca``: the certificate authority of an instance beside Fulcio, with the same requests in one run.

Each request has a key and a token of its own. Fulcio has an authority in memory and no certificate log; ours puts each
certificate into its log, durably, before it is handed out. Tokens are RS256, of an issuer on loopback.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from jwt.algorithms import RSAAlgorithm

from bench import inputs, log_load, measure
from bench.log import Server, cpu, free, listening

BUILD = inputs.BUILD
PEER = BUILD / "bin" / "fulcio"
CONNECTIONS, SECONDS, MOST = 32, 15, 20_000
HEAD = [
    "| server | connections | certificates/s | p50 ms | p99 ms | CPU ms/certificate | peak MB | other answers |",
    "|---|---|---|---|---|---|---|---|",
]


class Issuer:
    """An identity provider: discovery, one key, tokens."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

            def do_GET(self) -> None:
                """Discovery, or the keys."""
                data = json.dumps(issuer.described() if "well-known" in self.path else issuer.keys()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def described(self) -> dict[str, Any]:
        """What clients of OpenID Connect want to know."""
        found = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "authorization_endpoint": f"{self.url}/auth"}
        lists = {"response_types_supported": ["code"], "subject_types_supported": ["public"]}
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        return {**found, **lists, **algorithms, "token_endpoint": f"{self.url}/token"}

    def keys(self) -> dict[str, Any]:
        """The key set."""
        found = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**found, "kid": "1", "use": "sig", "alg": "RS256"}]}

    def token(self, number: int) -> str:
        """One of somebody."""
        now, name = int(time.time()), f"user-{number}@org.example"
        claims = {"iss": self.url, "aud": "sigstore", "sub": name, "email": name, "email_verified": True}
        return jwt.encode({**claims, "iat": now, "exp": now + 3600}, self.key, "RS256", headers={"kid": "1"})

    def configuration(self) -> str:
        """As Fulcio and assay read it: in YAML, for Fulcio has other names for the fields in JSON."""
        return f"oidc-issuers:\n  {self.url}:\n    issuer-url: {self.url}\n    client-id: sigstore\n    type: email\n"


def requests(issuer: Issuer, host: str, count: int) -> list[bytes]:
    """Certificate requests of distinct keys, ready to be sent."""
    found = []
    for number in range(count):
        key = ec.generate_private_key(ec.SECP256R1())
        asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        text = base64.b64encode(asked.public_bytes(Encoding.PEM)).decode()
        body = json.dumps({"certificateSigningRequest": text}).encode()
        head = f"POST /api/v2/signingCert HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {issuer.token(number)}\r\nContent-Length: {len(body)}\r\n\r\n"
        found.append(head.encode() + body)
    return found


@contextmanager
def ours(folder: Path, issuer: Issuer) -> Iterator[Server]:
    """An instance that was made for this issuer, with its state on disk."""
    port = free()
    (folder / "issuers.yaml").write_text(issuer.configuration())
    (folder / "password").write_text("of the benchmark\n")
    kept = {"ASSAY_DATA_DIR": str(folder / "data"), "ASSAY_SIGSTORE_PASSWORD_FILE": str(folder / "password")}
    environment = {**os.environ, **kept}
    command = [sys.executable, "-m", "assay", "-q", "sigstore"]
    made = ["--base-url", f"http://127.0.0.1:{port}", "--root-keys", str(folder / "roots")]
    subprocess.run([*command, "init", *made, "--issuers", str(folder / "issuers.yaml")], check=True, env=environment)
    with started([*command, "up", "--listen", f"127.0.0.1:{port}"], port, environment) as server:
        yield server


@contextmanager
def theirs(folder: Path, issuer: Issuer) -> Iterator[Server]:
    """Fulcio."""
    ports = [free() for _ in range(3)]
    (folder / "config.yaml").write_text(issuer.configuration())
    command = [str(PEER), "serve", "--ca", "ephemeralca", "--ct-log-url=", "--log_type", "prod"]
    command += ["--config-path", str(folder / "config.yaml"), "--host", "127.0.0.1", "--grpc-host", "127.0.0.1"]
    command += ["--port", str(ports[0]), "--grpc-port", str(ports[1]), "--metrics-port", str(ports[2])]
    socket = f"@assay-bench-{os.getpid()}"
    with started([*command, "--legacy-unix-domain-socket", socket], ports[0], dict(os.environ)) as server:
        yield server


@contextmanager
def started(command: list[str], port: int, environment: dict[str, str]) -> Iterator[Server]:
    """A server until the end of the block."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment) as process:
        try:
            listening(port)
            yield Server(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()


def row(name: str, server: Server, issuer: Issuer) -> str:
    """What a load from this machine makes of it."""
    import uvloop

    items = requests(issuer, server.url[7:], MOST)
    before = cpu(server.pid)
    found: Any = uvloop.run(log_load.run(server.url, CONNECTIONS, SECONDS, items))
    spent = cpu(server.pid) - before
    good = sum(found["statuses"].pop(status, 0) for status in ("200", "201"))
    memory = sum(map(measure.resident, measure.family(server.pid))) / 1e6
    others = ", ".join(f"{count} x {status}" for status, count in sorted(found["statuses"].items()))
    times = f"{found['p50_ms']} | {found['p99_ms']} | {1000 * spent / max(good, 1):.2f}"
    line = f"| {name} | {CONNECTIONS} | {found['per_second']} | {times} | {memory:.0f} | {others} |"
    print(line, flush=True)
    return line


def table() -> list[str]:
    """Both authorities."""
    lines, issuer = ["### Certificate authority", "", *HEAD], Issuer()
    for name, start in {"assay": ours, **({"Fulcio": theirs} if PEER.exists() else {})}.items():
        folder = BUILD / "ca"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with start(folder, issuer) as server:
            lines.append(row(name, server, issuer))
    shutil.rmtree(BUILD / "ca", ignore_errors=True)
    issuer.server.shutdown()
    return [*lines, ""]
