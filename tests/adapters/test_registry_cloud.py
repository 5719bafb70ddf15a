"""Tokens of clouds in their documented wire form, asked for at imitations of their services on loopback."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assay.adapters.registry.cloud import Clouds
from assay.errors import AssayError, ExternalError, Malformed, UsageError


class Services:
    """The metadata servers, Entra, a registry of Azure and ECR in one; `asked` counts by path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: bytes | None = None
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self, {})

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                is_form = "urlencoded" in self.headers.get("Content-Type", "")
                outer._answer(self, {k: v[0] for k, v in parse_qs(data.decode()).items()} if is_form else {})

            def log_message(self, *words: Any) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        parts = urlsplit(request.path)
        self.asked.append(parts.path)
        found = self._found(parts.path, parse_qs(parts.query), form, request.headers)
        data = self.broken if self.broken is not None else json.dumps(found).encode()
        request.send_response(self.status if found is not None else 403)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _found(self, path: str, query: dict[str, list[str]], form: dict[str, str], headers: Any) -> Any:
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            good = headers["Metadata-Flavor"] == "Google"
            return {"access_token": "g", "expires_in": 3599, "token_type": "Bearer"} if good else None
        if path == "/metadata/identity/oauth2/token":
            good = headers["Metadata"] == "true" and query["resource"] == ["https://management.azure.com/"]
            return {"access_token": "managed", "expires_in": "3599"} if good else None
        if path == "/tenant/oauth2/v2.0/token":
            good = form["client_assertion"] == "assertion" and form["client_id"] == "client"
            return {"access_token": "federated", "expires_in": 3599} if good else None
        if path == "/oauth2/exchange":
            good = form["grant_type"] == "access_token" and form["service"] == self.host
            return {"refresh_token": f"refresh of {form['access_token']}"} if good else None
        if headers["X-Amz-Target"] == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken":
            token = base64.b64encode(b"AWS:secret").decode()
            return {"authorizationData": [{"authorizationToken": token, "expiresAt": 4102444800.0}]}
        return None


@pytest.fixture
def services() -> Iterator[Services]:
    found = Services()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_google(services: Services) -> None:
    clouds = Clouds(["google"], {"GCE_METADATA_HOST": services.host})
    for host in ("gcr.io", "eu.gcr.io", "europe-west1-docker.pkg.dev"):
        found = clouds.find(host)
        assert found is not None
        assert (found.username, found.password) == ("oauth2accesstoken", "g")
    assert len(services.asked) == 3
    clouds.find("gcr.io")
    assert len(services.asked) == 3  # it is still good


def test_azure_by_the_machine_and_by_the_workload(services: Services, tmp_path: Path) -> None:
    environment = {
        "ASSAY_AZURE_REGISTRY": services.host,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://{services.host}",
    }
    found = Clouds(["azure"], environment).find(services.host)
    assert found is not None
    assert found.identity == "refresh of managed"
    (tmp_path / "token").write_text("assertion\n")
    environment |= {
        "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token"),
        "AZURE_CLIENT_ID": "client",
        "AZURE_TENANT_ID": "tenant",
        "AZURE_AUTHORITY_HOST": f"http://{services.host}/",
    }
    found = Clouds(["azure"], environment).find(services.host)
    assert found is not None
    assert found.identity == "refresh of federated"


def test_amazon(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", f"http://{services.host}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    found = Clouds(["amazon"]).find("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
    assert found is not None
    assert (found.username, found.password) == ("AWS", "secret")


@pytest.mark.parametrize(
    "host",
    ["gcr.io.evil.example", "evil-docker.pkg.dev.example", "registry.example", "x.azurecr.io.example", "agcr.io",
     "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example", "docker.io"],
)  # fmt: skip
def test_no_token_goes_to_anybody_else(services: Services, host: str) -> None:
    clouds = Clouds(["google", "azure", "amazon"], {"GCE_METADATA_HOST": services.host})
    assert clouds.find(host) is None
    assert services.asked == []


def test_nothing_is_asked_for_where_no_cloud_is_named(services: Services) -> None:
    assert Clouds([], {"GCE_METADATA_HOST": services.host}).find("gcr.io") is None
    assert Clouds(["default"], {"GCE_METADATA_HOST": services.host}).find("gcr.io") is None
    with pytest.raises(UsageError):
        Clouds(["ibm"])


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"access_token": 5}', b'{"access_token": "a\\nb"}', b"\xff", b"9" * 5000]
)
def test_what_is_no_token_is_said(services: Services, data: bytes) -> None:
    services.broken = data
    with pytest.raises(AssayError):
        Clouds(["google"], {"GCE_METADATA_HOST": services.host}).find("gcr.io")


def test_a_refusal_shows_no_secret(services: Services) -> None:
    services.status, services.broken = 403, b'{"error": "secret"}'
    with pytest.raises(ExternalError) as caught:
        Clouds(["google"], {"GCE_METADATA_HOST": services.host}).find("gcr.io")
    assert "secret" not in str(caught.value)
    assert not isinstance(caught.value, Malformed)
