"""pubspec.lock (dart.dev, "Package versioning"): what `dart pub get` resolved. It holds no edges.

::

    packages:
      shelf:
        dependency: transitive
        description: {name: shelf, sha256: "c240984c924796e055e831a0a36db23be8cb04f170b26df572931ab36418421d",
                      url: "https://pub.example"}
        source: hosted
        version: "1.3.2"
"""

from __future__ import annotations

from assay.formats import digest, purl, yaml
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Property, Scope
from assay.model.ecosystem import File, Found

_DEFAULT_HOSTS = frozenset({"https://pub.dev", "https://pub.dartlang.org"})


def parse(file: File) -> Found:
    """The packages of a lock file; those that only the developers of the project ask for are excluded."""
    document = yaml.load_object(file.data)
    packages = as_object(document.get("packages"))
    return Found(tuple(_component(name, as_object(package)) for name, package in packages.items() if name))


def _component(name: str, package: Object) -> Component:
    version, source = as_text(package.get("version")), as_text(package.get("source"))
    description = as_object(package.get("description"))
    known = digest.find(f"sha256:{as_text(description.get('sha256'))}")
    development = as_text(package.get("dependency")) in ("direct dev", "dev")
    return Component(
        name,
        version,
        purl=purl.attempt("pub", name, version, qualifiers=_qualifiers(source, description)),
        presence=Presence.DECLARED,
        scope=Scope.EXCLUDED if development else Scope.REQUIRED,
        digests=(known,) if known else (),
        references=_references(source, description),
        properties=(Property("assay:pub:source", source),) if source not in ("", "hosted") else (),
    )


def _qualifiers(source: str, description: Object) -> dict[str, str]:
    url = as_text(description.get("url")).rstrip("/")
    if source == "git" and url:
        commit = as_text(description.get("resolved-ref"))
        return {"vcs_url": f"git+{url}@{commit}" if commit else f"git+{url}"}
    return {"repository_url": url} if source == "hosted" and url and url not in _DEFAULT_HOSTS else {}


def _references(source: str, description: Object) -> tuple[ExternalReference, ...]:
    url = as_text(description.get("url"))
    if source != "git" or "://" not in url:
        return ()
    return (ExternalReference("vcs", url, as_text(description.get("resolved-ref"))),)
