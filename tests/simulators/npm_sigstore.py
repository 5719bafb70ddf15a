"""npm's Sigstore clients, unmodified: installed once by ``npm ci`` from ``tests/e2e/node``, run by Node."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.running_instance import EMAIL, RunningInstance

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests/e2e/node"


def installed() -> Path:
    """The folder of the project, with its packages; kept until the lock file changes."""
    npm = shutil.which("npm") or pytest.skip("there is no npm")
    lock = (SOURCE / "package-lock.json").read_bytes()
    target = ROOT / ".cache" / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    target.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        for path in SOURCE.iterdir():
            held = target / path.name
            if not held.exists() or held.read_bytes() != path.read_bytes():  # another process may be running it
                shutil.copy(path, target)
        if not (target / "node_modules/.package-lock.json").exists():
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(command, cwd=target, check=True, timeout=300)
    return target


@dataclass(frozen=True)
class Npm:
    """The clients, pointed at an instance; what they write and remember goes to `folder`."""

    project: Path
    instance: RunningInstance
    folder: Path

    def sign(self, file: Path, bundle: Path, api: int) -> None:
        """A bundle over a file, by version `api` of the log."""
        self._make({"do": "sign", "file": str(file), "bundle": str(bundle), "api": api})

    def attest(self, statement: Path, bundle: Path, api: int) -> None:
        """A bundle with a statement inside."""
        kind = "application/vnd.in-toto+json"
        self._make({"do": "attest", "file": str(statement), "bundle": str(bundle), "api": api, "type": kind})

    def _make(self, asked: dict[str, Any]) -> None:
        url = self.instance.url
        services = {"fulcioURL": url, "rekorURL": url, "tsaServerURL": url}
        signing = json.loads((self.instance.files / "signing_config.json").read_bytes())
        done = self._run({**asked, "token": self.instance.token(), "options": services, "config": signing})
        assert done.returncode == 0, done.stderr

    def verify(self, file: Path, bundle: Path, email: str = EMAIL) -> str:
        """Why it is refused; nothing where it is not. Trust comes through TUF."""
        options = {
            "tufMirrorURL": self.instance.url,
            "tufRootPath": str(self.instance.files / "root.json"),
            "tufCachePath": str(self.folder / "tuf"),
            "certificateIssuer": self.instance.url,
            "certificateIdentityEmail": email,
        }
        done = self._run({"do": "verify", "file": str(file), "bundle": str(bundle), "options": options})
        assert (done.returncode == 0) == (not done.stderr), done.stderr
        return done.stderr

    def _run(self, asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        node = shutil.which("node") or pytest.skip("there is no node")
        request = self.folder / "request.json"
        request.write_text(json.dumps(asked))
        command = [node, str(self.project / "client.mjs"), str(request)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
