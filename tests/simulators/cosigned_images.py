"""Images in a registry on loopback, signed and attested by cosign itself, without a key, against assay's own Sigstore.

All are ``HOST/team/app:NAME``: ``signed`` (with an SBOM and a clean scan), ``elder`` (the same in cosign's elder form),
``unsigned``, ``tampered`` (another image under the signatures of ``signed``), ``vulnerable`` (signed, and its attested
scan names a critical flaw) and ``other`` (signed by somebody else).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from demo import admission as demo
from simulators import real_registries
from simulators.real_cosign import Cosign
from simulators.running_instance import EMAIL, RunningInstance, running_instance

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OTHER = "eve@org.example"
_VERSIONS = {"signed": "11.0", "elder": "11.1", "unsigned": "11.2", "vulnerable": "9.0", "other": "11.3"}


@dataclass(frozen=True)
class CosignedImages:
    """Where they are, and who signed them."""

    host: str
    instance: RunningInstance
    cosign: Cosign
    folder: Path

    def name(self, tag: str) -> str:
        """The image by its tag."""
        return f"{self.host}/team/app:{tag}"

    def digest(self, tag: str) -> str:
        """The digest that the registry has behind a tag."""
        return self._get(f"manifests/{tag}").headers["Docker-Content-Digest"]

    def pinned(self, tag: str) -> str:
        """The image by its digest."""
        return f"{self.host}/team/app@{self.digest(tag)}"

    def make(self, tag: str, version: str) -> str:
        """A new image, unsigned; its name."""
        layout = demo.image(self.folder / f"{tag}-{version}", version)
        command = [sys.executable, "-m", "assay", "-q", "image", "copy", f"oci-dir:{layout}", self.name(tag)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return self.name(tag)

    def attach(self, tag: str, of: str) -> None:
        """Attach what is attached to one image to another, as somebody with push rights would."""
        subject = self._get(f"manifests/{tag}")
        digest, size = self.digest(tag), len(subject.content)
        for item in self._get(f"referrers/{self.digest(of)}").json()["manifests"]:
            document = self._get(f"manifests/{item['digest']}").json()
            document["subject"] |= {"digest": digest, "size": size}
            self._put(digest_of(document), document, document["mediaType"])

    def _get(self, path: str) -> requests.Response:
        kinds = {"Accept": ", ".join((INDEX, MANIFEST))}
        answer = requests.get(f"http://{self.host}/v2/team/app/{path}", headers=kinds, timeout=60)
        answer.raise_for_status()
        return answer

    def _put(self, name: str, document: dict[str, Any], kind: str) -> None:
        url = f"http://{self.host}/v2/team/app/manifests/{name}"
        data = json.dumps(document).encode()
        requests.put(url, data=data, headers={"Content-Type": kind}, timeout=60).raise_for_status()

    def sign(self, tag: str, *flags: str, email: str = EMAIL) -> None:
        """Sign one, as a user of cosign does."""
        self.cosign("sign", "--yes", "--identity-token", self.instance.token(email), *flags, self.pinned(tag))

    def attest(self, tag: str, kind: str, predicate: dict[str, Any], *flags: str) -> None:
        """Attest something to one."""
        path = self.folder / f"{tag}-{kind}.json"
        path.write_text(json.dumps(predicate))
        who = ("--yes", "--identity-token", self.instance.token())
        self.cosign("attest", *who, "--type", kind, "--predicate", path, *flags, self.pinned(tag))


@contextmanager
def cosigned_images(folder: Path) -> Iterator[CosignedImages]:
    """Start the instance and the registry, and make all images."""
    with ExitStack() as stack:
        instance = stack.enter_context(running_instance(_new(folder / "instance"), most=1800))
        host = stack.enter_context(real_registries.with_referrers())
        cosign = Cosign(_new(folder / "cosign"))
        cosign("initialize", "--mirror", instance.url, "--root", instance.files / "root.json")
        found = CosignedImages(host, instance, cosign, _new(folder / "images"))
        for tag, version in _VERSIONS.items():
            found.make(tag, version)
        _sign_all(found)
        found.make("tampered", "11.4")
        found.attach("tampered", "signed")
        yield found


def _sign_all(found: CosignedImages) -> None:
    url = found.instance.url
    services = ("--fulcio-url", url, "--rekor-url", url, "--oidc-issuer", url)
    elder = ("--new-bundle-format=false", "--use-signing-config=false", *services)
    for tag, form in (("signed", ()), ("elder", elder), ("vulnerable", ())):
        found.sign(tag, *form)
        found.attest(tag, "cyclonedx", _bom(), *form)
        found.attest(tag, "vuln", scan("CRITICAL" if tag == "vulnerable" else "LOW"), *form)
    found.sign("other", email=OTHER)


def _bom() -> dict[str, Any]:
    part = {"type": "library", "name": "pillow", "version": "11.0", "purl": "pkg:pypi/pillow@11.0"}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [part]}


def scan(severity: str) -> dict[str, Any]:
    """A predicate of the type ``vuln`` with Trivy's report inside, which names one flaw."""
    flaw = {"VulnerabilityID": "CVE-2026-4242", "PkgName": "pillow", "InstalledVersion": "9.0", "Severity": severity}
    result = {"SchemaVersion": 2, "Results": [{"Target": "app", "Vulnerabilities": [flaw]}]}
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    scanner = {"uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "db": {}, "result": result}
    times = {"scanStartedOn": now, "scanFinishedOn": now}
    return {"invocation": {"uri": ""}, "scanner": scanner, "metadata": times}


def digest_of(document: dict[str, Any]) -> str:
    """The digest under which a manifest is pushed."""
    return f"sha256:{hashlib.sha256(json.dumps(document).encode()).hexdigest()}"


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
