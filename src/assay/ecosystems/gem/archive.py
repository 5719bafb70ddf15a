"""``metadata.gz`` of a ``.gem`` file: the specification as YAML (RubyGems, lib/rubygems/package.rb).

::

    --- !ruby/object:Gem::Specification
    name: rss
    version: !ruby/object:Gem::Version
      version: 0.2.9
    platform: ruby
    dependencies:
    - !ruby/object:Gem::Dependency
      name: rexml
      type: :runtime

It is only looked for at the root, where the source is such a file: gems that lie in a folder install nothing.
"""

from __future__ import annotations

from assay.ecosystems.gem.gemspec import LINKS
from assay.errors import Malformed
from assay.formats import compression, purl, spdx_license, yaml
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need

_MAX_BYTES = 16 << 20
_MARK = b"!ruby/object:Gem::Specification"


def parse(file: File) -> Found:
    """The gem that would be installed; nothing for a file of this name that is none of RubyGems'."""
    text = compression.unpacked(file.content, _MAX_BYTES, "the specification of a gem")
    if _MARK not in text[:200]:
        return Found()
    document = next(yaml.documents(text, lambda value, plain: value), None)
    fields = as_object(document.value) if document is not None else {}
    name, version = as_text(fields.get("name")), as_text(as_object(fields.get("version")).get("version"))
    if not name or not version:
        raise Malformed("the specification of a gem without name or version")
    platform = as_text(fields.get("platform"))
    item = Component(
        name,
        version,
        purl=purl.attempt("gem", name, version, qualifiers={"platform": platform} if platform != "ruby" else None),
        presence=Presence.DECLARED,
        licenses=tuple(
            one for text in as_list(fields.get("licenses")) for one in spdx_license.normalise(as_text(text))
        ),
        author=", ".join(filter(None, map(as_text, as_list(fields.get("authors"))))),
        description=" ".join(as_text(fields.get("summary")).split()),
        references=_references(fields),
    )
    needed = [as_object(one) for one in as_list(fields.get("dependencies"))]
    names = [as_text(one.get("name")) for one in needed if as_text(one.get("type")) != ":development"]
    return Found((item,), needs=tuple(Need(item.id, (one,)) for one in dict.fromkeys(names) if one))


def _references(fields: Object) -> tuple[ExternalReference, ...]:
    links = [("website", as_text(fields.get("homepage")))]
    links += [(LINKS[key], as_text(url)) for key, url in as_object(fields.get("metadata")).items() if key in LINKS]
    return tuple(dict.fromkeys(ExternalReference(kind, url) for kind, url in links if url.startswith("http")))
