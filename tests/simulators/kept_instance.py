"""An instance of Sigstore that is kept: made with ``assay sigstore init``, served, killed, and served again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests


class KeptInstance:
    """One in `folder`, made with the `flags` of `init`; its state is in ``folder/data/sigstore``.

    `url` has no slash at the end.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
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
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment, check=False)

    def token(self, email: str = "you@org.example") -> str:
        """A token of its own issuer."""
        return requests.post(f"{self.url}/oauth2/dev-token", data={"email": email}, timeout=20).text

    @contextmanager
    def serving(self, *flags: str) -> Iterator[subprocess.Popen[str]]:
        """``up FLAGS``, ready for requests, until the end or until somebody kills it."""
        command = [sys.executable, "-m", "assay", "sigstore", "up", "--listen", self.url[7:], *flags]
        with (self.folder / "stderr").open("a") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=self.environment)
        guard = threading.Timer(120, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(self.url), (self.folder / "stderr").read_text()
            yield process
        finally:
            guard.cancel()
            process.terminate()
            process.wait(30)
            process.stdout.close() if process.stdout else None
