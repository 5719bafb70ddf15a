"""The second half of the demo: an instance of Sigstore for a minute, and what it vouches for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EMAIL = "you@demo.example"
Run = Callable[[list[str]], int]


@contextmanager
def instance(folder: Path) -> Iterator[str]:
    """A throw-away instance on a free port of loopback, its client files in `folder`; its address."""
    command = [sys.executable, "-m", "assay", "-q", "sigstore", "up", "--dev", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen([*command, "--client-files", str(folder)], stdout=subprocess.PIPE, text=True)
    guard = threading.Timer(90, process.kill)  # the demo must end whatever happens
    guard.start()
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split(" ")[0]
    finally:
        guard.cancel()
        process.terminate()
        process.wait(10)


def token(url: str) -> str:
    """An identity token of the instance's development issuer, which believes everybody."""
    form = urllib.parse.urlencode({"email": EMAIL}).encode()
    with urllib.request.urlopen(f"{url}/oauth2/dev-token", form, timeout=20) as answer:
        return str(answer.read().decode())


def show(image: Path, documents: list[Path], build: Path, run: Run) -> int:
    """Sign the image and the documents, verify them offline, and show that a changed copy is refused."""
    files = build / "sigstore"
    shutil.rmtree(files, ignore_errors=True)
    trust = ["--trust-config", str(files / "trust_config.json")]
    place = f"oci-dir:{image}:demo:1"
    with instance(files) as url:
        print(f"\n{url}: a Sigstore of our own, for a minute", flush=True)
        given = build / "token"
        given.write_text(token(url))
        keyless = [*trust, "--identity-token", str(given)]
        code = run(["assay", "sign", place, *map(str, documents), *keyless])
        sbom = ["--predicate", str(documents[0]), "--type", "cyclonedx"]
        code = code or run(["assay", "attest", place, *sbom, *keyless])
        given.unlink()
    whom = [*trust, "--certificate-identity", EMAIL, "--certificate-oidc-issuer", url]
    print("\nThe instance is gone; everything that verification needs came with the signatures.", flush=True)
    code = code or run(["assay", "--offline", "verify", place, *map(str, documents), *whom])
    code = code or run(["assay", "--offline", "verify-attestation", place, "--type", "cyclonedx", *whom])
    return code or refuse(documents[0], build, run, whom)


def refuse(document: Path, build: Path, run: Run, whom: list[str]) -> int:
    """A copy with one byte changed, beside the bundle of the original."""
    changed = build / f"tampered-{document.name}"
    changed.write_bytes(document.read_bytes().replace(b"demo", b"dem0", 1))
    shutil.copyfile(f"{document}.sigstore.json", f"{changed}.sigstore.json")
    print("\nA copy with one letter changed:", flush=True)
    if run(["assay", "--offline", "verify", str(changed), *whom]) == 1:
        print("refused, as it should be")
        return 0
    print("a changed file was not refused")
    return 1
