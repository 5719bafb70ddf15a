"""An instance that is kept: exported to a place without a network, and killed under load."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.adapters.sigstore_instance import keyring
from assay.errors import Refused
from assay.formats import tlog_note
from assay.trust import merkle
from simulators.kept_instance import KeptInstance
from simulators.processes import PATIENCE, within


def assay(instance: KeptInstance, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=instance.environment, check=False)


def test_an_exported_instance_is_verified_without_it(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    file, bundle, away = tmp_path / "app", tmp_path / "app.json", tmp_path / "away"
    file.write_text("an artifact")
    with instance.serving("--dev-oidc"):
        exported = instance.run("export", str(away))
        assert exported.returncode == 0, exported.stderr
        config = str(away / "trust_config.json")
        flags = ("--trust-config", config, "--identity-token", instance.token(), "--bundle", str(bundle))
        signed = assay(instance, "sign", str(file), *flags)
        assert signed.returncode == 0, signed.stderr
    who = ("--certificate-identity", "you@org.example", "--certificate-oidc-issuer", instance.url)
    shutil.rmtree(instance.folder / "data")
    root = ("--trusted-root", str(away / "trusted_root.json"), "--offline", "--bundle", str(bundle))
    assert assay(instance, "verify", str(file), *who, *root).returncode == 0
    other = ("--certificate-identity", "other@org.example", *who[2:])
    assert assay(instance, "verify", str(file), *other, *root).returncode == 1
    assert not [path for path in away.rglob("*") if b"PRIVATE" in (path.read_bytes() if path.is_file() else b"")]
    assert tuf_target(away, tmp_path, "trusted_root.json") == (away / "trusted_root.json").read_bytes()


def tuf_target(away: Path, tmp_path: Path, name: str) -> bytes:
    """A target as the `tuf` client finds it in the exported folder."""
    from tuf.api.exceptions import DownloadHTTPError
    from tuf.ngclient.fetcher import FetcherInterface
    from tuf.ngclient.updater import Updater

    class Files(FetcherInterface):
        def _fetch(self, url: str) -> list[bytes]:  # type: ignore[override]
            try:
                return [(away / "tuf" / url.removeprefix("file:///")).read_bytes()]
            except FileNotFoundError as error:
                raise DownloadHTTPError(str(error), 404) from error

    cache = tmp_path / "cache"
    cache.mkdir()
    first = (away / "tuf" / "1.root.json").read_bytes()
    updater = Updater(str(cache), "file:///", str(cache), "file:///targets/", fetcher=Files(), bootstrap=first)
    info = updater.get_targetinfo(name)
    assert info is not None
    return Path(updater.download_target(info)).read_bytes()


def test_root_keys_in_the_data_directory_are_refused(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    shutil.move(instance.roots / "root-keys.pem", instance.folder / "data" / "sigstore")
    refused = instance.run("up", "--listen", instance.url[7:])
    assert refused.returncode == 2
    assert "root keys" in refused.stderr
    inside = instance.run(
        "init", "--base-url", "http://127.0.0.1:1", "--root-keys", str(tmp_path / "data" / "sigstore")
    )
    assert inside.returncode == 2


def test_a_wrong_password_opens_nothing(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    assert "tuf-root-1" in keyring.read(instance.roots / keyring.ROOT_FILE, b"known to few")
    with pytest.raises(Refused):
        keyring.read(instance.roots / keyring.ROOT_FILE, b"not to be guessed")
    (tmp_path / "password").write_text("guessed")
    refused = instance.run("status")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    (tmp_path / "password").write_text("")
    assert instance.run("status").returncode == 2


class Writers:
    """Threads that log entries until the server is gone; `acknowledged` are good answers, `refused` the others."""

    def __init__(self, url: str, count: int) -> None:
        self.url, self.key = f"{url}/api/v2/log/entries", ec.generate_private_key(ec.SECP256R1())
        self.acknowledged: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.some = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def _write(self, thread: int) -> None:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        verifier = {"publicKey": {"rawBytes": text(public)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
        with requests.Session() as session:
            for number in range(10_000):
                data = os.urandom(16) + b"%d %d" % (thread, number)
                signed = text(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
                request: dict[str, Any] = {"digest": text(sha256(data))}
                request["signature"] = {"content": signed, "verifier": verifier}
                try:
                    answer = session.post(self.url, json={"hashedRekordRequestV002": request}, timeout=60)
                except requests.RequestException:
                    return
                if answer.status_code != 201:
                    self.refused.append(answer.text)
                else:
                    self.acknowledged.append(answer.json())
                    if len(self.acknowledged) > 50:
                        self.some.set()

    def more(self) -> bool:
        """Wait until an entry is acknowledged that is not yet; whether there was one in time."""
        known = len(self.acknowledged)
        return within(PATIENCE, lambda: len(self.acknowledged) > known)

    def join(self) -> None:
        """Wait until all have noticed."""
        for thread in self.threads:
            thread.join(60)


def text(data: bytes) -> str:
    return b64encode(data).decode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("kills", [2])
def test_kill_9_under_load_loses_nothing_that_was_acknowledged(tmp_path: Path, kills: int) -> None:
    instance = KeptInstance(tmp_path)
    acknowledged: list[dict[str, Any]] = []
    for _ in range(kills):
        with instance.serving() as process:
            writers = Writers(instance.url, 8)
            assert writers.some.wait(60)
            os.kill(process.pid, signal.SIGKILL)
            writers.join()
        acknowledged += writers.acknowledged
    assert len(acknowledged) > 50 * kills
    with instance.serving():
        assert requests.get(f"{instance.url}/.well-known/openid-configuration", timeout=60).status_code == 404
        for name in ("dev-token", "device_authorization", "device", "token", "auth"):
            assert requests.post(f"{instance.url}/oauth2/{name}", timeout=60).status_code == 404
        check(instance, acknowledged)


def check(instance: KeptInstance, acknowledged: list[dict[str, Any]]) -> None:
    """Every entry is where the answer said, in trees that all grew into the one of today."""
    note = tlog_note.checkpoint(requests.get(f"{instance.url}/checkpoint", timeout=60).text)
    indexes = [int(entry["logIndex"]) for entry in acknowledged]
    assert len(set(indexes)) == len(indexes)
    with requests.Session() as session:
        for entry, index in zip(acknowledged, indexes, strict=True):
            found = session.get(f"{instance.url}/api/v1/log/entries?logIndex={index}", timeout=60).json()
            (there,) = found.values()
            assert there["body"] == entry["canonicalizedBody"]
        for proof in [entry["inclusionProof"] for entry in acknowledged[:: len(acknowledged) // 20]]:
            size, root = int(proof["treeSize"]), b64decode(proof["rootHash"])
            url = f"{instance.url}/api/v1/log/proof?firstSize={size}&lastSize={note.size}"
            hashed = [bytes.fromhex(item) for item in session.get(url, timeout=60).json()["hashes"]]
            merkle.check_consistency(size, note.size, root, note.root, hashed)


def test_a_backup_comes_back_but_not_behind_a_published_checkpoint(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    first, second, seen = tmp_path / "first", tmp_path / "second", tmp_path / "checkpoint"
    with instance.serving():
        writers = Writers(instance.url, 4)
        assert writers.some.wait(60)
        saved = instance.run("backup", str(first))
        assert saved.returncode == 0, saved.stderr
        assert writers.more()
    writers.join()
    assert instance.run("backup", str(second)).returncode == 0
    with instance.serving():
        seen.write_text(requests.get(f"{instance.url}/checkpoint", timeout=60).text)
    assert instance.run("restore", str(second)).returncode == 2
    shutil.rmtree(tmp_path / "data" / "sigstore")
    behind = instance.run("restore", str(first), "--published", str(seen))
    assert behind.returncode == 1
    assert "was published" in behind.stderr
    unaware = instance.run("restore", str(first))
    assert unaware.returncode == 1  # the record beside the folder knows it, too
    record = tmp_path / "data" / "sigstore.published"
    record.rename(tmp_path / "record")
    unknown = instance.run("restore", str(second))
    assert unknown.returncode == 2
    assert "--published" in unknown.stderr
    of_another = tmp_path / "of-another"
    of_another.write_text(seen.read_text().replace("127.0.0.1", "other.example"))
    assert instance.run("restore", str(second), "--published", str(of_another)).returncode == 1
    assert not (tmp_path / "data" / "sigstore").exists()
    (tmp_path / "record").rename(record)
    back = instance.run("restore", str(second), "--published", str(seen))
    assert back.returncode == 0, back.stderr
    with instance.serving():
        check(instance, writers.acknowledged)
