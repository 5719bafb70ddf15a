"""Maven projects in a source tree, with parents, managed versions and imports from the same tree.

Where a user names a local repository beside the source, models come from there, too (`repository`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assay.ecosystems.maven import coordinates
from assay.ecosystems.maven.effective import Library, absent, effective
from assay.ecosystems.maven.pom import Dependency, Pom
from assay.ecosystems.maven.pom import parse as parse_pom
from assay.ecosystems.maven.repository import Repository
from assay.errors import Malformed
from assay.formats import spdx_license
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property, Scope
from assay.model.ecosystem import Consult, File, Found, Located, Need
from assay.model.license import License
from assay.model.sbom import Distribution, Skipped

_PACKED = "/META-INF/maven/"
_RUNNING = frozenset({"", "compile", "runtime"})
_SCOPES = {"test": Scope.EXCLUDED, "provided": Scope.REQUIRED, "system": Scope.REQUIRED}


def parse(file: File) -> Found:
    """The dependencies as far as this one file tells their versions; `assemble` knows more."""
    pom = parse_pom(file.data)
    return _found(pom, file.path, Library())


def assemble(
    files: Sequence[Located], distribution: Distribution | None, beside: Consult | None = None
) -> Sequence[Located]:
    """The projects with what the models in the same source tell; a local repository in it (*.pom) counts too, and one
    `beside` it after that.

    Its own entries are no projects of the source: they serve as parents, and say of the archives of their coordinates
    what these do not say of themselves. Parents and imports that nobody has are told as skipped; but not of models
    that were unpacked with their archive (``META-INF/maven``), as they are not of those within one.
    """
    repository = Repository(beside) if beside is not None else None
    models = {file.path: _model(file.found.facts.get("pom")) for file in files if file.parser == "maven-pom"}
    poms = {path: pom for path, pom in models.items() if pom is not None}
    library = _library(poms, repository)
    of_archives = _Models(library)
    return [
        of_archives.told(file)
        if file.parser == "maven-archive"
        else _assembled(file, poms.get(file.path), library, repository)
        for file in files
    ]


def _model(value: object) -> Pom | None:
    """The model out of the facts, which a cache may have turned into plain objects."""
    if isinstance(value, Pom) or value is None:
        return value
    import msgspec

    from assay.formats import typed

    try:
        found: Pom = typed.convert(value, Pom)
    except msgspec.ValidationError:
        return None
    return found


def _assembled(file: Located, pom: Pom | None, library: Library, repository: Repository | None) -> Located:
    if pom is None:
        return file
    if file.path.endswith(".pom"):
        return replace(file, found=Found())
    found = _found(pom, file.path, library)
    if _PACKED in f"/{file.path}":
        return replace(file, found=found)
    told = [
        Skipped(file.path, _absence(kind, ":".join(name), repository.fault(name) if repository else ""))
        for kind, name in absent(pom, file.path, library)
    ]
    return replace(file, found=replace(found, skipped=(*found.skipped, *told)))


def _absence(kind: str, name: str, fault: str) -> str:
    """What is missing with a model, and what mends it."""
    what = f"the parent {name}" if kind == "parent" else f"the imported {name}"
    if fault:
        return f"{what} cannot be used: {fault}"
    if "${" in name:
        return f"{what} is named by a property that nothing here tells, and versions may be missing for it"
    remedy = "name a local repository that has it (--maven-repository ~/.m2/repository)"
    return f"{what} is not there, and dependencies or versions may be missing for it; {remedy}"


@dataclass(frozen=True, slots=True)
class _Models:
    """The effective models of archives, each worked out once."""

    library: Library
    known: dict[tuple[str, str, str], Pom | None] = field(default_factory=dict)

    def told(self, file: Located) -> Located:
        """The archives with licences and dependencies out of their models (Spring packs none into its jars)."""
        if not self.library.by_coordinates and self.library.beside is None:
            return file
        models = {item.id: self._model((item.namespace, item.name, item.version)) for item in file.found.components}
        known = {identity: pom for identity, pom in models.items() if pom is not None}
        components = tuple(
            _described(item, known[item.id]) if item.id in known else item for item in file.found.components
        )
        needs = [need for need in file.found.needs if need.dependent not in known]
        needs += [need for identity, pom in known.items() for need in dependencies(identity, pom)]
        return replace(file, found=replace(file.found, components=components, needs=tuple(needs)))

    def _model(self, name: tuple[str, str, str]) -> Pom | None:
        if name not in self.known:
            pom = self.library.model(name)
            self.known[name] = effective(pom, "", self.library) if pom is not None else None
        return self.known[name]


def _described(component: Component, pom: Pom) -> Component:
    return replace(
        component,
        licenses=component.licenses or licenses(pom),
        description=component.description or ("" if "${" in pom.description else pom.description),
        supplier=component.supplier or pom.organization,
        references=component.references or references(pom),
    )


def dependencies(dependent: str, pom: Pom) -> tuple[Need, ...]:
    """What an archive of this model needs to run: in the version that it asks for, else in the one that is there."""
    return tuple(
        Need(dependent, (f"{item.group}:{item.artifact}:{item.version}", f"{item.group}:{item.artifact}"))
        for item in pom.dependencies
        if item.scope in _RUNNING and not item.optional and item.group and item.artifact
    )


def _library(poms: dict[str, Pom], repository: Repository | None) -> Library:
    known: dict[tuple[str, str, str], Pom] = {}
    for pom in poms.values():
        known.setdefault((pom.group or pom.parent[0], pom.artifact, pom.version or pom.parent[2]), pom)
    projects = frozenset(id(pom) for path, pom in poms.items() if not path.endswith(".pom"))
    by_path = Library(poms, known, beside=repository.model if repository is not None else None, projects=projects)
    for path, pom in poms.items():
        if "${" in pom.group + pom.version:
            full = effective(pom, path, by_path)
            known.setdefault((full.group, full.artifact, full.version), pom)
    return by_path


def _found(pom: Pom, path: str, library: Library) -> Found:
    full = effective(pom, path, library)
    skipped, components = [], dict[str, Component]()
    for item in full.dependencies:
        try:
            component = _dependency(item)
        except Malformed as error:
            skipped.append(Skipped(path, f"a dependency cannot be named: {error}"))
            continue
        components.setdefault(component.id, component)
    edges: list[tuple[str, str]] = []
    found = list(components.values())
    if full.artifact and full.group:
        project = _project(full)
        edges = [(project.id, name) for name in components if name != project.id]
        found = [project, *(component for component in found if component.id != project.id)]
    return Found(tuple(found), tuple(edges), skipped=tuple(skipped), facts={"pom": pom})


def _dependency(item: Dependency) -> Component:
    version = "" if "${" in item.version else item.version
    where = {"type": item.kind if "${" not in item.kind else "", "classifier": item.classifier}
    scope = _SCOPES.get(item.scope, Scope.REQUIRED)
    if item.optional and scope is Scope.REQUIRED:
        scope = Scope.OPTIONAL
    told = (Property("assay:maven:scope", item.scope),) if item.scope not in ("", "compile") else ()
    return coordinates.component(
        item.group, item.artifact, version, Presence.DECLARED, qualifiers=where, scope=scope, properties=told
    )


def _project(pom: Pom) -> Component:
    version = "" if "${" in pom.version else pom.version
    component = coordinates.component(pom.group, pom.artifact, version, Presence.DECLARED, ComponentType.APPLICATION)
    return replace(
        component,
        licenses=licenses(pom),
        description=pom.description,
        supplier=pom.organization,
        references=references(pom),
    )


def licenses(pom: Pom) -> tuple[License, ...]:
    """The licences of a model, each as it states it."""
    return tuple(dict.fromkeys(item for text in pom.licenses for item in spdx_license.normalise(text)))


def references(pom: Pom) -> tuple[ExternalReference, ...]:
    """The addresses of a model that are complete."""
    rows = (("website", pom.url), ("vcs", pom.scm))
    return tuple(ExternalReference(kind, url) for kind, url in rows if "://" in url and "${" not in url)
