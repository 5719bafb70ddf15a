"""cosign itself, unmodified: built once from its Go module (6 minutes), for `make interop` alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

MODULE = "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3"
BIN = Path(__file__).parents[2] / "bench/.build/bin"


def program() -> Path:
    """Where it is."""
    found = BIN / "cosign"
    if not found.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", MODULE], check=True, env={**os.environ, "GOBIN": str(BIN)})
    return found


@dataclass(frozen=True)
class Cosign:
    """It with a state of its own in `folder`; keys have no password."""

    folder: Path
    program: Path = field(default_factory=program)

    @property
    def environment(self) -> dict[str, str]:
        """What it runs in."""
        return {**os.environ, "COSIGN_PASSWORD": "", "TUF_ROOT": str(self.folder / "tuf")}

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """Run it, and give what it wrote; `code` is how it must end."""
        command = [str(self.program), *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout
