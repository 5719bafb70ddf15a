"""Where an instance listens: an address with TLS, a unix socket; and what it says where it cannot."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assay.__main__ import main
from assay.errors import ExitCode
from simulators.kept_instance import KeptInstance
from simulators.running_instance import EMAIL, running_instance


@pytest.fixture
def tls(tmp_path: Path) -> tuple[str, str, str, str]:
    """The flags of a certificate for loopback, and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(addresses, False).add_extension(x509.BasicConstraints(True, None), True)
    (tmp_path / "tls.pem").write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "tls.key").write_bytes(private)
    return "--tls-certificate", str(tmp_path / "tls.pem"), "--tls-key", str(tmp_path / "tls.key")


def test_with_tls(tmp_path: Path, tls: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app"
    file.write_text("an artifact")
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    with running_instance(tmp_path, *tls) as instance:
        assert instance.url.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{instance.url}/healthz", timeout=60)
        asked = {"data": {"email": EMAIL}, "timeout": 60, "verify": tls[1]}
        token = requests.post(f"{instance.url}/oauth2/dev-token", **asked).text  # type: ignore[arg-type]
        config = ("--trust-config", str(instance.files / "trust_config.json"))
        sign = ["sign", str(file), *config, "--identity-token", token]
        assert main(sign) == ExitCode.EXTERNAL
        monkeypatch.setenv("SSL_CERT_FILE", tls[1])
        assert main(sign) == 0
        who = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", instance.url)
        assert main(["--offline", "verify", str(file), *config, *who]) == 0


def health(path: Path) -> tuple[int, dict[str, str]]:
    """What is answered on a unix socket."""
    connection = http.client.HTTPConnection("assay.example", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(60)
    connection.sock.connect(str(path))
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    try:
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_unix_socket_also_after_a_server_was_killed(tmp_path: Path) -> None:
    instance, path = KeptInstance(tmp_path), tmp_path / "assay.sock"
    with instance.serving("--unix-socket", str(path)) as server:
        assert health(path) == (200, {"status": "SERVING"})
        second = instance.run("up", "--unix-socket", str(path))
        assert second.returncode == 2
        assert health(path)[0] == 200
        server.kill()
        server.wait(30)
    assert path.is_socket()
    with instance.serving("--unix-socket", str(path)):
        assert health(path) == (200, {"status": "SERVING"})


@pytest.mark.parametrize("broken", ["missing", "other", "empty"])
def test_tls_that_cannot_be_served_is_told(tmp_path: Path, tls: tuple[str, ...], broken: str) -> None:
    key = Path(tls[3])
    if broken == "missing":
        key.unlink()
    else:
        other = ec.generate_private_key(ec.SECP256R1())
        private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key.write_bytes(private if broken == "other" else b"")
    command = [sys.executable, "-m", "assay", "sigstore", "up", "--dev", "--listen", "127.0.0.1:0", *tls]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert found.returncode == 2
    assert "cannot be served" in found.stderr
    assert "Traceback" not in found.stderr
