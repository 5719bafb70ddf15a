"""conanfile.txt and conaninfo.txt (docs.conan.io, "conanfile.txt" and "conaninfo.txt"): sections of lines.

::

    [requires]
    zlib/1.2.11
    poco/[>1.0,<1.9]@acme/stable

    [tool_requires]
    cmake/3.25.3

The first is what a consumer asks for; where a lock file lies beside it, that has the answers and the questions are
dropped. The second lies in the folder of each installed package and tells what that was built with:
``[full_requires]`` (Conan 1) has references with package ids, ``[requires]`` (Conan 2) as well as they are known; the
own name of the package is that of its folders and not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.ecosystems.conan.reference import component
from assay.ecosystems.conan.reference import parse as parse_reference
from assay.model.component import Component, Presence, Scope
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

_ASKED = {
    "requires": Scope.REQUIRED,
    "build_requires": Scope.EXCLUDED,
    "tool_requires": Scope.EXCLUDED,
    "test_requires": Scope.EXCLUDED,
}


def parse_conanfile(file: File) -> Found:
    """What a consumer asks for."""
    found = (
        (line.partition("#")[0] if " #" in line else line, _ASKED[section])
        for section, line in _lines(file.text)
        if section in _ASKED
    )
    return _found(((line.strip(), scope) for line, scope in found), Presence.DECLARED)


def parse_conaninfo(file: File) -> Found:
    """What an installed package was built with."""
    lines = list(_lines(file.text))
    section = "full_requires" if any(name == "full_requires" for name, _ in lines) else "requires"
    exact = ((line, Scope.REQUIRED) for name, line in lines if name == section and not _wildcard(line))
    return _found(exact, Presence.INSTALLED)


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """All but the conanfiles that a lock file beside them answers."""
    locked = {file.path.rpartition("/")[0] for file in files if file.path.endswith("conan.lock")}
    return [
        file for file in files if not (file.path.endswith("conanfile.txt") and file.path.rpartition("/")[0] in locked)
    ]


def _wildcard(line: str) -> bool:
    """Compatible versions are written with letters: ``zlib/1.2.Z``, which names no version."""
    version = parse_reference(line).version
    return version.endswith((".Z", ".Y", ".Y.Z"))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif line and not line.startswith("#"):
            yield section, line


def _found(lines: Iterator[tuple[str, Scope]], presence: Presence) -> Found:
    components: dict[str, Component] = {}
    for line, scope in lines:
        reference = parse_reference(line)
        if reference.name:
            item = component(reference, presence=presence, scope=scope)
            components.setdefault(item.id, item)
    return Found(tuple(components.values()))
