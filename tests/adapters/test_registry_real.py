"""A registry that others wrote (Debian's docker-registry), started here on loopback: pushed to and pulled from."""

from __future__ import annotations

import shutil
import subprocess
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
from simulators import real_registries
from simulators.ecosystem import LISTS
from simulators.image import layout

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_registries.debian(tmp_path_factory.mktemp("registry")) as found:
        yield found


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
