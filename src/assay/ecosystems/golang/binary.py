"""Go binaries: the main module, the modules that were linked in, and the standard library.

The version of the main module is ``(devel)`` unless the binary was built by ``go install path@version`` or by
a Go 1.24 that saw a tag; then the linker flags (``-X main.version=1.2.3``) tell it, or the revision that the
build saw (as a pseudo-version), or nothing does and it stays empty. Binaries keep no graph: the main module
depends on all.
"""

from __future__ import annotations

import re

from assay.ecosystems.golang import buildinfo, module
from assay.formats import executable
from assay.model.component import Component, ComponentType, Presence, Property
from assay.model.ecosystem import File, Found

_SETTINGS = ("GOOS", "GOARCH", "CGO_ENABLED", "GOFIPS140", "vcs", "vcs.revision", "vcs.time", "vcs.modified")
_ASSIGNMENT = re.compile(r"-X[\s=]+(['\"]?)([\w./~\-]{1,300})=([^\s'\"]{1,200})")
_VERSION = re.compile(r"v?\d+\.\d+[\w.+~-]*")
_NAMES = frozenset({"version", "gitversion", "buildversion", "appversion", "gittag", "tag", "versionstring"})


def parse(file: File) -> Found:
    """The modules of a binary; nothing for one without build information."""
    image = file.executable or executable.read(file.content)
    info = buildinfo.read(file.content, image) if image is not None else None
    if info is None:
        return Found()
    linked = [_linked(dependency) for dependency in info.dependencies if dependency.path]
    library = module.standard_library(info.release, Presence.INSTALLED)
    below = [*linked, library] if library is not None else linked
    built = info.main if info.main is not None and info.main.path else _unnamed(info.path, library)
    if built is None:
        return Found(tuple(below))
    main = _main(info, built)
    return Found((main, *below), tuple((main.id, item.id) for item in below))


def _linked(dependency: buildinfo.Module) -> Component:
    """What was linked in: the replacement, but for a local folder the module that it stands for, without
    version.
    """
    built = dependency.replacement or dependency
    properties = [Property("assay:golang:h1", built.checksum)] if built.checksum else []
    if dependency.replacement is None:
        return module.component(built.path, built.version, Presence.INSTALLED, properties=tuple(properties))
    if module.is_local(built.path):
        properties.append(Property("assay:golang:replaced-by", built.path))
        return module.component(dependency.path, "", Presence.INSTALLED, properties=tuple(properties))
    properties.append(module.replaced(dependency.path, dependency.version))
    return module.component(built.path, built.version, Presence.INSTALLED, properties=tuple(properties))


def _unnamed(path: str, library: Component | None) -> buildinfo.Module | None:
    """The main package, where it was built outside of a module (GOPATH, distributions): all that is known of it.

    The toolchain's own commands (``cmd/go``) have the version of the standard library.
    """
    if not path or path == "command-line-arguments":
        return None
    return buildinfo.Module(path, library.version if library is not None and path.startswith("cmd/") else "")


def _main(info: buildinfo.BuildInfo, main: buildinfo.Module) -> Component:
    properties = [
        Property(f"assay:golang:{name}", info.settings[name]) for name in _SETTINGS if info.settings.get(name)
    ]
    if main.checksum:
        properties.append(Property("assay:golang:h1", main.checksum))
    if info.path and info.path != main.path:
        properties.append(Property("assay:golang:package", info.path))
    version = main.version if main.version not in ("", "(devel)") else _version(info, main.path)
    kind = ComponentType.APPLICATION
    return module.component(main.path, version, Presence.INSTALLED, kind, tuple(properties))


def _version(info: buildinfo.BuildInfo, path: str) -> str:
    return _from_flags(info.settings.get("-ldflags", ""), path) or _from_revision(info.settings)


def _from_flags(flags: str, path: str) -> str:
    """The value of a version variable, that of package main first, then those of the module itself."""
    best = (3, "")
    for _, variable, value in _ASSIGNMENT.findall(flags):
        package, _, name = variable.rpartition(".")
        if name.lower() not in _NAMES or not _VERSION.fullmatch(value):
            continue
        rank = 0 if package == "main" else 1 if package.startswith(path) else 2
        best = min(best, (rank, value), key=lambda item: item[0])
    return best[1]


def _from_revision(settings: dict[str, str]) -> str:
    """``v0.0.0-20260102030405-0123456789ab`` (The Go Modules Reference, "Pseudo-versions")."""
    revision, time = settings.get("vcs.revision", ""), settings.get("vcs.time", "")
    digits = "".join(re.findall(r"\d+", time))[:14]
    if len(revision) < 12 or len(digits) != 14:
        return ""
    suffix = "+dirty" if settings.get("vcs.modified") == "true" else ""
    return f"v0.0.0-{digits}-{revision[:12]}{suffix}"
