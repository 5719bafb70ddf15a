"""The `tuf` client, unmodified, finds the trust root and the services of an instance, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tuf.api.exceptions import RepositoryError
from tuf.ngclient.updater import Updater

from simulators.running_instance import RunningInstance, running_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


def updater(instance: RunningInstance, folder: Path, root: bytes | None) -> Updater:
    folder.mkdir(exist_ok=True)
    url = f"{instance.url}/"
    return Updater(str(folder), url, str(folder), f"{url}targets/", bootstrap=root)


def test_the_client_downloads_what_the_instance_publishes(instance: RunningInstance, tmp_path: Path) -> None:
    root = (instance.files / "root.json").read_bytes()
    found = updater(instance, tmp_path / "cache", root)
    for name, file in {
        "trusted_root.json": "trusted_root.json",
        "signing_config.v0.2.json": "signing_config.json",
    }.items():
        info = found.get_targetinfo(name)
        assert info is not None
        assert Path(found.download_target(info)).read_bytes() == (instance.files / file).read_bytes()
    assert found.get_targetinfo("something else") is None
    again = updater(instance, tmp_path / "cache", None)
    again.refresh()
    info = again.get_targetinfo("trusted_root.json")
    assert info is not None
    assert again.find_cached_target(info) is not None


def test_the_client_refuses_the_repository_of_another_root(instance: RunningInstance, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with running_instance(tmp_path / "other") as other:
        root = (other.files / "root.json").read_bytes()
    with pytest.raises(RepositoryError):
        updater(instance, tmp_path / "cache", root).refresh()
