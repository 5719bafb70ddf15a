"""An instance whose keys, certificates and logs are rotated while it serves: what was signed before stays good."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.adapters.log_source.tiles import HttpTiles
from assay.engines.log.reading import TiledLog
from assay.formats import tlog_note, trusted_root
from assay.model.bundle import Checkpoint
from e2e.test_kept_instance import Writers
from simulators.kept_instance import KeptInstance
from simulators.processes import PATIENCE, within

WHO = ("--certificate-identity", "you@org.example", "--certificate-oidc-issuer")


def assay(instance: KeptInstance, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=instance.environment, check=False)


def files(instance: KeptInstance) -> Path:
    return instance.folder / "data" / "sigstore" / "client-files"


def sign(instance: KeptInstance, name: str) -> Path:
    file = instance.folder / name
    file.write_text(name)
    config = str(files(instance) / "trust_config.json")
    done = assay(instance, "sign", str(file), "--trust-config", config, "--identity-token", instance.token())
    assert done.returncode == 0, done.stderr
    return file


def origin(instance: KeptInstance) -> str:
    return tlog_note.checkpoint(requests.get(f"{instance.url}/checkpoint", timeout=60).text).origin


def wait_for(instance: KeptInstance, wanted: str) -> None:
    assert within(PATIENCE, lambda: origin(instance) == wanted), "the server did not take over"


def verify(instance: KeptInstance, file: Path) -> subprocess.CompletedProcess[str]:
    root = str(files(instance) / "trusted_root.json")
    return assay(instance, "verify", str(file), "--trusted-root", root, "--offline", *WHO, instance.url)


def checkpoint_of(file: Path) -> Checkpoint:
    bundle = json.loads(file.with_name(f"{file.name}.sigstore.json").read_text())
    (entry,) = bundle["verificationMaterial"]["tlogEntries"]
    return tlog_note.checkpoint(entry["inclusionProof"]["checkpoint"]["envelope"])


def test_everything_is_rotated_while_it_serves(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    roots = ("--root-keys", str(instance.roots))
    with instance.serving("--dev-oidc"):
        first = sign(instance, "first")
        bootstrap = (files(instance) / "root.json").read_bytes()
        for words in (("log",), ("ct",), ("ca",), ("tsa",), ("tuf-timestamp", *roots)):
            done = instance.run("rotate", *words)
            assert done.returncode == 0, done.stderr
        more = tmp_path / "more-roots"
        done = instance.run("rotate", "tuf-root", *roots, "--new-root-keys", str(more), "--root-key-count", "2")
        assert done.returncode == 0, done.stderr
        assert (more / "root-keys-3.pem").exists()
        wait_for(instance, "log2.127.0.0.1")
        second = sign(instance, "second")
        for file in (first, second):
            done = verify(instance, file)
            assert done.returncode == 0, done.stderr
        assert checkpoint_of(first).origin == "127.0.0.1"
        assert checkpoint_of(second).origin == "log2.127.0.0.1"
        (tmp_path / "root.json").write_bytes(bootstrap)
        mirror = ("--mirror", instance.url, "--root", str(tmp_path / "root.json"))
        updated = assay(instance, "trust-root", "update", *mirror)
        assert updated.returncode == 0, updated.stderr
        trust = ("--instance", instance.url, "--trusted-root", str(files(instance) / "trusted_root.json"))
        for file in (first, second):
            held = assay(instance, "log", "verify", *trust, "--entry", f"{file}.sigstore.json")
            assert held.returncode == 0, held.stderr
            assert checkpoint_of(file).origin in held.stdout
            got = assay(instance, "log", "get", f"{file}.sigstore.json", *trust)
            assert got.returncode == 0, got.stderr
            assert f"entry        1 of {checkpoint_of(file).origin}" in got.stdout
        python_verifies(instance, first, second)
        both_shards_are_read(instance)
        assert requests.get(f"{instance.url}/healthz", timeout=60).json() == {"status": "SERVING"}
    root = trusted_root.read((files(instance) / "trusted_root.json").read_bytes())
    assert [log.url for log in root.logs] == [instance.url] * 2 + [instance.url.replace("//", "//log2.")] * 2
    assert [log.validity.end is not None for log in root.logs] == [True, True, False, False]
    assert [one.validity.end is not None for one in root.authorities] == [True, False]
    assert [one.validity.end is not None for one in root.timestamp_authorities] == [True, False]
    with instance.serving():
        assert origin(instance) == "log2.127.0.0.1"


def python_verifies(instance: KeptInstance, *signed: Path) -> None:
    """sigstore-python takes the signatures of both shards with the new trusted root."""
    client = ("sigstore", "--trust-config", str(files(instance) / "trust_config.json"), "verify", "identity")
    for file in signed:
        bundle = ("--bundle", f"{file}.sigstore.json", "--cert-identity", "you@org.example")
        words = [sys.executable, "-m", *client, *bundle, "--cert-oidc-issuer", instance.url, str(file)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr


def both_shards_are_read(instance: KeptInstance) -> None:
    """Rekor v1 counts through both, tiles are below each one's origin, and by the host that is asked for."""
    log = requests.get(f"{instance.url}/api/v1/log", timeout=60).json()
    assert (len(log["inactiveShards"]), log["treeSize"]) == (1, 2)  # each has an entry of its own and one of ours
    for index in range(4):
        answer = requests.get(f"{instance.url}/api/v1/log/entries?logIndex={index}", timeout=60)
        assert answer.status_code == 200
    for name in ("127.0.0.1", "log2.127.0.0.1"):
        note = requests.get(f"{instance.url}/shards/{name}/checkpoint", timeout=60).text
        assert tlog_note.checkpoint(note).origin == name
    by_host = requests.get(f"{instance.url}/checkpoint", headers={"host": "log2.127.0.0.1"}, timeout=60).text
    assert tlog_note.checkpoint(by_host).origin == "log2.127.0.0.1"
    for name in ("ct", "ct-2"):
        assert requests.get(f"{instance.url}/{name}/ct/v1/get-sth", timeout=60).json()["tree_size"] == 1
        assert requests.get(f"{instance.url}/{name}/ct/v1/get-entries?start=0&end=0", timeout=60).status_code == 200
    assert requests.get(f"{instance.url}/shards/other/checkpoint", timeout=60).status_code == 404


def test_a_full_shard_is_followed_by_a_new_one(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    with instance.serving("--dev-oidc"):
        signed = [sign(instance, "0"), sign(instance, "1")]
    with instance.serving("--dev-oidc", "--shard-entries", "3"):  # it looks at once, and then each half minute
        wait_for(instance, "log2.127.0.0.1")
        signed.append(sign(instance, "2"))
        assert [verify(instance, file).returncode for file in signed] == [0, 0, 0]
    assert checkpoint_of(signed[2]).origin == "log2.127.0.0.1"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("tuf-root",), 2, "--root-keys"),
        (("ca", "--root-keys", "nowhere"), 3, "no root keys"),
        (("log", "--grace", "-1"), 2, "--grace"),
        (("other",), 2, "invalid choice"),
    ],
)
def test_what_cannot_be_rotated_is_refused(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = KeptInstance(tmp_path).run("rotate", *words)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert said in done.stderr


def test_spares_are_used_up_and_the_root_signs_more(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    assert instance.run("rotate", "ca").returncode == 0
    refused = instance.run("rotate", "ca")
    assert refused.returncode == 2
    assert "spare" in refused.stderr
    assert instance.run("rotate", "ca", "--root-keys", str(instance.roots)).returncode == 0
    assert instance.run("rotate", "ca").returncode == 0
    other = KeptInstance(make(tmp_path / "other"))
    assert instance.run("rotate", "tsa", "--root-keys", str(other.roots)).returncode == 1
    assert instance.run("rotate", "tuf-root", "--root-keys", str(other.roots)).returncode == 1


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_rotation_under_load_loses_no_request(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    with instance.serving():
        writers = Writers(instance.url, 8)
        assert writers.some.wait(60)
        for number in (2, 3):
            assert instance.run("rotate", "log").returncode == 0
            wait_for(instance, f"log{number}.127.0.0.1")
            assert writers.more()
    writers.join()
    assert writers.refused == []
    with instance.serving():
        by_origin: dict[str, list[dict[str, Any]]] = {}
        for entry in writers.acknowledged:
            note = tlog_note.checkpoint(entry["inclusionProof"]["checkpoint"]["envelope"])
            by_origin.setdefault(note.origin, []).append(entry)
        assert set(by_origin) == {"127.0.0.1", "log2.127.0.0.1", "log3.127.0.0.1"}
        for name, entries in by_origin.items():
            source = HttpTiles(f"{instance.url}/shards/{name}")
            tree = TiledLog(tlog_note.checkpoint(source.checkpoint().decode()), source)
            there = {index: b64encode(body).decode() for index, body in tree.entries(0, tree.size)}
            assert all(there[int(entry["logIndex"])] == entry["canonicalizedBody"] for entry in entries)
            assert len({entry["logIndex"] for entry in entries}) == len(entries)
