"""Images of Docker, Podman and containerd on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters import engine_socket
from assay.adapters.image import Image
from assay.adapters.image_options import ImageOptions
from assay.adapters.sources import Request, open_source
from assay.engines.catalog import catalog
from assay.errors import ExternalError, InputError, UsageError
from simulators.ecosystem import LISTS
from simulators.engine import serve
from simulators.image import layout
from simulators.saved import docker_archive, packed

REQUEST = Request(ImageOptions())
IMAGES = {"app.example/team/app:1": docker_archive([{"a.list": b"a 1"}])}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    asked: list[str] = []
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 's'}")
    monkeypatch.setenv("CONTAINER_HOST", f"unix://{tmp_path / 'absent'}")
    with serve(tmp_path / "s", IMAGES, asked):
        yield asked


def names(text: str, request: Request = REQUEST) -> list[str]:
    image = open_source(text, request)
    assert isinstance(image, Image)
    return [item.name for item in catalog(image, [LISTS]).components]


def test_an_image_of_docker_is_read_through_its_socket(engine: list[str]) -> None:
    assert names("docker:app.example/team/app:1") == ["a"]
    assert engine == ["/images/app.example/team/app:1/get"]


def test_podman_speaks_the_same(engine: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CONTAINER_HOST")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "podman").mkdir()
    with serve(tmp_path / "podman" / "podman.sock", IMAGES):
        assert names("podman:app.example/team/app:1") == ["a"]


def test_a_bare_reference_is_looked_for_in_the_engines(engine: list[str]) -> None:
    told: list[str] = []
    open_source("app.example/team/app:1", REQUEST._replace(note=told.append))
    assert told == ["app.example/team/app:1 is taken as docker:"]
    assert engine_socket.holding("app.example/other") == ""


def test_an_image_that_the_engine_does_not_have_is_told(engine: list[str]) -> None:
    with pytest.raises(InputError, match="docker has no image"):
        open_source("docker:app.example/other:1", REQUEST)


@pytest.mark.parametrize("scheme", ["docker", "podman", "containerd"])
def test_offline_asks_no_engine(engine: list[str], scheme: str) -> None:
    with pytest.raises(UsageError, match="--offline"):
        open_source(f"{scheme}:app.example/team/app:1", REQUEST._replace(offline=True))
    assert not engine


def test_no_socket_and_a_dead_one_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'dead'}")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    with pytest.raises(ExternalError, match="does not answer"):
        open_source("docker:app", REQUEST)
    assert engine_socket.holding("app") == ""
    monkeypatch.setattr(engine_socket, "_places", lambda engine, environment: [])
    monkeypatch.delenv("DOCKER_HOST")
    with pytest.raises(ExternalError, match="no socket of docker") as caught:
        open_source("docker:app", REQUEST)
    assert "DOCKER_HOST" in caught.value.remedy


@pytest.mark.parametrize("place", ["tcp://192.0.2.1:2375", "ssh://build.example"])
def test_engines_elsewhere_are_not_spoken_to(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", place)
    with pytest.raises(UsageError):
        open_source("docker:app", REQUEST)
    assert engine_socket.holding("app") == ""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `ctr` that exports an image, or says what the real one says."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ctr"
    (tmp_path / "x.tar").write_bytes(packed(layout(tmp_path / "image", [{"a.list": b"a 1"}])))
    wanted = "-n tests images export - docker.io/library/app:latest"
    program.write_text(
        f'#!/bin/sh\n[ "$*" = "{wanted}" ] && exec /bin/cat {tmp_path}/x.tar\n'
        'echo "ctr: image $6: not found" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CONTAINERD_NAMESPACE", "tests")
    return program


def test_containerd_is_asked_by_its_client(client: Path) -> None:
    assert names("containerd:app") == ["a"]


@pytest.mark.usefixtures("crowded")
def test_containerd_is_asked_from_a_process_with_many_descriptors(client: Path) -> None:
    assert names("containerd:app") == ["a"]


def test_what_containerd_says_is_told(client: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        open_source("containerd:other", REQUEST)
    client.write_text("#!/bin/sh\necho 'permission denied' >&2\nexit 1\n")
    with pytest.raises(ExternalError, match="permission denied"):
        open_source("containerd:app", REQUEST)
    client.unlink()
    with pytest.raises(ExternalError, match="neither ctr nor nerdctl") as caught:
        open_source("containerd:app", REQUEST)
    assert "oci-archive:" in caught.value.remedy
