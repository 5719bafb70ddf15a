"""What was installed: ``.meta/NAME-VERSION/install.json`` (cpanm), and ``perllocal.pod`` (ExtUtils::MakeMaker).

::

    {"name": "Greeter::Loud", "version": "0.4.1", "dist": "Greeter-Loud-0.4.1",
     "pathname": "A/AD/ADA/Greeter-Loud-0.4.1.tar.gz", "provides": {"Greeter::Loud": {"file": "lib/Greeter/Loud.pm"}}}

    =head2 Sun Nov 22 22:00:00 2026: C<Module> L<Greeter::Loud|Greeter::Loud>
    =item *
    C<VERSION: 0.4.1>

perllocal.pod names modules: the distribution of a module is mostly called like it. Of several installations of one
module the last counts.
"""

from __future__ import annotations

import re

from assay.ecosystems.cpan.meta import plain
from assay.errors import Malformed
from assay.formats import json, purl
from assay.formats.json import as_object, as_text
from assay.model.component import Component
from assay.model.ecosystem import File, Found

_LOCAL = re.compile(r"^=head2 [^\n]*C<Module> L<([\w:]+)|^C<VERSION: ([^>\n]*)>", re.MULTILINE)


def parse_record(file: File) -> Found:
    """The distribution that cpanm installed, with the modules that it provides."""
    record = json.load_object(file.data)
    name, _, version = as_text(record.get("dist")).rpartition("-")
    name, version = name or as_text(record.get("name")).replace("::", "-"), version or as_text(record.get("version"))
    if not name:
        raise Malformed("install.json without a distribution")
    component = _component(name, version)
    modules = (*as_object(record.get("provides")), as_text(record.get("name")))
    return Found((component,), provides=tuple((module, component.id) for module in modules if module))


def parse_perllocal(file: File) -> Found:
    """The distributions that were installed by MakeMaker."""
    versions: dict[str, str] = {}
    module = ""
    for match in _LOCAL.finditer(file.text):
        if match[1]:
            module = match[1]
            versions.setdefault(module, "")
        elif module:
            versions[module] = match[2].strip()
    components = {module: _component(module.replace("::", "-"), version) for module, version in versions.items()}
    return Found(tuple(components.values()), provides=tuple((module, item.id) for module, item in components.items()))


def _component(name: str, version: str) -> Component:
    version = plain(version)
    return Component(name, version, purl=purl.attempt("cpan", name, version))
