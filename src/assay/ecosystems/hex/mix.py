"""mix.lock (Elixir, `Mix.Dep.Lock`; Hex, "lock file"): a map from application to how it was resolved.

::

    %{"plug": {:hex, :plug, "1.11.1", "<inner sha256>", [:mix], [{:mime, "~> 1.0", [hex: :mime, repo: "hexpm",
        optional: false]}], "hexpm", "<outer sha256>"},
      "tools": {:git, "https://git.example/tools.git", "<commit>", [branch: "main"]}}

The outer digest is that of the package as it is downloaded; the inner one, older, of what is inside.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import digest, purl
from assay.formats.erlang_term import Term, load_elixir
from assay.model.component import Component, ExternalReference, Presence
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_LINE = re.compile(r"^[ \t]+(\"[^\"\n]+\"|\w+)(?::|[ \t]+=>)[ \t]+(\{.*\}),?[ \t]*$", re.MULTILINE)


def parse(file: File) -> Found:
    """The packages of the lock with their edges; the entries that can be read where some are broken."""
    try:
        entries: Term = load_elixir(file.text)
        skipped: tuple[Skipped, ...] = ()
    except Malformed as error:
        entries = _by_line(file.text)
        if not entries:
            raise
        skipped = (Skipped(file.path, error.what),)
    if not isinstance(entries, dict):
        raise Malformed("mix.lock is no map")
    components = {name: _component(name, entry) for name, entry in entries.items() if name and isinstance(entry, tuple)}
    if len(components) < len(entries):
        skipped += (Skipped(file.path, f"{len(entries) - len(components)} entries that are no packages"),)
    edges = tuple(
        (component.id, components[needed].id)
        for name, component in components.items()
        for needed in _needed(entries[name])
        if needed in components
    )
    return Found(tuple(components.values()), edges, skipped=skipped)


def _by_line(text: str) -> dict[str, Term]:
    """The formatter writes one entry a line, so a broken one need not spoil the others."""
    found: dict[str, Term] = {}
    for match in _LINE.finditer(text):
        try:
            found[match[1].strip('"')] = load_elixir(match[2])
        except Malformed:
            continue
    return found


def _part(entry: Term, index: int) -> str:
    part = entry[index] if isinstance(entry, tuple) and len(entry) > index else ""
    return str(part) if isinstance(part, str) else ""


def _component(name: str, entry: Term) -> Component:
    source = _part(entry, 0)
    if source == "git":
        return _from_git(name, _part(entry, 1), _part(entry, 2))
    package, version = (_part(entry, 1) or name, _part(entry, 2)) if source == "hex" else (name, _part(entry, 1))
    repository = _part(entry, 6)
    organisation = repository.removeprefix("hexpm:") if repository.startswith("hexpm:") else ""
    private = repository if repository not in ("", "hexpm") and not organisation else ""
    return Component(
        package,
        version,
        namespace=organisation,
        purl=purl.attempt("hex", package, version, organisation, {"repository_url": private}),
        presence=Presence.DECLARED,
        digests=_digests(_part(entry, 7)),
    )


def _from_git(name: str, url: str, commit: str) -> Component:
    location = f"git+{url}@{commit}" if url and commit else ""
    return Component(
        name,
        purl=purl.attempt("hex", name, qualifiers={"vcs_url": location}),
        presence=Presence.DECLARED,
        references=(ExternalReference("vcs", url, commit),) if "://" in url else (),
    )


def _digests(outer: str) -> tuple[Digest, ...]:
    known = digest.find(f"sha256:{outer}") if outer else None
    return (known,) if known else ()


def _needed(entry: Term) -> list[str]:
    """The applications in the list of requirements (the sixth part of an entry from Hex)."""
    requirements = entry[5] if isinstance(entry, tuple) and len(entry) > 5 else []
    return [_part(item, 0) for item in requirements] if isinstance(requirements, list) else []
