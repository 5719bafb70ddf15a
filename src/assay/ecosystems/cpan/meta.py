"""META.json and META.yml (CPAN::Meta::Spec, versions 2 and 1.4), MYMETA.json as it is written before a build.

::

    {"name": "Greeter-Loud", "version": "0.4.1", "license": ["perl_5"], "author": ["Ada <ada@mail.example>"],
     "meta-spec": {"version": 2},
     "prereqs": {"runtime": {"requires": {"Clock": "1.0", "perl": "5.010"}}},
     "provides": {"Greeter::Loud": {"file": "lib/Greeter/Loud.pm"}},
     "resources": {"repository": {"url": "https://git.example/greeter.git"}}}

Under a folder ``.meta`` (cpanm, App::cpm) the distribution is installed. Needs are modules, which distributions
provide.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from assay.formats import json, purl, spdx_license, yaml
from assay.formats.json import Json, Object, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need
from assay.model.license import License

_PERSON = re.compile(r"[^<(]*")


def parse(file: File) -> Found:
    """The distribution; nothing for a file of this name that does not follow the specification."""
    document = yaml.load_object(file.data) if file.path.endswith(".yml") else json.load_object(file.data)
    name, version = as_text(document.get("name")), plain(as_text(document.get("version")))
    specification = as_object(document.get("meta-spec"))
    if not name or not specification or "pgxn" in as_text(specification.get("url")):
        return Found()
    installed = "/.meta/" in f"/{file.path}"
    component = Component(
        name,
        version,
        purl=purl.attempt("cpan", name, version),
        presence=Presence.INSTALLED if installed else Presence.DECLARED,
        licenses=_licenses(document.get("license")),
        author=", ".join(match[0].strip() for item in _texts(document.get("author")) if (match := _PERSON.match(item))),
        description=" ".join(as_text(document.get("abstract")).removeprefix("unknown").split()),
        references=_references(as_object(document.get("resources"))),
    )
    modules = (*as_object(document.get("provides")), name.replace("-", "::"))
    needs = tuple(Need(component.id, (module,)) for module in _required(document) if module != "perl")
    return Found((component,), needs=needs, provides=tuple((module, component.id) for module in modules))


def plain(version: str) -> str:
    """A dotted version without its ``v``, as archives are called: metadata has it, records of installations do not."""
    return version.removeprefix("v") if version.count(".") > 1 else version


def _texts(value: Json | None) -> list[str]:
    return [text for item in (value if isinstance(value, list) else [value]) if (text := as_text(item))]


def _required(document: Object) -> list[str]:
    """The modules needed at run time: below `prereqs` in version 2, at the top in version 1.4."""
    runtime = as_object(as_object(document.get("prereqs")).get("runtime"))
    return list(as_object(runtime.get("requires"))) or list(as_object(document.get("requires")))


def _licenses(value: Json | None) -> tuple[License, ...]:
    """The specification has names of its own, and leaves open how several combine: each is stated by itself."""
    names = (_known().get(name, name) for name in _texts(value))
    return tuple(license for name in names for license in spdx_license.normalise(name))


@cache
def _known() -> dict[str, str]:
    table = files("assay.ecosystems.cpan").joinpath("licenses.tsv").read_text("utf-8")
    return {name: expression for name, _, expression in (line.partition("\t") for line in table.splitlines())}


def _references(resources: Object) -> tuple[ExternalReference, ...]:
    repository, tracker = resources.get("repository"), resources.get("bugtracker")
    found = (
        ExternalReference("website", as_text(resources.get("homepage"))),
        ExternalReference("vcs", as_text(as_object(repository).get("url")) or as_text(repository)),
        ExternalReference("issue-tracker", as_text(as_object(tracker).get("web")) or as_text(tracker)),
    )
    return tuple(item for item in found if "://" in item.url)
