"""The section ``.dep-v0`` of Rust binaries (rust-secure-code/cargo-auditable, "cargo-auditable.schema.json").

zlib-compressed JSON; `dependencies` are positions in `packages`, `kind` is ``runtime`` where it is absent::

    {"packages": [{"name": "log", "version": "0.4.29", "source": "crates.io", "dependencies": [1], "kind": "build"},
                  {"name": "tool", "version": "1.0.0", "source": "local", "root": true}]}
"""

from __future__ import annotations

import zlib

from assay.errors import LimitExceeded, Malformed
from assay.formats import executable, json, purl
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Property, Scope
from assay.model.ecosystem import File, Found

_SECTION = ".dep-v0"
_MAX_BYTES = 8 << 20


def parse(file: File) -> Found:
    """The crates that were linked in and their true graph; crates of build scripts are out of scope (`excluded`)."""
    image = file.executable or executable.read(file.content, frozenset({_SECTION}))
    if image is None or _SECTION not in image.sections:
        return Found()
    offset, size = image.sections[_SECTION]
    document = json.load_object(_inflate(file.content[offset : offset + size]))
    packages = [as_object(package) for package in as_list(document.get("packages"))]
    components = [_component(package) if as_text(package.get("name")) else None for package in packages]
    edges = [
        (component.id, target.id)
        for component, package in zip(components, packages, strict=True)
        if component is not None
        for target in _targets(components, package)
        if target.id != component.id
    ]
    return Found(tuple(item for item in components if item is not None), tuple(dict.fromkeys(edges)))


def _inflate(data: bytes) -> bytes:
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise Malformed(f"the section {_SECTION} is not zlib data: {error}") from error
    if engine.unconsumed_tail:
        raise LimitExceeded(f"the section {_SECTION} holds more than {_MAX_BYTES} bytes")
    return text


def _targets(components: list[Component | None], package: Object) -> list[Component]:
    numbers = [number for number in as_list(package.get("dependencies")) if isinstance(number, int)]
    found = [components[number] for number in numbers if 0 <= number < len(components)]
    return [item for item in found if item is not None]


def _component(package: Object) -> Component:
    name, version, source = (as_text(package.get(key)) for key in ("name", "version", "source"))
    known = source in ("", "crates.io", "local")
    return Component(
        name,
        version,
        ComponentType.APPLICATION if package.get("root") is True else ComponentType.LIBRARY,
        ecosystem="cargo",
        purl=purl.build("cargo", name, version),
        scope=Scope.EXCLUDED if package.get("kind") == "build" else Scope.REQUIRED,
        properties=() if known else (Property("assay:cargo:source", source),),
    )
