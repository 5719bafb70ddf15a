"""Mirrors and private authorities of registries, as the controller reaches them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters import image_reference
from assay.adapters.access import Access
from assay.adapters.registry import mirrors
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.errors import AssayError, UsageError
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from conformance.suite import folder
from simulators import pushed_layout
from simulators.registry import Registry, serve

KEY = Authority("release", key=(folder("cosign") / "keys" / "empty.pub").read_text(), ignore_log=True)


@pytest.fixture
def two() -> Iterator[tuple[Registry, Registry]]:
    """A registry with a signed image, and a mirror that has the image alone."""
    with serve(Registry()) as origin, serve(Registry()) as mirror:
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{origin.host}/app")
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{mirror.host}/cache/app")
        for name in [key for key in mirror.manifests if key.startswith("sha256-")]:
            del mirror.manifests[name]
        yield origin, mirror


def registries(access: Access) -> Registries:
    return Registries(Reach(NamedRoots(lambda: TrustedRoot(), {}), access, attempts=1, timeout=30))


def test_a_mirror_is_asked_first_and_what_it_lacks_is_asked_for_at_the_registry(
    two: tuple[Registry, Registry],
) -> None:
    origin, mirror = two
    origin.requests.clear()
    images = registries(Access(mirrors=[f"{origin.host}={mirror.host}/cache"])).images()
    assert images.data(f"{origin.host}/app:v1").digest == images.digest(f"{origin.host}/app:v1")
    assert not origin.requests
    assert mirror.requests
    assert images.signatures(f"{origin.host}/app:v1", KEY)
    assert origin.requests


def test_a_mirror_that_is_away_or_lies_stops_nothing(two: tuple[Registry, Registry]) -> None:
    origin, mirror = two
    digest = registries(Access()).images().digest(f"{origin.host}/app:v1")
    away = registries(Access(mirrors=[f"{origin.host}=127.0.0.1:1", f"{origin.host}={mirror.host}/cache"])).images()
    assert away.signatures(f"{origin.host}/app@{digest}", KEY)
    kind, data = mirror.manifests[str(digest)]
    mirror.manifests[str(digest)] = (kind, data + b" ")
    lied = registries(Access(mirrors=[f"{origin.host}={mirror.host}/cache"])).images()
    assert lied.data(f"{origin.host}/app@{digest}").manifest["layers"]
    assert lied.signatures(f"{origin.host}/app@{digest}", KEY)


def test_only_the_registry_that_is_named_has_mirrors() -> None:
    image = image_reference.parse("docker.io/library/app:1")
    pairs = mirrors.pairs(["docker.io=mirror.example/hub/", "docker.io=other.example"], "registry.mirrors")
    found = [str(item) for item in mirrors.places(image, pairs)]
    assert found == ["mirror.example/hub/library/app:1", "other.example/library/app:1", "docker.io/library/app:1"]
    other = image_reference.parse("quay.example/app:1")
    assert mirrors.places(other, pairs) == [other]
    for wrong in ("docker.io", "=x", "docker.io="):
        with pytest.raises(UsageError):
            mirrors.pairs([wrong], "registry.mirrors")


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    access = Access(authorities=[f"registry.example={tmp_path / 'ca.pem'}"])
    with pytest.raises(AssayError, match=r"the authorities for registry\.example"):
        registries(access).images().digest("registry.example/app:1")


def test_a_registry_with_an_authority_of_its_own(tmp_path: Path) -> None:
    """The file counts for the host that it is named for, and for no other."""
    from assay.app import admission_tls

    made = [admission_tls.files(tmp_path / name, ["127.0.0.1", "localhost"]) for name in ("one", "other")]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made[0].certificate, made[0].key)
    with serve(Registry(), context) as registry:
        registry.add_layout(folder("cosign") / "images" / "old-key", "v1")
        image = f"{registry.host}/app:v1"
        ours = [f"{registry.host}={made[0].ca}"]
        assert registries(Access(authorities=ours)).images().digest(image)
        for wrong in ((), [f"{registry.host}={made[1].ca}"], [f"registry.example={made[0].ca}"]):
            with pytest.raises(AssayError, match="is not trusted"):
                registries(Access(authorities=wrong)).images().digest(image)
