"""A registry that others wrote (Debian's docker-registry), started here on loopback: pushed to and pulled from."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.test_registry import pushed
from assay.adapters.image import Image
from assay.adapters.image_options import ImageOptions
from assay.adapters.image_reference import parse
from assay.adapters.registry.client import connect
from assay.adapters.registry.transport import Policy
from assay.adapters.sources import Request, open_source
from assay.engines.catalog import catalog
from simulators.ecosystem import LISTS
from simulators.image import layout

pytestmark = pytest.mark.system

_CONFIGURATION = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{level: error}}
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("docker-registry") or pytest.skip("docker-registry is not installed (make system)")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "config.yml"
    configuration.write_text(_CONFIGURATION.format(folder=folder / "data", port=port))
    with subprocess.Popen(
        [program, "serve", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the registry did not start")


def test_what_was_pushed_is_found_again(host: str) -> None:
    client = connect(parse(f"{host}/team/app"), Policy())
    pushed(client.pull, client.push)


def test_an_image_that_skopeo_pushed_is_scanned(host: str, tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo") or pytest.skip("skopeo is not installed (make system)")
    folder = layout(tmp_path / "image", [{"a.list": b"a 1"}, {"b.list": b"b 1"}], name="1")
    command = [
        skopeo,
        "copy",
        "--insecure-policy",
        "--dest-tls-verify=false",
        f"oci:{folder}:1",
        f"docker://{host}/x/y:1",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    told: list[str] = []
    found = open_source(f"{host}/x/y:1", Request(ImageOptions(), note=told.append))
    assert told == [f"{host}/x/y:1 is taken as registry:"]
    assert isinstance(found, Image)
    assert [item.name for item in catalog(found, [LISTS]).components] == ["a", "b"]
