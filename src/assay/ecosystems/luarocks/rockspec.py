"""``NAME-VERSION.rockspec`` (LuaRocks, "Rockspec format"): Lua assignments that describe a rock.

::

    package = "greeter"
    version = "0.4.1-1"
    source = { url = "git+https://git.example/greeter.git", tag = "v0.4.1" }
    description = { summary = "Says hello", homepage = "https://greeter.example", license = "MIT" }
    dependencies = { "lua >= 5.1", "clock ~> 1.0" }

Installed rocks keep theirs under ``lib/luarocks/rocks-5.1/greeter/0.4.1-1/``.
"""

from __future__ import annotations

import re

from assay.ecosystems.luarocks import lua_table
from assay.ecosystems.luarocks.lua_table import Value
from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need

_INSTALLED = re.compile(r"(?:\A|/)rocks(?:-[0-9.]+)?/[^/]+/[^/]+/[^/]+\Z")
_NAME = re.compile(r"\s*([A-Za-z0-9._/-]*[A-Za-z0-9])")


def parse(file: File) -> Found:
    """The rock with the names of those that it needs; Lua itself is none."""
    fields = lua_table.read(file.text)
    name, version = _text(fields.get("package")), _text(fields.get("version"))
    if not name or not version:
        raise Malformed("rockspec without package or version")
    described = _table(fields.get("description"))
    component = Component(
        name,
        version,
        purl=purl.attempt("luarocks", name, version),
        presence=Presence.INSTALLED if _INSTALLED.search(file.path) else Presence.DECLARED,
        licenses=spdx_license.normalise(_text(described.get("license"))),
        author=_text(described.get("maintainer")),
        description=" ".join(_text(described.get("summary")).split()),
        references=_references(described, _table(fields.get("source"))),
    )
    wanted = [match[1] for item in _table(fields.get("dependencies")).values() if (match := _NAME.match(_text(item)))]
    names = [name.rpartition("/")[2] for name in dict.fromkeys(wanted) if name != "lua"]
    return Found((component,), needs=tuple(Need(component.id, (item,)) for item in names))


def _references(described: dict[str, Value], source: dict[str, Value]) -> tuple[ExternalReference, ...]:
    url = _text(source.get("url"))
    system, plus, _ = url.partition("+")
    vcs = bool(plus and system in ("git", "hg", "svn")) or url.startswith("git://")
    found = (
        ExternalReference("website", _text(described.get("homepage"))),
        ExternalReference("issue-tracker", _text(described.get("issues_url"))),
        ExternalReference("vcs" if vcs else "distribution", url, _text(source.get("tag"))),
    )
    return tuple(item for item in found if "://" in item.url)


def _table(value: Value | None) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
