"""Gem specifications, ``NAME.gemspec`` (RubyGems Guides, "Specification Reference").

A specification is a Ruby program. Installed ones are written by RubyGems in a fixed shape; those in source trees are
read as far as they hold literals. A version that is a constant is looked up in the ``version.rb`` files beside it
(`version_file`). Installed are those under ``specifications/`` and Bundler's checkouts under ``bundler/gems/``::

    Gem::Specification.new do |s|
      s.name = "rss".freeze
      s.version = "0.2.9"
      s.licenses = ["BSD-2-Clause".freeze]
      s.add_runtime_dependency(%q<rexml>.freeze, [">= 0"])
    end
"""

from __future__ import annotations

import re

from assay.ecosystems.gem import ruby_literal
from assay.errors import Malformed
from assay.formats import purl, spdx_license
from assay.model.component import Component, ExternalReference, Presence, Property
from assay.model.ecosystem import File, Found, Need
from assay.model.license import License

_START = re.compile(r"\bGem::Specification\.new\b[ \t]*\(?")
_READ = "name|version|platform|licenses?|authors?|summary|homepage"
# a line begins with a literal newline, which is looked for ten times faster than ^
_COMMENT = re.compile(r"\n[ \t]*#[^\n]*")
_ASSIGNMENT = re.compile(rf"\n[ \t]*\w+\.({_READ})[ \t]*=[ \t]*(?=(\S[^\n]*))")
_METADATA = re.compile(r"\n[ \t]*\w+\.metadata\[[\"'](\w+)[\"']\][ \t]*=[ \t]*")
_METADATA_HASH = re.compile(r"\n[ \t]*\w+\.metadata[ \t]*=[ \t]*\{")
_HASH_ITEM = re.compile(r"[\"'](\w+)[\"'](?:\.freeze)?[ \t]*=>[ \t]*")
_DEPENDENCY = re.compile(r"\n[ \t]*\w+\.add_(runtime_)?dependency[ \t]*\(?[ \t]*")
_STUB = re.compile(r"\n# stub: (\S+) (\S+) (\S+) ")
_CONSTANT = re.compile(r"(?:[A-Z]\w*::)*[A-Z]\w*")
_UNPACKED = re.compile(r"(?:\A|/)gems/[^/]+-[0-9][^/]*/")
LINKS = {
    "source_code_uri": "vcs",
    "bug_tracker_uri": "issue-tracker",
    "documentation_uri": "documentation",
    "mailing_list_uri": "mailing-list",
    "changelog_uri": "release-notes",
    "homepage_uri": "website",
    "wiki_uri": "documentation",
}
"""The types of reference by their keys in the metadata."""


def parse(file: File) -> Found:
    """The gem that a specification describes, and what it needs at run time."""
    checkout = "bundler/gems/" in file.path
    if _UNPACKED.search(file.path) and not checkout and "specifications/" not in file.path:
        return Found()  # the gem's own source: its specification beside the gem tells what is installed
    written = "\n" + file.text
    text = _COMMENT.sub("\n", written)
    start = _START.search(text)
    if start is None:
        raise Malformed("gemspec: no Gem::Specification.new")
    fields = _fields(text, start.end())
    name = next(iter(fields.get("name", [])), "")
    version = next(iter(fields.get("version", [])), "")
    constant = _constant(text, start.end()) if not version else ""
    if not name or not (version or constant):
        raise Malformed("gemspec: no literal name or no version")
    installed = checkout or "specifications/" in file.path
    stub = _STUB.search(written)
    platform = stub[3] if stub else next(iter(fields.get("platform", [])), "")  # the stub knows it best
    component = Component(
        name,
        version,
        purl=purl.attempt("gem", name, version, qualifiers={"platform": platform} if platform != "ruby" else None),
        presence=Presence.INSTALLED if installed else Presence.DECLARED,
        licenses=_licenses(fields.get("licenses") or fields.get("license") or []),
        author=", ".join(fields.get("authors") or fields.get("author") or []),
        description=" ".join(next(iter(fields.get("summary", [])), "").split()),
        references=_references(fields, text),
        properties=(Property("assay:gem:default", "true"),) if "specifications/default/" in file.path else (),
    )
    facts = {"constant": constant} if constant else {}
    needs = tuple(Need(component.id, (name,)) for name in _dependencies(text) if name)
    return Found((component,), needs=needs, facts=facts)


def _dependencies(text: str) -> list[str]:
    """The gems needed at run time.

    RubyGems before 3.4 wrote an alternative for its elders in which development dependencies look like others: where
    it asks `respond_to? :add_runtime_dependency`, only the explicit calls count.
    """
    explicit = "respond_to? :add_runtime_dependency" in text
    matches = [match for match in _DEPENDENCY.finditer(text) if match[1] or not explicit]
    found = [ruby_literal.arguments(text, match.end()) for match in matches]
    return list(dict.fromkeys(names[0] for names in found if names))


def _fields(text: str, start: int) -> dict[str, list[str]]:
    """The first literal that is assigned to each attribute; ``new "name", "1.0"`` counts as name and version."""
    fields: dict[str, list[str]] = {}
    for key, value in zip(("name", "version"), ruby_literal.arguments(text, start), strict=False):
        fields[key] = [value]
    for match in _ASSIGNMENT.finditer(text, start):
        if match[1] not in fields:
            position = match.end()
            if text.startswith("Gem::Version.new(", position) or text.startswith("Gem::Platform.new(", position):
                position = text.index("(", position) + 1
            values = ruby_literal.strings(text, position)
            if values:
                fields[match[1]] = values
    return fields


def _constant(text: str, start: int) -> str:
    """The constant that is assigned to the version: ``Foo::VERSION``."""
    for match in _ASSIGNMENT.finditer(text, start):
        if match[1] == "version":
            constant = _CONSTANT.match(match[2])
            return constant[0] if constant else "VERSION"
    return ""


def _licenses(names: list[str]) -> tuple[License, ...]:
    """RubyGems does not say how several licences combine; each is stated by itself."""
    return tuple(license for name in names for license in spdx_license.normalise(name))


def _references(fields: dict[str, list[str]], text: str) -> tuple[ExternalReference, ...]:
    found = [ExternalReference("website", url) for url in fields.get("homepage", [])[:1]]
    matches = list(_METADATA.finditer(text))
    block = _METADATA_HASH.search(text)
    if block:
        matches += _HASH_ITEM.finditer(text, block.end(), min(len(text), block.end() + 10_000))
    for match in matches:
        value = ruby_literal.string(text, match.end())
        if value and match[1] in LINKS:
            found.append(ExternalReference(LINKS[match[1]], value[0]))
    return tuple(dict.fromkeys(item for item in found if item.url.startswith(("http://", "https://"))))
