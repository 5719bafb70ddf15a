"""Components of the npm world: scopes, purls, digests, and the places of installed and locked packages.

A package is found by the place where Node would look for it (Node.js, "Loading from node_modules folders"), so every
package is *provided* under its place, ``app/node_modules/@babel/core``, and every dependency *needs* one of the places
from its own folder upward. A lock file provides the places that it will fill, and ``app/lock:NAME@RANGE`` for what
the manifest beside it asks for. Everything is one scope, for a workspace reaches over folders.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from assay.formats import digest, purl
from assay.formats.json import Object, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference, Presence, Property, Scope
from assay.model.digest import Digest

WORKSPACE = "assay:npm:workspace"
"""The property of a member of a workspace: its folder, as the lock file says it."""

ALIAS = "assay:npm:alias"
"""The property of a package that is installed under another name."""

_MAX_PATH = 4096
_KEPT, _KEPT_LENGTH = 4096, 1000
_GIT_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}
_DEPENDENCIES = (
    ("dependencies", Scope.REQUIRED),
    ("optionalDependencies", Scope.OPTIONAL),
    ("peerDependencies", Scope.REQUIRED),
)


def is_packaged(path: str) -> bool:
    """Whether a file is part of an installed package: its lock files speak of its own development."""
    return "node_modules" in path.split("/")


def split(name: str) -> tuple[str, str]:
    """Scope and name: ``@babel/core`` is ``("@babel", "core")``."""
    if name[:1] != "@":
        return "", name
    scope, _, rest = name.partition("/")
    return (scope, rest) if rest else ("", name)


def locked(
    name: str,
    version: str = "",
    *,
    kind: ComponentType = ComponentType.LIBRARY,
    scope: Scope = Scope.REQUIRED,
    version_range: str = "",
    digests: tuple[Digest, ...] = (),
    resolved: str = "",
    properties: Mapping[str, str] | None = None,
) -> Component:
    """A component of a lock file or manifest; `resolved` is where it comes from: a tarball, a repository, a path."""
    facts = _facts(properties) if properties else ()
    is_short = len(name) + len(version) + len(version_range) + len(resolved) <= _KEPT_LENGTH
    make = _locked if is_short and not facts else _locked.__wrapped__
    return make(name, version, kind, scope, version_range, digests, resolved, facts)


@lru_cache(_KEPT)
def _locked(
    name: str,
    version: str,
    kind: ComponentType,
    scope: Scope,
    version_range: str,
    digests: tuple[Digest, ...],
    resolved: str,
    properties: tuple[Property, ...],
) -> Component:
    """Kept, for what is installed has a lock file of its own beside that of the project."""
    namespace, base = split(name)
    qualifiers: dict[str, str] | None = None
    references: tuple[ExternalReference, ...] = ()
    if resolved and is_repository(resolved):
        qualifiers = {"vcs_url": repository(resolved)}
    elif resolved.startswith(("http://", "https://")):
        references = (ExternalReference("distribution", resolved.partition("#")[0], digests=digests),)
    return Component(
        base,
        version,
        kind,
        namespace=namespace,
        purl=purl.attempt("npm", base, version, namespace, qualifiers),
        presence=Presence.DECLARED,
        scope=scope,
        version_range="" if version else version_range,
        digests=digests,
        references=references,
        properties=properties,
    )


def _facts(properties: Mapping[str, str]) -> tuple[Property, ...]:
    return tuple(Property(key, value) for key, value in sorted(properties.items()) if value)


def is_repository(text: str) -> bool:
    """Whether `text` names a repository: ``git+ssh://``, ``git://``, ``github:``, ``https://...git#commit``."""
    head, _, fragment = text.partition("#")
    if head.startswith(("http:", "https:")):
        return head.endswith(".git") or fragment.startswith("commit")
    return head.startswith(("git+", "git:", "ssh:", "git@")) or head.partition(":")[0] in _GIT_HOSTS


def repository(text: str) -> str:
    """A repository as the `vcs_url` qualifier wants it: ``git+https://code.example/foo/bar.git@COMMIT``."""
    head, _, fragment = text.partition("#")
    commit = fragment.rpartition("=")[2].rpartition("commit:")[2]
    host, _, path = head.partition(":")
    if host in _GIT_HOSTS:
        head = f"https://{_GIT_HOSTS[host]}/{path.removesuffix('.git')}.git"
    elif "://" not in head:
        head = "ssh://" + head.removeprefix("git+").replace(":", "/", 1)
    address = head if head.startswith("git") else f"git+{head}"
    return f"{_without_secret(address)}@{commit}" if commit else _without_secret(address)


def _without_secret(url: str) -> str:
    """The address without a password or token; ``git@`` is a user and stays."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.partition("@")
    return url if not at or "/" in user or user == "git" else f"{scheme}{separator}{place}"


def integrity(text: object) -> tuple[Digest, ...]:
    """The digests of an ``integrity`` field."""
    return digest.parse_sri(as_text(text))


def alias(spec: str) -> tuple[str, str]:
    """``npm:bar@^1.0`` is ``("bar", "^1.0")``; two empty strings for what is no alias."""
    if not spec.startswith("npm:"):
        return "", ""
    name, at, wanted = spec[4:].rpartition("@")
    if not at or not name:
        return (spec[4:], "") if spec[4:5].isalpha() or spec[4:5] == "@" else ("", "")
    return name, wanted


def name_and_rest(text: str) -> tuple[str, str]:
    """``@s/name@rest`` at the first ``@`` after the scope."""
    at = text.find("@", 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")


def dependencies(entry: Object, *, development: bool = False) -> Iterator[tuple[str, str, Scope]]:
    """Name, what is asked for, and scope, by the fields of package.json; the first field that has a name counts."""
    fields = (*_DEPENDENCIES, ("devDependencies", Scope.EXCLUDED)) if development else _DEPENDENCIES
    optional = set(as_object(entry.get("optionalDependencies")))
    seen: set[str] = set()
    for field, scope in fields:
        for name, wanted in as_object(entry.get(field)).items():
            if name and name not in seen and not (field == "dependencies" and name in optional):
                seen.add(name)
                yield name, as_text(wanted), scope


def names(entry: Object, *, development: bool = False) -> Collection[str]:
    """The names of `dependencies`, in the same order, for those who ask for nothing else."""
    found, optional = as_object(entry.get("dependencies")), as_object(entry.get("optionalDependencies"))
    if optional:
        found = {name: wanted for name, wanted in found.items() if name not in optional} | optional
    if peers := as_object(entry.get("peerDependencies")):
        found = found | peers
    if development and (own := as_object(entry.get("devDependencies"))):
        found = found | own
    return found if "" not in found else [name for name in found if name]


SYSTEM_ROOT = re.compile(r"((?:.*/)?)usr/(?:share|lib)/nodejs/")
"""Where Debian keeps packages, beside the node_modules folders (Debian's Node.js policy)."""


def place(folder: str, name: str) -> str:
    """Where a package lies: ``app`` and ``foo`` give ``app/node_modules/foo``."""
    return f"{folder}/node_modules/{name}" if folder else f"node_modules/{name}"


def promise(folder: str, name: str, wanted: str) -> str:
    """The name under which a lock file provides what a manifest of that folder asks for."""
    return f"{folder}/lock:{name}@{wanted}"


def of_deno(folder: str, name: str) -> str:
    """The name under which deno.lock provides a package: it knows neither places nor the ranges of package.json."""
    return f"{folder}/deno:{name}"


def upward(folder: str) -> Iterator[str]:
    """The folders in which Node looks for node_modules, nearest first; none above a path that no system allows."""
    while len(folder) <= _MAX_PATH:
        if folder.rpartition("/")[2] != "node_modules":
            yield folder
        if not folder:
            return
        folder = folder.rpartition("/")[0]


def homes(folder: str) -> list[str]:
    """What stands before the name of a dependency in each `place` where a package in `folder` finds it, nearest
    first.
    """
    own, slash, last = folder.rpartition("/")
    if not slash or last == "node_modules" or len(folder) > _MAX_KEPT:
        found = [place(one, "") for one in upward(folder)]
    else:
        found = [f"{folder}/node_modules/", *_above(own)]
    system = SYSTEM_ROOT.match(folder) if "/nodejs/" in folder else None
    if system is not None:
        root = system[1]
        found += [f"{root}usr/share/nodejs/", f"{root}usr/lib/nodejs/"]
    return found


_MAX_KEPT = 1000
"""Characters of a folder that is kept."""


@lru_cache(128)
def _above(folder: str) -> tuple[str, ...]:
    """The homes of a folder, kept: those above a package are those of its neighbours."""
    return tuple([place(one, "") for one in upward(folder)])
