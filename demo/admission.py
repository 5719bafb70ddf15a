"""The third part of the demo: a policy that admits the signed image and keeps three others out, with the reason."""

from __future__ import annotations

import json
import os
import shutil
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from demo import layout

if TYPE_CHECKING:
    from simulators.registry import Registry

EXPECTED = {"signed": 0, "unsigned": 1, "tampered": 1, "vulnerable": 1}
"""The exit code of `assay policy check` for each image."""
REGISTRY = import_module("tests.simulators.registry")
"""The registry that the tests use: none ships with assay. Its types are those of `simulators.registry`."""
Run = Callable[[list[str]], int]
POLICY = """apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {{name: demo}}
spec:
  images: {{include: ["{host}/**"]}}
  signers:
    team:
      trust: {{ignoreLog: true}}
      keys:
        - |
{key}
  signedBy: [team]
  vulnerabilities: {{from: own-scan, deny: [critical, kev]}}
  action: enforce
"""


def show(build: Path, run: Run) -> int:
    """Serve four images from loopback, two of them signed, and hold each to the policy, as the webhook would."""
    folder = build / "admission"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ.setdefault("COSIGN_PASSWORD", "demo")  # for the key of this one demo
    print("\nMay it run here? A policy, and four images in a registry on loopback:", flush=True)
    with REGISTRY.serve(REGISTRY.Registry()) as registry:
        for name, version in (("signed", "11.0.0"), ("unsigned", "11.1.0"), ("vulnerable", "9.0.0")):
            registry.add_layout(image(folder / name, version), name)
        code = prepare(registry, folder, run)
        tamper(registry, image(folder / "tampered", "11.2.1"))
        return code or check(registry.host, folder, run)


def image(folder: Path, version: str) -> Path:
    """An image whose only layer holds the metadata of Pillow of this version."""
    package = folder / f"tree/usr/lib/python3/dist-packages/Pillow-{version}.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Pillow\nVersion: {version}\n")
    layout.write(folder / "image", [layout.Tree(folder / "tree", "COPY tree /")], "1")
    return folder / "image"


def prepare(registry: Registry, folder: Path, run: Run) -> int:
    """A key, two signatures, and the policy that names the key."""
    key = str(folder / "team")
    code = run(["assay", "key", "generate", "--output-key-prefix", key])
    signed = [f"{registry.host}/team/app:{name}" for name in ("signed", "vulnerable")]
    code = code or run(["assay", "sign", *signed, "--key", f"{key}.key", "--tlog-upload=false"])
    if code == 0:
        pem = textwrap.indent(Path(f"{key}.pub").read_text(), " " * 10).rstrip()
        (folder / "policy.yaml").write_text(POLICY.format(host=registry.host, key=pem))
    return code


def tamper(registry: Registry, changed: Path) -> None:
    """A changed image to which the signatures of the signed one are attached, as somebody with push rights would."""
    _, signed = registry.manifests["signed"]
    digest = registry.add_layout(changed, "tampered")
    original = registry.add(signed, REGISTRY.MANIFEST, "signed")
    _, manifest = registry.manifests[digest]
    for item in list(registry.referrers.get(original, [])):
        document = json.loads(registry.manifests[item["digest"]][1])
        document["subject"] |= {"digest": digest, "size": len(manifest)}
        data = json.dumps(document).encode()
        moved = registry.add(data, REGISTRY.MANIFEST)
        registry.referrers.setdefault(digest, []).append({**item, "digest": moved, "size": len(data)})


def check(host: str, folder: Path, run: Run) -> int:
    """Whether every image gets the answer that it should get."""
    policy = ["--policies", str(folder / "policy.yaml")]
    for name, expected in EXPECTED.items():
        if run(["assay", "policy", "check", f"{host}/team/app:{name}", *policy]) != expected:
            print(f"the {name} image was {'not admitted' if expected == 0 else 'not kept out'}")
            return 1
    print("\nThe signed image may run; the unsigned, the tampered and the vulnerable one may not.")
    return 0
