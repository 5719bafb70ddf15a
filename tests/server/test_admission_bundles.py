"""Policies out of a registry: pulled, verified, exchanged while the server runs, kept when the registry is away."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.adapters import image_reference
from assay.adapters.access import Access
from assay.adapters.places import client
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.app.policy_bundles import KYVERNO, PolicyBundle
from assay.errors import AssayError
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from server.test_admission_replicas import POLICY
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import pod, running_admission

ONE, OTHER = pod("one.example/app:1"), pod("other.example/app:1")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        yield found


def push(registry: Registry, data: bytes, media_type: str = KYVERNO, tag: str = "v1") -> str:
    """A bundle of one layer; its digest."""
    found = client(image_reference.parse(f"{registry.host}/policies"), Access()).push
    config = found.put_blob(b"{}", "application/vnd.cncf.kyverno.config.v1+json")
    layer = found.put_blob(data, media_type)
    document = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": config.media_type, "digest": str(config.digest), "size": config.size},
        "layers": [{"mediaType": layer.media_type, "digest": str(layer.digest), "size": layer.size}],
    }
    return str(found.put_manifest(json.dumps(document).encode(), document["mediaType"], tag).digest)  # type: ignore[arg-type]


def packed(*files: tuple[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def bundle(registry: Registry, folder: Path, signer: Authority | None = None, more: str = ":v1") -> PolicyBundle:
    reach = Reach(NamedRoots(lambda: TrustedRoot(), {}), Access(), attempts=1, timeout=30)
    return PolicyBundle(f"oci://{registry.host}/policies{more}", folder, Registries(reach), signer)


def test_a_bundle_is_in_force_is_exchanged_and_outlives_its_registry(registry: Registry, tmp_path: Path) -> None:
    push(registry, (POLICY % "one.example").encode())
    words = ("--policies", f"oci://{registry.host}/policies:v1", "--policies-poll", "1s")
    with running_admission(tmp_path, *words) as served:
        assert served.review(ONE)["allowed"]
        assert not served.review(OTHER)["allowed"]
        push(
            registry,
            packed(("policies/p.yaml", (POLICY % "other.example").encode())),
            "application/vnd.oci.image.layer.v1.tar+gzip",
        )
        assert within(PATIENCE, lambda: served.review(OTHER)["allowed"] and not served.review(ONE)["allowed"])
        push(registry, b"nothing", "application/vnd.oci.image.layer.v1.tar+gzip")
        assert within(PATIENCE, lambda: "warnings" in served.get("/healthz").json())
        assert served.review(OTHER)["allowed"]
    registry.manifests.clear()
    with running_admission(tmp_path, *words) as served:
        assert served.review(OTHER)["allowed"]
        assert not served.review(ONE)["allowed"]
        assert within(PATIENCE, lambda: "what was in force stays so" in served.get("/healthz").text)


def test_what_is_not_signed_as_wanted_is_not_taken(registry: Registry, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    key = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    digest = push(registry, (POLICY % "one.example").encode())
    signer = Authority("policies", key=key, ignore_log=True)
    found = bundle(registry, tmp_path, signer)
    with pytest.raises(AssayError):
        found.update()
    assert found.digest == ""
    sign(registry, private, digest)
    assert bundle(registry, tmp_path, signer).update()
    push(registry, (POLICY % "evil.example").encode())
    with pytest.raises(AssayError):
        bundle(registry, tmp_path, signer).update()
    assert bundle(registry, tmp_path, signer).digest == digest


def sign(registry: Registry, private: ec.EllipticCurvePrivateKey, digest: str) -> None:
    """A signature as cosign puts it beside an image."""
    from cryptography.hazmat.primitives import hashes

    critical = {"identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": digest}}
    payload = json.dumps(
        {"critical": {**critical, "type": "cosign container image signature"}, "optional": None}
    ).encode()
    signature = base64.b64encode(private.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
    found = client(image_reference.parse(f"{registry.host}/policies"), Access()).push
    layer = found.put_blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json")
    config = found.put_blob(b"{}", "application/vnd.oci.image.config.v1+json")
    document = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": config.media_type, "digest": str(config.digest), "size": config.size},
        "layers": [
            {
                "mediaType": layer.media_type,
                "digest": str(layer.digest),
                "size": layer.size,
                "annotations": {"dev.cosignproject.cosign/signature": signature},
            }
        ],
    }
    found.put_manifest(json.dumps(document).encode(), document["mediaType"], digest.replace(":", "-") + ".sig")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x1f\x8b\x08garbage", "application/x.tar+gzip"),
        (b"", "application/x.tar"),
        (packed(("a.txt", b"x")), "application/x.tar+gzip"),
        (packed(("a.yaml", b"0" * (40 << 20))), "application/x.tar+gzip"),
        (b"kind: x", "application/octet-stream"),
    ],
    ids=["garbage", "empty", "no policy", "too large", "no archive"],  # gzip has the time in it
)
def test_what_is_no_bundle_is_refused(registry: Registry, tmp_path: Path, data: bytes, kind: str) -> None:
    push(registry, data, kind)
    with pytest.raises(AssayError):
        bundle(registry, tmp_path).update()


def test_nothing_is_written_elsewhere(registry: Registry, tmp_path: Path) -> None:
    push(registry, packed(("../../out.yaml", b"a: 1"), ("/etc/x.yaml", b"b: 2")), "application/x.tar+gzip")
    found = bundle(registry, tmp_path / "in" / "side")
    assert found.update()
    assert sorted(path.name for path in found.place.iterdir()) == ["0000.yaml", "0001.yaml"]
    assert not list(tmp_path.glob("*.yaml"))
    assert not found.update()


def test_a_digest_that_is_named_is_the_only_one_that_is_taken(registry: Registry, tmp_path: Path) -> None:
    digest = push(registry, b"a: 1")
    push(registry, b"a: 2")
    found = bundle(registry, tmp_path, more=f":v1@{digest}")
    assert found.update()
    assert found.digest == digest


def test_without_a_registry_and_without_anything_on_disk_the_server_does_not_start(tmp_path: Path) -> None:
    import os
    import sys

    words = [sys.executable, "-m", "assay", "admission", "serve", "--listen", "127.0.0.1:0"]
    done = subprocess.run(
        [*words, "--policies", "oci://127.0.0.1:1/policies:v1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "ASSAY_DATA_DIR": str(tmp_path)},
    )
    assert done.returncode == 4, done.stderr
