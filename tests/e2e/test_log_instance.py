"""The log of an instance that is a part of the server: witnessed, monitored over a rotation, read on disk."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import uvicorn
from starlette.applications import Starlette

from assay.adapters.log_store.seen_files import SeenFiles
from assay.engines.log.witness import Witness
from assay.formats import note_key, tlog_note, trusted_root
from assay.server import witness
from assay.trust import notes
from simulators.kept_instance import KeptInstance
from simulators.log_keys import ed25519
from simulators.logged import request
from simulators.processes import PATIENCE, free_port, started, within

ME = "me@org.example"


def assay(instance: KeptInstance, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=instance.environment, check=False)


@contextmanager
def serving(instance: KeptInstance, *flags: str) -> Iterator[None]:
    """``assay serve --with sigstore``."""
    command = [sys.executable, "-m", "assay", "serve", "--with", "sigstore", "--listen", instance.url[7:], *flags]
    stderr = instance.folder / "stderr"
    with stderr.open("a") as errors, started(command, 180, errors, instance.environment) as (_, line):
        assert line.startswith(instance.url), stderr.read_text()
        yield


@contextmanager
def witnessing(instance: KeptInstance, folder: Path) -> Iterator[tuple[str, note_key.NoteKey]]:
    """A witness of ours that knows the instance's log."""
    root = trusted_root.read(published(instance))
    key = ed25519()
    known = {"127.0.0.1": [log.key for log in root.logs]}
    one = Witness("witness.example", key, known, SeenFiles(folder / "seen"), time.time)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(Starlette(routes=witness.routes(one)), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        try:
            found = note_key.of_ed25519("witness.example", key.public_key, note_key.COSIGNATURE)
            yield f"http://127.0.0.1:{bound.getsockname()[1]}", found
        finally:
            server.should_exit = True
            thread.join(60)


def published(instance: KeptInstance) -> bytes:
    away = instance.folder / "away"
    if not away.exists():
        assert instance.run("export", str(away)).returncode == 0
    return (away / "trusted_root.json").read_bytes()


def add(instance: KeptInstance, data: bytes, name: str = ME) -> None:
    answer = requests.post(f"{instance.url}/api/v2/log/entries", data=request(data, name), timeout=60)
    assert answer.status_code == 201, answer.text


def wait_for(instance: KeptInstance, wanted: str, signers: int) -> None:
    """Until a checkpoint of that log with an entry of ours bears so many signatures."""

    def shown() -> bool:
        found = tlog_note.checkpoint(requests.get(f"{instance.url}/checkpoint", timeout=60).text)
        return found.size > 1 and found.origin == wanted and len(found.note.signatures) == signers

    assert within(PATIENCE, shown)


def test_a_witnessed_log_over_a_rotation(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    trust = (
        "--instance",
        instance.url,
        "--trusted-root",
        str(tmp_path / "data/sigstore/client-files/trusted_root.json"),
    )
    watch = ("log", "monitor", "--once", "--identity", ME)
    with witnessing(instance, tmp_path) as (url, key):
        flags = ("--witness", f"{url}={key}", "--witness-quorum", "1")
        with serving(instance, *flags):
            add(instance, b"one")
            wait_for(instance, "127.0.0.1", 3)
            wanted = ("--witness", str(key), "--witness-quorum", "1")
            checked = assay(instance, "log", "verify", *trust, *wanted)
            assert checked.returncode == 0, checked.stderr
            shown = tlog_note.checkpoint(requests.get(f"{instance.url}/checkpoint", timeout=60).text)
            assert notes.cosigned_by(shown, key) > 1_700_000_000
            assert assay(instance, *watch, *trust).returncode == 0  # it begins here
            add(instance, b"two", "others@org.example")
            add(instance, b"three")
            assert instance.run("rotate", "log").returncode == 0
            log = f"{instance.url}/api/v1/log"
            assert within(PATIENCE, lambda: requests.get(log, timeout=60).json()["inactiveShards"])
            add(instance, b"four")
    with serving(instance):
        wait_for(instance, "log2.127.0.0.1", 2)
        found = assay(instance, *watch, *trust)
        assert found.returncode == 1, found.stderr
        alerts = [json.loads(line) for line in found.stdout.splitlines()]
        assert [(alert["origin"], alert["logIndex"]) for alert in alerts] == [
            ("127.0.0.1", 3),
            ("log2.127.0.0.1", 1),
        ]
        assert assay(instance, *watch, *trust).returncode == 0
        v1 = assay(instance, "log", "search", "--identity", ME, *trust, "-o", "json")
        assert [json.loads(line)["logIndex"] for line in v1.stdout.splitlines()] == [1, 3, 5], v1.stderr
        elder = tmp_path / "elder"
        copied = assay(instance, "log", "mirror", str(elder), "--shard", "127.0.0.1", *trust)
        assert copied.returncode == 0, copied.stderr
    on_disk = ("--instance", os.fspath(tmp_path / "data"), "--offline")
    found = assay(instance, "log", "search", "--identity", ME, *on_disk, "-o", "json")
    assert [json.loads(line)["logIndex"] for line in found.stdout.splitlines()] == [1], found.stderr
    assert assay(instance, "log", "get", "2", "--instance", str(elder), *trust[2:], "--offline").returncode == 0


def test_the_witness_command_signs_for_a_log(tmp_path: Path) -> None:
    instance = KeptInstance(tmp_path)
    root = trusted_root.read(published(instance))
    (ed,) = [log for log in root.logs if log.details == "PKIX_ED25519"]
    port = free_port()
    known = str(note_key.of_ed25519("127.0.0.1", ed.key))
    words = ("log", "witness", "--name", "w.example", "--log", known, "--listen", f"127.0.0.1:{port}")
    refused = assay(instance, *words[:4])
    assert refused.returncode == 2
    command = [sys.executable, "-m", "assay", *words]
    with started(command, 1200, environment=instance.environment) as (_, line):
        key = line.strip()
        assert note_key.read(key).kind == note_key.COSIGNATURE
        with serving(instance, "--witness", f"http://127.0.0.1:{port}={key}"):
            add(instance, b"one")
            wait_for(instance, "127.0.0.1", 3)
