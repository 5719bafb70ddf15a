"""RubySec: one YAML file an advisory, with requirement lists of what is patched or never was affected.

::

    gem: rack                       (or `engine: jruby` in rubies/)
    cve: 2020-8161
    ghsa: 5f9h-9pjv-v6j7
    date: 2020-05-12
    cvss_v3: 8.6
    patched_versions: ["~> 2.1.3", ">= 2.2.0"]
    unaffected_versions: ["< 1.0"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import AssayError, Malformed
from assay.formats import json_records, osv, yaml
from assay.formats.json import Object, as_list, as_text
from assay.model.advisory import Advisory, Affected, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped

_MARKS = frozenset(("gem", "engine"))
"""What tells an advisory from the other YAML files of the repository."""
_NUMBER = re.compile(r"\d{1,2}(\.\d{1,2})?")


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisory of a YAML file, or the records of an OSV one."""
    if not document.name.endswith((".yml", ".yaml")):
        yield from json_records.records(document, lambda item: _scored(item, source))
        return
    try:
        item = yaml.load_object(document.content)
        if _MARKS & item.keys() or any(f"/{folder}/" in f"/{document.name}" for folder in ("gems", "rubies")):
            yield _read(item, document.name, source)
    except AssayError as error:
        yield Skipped(document.name, error.what)


def _scored(item: Object, source: str) -> Advisory:
    """A record in OSV's envelope; its scores stand beside the requirement lists."""
    found = osv.read(item, source)
    if found.severities:
        return found
    for part in as_list(item.get("affected")):
        specific = part.get("database_specific") if isinstance(part, dict) else None
        if isinstance(specific, dict):
            return found._replace(severities=_severities(specific, source))
    return found


def _severities(item: Object, source: str) -> tuple[Severity, ...]:
    scores = (item.get(f"cvss_v{version}") for version in (4, 3, 2))
    return tuple(Severity(source, score=float(text)) for score in scores if _NUMBER.fullmatch(text := as_text(score)))


def _read(item: Object, name: str, source: str) -> Advisory:
    gem, engine = as_text(item.get("gem")), as_text(item.get("engine"))
    if not gem and not engine:
        raise Malformed("an advisory that names no gem")
    cve, ghsa, osvdb = (as_text(item.get(key)) for key in ("cve", "ghsa", "osvdb"))
    ids = [f"CVE-{cve}" if cve else "", f"GHSA-{ghsa}" if ghsa else "", f"OSVDB-{osvdb}" if osvdb else ""]
    aliases = [text for text in ids if text]
    file = name.rpartition("/")[2].rpartition(".")[0]
    lists = [as_list(item.get(key)) for key in ("patched_versions", "unaffected_versions")]
    url = as_text(item.get("url"))
    return Advisory(
        id=f"RUBYSEC:{gem or engine}:{file}",
        aliases=tuple(aliases),
        published=as_text(item.get("date")),
        modified=as_text(item.get("date")),
        summary=as_text(item.get("title")),
        severities=_severities(item, source),
        references=(Reference(url),) if url else (),
        affected=(
            Affected(
                "RubyGems" if gem else "Ruby-engine",
                gem or engine,
                patched=tuple(text for part in lists for value in part if (text := as_text(value))),
            ),
        ),
    )
