"""One set of images for all tests here, and a control plane for each file, which installs the chart as it needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.cosigned_images import CosignedImages, cosigned_images
from simulators.interop_policies import report_kinds
from simulators.real_cluster import RealCluster, real_cluster


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CosignedImages]:
    with cosigned_images(tmp_path_factory.mktemp("images")) as found:
        yield found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    with real_cluster(tmp_path_factory.mktemp("cluster")) as found:
        found.namespace("shop")
        found.apply(*report_kinds())
        yield found
