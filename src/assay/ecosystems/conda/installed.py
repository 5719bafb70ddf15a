"""conda-meta/NAME-VERSION-BUILD.json: what conda writes for each package of an environment.

::

    {"name": "zlib", "version": "1.3.1", "build": "hb9d3cd8_2", "subdir": "linux-64", "license": "Zlib",
     "channel": "https://conda.example/conda-forge/linux-64", "fn": "zlib-1.3.1-hb9d3cd8_2.conda",
     "sha256": "5d7c0e5f...", "depends": ["libgcc >=13", "libzlib 1.3.1 hb9d3cd8_2"], "files": ["include/zlib.h"]}
"""

from __future__ import annotations

from assay.ecosystems.conda.package import match_spec
from assay.errors import Malformed
from assay.formats import digest, json, purl, spdx_license
from assay.formats.json import Object, as_list, as_text
from assay.model.component import Component, ExternalReference
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found, Need, Owned


def parse(file: File) -> Found:
    """The package with what it needs and which files of the environment are its own."""
    document = json.load_object(file.data)
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    if not name or not version:
        raise Malformed("a record of conda without name or version")
    component = _component(document, name, version)
    prefix = file.folder.removesuffix("conda-meta").rstrip("/")
    wanted = dict.fromkeys(match_spec(as_text(text))[1] for text in as_list(document.get("depends")))
    paths = "\n".join(as_text(path) for path in as_list(document.get("files")))
    return Found(
        (component,),
        needs=tuple(Need(component.id, (one,)) for one in wanted if one and not one.startswith("__")),
        scope=f"conda:{prefix}",
        owns=(Owned(name, paths.encode("utf-8", "replace")),) if paths else (),
        root=prefix,
    )


def index(file: File) -> Found:
    """The package in a ``.conda`` or ``.tar.bz2`` file, by its ``info/index.json``; nothing for another index."""
    document = json.load_object(file.data)
    name, version = as_text(document.get("name")), as_text(document.get("version"))
    if not (name and version and as_text(document.get("build")) and isinstance(document.get("depends"), list)):
        return Found()
    component = _component(document, name, version)
    wanted = dict.fromkeys(match_spec(as_text(text))[1] for text in as_list(document.get("depends")))
    needs = tuple(Need(component.id, (one,)) for one in wanted if one and not one.startswith("__"))
    return Found((component,), needs=needs, provides=((_PACKAGE, component.id),), scope=_PACKAGE)


def files(file: File) -> Found:
    """What the package of `index` would install, by ``info/files``: a path in each line."""
    return Found(owns=(Owned(_PACKAGE, file.data.replace(b"\r\n", b"\n")),), scope=_PACKAGE)


_PACKAGE = "conda:package"
"""The scope of the one package that the source is, and its name in there."""


def _component(document: Object, name: str, version: str) -> Component:
    url = as_text(document.get("url"))
    digests = tuple(_digests(document))
    file_name = as_text(document.get("fn")) or url.rpartition("/")[2]
    qualifiers = {
        "build": as_text(document.get("build")) or as_text(document.get("build_string")),
        "channel": _channel(as_text(document.get("channel")), as_text(document.get("subdir"))),
        "subdir": as_text(document.get("subdir")),
        "type": next((kind for kind in ("conda", "tar.bz2") if file_name.endswith(f".{kind}")), ""),
    }
    return Component(
        name,
        version,
        purl=purl.attempt("conda", name, version, qualifiers=qualifiers),
        licenses=spdx_license.normalise(as_text(document.get("license"))),
        digests=digests,
        references=(ExternalReference("distribution", url, digests=digests),) if "://" in url else (),
    )


def _channel(text: str, subdir: str) -> str:
    """The name of a channel, which may be given as ``https://HOST/NAME`` with or without the platform behind it."""
    parts = [part for part in text.partition("://")[2].split("/")[1:] if part]
    if parts and parts[-1] == subdir:
        parts.pop()
    return "/".join(parts) or text


def _digests(document: Object) -> list[Digest]:
    values = [f"{name}:{as_text(document.get(name))}" for name in ("md5", "sha256") if as_text(document.get(name))]
    return [known for known in map(digest.find, values) if known]
