"""go.sum (The Go Modules Reference, "go.sum files"): the hash of each module, and of its go.mod file.

::

    golang.org/x/text v0.3.8 h1:nAL+RVCQ9uMn3vJZbV+MRnydTJFPf8qqY42YiA6MrqY=
    golang.org/x/text v0.3.8/go.mod h1:E6s5w1FMmriuDzIBO73fBruAKo1PCIq6d2Q6DHfQ8WQ=

The hash (a directory hash, `golang.org/x/mod/sumdb/dirhash`) is no digest of a file, hence a property. A
go.mod file of a Go version before 1.17 names only direct dependencies; the others are then taken from here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.ecosystems.golang import module
from assay.model.component import Component, ComponentType, Presence, Property
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution, Skipped

_PRUNED = (1, 17)


def parse(file: File) -> Found:
    """The hashes, as facts."""
    sums: dict[str, str] = {}
    broken = 0
    for line in file.text.split("\n"):
        words = line.split()
        if len(words) != 3:
            broken += bool(words)
        elif not words[1].endswith("/go.mod"):
            sums[f"{words[0]} {words[1]}"] = words[2]
    reason = f"{broken} lines of the checksum file have not three parts"
    return Found(facts={"sums": sums}, skipped=(Skipped(file.path, reason),) if broken else ())


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The hashes of a go.sum put on the modules of the go.mod and vendor/modules.txt that it belongs to."""
    sums = {_folder(file.path): _sums(file) for file in files if file.parser == "golang-sum"}
    modules = {_folder(file.path): file.found.facts.get("module") for file in files if file.parser == "golang-mod"}
    done = [_with_sums(file, sums.get(_home(file.path), {})) for file in files]
    return [_with_local(file, modules) for file in done]


def _with_local(file: Located, modules: Mapping[str, object]) -> Located:
    """Replacements by a folder of the same tree become the module that the folder holds."""
    renamed: dict[str, Component] = {}
    for item in file.found.components:
        folder = posixpath.normpath(f"{_home(file.path) or '.'}/{item.name}")
        target = modules.get("" if folder == "." else folder)
        if item.purl is None and isinstance(target, str) and target:
            local = module.component(target, "", Presence.DECLARED, ComponentType.APPLICATION)
            renamed[item.id] = replace(local, properties=item.properties)
    if not renamed:
        return file
    components = tuple(renamed.get(item.id, item) for item in file.found.components)
    edges = tuple((a, renamed[b].id if b in renamed else b) for a, b in file.found.edges)
    return replace(file, found=replace(file.found, components=components, edges=edges))


def _sums(file: Located) -> Mapping[str, str]:
    value = file.found.facts.get("sums")
    return value if isinstance(value, dict) else {}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _home(path: str) -> str:
    """The folder of the go.sum that a file belongs to."""
    folder, _, name = path.rpartition("/")
    return folder.removesuffix("vendor").removesuffix("/") if name == "modules.txt" else folder


def _with_sums(file: Located, sums: Mapping[str, str]) -> Located:
    if not sums or file.parser not in ("golang-mod", "golang-vendor"):
        return file
    components = tuple(_hashed(component, sums) for component in file.found.components)
    if file.parser == "golang-mod" and _before_pruning(file.found.facts.get("go")):
        known = {component.id for component in components}
        indirect = (_indirect(key, value) for key, value in sums.items())
        components += tuple(component for component in indirect if component.id not in known)
    return replace(file, found=replace(file.found, components=components))


def _hashed(component: Component, sums: Mapping[str, str]) -> Component:
    checksum = sums.get(f"{component.name} {component.version}")
    if checksum is None:
        return component
    return replace(component, properties=(*component.properties, Property("assay:golang:h1", checksum)))


def _before_pruning(release: object) -> bool:
    parts = str(release or "").split(".")[:2]
    return not all(part.isdigit() for part in parts) or tuple(int(part) for part in parts) < _PRUNED


def _indirect(key: str, checksum: str) -> Component:
    path, _, version = key.partition(" ")
    properties = (Property("assay:golang:indirect", "true"), Property("assay:golang:h1", checksum))
    return module.component(path, version, Presence.DECLARED, properties=properties)
