"""JavaScript's files: every parser of `assay.ecosystems.npm`; the first byte picks it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from assay.ecosystems.npm import ECOSYSTEM
from assay.ecosystems.npm.assembly import assemble
from assay.errors import AssayError
from assay.model.ecosystem import File, Found, Located

_PATHS = (
    "app/package.json", "app/package-lock.json", "app/yarn.lock", "app/pnpm-lock.yaml", "app/bun.lock",
    "app/deno.lock", "app/deno.json", "node_modules/a/package.json",
)  # fmt: skip
_PARSERS = (*(parser.reads for parser in ECOSYSTEM.parsers), ECOSYSTEM.parsers[0].reads)
_FIXTURES = Path(__file__).parents[1] / "src" / "assay" / "ecosystems" / "npm" / "fixtures"

SEEDS: list[bytes] = [
    bytes([index]) + path.read_bytes()
    for path in sorted(_FIXTURES.glob("*/input/**/*"))
    for index, known in enumerate(_PATHS)
    if path.is_file() and path.name == known.rpartition("/")[2]
]
SEEDS += [
    b'\x02"a@npm:1, b@patch:a@npm%3A1#x":\n  version: 1\n  resolution: "a@npm:1"\n  dependencies:\n    b: "npm:2"\n',
    b'\x02? "a@^1"\n:\n  version: 1\n',
    b"\x03packages:\n  /a/1.0.0_b@2:\n    dependencies: {b: /b/2.0.0}\n  git.example/a/c: {name: x}\n",
    b'\x06{"imports": {"a": "npm:a@1", "b": "jsr:@s/b@^1/x"}} // comment',
]


def run(data: bytes) -> None:
    if not data:
        return
    index = data[0] % len(_PATHS)
    module, _, function = _PARSERS[index].partition(":")
    try:
        found: Found = getattr(import_module(module), function)(File(_PATHS[index], data[1:]))
    except AssayError:
        return
    known = {component.id for component in found.components}
    assert all(dependent in known and dependency in known for dependent, dependency in found.edges)
    assemble([Located(_PATHS[index], -1, found)], None)
