"""``python -m tools.crates``: the crates of others that tests read, fetched into cargo's own cache (see `find`).

Cargo goes where its user's configuration says; the hash of each archive is pinned here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HASHES = {
    "vcpkg-0.2.15": "accd4ea62f7bb7a82fe23066fb0957d48ef677f6eeb8215f372f52e48bb32426",
}
"""The SHA-256 of each archive, as the registry's index has it."""


def find(crate: str) -> Path | None:
    """The archive of a crate where cargo keeps it; none that is another than was pinned."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for path in sorted(home.glob(f"registry/cache/*/{crate}.crate")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == HASHES[crate]:
            return path
    return None


def main() -> int:
    """Fetch what is not there yet."""
    missing = [crate for crate in HASHES if find(crate) is None]
    if not missing:
        return 0
    cargo = shutil.which("cargo")
    if cargo is None:
        print("there is no cargo", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "lib.rs").touch()
        needed = "".join(f'{name} = "={version}"\n' for name, _, version in (one.rpartition("-") for one in missing))
        package = '[package]\nname = "project"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
        (project / "Cargo.toml").write_text(f"{package}[dependencies]\n{needed}")
        return subprocess.run([cargo, "fetch", "--quiet"], cwd=project, check=False, timeout=300).returncode


if __name__ == "__main__":
    sys.exit(main())
