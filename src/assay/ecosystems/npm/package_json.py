"""package.json (npm, "package.json"): installed in a node_modules folder, else the manifest of a project.

::

    {"name": "@scope/sample", "version": "1.0.0", "license": "MIT", "author": "Jane Doe <jane@doe.example>",
     "dependencies": {"left-pad": "^1.3.0"}, "devDependencies": {"mocha": "9.2.0"}}

Only ``node_modules/NAME/package.json`` and ``node_modules/@SCOPE/NAME/package.json`` are packages, and the same in the
folders where Debian keeps them (``usr/share/nodejs``); what lies deeper in a package is its own business (test data,
module markers). Manifests of Visual Studio Code extensions and of Unity
packages share the file name, but are no npm packages.
"""

from __future__ import annotations

import re

from assay.ecosystems.npm import package
from assay.formats import json, purl, spdx_license
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Scope
from assay.model.ecosystem import File, Found, Need
from assay.model.license import License

_EXACT = re.compile(r"[=v]?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)")
_NOTHING = Found()
_NAMED = ("name", "version", "description", "license", "licenses", "_integrity")
_PEOPLE = ("author", "maintainers", "contributors")
_LINKED = (("homepage", "website"), ("repository", "vcs"), ("bugs", "issue-tracker"))
_WANTED = ("dependencies", "optionalDependencies", "peerDependencies")
_FIELDS = (*_NAMED, *_PEOPLE, *(field for field, _ in _LINKED), *_WANTED)
_read_package = json.reader(*_FIELDS)
_read_project = json.reader(*_FIELDS, "devDependencies", "engines", "contributes", "unity")
_COMPILED = "/compiled/"
_SHORTHAND = re.compile(r"(?:github:)?([\w.-]+/[\w.-]+)")


def parse(file: File) -> Found:
    """The package that is installed here, or the project and what it asks for."""
    folder = file.folder
    before, separator, inside = folder.rpartition("node_modules/")
    if not separator or (before and not before.endswith("/")):
        root = package.SYSTEM_ROOT.match(folder)
        if root is None:
            return _project(file)
        inside = folder[root.end() :]
    depth = 1 if inside.startswith("@") else 0
    if inside.count("/") == depth:
        return _installed(file, folder, inside)
    return _compiled(file, inside) if _COMPILED in inside else _NOTHING


def _compiled(file: File, inside: str) -> Found:
    """What a package brings compiled into one of its own folders: ``next/dist/compiled/@babel/runtime``.

    Other packages inside of packages are entry points, examples and tests, which `npm ls` does not count either.
    """
    document = _read_package(file.data)
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    if not name or not version or inside.rpartition(_COMPILED)[2] != name:
        return _NOTHING
    return Found((_component(document, name, version, Presence.INSTALLED, ComponentType.LIBRARY),))


def _installed(file: File, folder: str, inside: str) -> Found:
    """A package has a name or a version; the folder names what has no name, as `npm ls` does. Without both: a marker.

    Folders that begin with a dot belong to tools (``.cache``) and name nothing.
    """
    document = _read_package(file.data)
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    if version and not inside.startswith("."):
        name = name or inside
    if not name:
        return _NOTHING
    component = _component(document, name, version, Presence.INSTALLED, ComponentType.LIBRARY)
    wanted = list(package.names(document))
    return Found((component,), provides=((folder, component.id),), facts={"wants": wanted} if wanted else {})


def _project(file: File) -> Found:
    """The project, declared; what it asks for stays a range where no lock file and no node_modules knows better."""
    document = _read_project(file.data)
    if "unity" in document:
        return Found()
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    is_extension = "vscode" in as_object(document.get("engines")) or "contributes" in document
    project: tuple[Component, ...] = ()
    if name and not is_extension:
        project = (_component(document, name, version, Presence.DECLARED, ComponentType.APPLICATION),)
    components, needs = list(project), list[Need]()
    provides, alternatives = list[tuple[str, str]](), dict[str, list[str]]()
    for wanted, spec, scope in package.dependencies(document, development=True):
        own = f"{file.folder}/range:{wanted}"
        names = [*_known(file.folder, wanted, spec), own]
        asked = _asked(wanted, spec, scope)
        components.append(asked)
        provides.append((own, asked.id))
        alternatives[own] = names[:-1]
        needs.extend(Need(one.id, tuple(names)) for one in project)
    provides.extend((file.folder, one.id) for one in project)
    return Found(tuple(components), needs=tuple(needs), provides=tuple(provides), facts={"ranges": alternatives})


def _known(folder: str, name: str, spec: str) -> list[str]:
    """Where an exact version may be known: locked for this range, or in a node_modules folder, from here upward."""
    found = []
    for one in package.upward(folder):
        found += [package.place(one, name), package.promise(one, name, spec)]
    return [*found, package.of_deno(folder, package.alias(spec)[0] or name)]


def _asked(name: str, spec: str, scope: Scope) -> Component:
    real, wanted = package.alias(spec)
    alias = {package.ALIAS: name} if real and real != name else {}
    name, spec = (real, wanted) if real else (name, spec)
    shorthand = _SHORTHAND.fullmatch(spec.partition("#")[0])
    if shorthand and not spec.startswith((".", "/")):
        spec = f"github:{spec.removeprefix('github:')}"
    is_range = not package.is_repository(spec) and "://" not in spec
    exact = _EXACT.fullmatch(spec.strip())
    return package.locked(
        name,
        exact[1] if exact else "",
        kind=ComponentType.APPLICATION if spec.startswith("workspace:") else ComponentType.LIBRARY,
        scope=scope,
        version_range=spec if is_range else "",
        resolved="" if is_range else spec,
        properties=alias,
    )


def _component(document: Object, name: str, version: str, presence: Presence, kind: ComponentType) -> Component:
    namespace, base = package.split(name)
    author = _person(document.get("author"))
    integrity = document.get("_integrity")
    return Component(
        base,
        version,
        kind,
        namespace=namespace,
        purl=purl.attempt("npm", base, version, namespace),
        presence=presence,
        licenses=_licenses(document),
        digests=package.integrity(integrity) if integrity else (),
        supplier=author or _first_person(document.get("maintainers")),
        author=author or _first_person(document.get("contributors")),
        description=" ".join(as_text(document.get("description")).split()),
        references=_references(document),
    )


def _licenses(document: Object) -> tuple[License, ...]:
    """``"MIT"``, and the old ``{"type": "MIT"}`` and ``[{"type": "MIT"}, ...]``, which offered a choice."""
    listed = as_list(document.get("licenses")) or [document.get("license")]
    first = listed[0]
    if len(listed) == 1 and (isinstance(first, str) or first is None):
        return spdx_license.normalise(first) if first else ()
    names = [
        as_text(one) or as_text(as_object(one).get("type")) or as_text(as_object(one).get("name")) for one in listed
    ]
    names = [name for name in names if name]
    if len(names) > 1 and all(
        len(found := spdx_license.normalise(name)) == 1 and found[0].expression for name in names
    ):
        return spdx_license.normalise("(" + " OR ".join(names) + ")")
    return tuple(dict.fromkeys(one for name in names for one in spdx_license.normalise(name)))


def _person(value: Json) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    person = as_object(value)
    name, mail = as_text(person.get("name")), as_text(person.get("email"))
    return f"{name} <{mail}>" if name and mail else name or mail


def _first_person(value: Json) -> str:
    people = (_person(one) for one in as_list(value)) if value else ()
    return next((one for one in people if one), "")


def _references(document: Object) -> tuple[ExternalReference, ...]:
    found = []
    for field, kind in _LINKED:
        value = document.get(field)
        if not value:
            continue
        url = value if isinstance(value, str) else as_text(value) or as_text(as_object(value).get("url"))
        if "://" in url:
            found.append(ExternalReference(kind, url))
        elif field == "repository" and _SHORTHAND.fullmatch(url):
            found.append(ExternalReference(kind, f"https://github.com/{url.removeprefix('github:')}"))
    return tuple(found)
