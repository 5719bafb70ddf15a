"""``lib/**/version.rb``: where gems under development keep the version that their specification names.

::

    module Foo
      VERSION = "1.2.3"
    end
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assay.formats import purl
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

_LINE = re.compile(r"^[ \t]*(?:(?:module|class)[ \t]+([A-Z][\w:]*)|([A-Z]\w*)[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"'])", re.M)


def parse(file: File) -> Found:
    """No component, but the literal constants of the file as facts: ``{"constants": {"Foo::VERSION": "1.2.3"}}``."""
    scope: list[str] = []
    constants: dict[str, str] = {}
    for match in _LINE.finditer(file.text):
        if match[1]:
            scope = [*scope[:7], match[1]]
        else:
            constants.setdefault("::".join([*scope, match[2]]), match[3])
    return Found(facts={"constants": constants}) if constants else Found()


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Specifications whose version is a constant get it from the ``version.rb`` files below their folder."""
    known = _index(files)
    return [_resolved(file, known) for file in files] if known else files


def _index(files: Sequence[Located]) -> dict[tuple[str, str], str]:
    """Versions by the folder that holds a ``lib`` and the name of the constant."""
    known: dict[tuple[str, str], str] = {}
    for file in files:
        constants = file.found.facts.get("constants")
        if not isinstance(constants, dict):
            continue
        parts = file.path.split("/")
        for depth in [depth for depth, part in enumerate(parts[:64]) if part == "lib"]:
            for name, version in constants.items():
                known.setdefault(("/".join(parts[:depth]), name), version)
    return known


def _resolved(file: Located, known: dict[tuple[str, str], str]) -> Located:
    constant = file.found.facts.get("constant")
    version = known.get((file.path.rpartition("/")[0], str(constant)), "") if constant else ""
    return _versioned(file, version) if version else file


def _versioned(file: Located, version: str) -> Located:
    old = file.found.components[0]
    qualifiers = dict(old.purl.qualifiers) if old.purl else {}
    new = replace(old, version=version, purl=purl.attempt("gem", old.name, version, qualifiers=qualifiers))
    needs = tuple(need._replace(dependent=new.id) for need in file.found.needs)
    return replace(file, found=replace(file.found, components=(new,), needs=needs))
