"""An instance of Sigstore that is kept: made with ``assay sigstore init``, served, killed, and served again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from simulators.processes import free_port, started


class KeptInstance:
    """One in `folder`, made with the `flags` of `init`; its state is in ``folder/data/sigstore``.

    `url` has no slash at the end.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.folder, self.roots = folder, folder / "roots"
        (folder / "password").write_text("not to be guessed\n")
        more = {"ASSAY_SIGSTORE_PASSWORD_FILE": str(folder / "password"), "ASSAY_DATA_DIR": str(folder / "data")}
        (folder / "root-password").write_text("known to few\n")
        more["ASSAY_SIGSTORE_ROOT_PASSWORD_FILE"] = str(folder / "root-password")
        self.environment = {**os.environ, **more}
        made = self.run("init", "--base-url", self.url, "--root-keys", str(self.roots), *flags)
        assert made.returncode == 0, made.stderr

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``assay sigstore WORDS``."""
        command = [sys.executable, "-m", "assay", "sigstore", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, env=self.environment, check=False)

    def token(self, email: str = "you@org.example") -> str:
        """A token of its own issuer."""
        return requests.post(f"{self.url}/oauth2/dev-token", data={"email": email}, timeout=60).text

    @contextmanager
    def serving(self, *flags: str) -> Iterator[subprocess.Popen[str]]:
        """``up FLAGS``, ready for requests, until the end or until somebody kills it."""
        command = [sys.executable, "-m", "assay", "sigstore", "up", "--listen", self.url[7:], *flags]
        stderr = self.folder / "stderr"
        with stderr.open("a") as errors, started(command, 1200, errors, self.environment) as (process, line):
            assert line.startswith(self.url), stderr.read_text()
            yield process
