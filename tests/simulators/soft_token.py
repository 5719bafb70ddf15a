"""Tokens of SoftHSM2 in a folder, made with its own tool."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

MODULE = next(
    (path for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so")) if path.exists()),
    None,
)
PIN = "12345678"


class SoftTokens:
    """A folder of tokens; `variables` lead any process to them."""

    def __init__(self, folder: Path) -> None:
        if MODULE is None:
            pytest.skip("softhsm2 is not installed (make system)")
        (folder / "tokens").mkdir(parents=True)
        config = folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.pin_file = folder / "pin"
        self.pin_file.write_text(f"{PIN}\n")
        self.variables = {"SOFTHSM2_CONF": str(config), "COSIGN_PKCS11_MODULE_PATH": str(MODULE)}

    def add(self, label: str) -> None:
        """A token more."""
        self.tool("--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN)

    def tool(self, *words: str) -> None:
        """``softhsm2-util WORDS``."""
        environment = {**os.environ, **self.variables}
        done = subprocess.run(
            ["softhsm2-util", *words], capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def here(self) -> Iterator[None]:
        """This process sees these tokens, and no variable with a PIN."""
        from assay.adapters.signers import token

        removed = {name: value for name, value in os.environ.items() if not name.startswith("COSIGN_PKCS11")}
        with mock.patch.dict(os.environ, {**removed, **self.variables}, clear=True):
            try:
                yield
            finally:
                token.forget()
