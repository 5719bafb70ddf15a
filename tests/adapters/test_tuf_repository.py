"""The TUF repository of an instance, as the `tuf` client walks it: roots that change hands, metadata signed anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from assay.adapters.sigstore_instance import tuf_repository
from assay.app import sigstore
from assay.errors import InternalError, Refused
from assay.trust import signing

TARGETS = {"trusted_root.json": b"{}"}
NOW = sigstore.now()


class Files(FetcherInterface):
    """The repository's folder as the web."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("https://tuf.example/")
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        yield path.read_bytes()


def client(tmp_path: Path, repository: Path, root: bytes) -> Updater:
    cache = tmp_path / "cache"
    cache.mkdir(exist_ok=True)
    base = "https://tuf.example/"
    return Updater(str(cache), base, str(cache), base + "targets/", fetcher=Files(repository), bootstrap=root)


def target(updater: Updater) -> bytes:
    updater.refresh()
    info = updater.get_targetinfo("trusted_root.json")
    assert info is not None
    return Path(updater.download_target(info)).read_bytes()


def test_a_root_that_changes_hands_is_followed(tmp_path: Path) -> None:
    repository, online = tmp_path / "repository", signing.generate()
    old, new = [signing.generate() for _ in range(3)], [signing.generate() for _ in range(2)]
    tuf_repository.init(repository, old, 2, online, NOW)
    tuf_repository.publish(repository, TARGETS, online, NOW)
    first = (repository / "1.root.json").read_bytes()
    assert target(client(tmp_path, repository, first)) == b"{}"
    assert tuf_repository.rotate_root(repository, old[:2], new, 2, NOW) == 2
    assert target(client(tmp_path, repository, first)) == b"{}"
    assert tuf_repository.newest_root(repository)[0] == 2


def test_too_few_signers_make_no_root(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    old = [signing.generate() for _ in range(3)]
    tuf_repository.init(repository, old, 2, signing.generate(), NOW)
    with pytest.raises(Refused):
        tuf_repository.rotate_root(repository, old[:1], [signing.generate()], 1, NOW)
    assert tuf_repository.newest_root(repository)[0] == 1


def test_metadata_is_signed_anew_before_it_expires(tmp_path: Path) -> None:
    repository, online = tmp_path / "repository", signing.generate()
    tuf_repository.init(repository, [signing.generate()], 1, online, NOW)
    assert tuf_repository.publish(repository, TARGETS, online, NOW)
    assert not tuf_repository.publish(repository, TARGETS, online, NOW)
    before = (repository / "timestamp.json").read_bytes()
    assert tuf_repository.publish(repository, TARGETS, online, NOW + timedelta(days=1, hours=1))
    assert (repository / "timestamp.json").read_bytes() != before
    assert not (repository / "2.targets.json").exists()
    assert tuf_repository.publish(repository, TARGETS, online, NOW + timedelta(days=89, hours=1))
    assert (repository / "2.targets.json").exists()


def test_another_online_key_signs_everything_anew(tmp_path: Path) -> None:
    repository, roots = tmp_path / "repository", [signing.generate()]
    keys = {"tuf": signing.generate(), "tuf-2": signing.generate()}
    tuf_repository.init(repository, roots, 1, keys["tuf"], NOW)
    tuf_repository.publish(repository, TARGETS, keys["tuf"], NOW)
    first = (repository / "1.root.json").read_bytes()
    assert target(client(tmp_path, repository, first)) == b"{}"
    tuf_repository.rotate_online(repository, tuf_repository.root_signers(repository, roots), keys["tuf-2"], NOW)
    found = tuf_repository.online_key(repository, keys, "tuf")  # who names the old key has not heard of it yet
    assert found is keys["tuf-2"]
    assert tuf_repository.publish(repository, TARGETS, found, NOW)
    assert target(client(tmp_path, repository, first)) == b"{}"
    assert not tuf_repository.publish(repository, TARGETS, found, NOW)
    with pytest.raises(InternalError):
        tuf_repository.online_key(repository, {"tuf": keys["tuf"]}, "tuf")
    with pytest.raises(Refused):
        tuf_repository.rotate_online(repository, [signing.generate()], keys["tuf"], NOW)
