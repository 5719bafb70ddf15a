"""stack.yaml and stack.yaml.lock (docs.haskellstack.org, "stack.yaml configuration files", "Lock files").

::

    packages:
    - completed:
        hackage: fuzzyset-0.2.4@sha256:f1b6de8bf33277bf6255207541d65028f1f1ea93af5541b654c86b5674995485,1618
        pantry-tree: {sha256: cee68e8d88f530e9e0588b81b260236936fe3318ef9a66e9f43f680b4cd5f76e, size: 574}
      original: {hackage: fuzzyset-0.2.4}
    - completed: {name: acme, version: 0.1.0, git: "https://git.example/acme.git", commit: 98a0a6b0f6a2b9b3...}

In stack.yaml the same stands under `extra-deps`, without the names and versions of what comes from elsewhere; it is
only read where no lock lies beside it, and packages are then named after the folder (`subdirs`), the repository or the
file. The digest behind the ``@`` is of the Cabal file, not of the package: it is told as a property.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.errors import Malformed
from assay.formats import digest, purl, yaml
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution, Skipped

_PACKAGE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_REVISION = re.compile(r"sha256:([0-9a-f]{64})(?:,[0-9]+)?")


def parse_lock(file: File) -> Found:
    """The packages that Stack resolved outside of its snapshot."""
    document = yaml.load_object(file.data)
    entries = [as_object(item) for item in as_list(document.get("packages"))]
    if "packages" not in document and "snapshots" not in document:
        raise Malformed("stack.yaml.lock without packages")
    return _found(
        file, [_from_object(as_object(item.get("completed") or item.get("original")) or item) for item in entries]
    )


def parse(file: File) -> Found:
    """The packages that a project takes from outside of its snapshot."""
    document = yaml.load_object(file.data)
    entries = as_list(document.get("extra-deps"))
    return _found(file, [found for item in entries if not _local(item) for found in _from_extra(item)])


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """All but the stack.yaml that a lock file beside them answers."""
    locked = {file.path.removesuffix(".lock") for file in files if file.path.endswith(".lock")}
    return [file for file in files if file.path not in locked]


def _found(file: File, components: list[Component | None]) -> Found:
    found = {component.id: component for component in components if component is not None}
    missing = sum(component is None for component in components)
    skipped = (Skipped(file.path, f"{missing} packages without name and version"),) if missing else ()
    return Found(tuple(found.values()), skipped=skipped)


def _local(item: Json) -> bool:
    """A folder of the project itself."""
    return isinstance(item, str) and (item.startswith((".", "/")) or ("/" in item and "://" not in item))


def _from_extra(item: Json) -> list[Component | None]:
    if isinstance(item, str):
        return [_from_object({"url": item}) if "://" in item else _from_hackage(item)]
    entry = as_object(item)
    folders = as_list(entry.get("subdirs"))
    return [_from_object({**entry, "subdir": folder}) for folder in folders] if folders else [_from_object(entry)]


def _from_hackage(text: str) -> Component | None:
    package, _, revision = text.strip().partition("@")
    name, _, version = package.rpartition("-")
    if not _VERSION.fullmatch(version):
        name, version = package, ""
    if not _PACKAGE.fullmatch(name):
        return None
    match = _REVISION.match(revision)
    return Component(
        name,
        version,
        purl=purl.attempt("hackage", name, version),
        presence=Presence.DECLARED,
        properties=(Property("assay:hackage:cabal-file-sha256", match[1]),) if match else (),
    )


def _from_address(url: str) -> tuple[str, str]:
    """What the last part of an address tells: ``https://files.example/greeter-0.4.1.tar.gz``."""
    last = url.rstrip("/").rpartition("/")[2]
    for suffix in (".git", ".tar.gz", ".zip"):
        last = last.removesuffix(suffix)
    name, _, version = last.rpartition("-")
    return (name, version) if name and _VERSION.fullmatch(version) else (last, "")


def _from_object(item: Object) -> Component | None:
    if as_text(item.get("hackage")):
        return _from_hackage(as_text(item.get("hackage")))
    git, commit = as_text(item.get("git")) or as_text(item.get("github")), as_text(item.get("commit"))
    if git and "://" not in git and as_text(item.get("github")):
        git = f"https://github.com/{git}"
    repository = git or as_text(item.get("hg"))
    url = as_text(item.get("url")) or as_text(item.get("archive"))
    name, version = as_text(item.get("name")), as_text(item.get("version"))
    folder = as_text(item.get("subdir")).strip("./")
    if not name:
        name, version = _from_address(folder or repository or url)
    if not name:
        return None
    known = digest.find(f"sha256:{as_text(item.get('sha256'))}")
    place = f"{'git' if git else 'hg'}+{repository}" + (f"@{commit}" if commit else "")
    return Component(
        name,
        version,
        purl=purl.attempt(
            "hackage", name, version, qualifiers={"vcs_url": place} if repository else {"download_url": url}
        ),
        presence=Presence.DECLARED,
        digests=(known,) if known else (),
        references=_references(repository, commit, url),
    )


def _references(repository: str, commit: str, url: str) -> tuple[ExternalReference, ...]:
    if repository:
        return (ExternalReference("vcs", repository, commit),)
    return (ExternalReference("distribution", url),) if url else ()
