"""A rotation that is killed before any of its writes: the instance opens, publishes, and is followed by TUF clients."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from assay.app import sigstore
from assay.formats import trusted_root
from assay.model.transparency import NewLeaf
from assay.model.trusted_root import TrustedRoot
from simulators.opened_instance import opened_instance
from simulators.rotation_crash import again, rotated


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, cheap_keys: None) -> Path:
    """An instance that was published, with an entry in its log."""
    folder, now = tmp_path_factory.mktemp("template"), sigstore.now()
    sigstore.make(sigstore.Making(folder / "data", folder / "roots", "https://sigstore.example", b"p", b"r", now))
    with opened_instance(folder / "data") as instance:
        instance.log.append([NewLeaf(b"entry")])
        instance.publish(now)
    return folder


class Files(FetcherInterface):
    """The repository's folder as the web."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("https://sigstore.example/")
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        yield path.read_bytes()


def followed(folder: Path) -> TrustedRoot:
    """The trusted root that a client finds which knows only the first TUF root."""
    cache, repository = folder / "cache", folder / "data/repository"
    cache.mkdir(exist_ok=True)
    base = "https://sigstore.example/"
    first = (repository / "1.root.json").read_bytes()
    updater = Updater(str(cache), base, str(cache), base + "targets/", fetcher=Files(repository), bootstrap=first)
    info = updater.get_targetinfo("trusted_root.json")
    assert info is not None
    return trusted_root.read(Path(updater.download_target(info)).read_bytes())


@pytest.mark.parametrize("what", ["ca", "log", "tuf-timestamp", "tuf-root"])
def test_a_rotation_that_is_killed_anywhere(template: Path, tmp_path: Path, what: str) -> None:
    stop, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        stop += 1
        folder = tmp_path / str(stop)
        shutil.copytree(template, folder)
        code = rotated(folder, what, stop)
        with opened_instance(folder / "data") as instance:
            instance.publish(sigstore.now())
            assert instance.logs[0].head.size == 1
            root = followed(folder)
            keys = {log.key for log in root.logs}
            assert keys >= {signer.public_key for log in instance.logs for signer in log.signers}
            assert instance.authority.chain in [item.chain for item in root.authorities]
            assert instance.timestamper.chain in [item.chain for item in root.timestamp_authorities]
        if code == -signal.SIGKILL and what != "tuf-root":  # and what was broken off can be done again
            again(folder, what)
            with opened_instance(folder / "data") as instance:
                instance.publish(sigstore.now())
            followed(folder)
    assert code == 0
    assert stop > 1
