"""composer.lock and ``vendor/composer/installed.json`` (getcomposer.org, "Basic usage" and "The composer.json schema").

Both list packages in one shape; the lock has two lists, the installed ones are a bare list (Composer 1) or an object
that names the development packages (Composer 2)::

    {"packages": [{"name": "psr/log", "version": "3.0.0", "type": "library", "license": ["MIT"],
                   "require": {"php": ">=8.0.0"},
                   "source": {"type": "git", "url": "https://git.example/log.git", "reference": "fe5ea303..."},
                   "dist": {"type": "zip", "url": "https://dist.example/log.zip", "shasum": "6a3f..."}}],
     "packages-dev": []}

Edges follow `require`, through `replace` and `provide` where the name itself is not there; ``php``, ``ext-*`` and
``lib-*`` are the platform and no packages.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import digest, json, purl, spdx_license
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property, Scope
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.license import License
from assay.model.sbom import Skipped

_SUPPORT = {"issues": "issue-tracker", "docs": "documentation", "forum": "support", "security": "security-contact"}


def parse_lock(file: File) -> Found:
    """The packages of a lock file; those of `packages-dev` are excluded from the product."""
    document = json.load_object(file.data)
    if "packages" not in document and "packages-dev" not in document:
        raise Malformed("composer.lock without packages")
    packages = [(as_object(item), Scope.REQUIRED) for item in as_list(document.get("packages"))]
    packages += [(as_object(item), Scope.EXCLUDED) for item in as_list(document.get("packages-dev"))]
    return _found(file, packages, Presence.DECLARED)


def parse_installed(file: File) -> Found:
    """The packages that Composer put under ``vendor``."""
    document = json.load(file.data)
    items = document if isinstance(document, list) else as_list(as_object(document).get("packages"))
    if not isinstance(document, list) and "packages" not in as_object(document):
        raise Malformed("installed.json without packages")
    development = {as_text(name) for name in as_list(as_object(document).get("dev-package-names"))}
    packages = [
        (package, Scope.EXCLUDED if as_text(package.get("name")) in development else Scope.REQUIRED)
        for package in map(as_object, items)
    ]
    return _found(file, packages, Presence.INSTALLED)


def _found(file: File, packages: list[tuple[Object, Scope]], presence: Presence) -> Found:
    components: list[Component] = []
    kept: list[Object] = []
    skipped: list[Skipped] = []
    for package, scope in packages:
        if as_text(package.get("name")).rpartition("/")[2] and as_text(package.get("version")):
            components.append(_component(package, scope, presence))
            kept.append(package)
        else:
            skipped.append(Skipped(file.path, "package without name or version"))
    provides = tuple((f"{item.namespace}/{item.name}", item.id) for item in components)
    return Found(tuple(components), _edges(components, kept), provides=provides, skipped=tuple(skipped[:1]))


def _edges(components: list[Component], packages: list[Object]) -> tuple[tuple[str, str], ...]:
    known: dict[str, str] = {}
    for key in ("provide", "replace"):
        for component, package in zip(components, packages, strict=True):
            for name in as_object(package.get(key)):
                known[name.lower()] = component.id
    for component, package in zip(components, packages, strict=True):
        known[as_text(package.get("name")).lower()] = component.id
    return tuple(
        (component.id, known[name.lower()])
        for component, package in zip(components, packages, strict=True)
        for name in as_object(package.get("require"))
        if known.get(name.lower(), component.id) != component.id
    )


def _component(package: Object, scope: Scope, presence: Presence) -> Component:
    vendor, _, name = as_text(package.get("name")).rpartition("/")
    version = as_text(package.get("version"))
    kind = as_text(package.get("type"))
    return Component(
        name,
        version,
        ComponentType.APPLICATION if kind == "project" else ComponentType.LIBRARY,
        vendor,
        purl=purl.attempt("composer", name, version, vendor),
        presence=presence,
        scope=scope,
        licenses=licenses(package.get("license")),
        digests=_digests(package),
        author=authors(package.get("authors")),
        description=as_text(package.get("description")),
        references=_references(package),
        properties=(Property("assay:composer:type", kind),) if kind and kind != "library" else (),
    )


def licenses(value: Json) -> tuple[License, ...]:
    """A licence or a list of them, any of which may be chosen (The composer.json schema, "license")."""
    names = [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
    names = [f"({name})" if " " in name and len(names) > 1 else name for name in names if name]
    return spdx_license.normalise(" OR ".join(names))


def authors(value: Json) -> str:
    """The names of the authors, separated by commas."""
    return ", ".join(name for item in as_list(value) if (name := as_text(as_object(item).get("name"))))


def _digests(package: Object) -> tuple[Digest, ...]:
    known = digest.find(as_text(as_object(package.get("dist")).get("shasum")))
    return (known,) if known else ()


def _references(package: Object) -> tuple[ExternalReference, ...]:
    source, dist = as_object(package.get("source")), as_object(package.get("dist"))
    found = [
        ExternalReference("website", as_text(package.get("homepage"))),
        ExternalReference("vcs", as_text(source.get("url")), as_text(source.get("reference"))),
        ExternalReference("distribution", as_text(dist.get("url")), digests=_digests(package)),
    ]
    found += [
        ExternalReference(_SUPPORT[key], as_text(url))
        for key, url in as_object(package.get("support")).items()
        if key in _SUPPORT
    ]
    return tuple(item for item in found if "://" in item.url)
