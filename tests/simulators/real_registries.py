"""Registries of others, started on loopback: Debian's (no referrers API) and go-containerregistry's (with it)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators import go_program
from simulators.processes import PATIENCE, free_port, reachable, within

_CONFIGURATION = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: {deletes}}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{level: error}}
"""
_NOTIFICATIONS = """notifications:
  endpoints:
    - name: assay
      url: {url}
      headers: {{Authorization: ["Bearer {secret}"]}}
      timeout: 2s
      threshold: 5
      backoff: 500ms
"""


@contextmanager
def debian(folder: Path, *, deletes: bool = True, tell: tuple[str, str, str] | None = None) -> Iterator[str]:
    """docker-registry, which knows no referrers: ``127.0.0.1:PORT``; `tell` is whom it notifies: URL, secret, CA."""
    program = shutil.which("docker-registry") or pytest.skip("docker-registry is not installed (make system)")
    port = free_port()
    configuration = folder / "config.yml"
    text = _CONFIGURATION.format(folder=folder / "data", port=port, deletes=str(deletes).lower())
    configuration.write_text(text + (_NOTIFICATIONS.format(url=tell[0], secret=tell[1]) if tell else ""))
    known = {**os.environ, "SSL_CERT_FILE": tell[2]} if tell else None
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, "serve", str(configuration)], stdout=quiet, stderr=quiet, env=known) as server:
        try:
            assert within(PATIENCE, lambda: reachable(port)), "the registry did not start"
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def with_referrers() -> Iterator[str]:
    """go-containerregistry's registry with ``WithReferrersSupport(true)``: ``127.0.0.1:PORT``."""
    program, quiet = go_program.built("gcr_registry"), subprocess.DEVNULL
    with subprocess.Popen([program], stdout=subprocess.PIPE, stderr=quiet, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
