"""A throw-away instance of Sigstore, started as its users start it: ``assay sigstore up --dev``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from simulators.processes import started

EMAIL = "you@org.example"


@dataclass(frozen=True)
class RunningInstance:
    """`url` without a slash at the end; `files` holds ``trust_config.json`` and the rest."""

    url: str
    files: Path

    def token(self, email: str = EMAIL) -> str:
        """A token of its own issuer."""
        return requests.post(f"{self.url}/oauth2/dev-token", data={"email": email}, timeout=60).text


@contextmanager
def running_instance(folder: Path, *flags: str | Path, most: float = 1200) -> Iterator[RunningInstance]:
    """Start it with `flags` on a free port of loopback, and stop it, after `most` seconds whatever happens."""
    files = folder / "client-files"
    command = [sys.executable, "-m", "assay", "sigstore", "up", "--dev", "--listen", "127.0.0.1:0"]
    whole = [*command, "--client-files", files, *flags]
    with (folder / "stderr").open("w") as errors, started(whole, most, errors) as (_, line):
        url = line.split(" ")[0]
        assert url.startswith(("http://", "https://")), (folder / "stderr").read_text()
        yield RunningInstance(url, files)
