"""pnpm-lock.yaml, versions 5.0 to 9.0 (pnpm spec, "lockfile").

::

    lockfileVersion: '9.0'
    importers:
      .: {dependencies: {foo: {specifier: ^1.0.0, version: 1.1.0(bar@2.0.0)}}}
    packages:
      foo@1.1.0: {resolution: {integrity: sha512-...}}
    snapshots:
      foo@1.1.0(bar@2.0.0): {dependencies: {bar: 2.0.0}}

The key of a package is ``/foo/1.1.0_bar@2.0.0`` up to 5.4, ``/foo@1.1.0(bar@2.0.0)`` in 6.x, and as above in 9.0;
other keys (repositories, tarballs, folders) have ``name`` and ``version`` beside them. The part about peers tells
instances of one package apart, which are one component.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assay.ecosystems.npm import package
from assay.errors import Malformed
from assay.formats import yaml
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, Scope
from assay.model.ecosystem import File, Found
from assay.model.reachability import scopes
from assay.model.sbom import Skipped

_PEERS = re.compile(r"\(.*|_.*", re.DOTALL)
_VERSION = re.compile(r"\d")
_DEPENDENCIES = (
    ("dependencies", Scope.REQUIRED),
    ("optionalDependencies", Scope.OPTIONAL),
    ("devDependencies", Scope.EXCLUDED),
)


def parse(file: File) -> Found:
    """The locked packages with their edges; scopes come from the file, or in 9.0 from what leads there."""
    if package.is_packaged(file.path) and file.name != "lock.yaml":
        return Found()
    document = yaml.load(file.data)
    if document is None:
        return Found()
    if not isinstance(document, dict):
        raise Malformed("not a lock file of pnpm: no YAML mapping")
    packages, snapshots = as_object(document.get("packages")), as_object(document.get("snapshots"))
    skipped: list[Skipped] = []
    known: dict[str, Component] = {}
    for key, value in packages.items():
        component = _component(key, as_object(value))
        if component is None:
            skipped.append(Skipped(file.path, f"package without name or version: {key[:80]}"))
        else:
            known[key] = component
    for key in snapshots:
        if key not in known and (base := _PEERS.sub("", key)) in known:
            known[key] = known[base]
    nodes = snapshots or packages
    edges = {
        (known[key].id, target.id): None
        for key in nodes
        if key in known
        for name, version, _ in _wanted(as_object(nodes[key]))
        if (target := _find(known, name, version)) is not None and target.id != known[key].id
    }
    return _finish(file, document, known, tuple(edges), tuple(skipped))


def _finish(
    file: File,
    document: Object,
    known: dict[str, Component],
    edges: tuple[tuple[str, str], ...],
    skipped: tuple[Skipped, ...],
) -> Found:
    provides: list[tuple[str, str]] = []
    direct: dict[Scope, list[str]] = {scope: [] for scope in Scope}
    home = f"/{file.folder}".removesuffix("/node_modules/.pnpm").removeprefix("/")
    importers = as_object(document.get("importers")) or {".": document}
    for path, importer in importers.items():
        folder = "/".join(part for part in (home, path) if part and part != ".")
        specifiers = as_object(as_object(importer).get("specifiers"))
        for name, version, scope in _wanted(as_object(importer)):
            target = _find(known, name, version)
            if target is not None:
                direct[scope].append(target.id)
                provides.append((package.promise(folder, name, _specifier(importer, name, specifiers)), target.id))
    components = {one.id: one for one in known.values()}
    if as_object(document.get("snapshots")):
        leading = scopes(edges, direct)
        components = {
            key: replace(one, scope=max(one.scope, leading.get(key, one.scope), key=_weakness))
            for key, one in components.items()
        }
    return Found(tuple(components.values()), edges, provides=tuple(provides), skipped=skipped)


def _weakness(scope: Scope) -> int:
    return (Scope.REQUIRED, Scope.OPTIONAL, Scope.EXCLUDED).index(scope)


def _specifier(importer: object, name: str, specifiers: Object) -> str:
    """What the manifest asks for: in a table of its own up to 5.4, beside the version since 6.0."""
    for field, _ in _DEPENDENCIES:
        entry = as_object(as_object(as_object(importer).get(field)).get(name))
        if entry:
            return as_text(entry.get("specifier"))
    return as_text(specifiers.get(name))


def _wanted(entry: Object) -> Iterator[tuple[str, str, Scope]]:
    for field, scope in _DEPENDENCIES:
        for name, value in as_object(entry.get(field)).items():
            yield name, as_text(value) or as_text(as_object(value).get("version")), scope


def _find(known: dict[str, Component], name: str, version: str) -> Component | None:
    """The package that a dependency names: by version in the forms of each lock version, or by its whole key."""
    for key in (
        f"{name}@{version}",
        f"/{name}@{version}",
        f"/{name}/{version}",
        version,
        f"{name}@{_PEERS.sub('', version)}",
    ):
        if key in known:
            return known[key]
    return None


def _component(key: str, entry: Object) -> Component | None:
    name, version = _split(key)
    name = as_text(entry.get("name")) or name
    version = as_text(entry.get("version")) or version
    if not name or not version:
        return None
    resolution = as_object(entry.get("resolution"))
    return package.locked(
        name,
        version if _VERSION.match(version) else "",
        scope=_scope(entry),
        digests=package.integrity(resolution.get("integrity")),
        resolved=_origin(resolution) or ("" if _VERSION.match(version) else version),
    )


def _scope(entry: Object) -> Scope:
    if entry.get("dev") is True:
        return Scope.EXCLUDED
    return Scope.OPTIONAL if entry.get("optional") is True else Scope.REQUIRED


def _origin(resolution: Object) -> str:
    repository, commit = as_text(resolution.get("repo")), as_text(resolution.get("commit"))
    if repository:
        address = repository if package.is_repository(repository) else f"git+{repository}"
        return f"{address}#{commit}"
    return as_text(resolution.get("tarball"))


def _split(key: str) -> tuple[str, str]:
    """Name and version out of the key of a package; empty where it holds none."""
    if key.startswith("file:"):
        return "", ""
    if not key.startswith("/") and "@" in key[1:] and "/" not in key[: key.index("@", 1)].partition("/")[2]:
        name, rest = package.name_and_rest(key)
        if "/" not in name or name.startswith("@"):
            return name, rest.partition("(")[0]
    path = key.partition("/")[2]
    at = path.find("@", 1)
    head = path[:at] if at > 0 else ""
    if head and "/" not in head.removeprefix("@").partition("/")[2] and head.count("/") == head.startswith("@"):
        return head, _number(path[at + 1 :].partition("(")[0])
    parts = path.split("/", 2 if path.startswith("@") else 1)
    return "/".join(parts[:-1]), _number(_PEERS.sub("", parts[-1]).partition("/")[0]) if len(parts) > 1 else ""


def _number(text: str) -> str:
    return text if _VERSION.match(text) else ""
