"""renv.lock (rstudio.github.io/renv, "Lockfiles"): what a project of R was last known to work with.

::

    {"R": {"Version": "4.2.2"},
     "Packages": {"mime": {"Package": "mime", "Version": "0.12", "Source": "Repository", "Repository": "CRAN",
                           "Hash": "18e9c28c1d3ca1560ce30658b22ce104", "Requirements": ["tools"]},
                  "shout": {"Package": "shout", "Version": "0.1", "Source": "GitHub", "RemoteUsername": "acme",
                            "RemoteRepo": "shout", "RemoteSha": "98a0a6b0f6a2b9b3d5b0d9c4a8e7f6d5c4b3a291"}}}

What comes from a repository of R is of CRAN or Bioconductor; what comes from a code host is named by that. The hash is
renv's own, over some fields of the description, and no digest of the package.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import json, purl
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.purl import Purl

_HOSTS = {"github": "github", "gitlab": "gitlab", "bitbucket": "bitbucket"}


def parse(file: File) -> Found:
    """The packages with their edges."""
    document = json.load_object(file.data)
    if not isinstance(document.get("Packages", {}), dict):
        raise Malformed("renv.lock: Packages is no object")
    entries = {name: as_object(entry) for name, entry in as_object(document.get("Packages")).items() if name}
    components = {name: _component(name, entry) for name, entry in entries.items()}
    edges = tuple(
        (components[name].id, components[needed].id)
        for name, entry in entries.items()
        for needed in map(as_text, as_list(entry.get("Requirements")))
        if needed in components
    )
    return Found(tuple(components.values()), edges)


def _component(name: str, entry: Object) -> Component:
    name, version = as_text(entry.get("Package")) or name, as_text(entry.get("Version"))
    source, repository = as_text(entry.get("Source")), as_text(entry.get("Repository"))
    facts = {
        "source": source if source != "Repository" else "",
        "repository": repository if repository != "CRAN" else "",
    }
    return Component(
        name,
        version,
        purl=_purl(name, version, source.lower(), entry),
        presence=Presence.DECLARED,
        properties=tuple(Property(f"assay:cran:{key}", value) for key, value in facts.items() if value),
    )


def _purl(name: str, version: str, source: str, entry: Object) -> Purl | None:
    """By where the package comes from; None for local and unknown sources, which have no name to the world."""
    remote = as_text(entry.get("RemoteType")).lower()
    host = _HOSTS.get(source) or _HOSTS.get(remote)
    if host:
        owner, repository = as_text(entry.get("RemoteUsername")), as_text(entry.get("RemoteRepo")) or name
        return purl.attempt(host, repository, as_text(entry.get("RemoteSha")) or version, owner)
    repository = as_text(entry.get("Repository"))
    if source == "bioconductor" or repository.startswith("BioC"):
        return purl.attempt("bioconductor", name, version)
    if source in ("", "repository", "cran") and repository:
        return purl.attempt("cran", name, version)
    return None
