"""Images in registries: what a good one gives, and what a hostile one may cost."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.findings_cache import FindingsCache
from assay.adapters.image import Image
from assay.adapters.image_options import ImageOptions
from assay.adapters.image_reference import parse
from assay.adapters.registry.client import connect
from assay.adapters.registry.transport import Policy
from assay.adapters.sources import Request
from assay.adapters.sources.registry import open_source
from assay.engines.catalog import Options, catalog
from assay.errors import AssayError, DigestMismatch, ExternalError, InputError, UsageError
from assay.formats import oci
from assay.model.digest import Digest
from assay.model.image import Manifest
from assay.model.sbom import Sbom
from assay.ports import RegistryPull, RegistryPush
from simulators.ecosystem import LISTS
from simulators.image import Members, layout
from simulators.registry import INDEX, MANIFEST, Faults, Registry, serve

LAYERS: list[Members] = [{"a.list": b"a 1", "noise": os.urandom(200_000)}, {"b.list": b"b 1"}]
CYCLONEDX = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "hung"}]}'
REQUEST = Request(ImageOptions())
QUICK = Policy(timeout=30, patience=2)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with serve(Registry()) as running:
        folder = layout(tmp_path / "image", LAYERS, referrers=[("application/vnd.cyclonedx+json", CYCLONEDX)])
        running.add_layout(folder, "1")
        yield running


def opened(registry: Registry, request: Request = REQUEST, target: str = ":1", policy: Policy = QUICK) -> Image:
    found = open_source(f"{registry.host}/team/app{target}", request, policy)
    assert isinstance(found, Image)
    return found


def scan(registry: Registry, options: Options | None = None) -> list[str]:
    return [item.name for item in catalog(opened(registry), [LISTS], options).components]


def log_in(monkeypatch: pytest.MonkeyPatch, folder: Path, document: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(document))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


def test_an_image_is_streamed_and_named_by_its_manifest(registry: Registry) -> None:
    image = opened(registry)
    assert [item.name for item in catalog(image, [LISTS]).components] == ["a", "b"]
    purl = image.subject.purl
    assert purl is not None
    assert purl.version == next(iter(registry.manifests))
    assert dict(purl.qualifiers) == {"arch": "amd64", "repository_url": f"{registry.host}/team/app", "tag": "1"}
    assert [item.media_type for item in image.attached] == ["application/vnd.cyclonedx+json"]


def test_by_digest_no_tag_is_said(registry: Registry) -> None:
    purl = opened(registry, target=f"@{next(iter(registry.manifests))}").subject.purl
    assert purl is not None
    assert "tag" not in dict(purl.qualifiers)


def test_an_index_is_resolved_for_the_platform(registry: Registry) -> None:
    digest = next(iter(registry.manifests))
    entry = {"mediaType": MANIFEST, "digest": digest, "size": len(registry.manifests[digest][1])}
    other = entry | {"digest": f"sha256:{1:064x}", "platform": {"os": "linux", "architecture": "riscv64"}}
    wanted = entry | {"platform": {"os": "linux", "architecture": "s390x"}}
    registry.add(
        json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other, wanted]}).encode(), INDEX, "many"
    )
    options = ImageOptions(oci.parse_platform("linux/s390x"))
    assert str(opened(registry, Request(options), ":many").descriptor.digest) == digest
    with pytest.raises(InputError, match="no image for linux/ppc64le"):
        opened(registry, Request(ImageOptions(oci.parse_platform("linux/ppc64le"))), ":many")


def test_layers_whose_findings_are_cached_are_not_fetched(registry: Registry, tmp_path: Path) -> None:
    options = Options(cache=FindingsCache(tmp_path / "cache"), analyser="test")
    first = scan(registry, options)
    fetched = registry.count("/blobs/")
    assert scan(registry, options) == first
    assert registry.count("/blobs/") == fetched + 1  # the configuration


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_connection_is_taken_up_where_it_broke(registry: Registry, ranges: bool) -> None:
    registry.faults = Faults(drop_after=50_000, drops=3, ranges=ranges)
    assert scan(registry) == ["a", "b"]
    assert any("range" in headers for headers in registry.seen)


def test_a_connection_that_always_breaks_is_an_error(registry: Registry) -> None:
    registry.faults = Faults(drop_after=10, drops=1000)
    with pytest.raises(ExternalError):
        scan(registry)


@pytest.mark.parametrize("faults", [Faults(stall_blobs=5), Faults(crawl=True)])
def test_a_stalling_or_crawling_registry_is_left(registry: Registry, faults: Faults) -> None:
    registry.faults = faults
    with pytest.raises(ExternalError, match="timed out"):
        catalog(opened(registry, policy=replace(QUICK, timeout=1)), [LISTS])


@pytest.mark.parametrize("faults", [Faults(lie=b"gzip"), Faults(lie_length=7), Faults(lie_length=-7)])
def test_lies_about_content_and_length_are_errors(registry: Registry, faults: Faults) -> None:
    registry.faults = faults
    with pytest.raises(DigestMismatch):
        scan(registry)


def test_a_lying_manifest_is_an_error(registry: Registry) -> None:
    registry.faults = Faults(lie=b"vnd.oci")
    with pytest.raises(DigestMismatch):
        opened(registry)


def test_rate_limits_are_waited_for_within_bounds(registry: Registry) -> None:
    registry.faults = Faults(rate_limit=2)
    assert scan(registry) == ["a", "b"]
    for after in ("3600", "Wed, 21 Oct 2099 07:28:00 GMT"):
        registry.faults = Faults(rate_limit=5, retry_after=after)
        with pytest.raises(ExternalError, match="limits how often"):
            opened(registry)


def test_bearer_tokens_are_fetched_once_and_again_when_they_expire(registry: Registry) -> None:
    registry.faults = Faults(bearer=True)
    assert scan(registry) == ["a", "b"]
    assert registry.count("/token") == 1
    registry.faults.expire = 2
    assert scan(registry) == ["a", "b"]
    assert registry.count("/token") == 4


def test_basic_credentials_come_from_the_docker_configuration(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registry.faults = Faults(user="user", password="pass")
    with pytest.raises(ExternalError, match="who asks") as caught:
        opened(registry)
    assert "login" in caught.value.remedy
    log_in(monkeypatch, tmp_path / "docker", {"auths": {registry.host: {"auth": "dXNlcjpwYXNz"}}})
    assert scan(registry) == ["a", "b"]
    registry.faults.bearer = True
    assert scan(registry) == ["a", "b"]


def test_identity_tokens_are_refreshed(registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry.faults = Faults(bearer=True)
    log_in(monkeypatch, tmp_path / "docker", {"auths": {registry.host: {"identitytoken": "identity"}}})
    assert scan(registry) == ["a", "b"]
    assert ("POST", "/token") in registry.requests


def test_credential_helpers_are_asked(registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry.faults = Faults(user="user", password="pass")
    program = tmp_path / "docker-credential-sim"
    program.write_text(f"#!/bin/sh\nread server\n[ $server = {registry.host} ] || exit 1\n" + _SECRET)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for document in ({"credHelpers": {registry.host: "sim"}}, {"credsStore": "sim"}):
        log_in(monkeypatch, tmp_path / "docker", document)
        assert scan(registry) == ["a", "b"]
    program.write_text("#!/bin/sh\nexit 7\n")
    with pytest.raises(ExternalError, match="docker-credential-sim failed"):
        opened(registry)


_SECRET = """printf '{"Username": "user", "Secret": "pass"}'\n"""


def test_errors_never_hold_secrets(registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log_in(monkeypatch, tmp_path / "docker", {"auths": {registry.host: {"auth": "dXNlcjpwYXNz"}}})
    cases = [
        Faults(user="user", password="other"),
        Faults(user="user", password="pass", bearer=True, token_status=403),
        Faults(redirect_blobs="http://redirect.example"),
        Faults(redirect_forever=True),
        Faults(manifest_status=500),
        Faults(manifest_status=403),
    ]
    for registry.faults in cases:
        with pytest.raises(AssayError) as caught:
            scan(registry)
        text = f"{caught.value.what} {caught.value.remedy}"
        assert not any(secret in text for secret in ("pass", "dXNlcjpwYXNz", "token-", "signature", "\x1b"))


def test_redirects_carry_no_credentials_to_another_host(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log_in(monkeypatch, tmp_path / "docker", {"auths": {registry.host: {"auth": "dXNlcjpwYXNz"}}})
    with serve(Registry(registry.blobs)) as other:
        registry.faults = Faults(user="user", password="pass", redirect_blobs=f"http://{other.host}")
        assert scan(registry) == ["a", "b"]
        assert other.seen
        assert not any("authorization" in headers for headers in other.seen)


def test_what_is_not_there_is_told(registry: Registry) -> None:
    with pytest.raises(InputError, match="there is no manifest 2") as caught:
        opened(registry, target=":2")
    assert caught.value.remedy


def test_nobody_there_is_told() -> None:
    with pytest.raises(ExternalError, match="cannot be reached"):
        open_source("127.0.0.1:1/app", REQUEST, QUICK)


def test_offline_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*rest: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(UsageError, match="--offline"):
        open_source("registry.example/app", REQUEST._replace(offline=True))


def test_plain_http_is_for_loopback_and_named_hosts_only() -> None:
    from assay.adapters.registry.transport import Transport

    transport = Transport(Policy(frozenset({"inside.example:5000"})))
    assert transport.base("inside.example:5000") == "http://inside.example:5000"
    assert transport.base("registry.example") == "https://registry.example"
    for target in ("http://other.example/x", "ftp://x.example/", "file:///etc/passwd", "https://127.0.0.1/x"):
        with pytest.raises(ExternalError):
            transport.check(target, "https://registry.example/")


def test_attached_sboms_are_used_when_asked_for(registry: Registry) -> None:
    wanted = REQUEST._replace(from_attached=True)
    found = open_source(f"{registry.host}/team/app:1", wanted, QUICK)
    assert isinstance(found, Sbom)
    assert [item.name for item in found.components] == ["hung"]
    registry.referrers.clear()
    with pytest.raises(InputError, match="no SBOM attached"):
        open_source(f"{registry.host}/team/app:1", wanted, QUICK)


def test_an_sbom_in_a_sigstore_bundle_is_used(registry: Registry) -> None:
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicate": json.loads(CYCLONEDX)}
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}
    bundle = json.dumps({"mediaType": "x", "dsseEnvelope": envelope}).encode()
    client = connect(parse(f"{registry.host}/team/app"), QUICK)
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    layer = client.push.put_blob(bundle, kind)
    item = {"mediaType": kind, "digest": str(layer.digest), "size": layer.size}
    image = next(iter(registry.manifests))
    registry.referrers.clear()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": item,
        "layers": [item],
        "subject": {"mediaType": MANIFEST, "digest": image, "size": len(registry.manifests[image][1])},
        "annotations": {"dev.sigstore.bundle.predicateType": "https://cyclonedx.org/bom"},
    }
    client.push.put_manifest(json.dumps(manifest).encode(), MANIFEST)
    found = open_source(f"{registry.host}/team/app:1", REQUEST._replace(from_attached=True), QUICK)
    assert isinstance(found, Sbom)
    assert [component.name for component in found.components] == ["hung"]


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.getsockname()[1]}")
        heard: list[bytes] = []

        def listen() -> None:
            connection, _ = proxy.accept()
            heard.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        with pytest.raises(ExternalError, match="cannot be reached") as caught:
            open_source("registry.example/app", REQUEST, QUICK)
        thread.join()
    assert heard[0].startswith(b"CONNECT registry.example:443 HTTP/1.")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"user:p@ss") in heard[0]
    assert "p@ss" not in caught.value.what


@pytest.mark.parametrize("location", ["http://[::1", "//:x/", "http://x.example:99999/", "https://"])
def test_addresses_that_are_none_are_told(registry: Registry, location: str) -> None:
    registry.faults = Faults(redirect_blobs=location)
    with pytest.raises(AssayError):
        opened(registry)


@pytest.mark.parametrize("ending", ["sbom", "att"])
def test_sboms_under_the_tags_of_cosign_are_listed(registry: Registry, ending: str) -> None:
    registry.referrers.clear()
    image = next(iter(registry.manifests))
    layer = registry.add(CYCLONEDX, "x")
    registry.blobs[layer] = CYCLONEDX
    item = {"mediaType": "application/vnd.cyclonedx+json", "digest": layer, "size": len(CYCLONEDX)}
    if ending == "att":
        item |= {
            "mediaType": "application/vnd.dsse.envelope.v1+json",
            "annotations": {"predicateType": "https://cyclonedx.org/bom"},
        }
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": item, "layers": [item]}
    registry.add(json.dumps(manifest).encode(), MANIFEST, f"{image.replace(':', '-')}.{ending}")
    assert [found.digest for found in opened(registry).attached] == [layer]
    assert isinstance(open_source(f"{registry.host}/team/app:1", REQUEST._replace(from_attached=True), QUICK), Sbom)


@pytest.mark.parametrize("api", [True, False])
def test_blobs_manifests_and_referrers_are_pushed(registry: Registry, api: bool) -> None:
    registry.faults = Faults(no_referrers_api=not api, bearer=True)
    client = connect(parse(f"{registry.host}/team/app"), QUICK)
    pushed(client.pull, client.push)
    assert registry.count("/token") == 2


def pushed(pull: RegistryPull, push: RegistryPush) -> Digest:
    """Push an image and something that hangs on it, and read both back."""
    config = push.put_blob(b"{}", "application/vnd.oci.empty.v1+json")
    layer = push.put_blob_pieces([b"one", b"", b"two"], "text/plain")
    assert push.has_blob(layer.digest)
    with pull.blob(layer) as stream:
        buffer = memoryview(bytearray(100))
        assert bytes(buffer[: stream.readinto(buffer)]) == b"onetwo"
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": config.media_type, "digest": str(config.digest), "size": config.size},
        "layers": [{"mediaType": layer.media_type, "digest": str(layer.digest), "size": layer.size}],
    }
    image = push.put_manifest(json.dumps(document).encode(), MANIFEST, "pushed")
    assert pull.digest("pushed") == image.digest
    assert pull.digest("absent") is None
    hanging = []
    for kind in ("application/one", "application/two"):
        subject = {"mediaType": MANIFEST, "digest": str(image.digest), "size": image.size}
        about = document | {"artifactType": kind, "subject": subject, "annotations": {"n": kind}}
        hanging.append(push.put_manifest(json.dumps(about).encode(), MANIFEST).digest)
    assert [item.digest for item in pull.referrers(image.digest)] == hanging
    assert [item.digest for item in pull.referrers(image.digest, "application/two")] == hanging[1:]
    manifest = oci.parse(pull.manifest(str(hanging[0]))[1])
    assert isinstance(manifest, Manifest)
    assert manifest.subject is not None
    assert manifest.subject.digest == image.digest
    return image.digest


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "tls.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(tmp_path / "cert.pem")]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed (make system)")
    path.write_bytes(path.read_bytes() + (tmp_path / "cert.pem").read_bytes())
    return path


@pytest.mark.system
def test_certificates_are_checked_unless_told_otherwise(
    registry: Registry, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(Registry(registry.blobs, registry.manifests), context) as secure:
        with pytest.raises(ExternalError, match="not trusted") as caught:
            opened(secure)
        assert "SSL_CERT_FILE" in caught.value.remedy
        assert open_source(f"{secure.host}/team/app:1", REQUEST, replace(QUICK, insecure=True))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert scan(secure) == ["a", "b"]
