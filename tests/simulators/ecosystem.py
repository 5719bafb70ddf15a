"""A small package world for tests of the catalog: ``*.list`` files of ``name version [needs ...]`` lines."""

from __future__ import annotations

from assay.errors import Malformed
from assay.model.component import Component, Presence
from assay.model.ecosystem import Ecosystem, File, Found, Need, Owned, Parser, Proof
from assay.model.purl import Purl
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    components: list[Component] = []
    needs: list[Need] = []
    for line in file.text.splitlines():
        if line == "broken":
            raise Malformed("a broken line")
        if line == "bug":
            raise KeyError("bug")
        if line.startswith("half"):
            return Found(tuple(components), skipped=(Skipped(file.path, "the other half"),))
        name, version, *wanted = line.split()
        component = Component(name, version, purl=Purl("generic", name, version))
        components.append(component)
        needs += [Need(component.id, (other,)) for other in wanted]
    return Found(tuple(components), needs=tuple(needs))


def parse_declared(file: File) -> Found:
    components: list[Component] = []
    for line in file.text.splitlines():
        name, version = line.split()
        exact = not version.startswith("^")
        purl = Purl("generic", name, version if exact else "")
        components.append(
            Component(
                name,
                version if exact else "",
                version_range="" if exact else version,
                purl=purl,
                presence=Presence.DECLARED,
            )
        )
    return Found(tuple(components))


def parse_owner(file: File) -> Found:
    """``owner version`` on the first line, then the paths that it owns."""
    first, *paths = file.text.splitlines()
    name, version = first.split()
    component = Component(name, version, purl=Purl("deb", name, version))
    return Found((component,), owns=(Owned(name, "\n".join(paths).encode()),))


def parse_executable(file: File) -> Found:
    assert file.executable is not None
    return Found((Component(file.name, "1", purl=Purl("generic", file.name, "1")),))


LISTS = Ecosystem(
    name="lists",
    title="Lists",
    purl_types=("generic",),
    parsers=(
        Parser("lists-installed", "simulators.ecosystem:parse", ("**/*.list",), max_size=1 << 20),
        Parser("lists-declared", "simulators.ecosystem:parse_declared", ("**/wanted.txt",)),
    ),
    proof=Proof.SYNTHETIC,
    origin="tests",
)
SYSTEM = Ecosystem(
    name="system",
    title="System packages",
    purl_types=("deb",),
    parsers=(Parser("system-db", "simulators.ecosystem:parse_owner", ("**/system.db",)),),
    proof=Proof.SYNTHETIC,
    origin="tests",
)
MACHINE = Ecosystem(
    name="machine",
    title="Executables",
    purl_types=("generic",),
    parsers=(Parser("machine-elf", "simulators.ecosystem:parse_executable", executables=("elf",)),),
    proof=Proof.SYNTHETIC,
    origin="tests",
    yields_to_owner=True,
)
SECTIONS = Ecosystem(
    name="sections",
    title="Executables with a section of their own",
    purl_types=("generic",),
    parsers=(Parser("sections-elf", "simulators.ecosystem:parse_executable", sections=(".marker",)),),
    proof=Proof.SYNTHETIC,
    origin="tests",
)
