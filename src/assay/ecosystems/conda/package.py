"""Components of conda, and its match specifications.

::

    numpy            numpy 1.26.*            python >=3.11,<3.12.0a0            conda-forge::openssl=3.4.0=h7b32b05_1

Specification: conda, "Package match specifications"; purl type ``conda``.
"""

from __future__ import annotations

import re

from assay.formats import purl
from assay.model.component import Component, Presence, Property, Scope

_SPEC = re.compile(r"(?:([\w./-]+)::)?([A-Za-z0-9_.-]+)\s*(?:\[[^\]]*\]\s*)?(.*)", re.DOTALL)
_EXACT = re.compile(r"={1,2}\s*([0-9][^\s=*,|<>!]*)(?:=(\S+))?")
_PIP = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;#@]*)")


def match_spec(text: str) -> tuple[str, str, str, str]:
    """Channel, name, exact version and range of a match specification; an empty name where it is none.

    ``=1.2`` is a prefix in conda and ``==1.2`` is exact; with a build behind it, both are.
    """
    found = _SPEC.fullmatch(text.strip())
    if found is None:
        return "", "", "", ""
    channel, name, rest = found[1] or "", found[2].lower(), found[3].strip()
    exact = _EXACT.fullmatch(rest)
    if exact and (rest.startswith("==") or exact[2]):
        return channel, name, exact[1], ""
    return channel, name, "", rest


def declared(name: str, version: str, version_range: str = "", channel: str = "") -> Component:
    """A package that an environment file asks for."""
    return Component(
        name,
        version,
        purl=purl.attempt("conda", name, version, qualifiers={"channel": channel}),
        presence=Presence.DECLARED,
        version_range=version_range,
    )


def from_pip(text: str, scope: Scope = Scope.REQUIRED) -> Component | None:
    """A package of the Python index that pip is to install into the environment."""
    found = _PIP.match(text.strip())
    if found is None or text.lstrip().startswith("-"):
        return None
    name, specifier = found[1], "".join(found[2].split())
    version = specifier.removeprefix("==") if re.fullmatch(r"==[^,*]+", specifier) else ""
    return Component(
        name,
        version,
        ecosystem="pypi",
        purl=purl.attempt("pypi", name, version),
        presence=Presence.DECLARED,
        scope=scope,
        version_range="" if version else specifier,
        properties=(Property("assay:conda:installer", "pip"),),
    )
