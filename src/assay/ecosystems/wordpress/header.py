"""File headers of WordPress (Developer Resources, "Header Requirements"): fields in the first comment of a file.

::

    <?php
    /**
     * Plugin Name: Greeter
     * Plugin URI:  https://greeter.example
     * Version:     1.2.0
     * Author:      Ada Example
     * License:     GPL v2 or later
     */

A plug-in is one PHP file of its folder, a theme a ``style.css`` with ``Theme Name``; their folder is what WordPress
knows them by. WordPress itself says ``$wp_version = '6.1.1';``. Only the first 8 KiB count, as in `get_file_data`.
"""

from __future__ import annotations

import re

from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.ecosystem import File, Found

_HEAD = 8 << 10
_FIELD = re.compile(r"^(?:[ \t]*<\?php)?[ \t/*#@]*([A-Za-z][A-Za-z ]{2,24}):[ \t]*([^\r\n]*)", re.MULTILINE)
_CORE = re.compile(r"^[ \t]*\$wp_version[ \t]*=[ \t]*['\"]([^'\"\n]+)['\"]", re.MULTILINE)


def parse_plugin(file: File) -> Found:
    """The plug-in whose main file this is; most files of a plug-in are not."""
    return _found(file, "Plugin", "wordpress-plugin")


def parse_theme(file: File) -> Found:
    """The theme of a folder."""
    return _found(file, "Theme", "wordpress-theme")


def parse_core(file: File) -> Found:
    """WordPress itself."""
    match = _CORE.search(file.content[:_HEAD].decode("utf-8", "replace"))
    if match is None:
        return Found()
    version = match[1]
    known = purl.attempt("generic", "wordpress", version)
    cpe = f"cpe:2.3:a:wordpress:wordpress:{version}:*:*:*:*:*:*:*" if re.fullmatch(r"[0-9.]+", version) else ""
    core = Component("wordpress", version, ComponentType.APPLICATION, purl=known, cpes=(cpe,) if cpe else ())
    return Found((core,))


def _found(file: File, what: str, type_: str) -> Found:
    head = file.content[:_HEAD].decode("utf-8", "replace")
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(head):
        fields.setdefault(match[1], match[2].removesuffix("*/").removesuffix("?>").strip())
    title, version = fields.get(f"{what} Name", ""), fields.get("Version", "")
    if not title:
        return Found()
    folder = file.folder.rpartition("/")[2]
    slug = file.name.removesuffix(".php") if folder in ("plugins", "mu-plugins") else folder
    uri, author = fields.get(f"{what} URI", ""), fields.get("Author", "")
    component = Component(
        slug,
        version,
        purl=purl.attempt(type_, slug, version),
        licenses=spdx_license.normalise(fields.get("License", "")),
        author=author,
        description=title,
        references=(ExternalReference("website", uri),) if "://" in uri else (),
    )
    return Found((component,))
