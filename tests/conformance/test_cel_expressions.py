"""Every expression of the Kyverno and Gatekeeper suites compiles in the environment of its policy."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import NoCel
from assay.engines.policy.cel.libraries import AUTHORIZER
from assay.engines.policy.cel.messages import mutation_types
from assay.engines.policy.cel.requests import VARIABLES
from assay.engines.policy.kyverno_cel import libraries
from assay.errors import AssayError
from assay.formats.manifest import read
from conformance.suite import Tally, folder

_FIELDS = ("expression", "messageExpression", "valueExpression")
_MORE = ("images", "attestors", "attestations", "exceptions", "ref")


def _environment(mode: str) -> Environment:
    more = (*libraries.GENERATING, *libraries.IMAGES, *libraries.AUTHORIZATION.get(mode, ()), AUTHORIZER)
    unique = dict.fromkeys(more)
    return Environment((*VARIABLES, *_MORE), unique, mutation_types)


def _expressions(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _FIELDS and isinstance(item, str):
                yield f"{path}.{key}", item
            else:
                yield from _expressions(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _expressions(item, f"{path}[{number}]")


def _kyverno() -> Iterator[tuple[str, bytes]]:
    with (folder("kyverno") / "tests.tar.zst").open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.name.endswith((".yaml", ".yml")) and (content := archive.extractfile(member)) is not None:
                yield f"kyverno/{member.name}", content.read()


def _gatekeeper() -> Iterator[tuple[str, bytes]]:
    root: Path = folder("gatekeeper")
    for path in sorted(root.rglob("*.yaml")):
        yield f"gatekeeper/{path.relative_to(root)}", path.read_bytes()


def _found() -> Iterator[tuple[str, str, str]]:
    """Name, expression, and mode of the policy."""
    for name, data in (*_kyverno(), *_gatekeeper()):
        try:
            manifests = read(data, name)
        except AssayError:
            continue
        for number, manifest in enumerate(manifests):
            spec: Any = manifest.object.get("spec")
            evaluation = spec.get("evaluation") if isinstance(spec, dict) else None
            mode = evaluation.get("mode", "") if isinstance(evaluation, dict) else ""
            for path, text in _expressions(manifest.object):
                yield f"{name}#{number}{path}", text, mode


def test_every_expression_of_the_suites_compiles() -> None:
    tally = Tally("cel-expressions")
    environments = {mode: _environment(mode) for mode in ("", "HTTP", "Envoy")}
    for name, text, mode in _found():
        try:
            environments.get(mode, environments[""]).compile(text)
            tally.add(name, "compiles", "compiles")
        except NoCel as error:
            tally.add(name, "compiles", str(error))
    tally.close(1.0)
