"""An instance with two replicas, as its users run it: init, up, up, a balancer before them, and one that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.formats import tlog_note
from assay.trust import merkle
from simulators.object_server import ENVIRONMENT, ObjectServer
from simulators.postgres_server import PostgresServer
from simulators.processes import PATIENCE, free_port, stop, within
from simulators.round_robin import RoundRobin

EMAIL = "you@org.example"


class Replicas:
    """Two data directories that share a database and an object store."""

    def __init__(self, folder: Path, postgres: PostgresServer, objects: ObjectServer) -> None:
        self.folder = folder
        self.ports = [free_port() for _ in range(2)]
        self.balancer = RoundRobin(self.ports)
        self.url = f"http://127.0.0.1:{self.balancer.port}"
        (folder / "password").write_text("not to be guessed\n")
        self.storage = ["--storage", postgres.database(), "--objects", objects.address()]
        made = self.run(0, "init", "--base-url", self.url, "--root-keys", str(folder / "roots"), *self.storage)
        assert made.returncode == 0, made.stderr

    def environment(self, number: int | str) -> dict[str, str]:
        return {
            **os.environ,
            **ENVIRONMENT,
            "ASSAY_SIGSTORE_PASSWORD_FILE": str(self.folder / "password"),
            "ASSAY_DATA_DIR": str(self.folder / f"data-{number}"),
        }

    def run(self, number: int | str, *words: str, group: str = "sigstore") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "assay", *group.split(), *words]
        environment = self.environment(number)
        return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)

    def begin(self, number: int) -> subprocess.Popen[str]:
        listen = f"127.0.0.1:{self.ports[number]}"
        command = [sys.executable, "-m", "assay", "sigstore", "up", "--dev-oidc", "--listen", listen, *self.storage]
        with (self.folder / f"stderr-{number}").open("a") as errors:
            return subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=self.environment(number)
            )

    def ready(self, number: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(self.url), (self.folder / f"stderr-{number}").read_text()

    @contextmanager
    def serving(self) -> Iterator[list[subprocess.Popen[str]]]:
        """Both of them."""
        with ExitStack() as stack:
            processes = []
            for number in range(2):
                process = self.begin(number)
                stack.callback(stop, process)
                processes.append(process)
            for number, process in enumerate(processes):
                self.ready(number, process)
            yield processes

    def token(self) -> str:
        return requests.post(f"{self.url}/oauth2/dev-token", data={"email": EMAIL}, timeout=60).text

    def direct(self, number: int, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.ports[number]}{path}", timeout=60)


@pytest.fixture(scope="module")
def replicas(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, objects: ObjectServer
) -> Iterator[Replicas]:
    found = Replicas(tmp_path_factory.mktemp("replicas"), postgres, objects)
    yield found
    found.balancer.close()


def test_clients_sign_and_verify_through_both_and_one_may_die(replicas: Replicas, tmp_path: Path) -> None:
    answered: dict[int, str] = {}
    sizes: list[tuple[int, bytes]] = []
    faults: list[str] = []
    stopped = threading.Event()

    def write(name: int) -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            with suppress(requests.RequestException):
                answer = requests.post(
                    f"{replicas.url}/api/v2/log/entries", json=_entry(f"{name} {number}".encode()), timeout=60
                )
                if answer.status_code == 201:
                    index = int(answer.json()["logIndex"])
                    if answered.setdefault(index, answer.json()["canonicalizedBody"]) is None:
                        faults.append("twice")
                elif answer.status_code != 503:
                    faults.append(answer.text)

    def watch() -> None:
        while not stopped.is_set():
            with suppress(requests.RequestException):
                answer = requests.get(f"{replicas.url}/checkpoint", timeout=60)
                if answer.status_code == 200:
                    note = tlog_note.checkpoint(answer.text)
                    sizes.append((note.size, note.root))
            time.sleep(0.01)

    with replicas.serving() as processes:
        threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        threads.append(threading.Thread(target=watch))
        for thread in threads:
            thread.start()
        _signed(replicas, tmp_path)
        before = len(answered)
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait(PATIENCE)
        assert within(PATIENCE, lambda: len(answered) >= before + 20), faults
        stopped.set()
        for thread in threads:
            thread.join(60)
        _signed(replicas, tmp_path)
        assert not faults
        assert [size for size, _ in sizes] == sorted(size for size, _ in sizes), "a checkpoint went back"
        _whole(replicas, answered, sizes)


def _whole(replicas: Replicas, answered: dict[int, str], sizes: list[tuple[int, bytes]]) -> None:
    newest = tlog_note.checkpoint(replicas.direct(1, "/checkpoint").text)
    for index in sorted(answered)[:: max(1, len(answered) // 25)]:
        found = replicas.direct(1, f"/api/v1/log/entries?logIndex={index}").json()
        assert next(iter(found.values()))["body"] == answered[index]
    for size, root in sizes[:: max(1, len(sizes) // 20)]:
        if size:
            proof = replicas.direct(1, f"/api/v1/log/proof?firstSize={size}&lastSize={newest.size}").json()
            hashes = [bytes.fromhex(item) for item in proof["hashes"]]
            merkle.check_consistency(size, newest.size, root, newest.root, hashes)


def _signed(replicas: Replicas, folder: Path) -> None:
    """assay signs through the balancer, and verifies what it got."""
    artifact = folder / "artifact"
    artifact.write_text(str(time.monotonic()))
    config = str(replicas.folder / "data-1" / "sigstore" / "client-files" / "trust_config.json")
    words = ["sign", str(artifact), "--trust-config", config, "--identity-token", replicas.token()]
    signed = replicas.run(1, *words, "--bundle", f"{artifact}.json", group="")
    assert signed.returncode == 0, signed.stderr
    who = ["--certificate-identity", EMAIL, "--certificate-oidc-issuer", replicas.url]
    words = ["verify", str(artifact), "--trust-config", config, "--bundle", f"{artifact}.json", "--offline", *who]
    verified = replicas.run(1, *words, group="")
    assert verified.returncode == 0, verified.stderr
    Path(f"{artifact}.json").unlink()


def _entry(data: bytes) -> Any:
    """A hashedrekord request with a key of its own."""
    import base64
    import hashlib

    from assay.trust import signing

    key = signing.generate()
    verifier = {"publicKey": {"rawBytes": base64.b64encode(key.public_key).decode()}}
    return {
        "hashedRekordRequestV002": {
            "digest": base64.b64encode(hashlib.sha256(data).digest()).decode(),
            "signature": {
                "content": base64.b64encode(key.sign(data)).decode(),
                "verifier": {**verifier, "keyDetails": "PKIX_ECDSA_P256_SHA_256"},
            },
        }
    }


def test_what_one_replica_rotates_the_other_takes_over(replicas: Replicas) -> None:
    with replicas.serving():
        first = requests.post(f"{replicas.url}/api/v2/log/entries", json=_entry(b"1"), timeout=60)
        assert first.status_code == 201
        index = int(first.json()["logIndex"])
        stamp = json.loads(replicas.direct(0, "/timestamp.json").text)["signed"]["version"]
        rotated = replicas.run(0, "rotate", "log")
        assert rotated.returncode == 0, rotated.stderr
        assert within(PATIENCE, lambda: _rotated(replicas)), "one of them still writes to the old log"
        indices = set()
        for number in range(2, 6):
            answer = requests.post(f"{replicas.url}/api/v1/log/entries", json=_v1(b"%d" % number), timeout=60)
            assert answer.status_code == 201, answer.text
            indices.add(next(iter(answer.json().values()))["logIndex"])
        first_of_ours = min(indices)  # the new log begins with an entry of its own
        assert first_of_ours > index + 1 and indices == set(range(first_of_ours, first_of_ours + 4))
        stamps = [json.loads(replicas.direct(at, "/timestamp.json").text)["signed"]["version"] for at in (0, 1)]
        assert stamps[0] == stamps[1] > stamp


def _rotated(replicas: Replicas) -> bool:
    """Whether both write to the same log, which is not the first."""
    logs = [replicas.direct(at, "/api/v1/log").json() for at in range(2)]
    return len({log["treeID"] for log in logs}) == 1 and all(log["inactiveShards"] for log in logs)


def _v1(data: bytes) -> Any:
    import base64
    import hashlib

    from assay.formats import pem
    from assay.trust import signing

    key = signing.generate()
    public = base64.b64encode(pem.write("PUBLIC KEY", key.public_key).encode()).decode()
    signature = {"content": base64.b64encode(key.sign(data)).decode(), "publicKey": {"content": public}}
    spec = {
        "signature": signature,
        "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}},
    }
    return {"kind": "hashedrekord", "apiVersion": "0.0.1", "spec": spec}


def test_status_tells_where_it_is_kept_and_backups_are_the_databases_business(
    replicas: Replicas, tmp_path: Path
) -> None:
    told = replicas.run(0, "status")
    assert told.returncode == 0, told.stderr
    assert "database               postgresql://" in told.stdout
    assert "objects                s3://" in told.stdout
    copied = replicas.run(0, "backup", str(tmp_path / "copy"))
    assert copied.returncode == 2
    assert "pg_basebackup" in copied.stderr
    exported = replicas.run(0, "export", str(tmp_path / "export"))
    assert exported.returncode == 0, exported.stderr
    fresh = tmp_path.name
    again = replicas.run(
        fresh, "init", "--base-url", replicas.url, "--root-keys", str(tmp_path / "r"), *replicas.storage
    )
    assert again.returncode == 2
    assert "holds an instance already" in again.stderr
    half = replicas.run(
        fresh, "init", "--base-url", replicas.url, "--root-keys", str(tmp_path / "r"), *replicas.storage[:2]
    )
    assert half.returncode == 2
    assert "an object store" in half.stderr
