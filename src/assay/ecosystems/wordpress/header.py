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
knows them by. WordPress itself says ``$wp_version = '6.1.1';``. Fields are found as WordPress finds them
(`get_file_data`): in the first 8 KiB, in whatever case, up to the end of the comment. Must-use plug-ins need none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

_HEAD = 8 << 10
_SILENCE = 30
"""Bytes up to which an ``index.php`` is none of the must-use plug-ins (`get_mu_plugins`)."""
_END = re.compile(r"(?:\*/|\?>).*")
_CORE = re.compile(r"^[ \t]*\$wp_version[ \t]*=[ \t]*['\"]([^'\"\n]+)['\"]", re.MULTILINE)


def parse_plugin(file: File) -> Found:
    """The plug-in whose main file this is; most files of a plug-in are not."""
    return _found(file, "Plugin", "wordpress-plugin")


def parse_must_use(file: File) -> Found:
    """A must-use plug-in: any PHP file in the folder, but for one that only keeps its list from being shown."""
    if file.name == "index.php" and len(file.content) <= _SILENCE:
        return Found()
    return _found(file, "Plugin", "wordpress-plugin", needs_name=False)


def parse_theme(file: File) -> Found:
    """The theme of a folder."""
    return _found(file, "Theme", "wordpress-theme")


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """All but the themes inside of themes, of which WordPress knows nothing; folders of themes are none."""
    themes = {_folder(file.path) for file in files if file.parser == "wordpress-theme"}
    return [file for file in files if file.parser != "wordpress-theme" or _folder(_folder(file.path)) not in themes]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


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


def _found(file: File, what: str, type_: str, *, needs_name: bool = True) -> Found:
    head = re.sub(r"\r\n?", "\n", file.content[:_HEAD].decode("utf-8", "replace"))
    title, version = _field(head, f"{what} Name"), _field(head, "Version")
    if needs_name and not title:
        return Found()
    folder = file.folder.rpartition("/")[2]
    slug = file.name.removesuffix(".php") if folder in ("plugins", "mu-plugins") else folder
    uri = _field(head, f"{what} URI")
    component = Component(
        slug,
        version,
        purl=purl.attempt(type_, slug, version),
        licenses=spdx_license.normalise(_field(head, "License")),
        author=_field(head, "Author"),
        description=title,
        references=(ExternalReference("website", uri),) if "://" in uri else (),
    )
    return Found((component,))


def _field(head: str, name: str) -> str:
    match = _line(name).search(head)
    return _END.sub("", match[1]).strip() if match else ""


@cache
def _line(name: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:[ \t]*<\?php)?[ \t/*#@]*{re.escape(name)}:(.*)$", re.MULTILINE | re.IGNORECASE)
