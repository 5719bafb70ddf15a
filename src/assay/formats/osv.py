"""OSV records (ossf.github.io/osv-schema, 1.7) as advisories.

::

    {"id": "GHSA-…", "modified": "…", "aliases": ["CVE-…"], "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/…"}],
     "affected": [{"package": {"ecosystem": "PyPI", "name": "django"},
                   "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.2.25"}]}],
                   "versions": ["3.2.0"]}]}

Besides the standard, records whose source has only requirement strings (`vulnerable_versions`, `patched_versions`,
`unaffected_versions` in ``affected[].database_specific``; strings in place of range objects) are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from assay.errors import Malformed
from assay.formats import advisory_ecosystem, git_version, osv_events, osv_modules
from assay.formats.json import Json, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Kind, Level, Reference, Severity
from assay.model.version import Interval

MAX_ITEMS = 100_000
_LEVELS = {
    "critical": Level.CRITICAL,
    "high": Level.HIGH,
    "important": Level.HIGH,
    "moderate": Level.MEDIUM,
    "medium": Level.MEDIUM,
    "low": Level.LOW,
    "negligible": Level.NEGLIGIBLE,
    "untriaged": Level.UNKNOWN,
    "none": Level.NONE,
}
_NO_PROBLEM = ("ALBA-", "ALEA-", "RLBA-", "RLEA-", "RHBA-", "RHEA-", "ELBA-", "ELEA-")
"""Bug fixes and enhancements of the Red Hat family."""


def read(record: Mapping[str, Json], source: str) -> Advisory:
    """The advisory; `source` names who judges severities. Raises `Malformed` for a record without an id."""
    name = record.get("id")
    if not isinstance(name, str) or not name:
        raise Malformed("a record without an id")
    specific = as_object(record.get("database_specific"))
    aliases, related = _names(record.get("aliases")), _names(record.get("related"))
    upstream = _names(record.get("upstream"))
    summary = as_text(record.get("summary"))
    affected = osv_modules.with_streams(tuple(_affected(as_list(record.get("affected")), source)), summary)
    if not upstream and any(advisory_ecosystem.is_distribution(item.ecosystem) for item in affected):
        upstream = tuple(item for item in related if item.startswith("CVE-"))
    severities = tuple(_severities(as_list(record.get("severity")), source))
    word = _level(specific.get("severity"))
    if word is not Level.UNKNOWN:
        severities = tuple(item._replace(level=word) for item in severities) or (Severity(source, level=word),)
    return Advisory(
        id=name,
        aliases=tuple(item for item in aliases if item != name),
        upstream=tuple(item for item in upstream if item != name),
        related=related,
        kind=_kind(name, record, affected),
        published=_moment(record.get("published")),
        modified=_moment(record.get("modified")),
        withdrawn=_moment(record.get("withdrawn")) or ("yes" if record.get("withdrawn") else ""),
        summary=summary,
        severities=severities,
        weaknesses=_names(specific.get("cwe_ids")) or _names(specific.get("cwes")),
        references=tuple(_references(as_list(record.get("references")))),
        affected=affected,
    )


def _names(value: Json | object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(item for item in value[:MAX_ITEMS] if isinstance(item, str) and item))


def _moment(value: Json | object) -> str:
    """A date as it is; the year 1 stands for none (Go's vulnerability database)."""
    text = value if isinstance(value, str) else ""
    return "" if text.startswith("0001-") else text


def _kind(name: str, record: Mapping[str, Json], affected: Sequence[Affected]) -> Kind:
    specific = as_object(record.get("database_specific"))
    if name.startswith("MAL-") or "malicious-packages-origins" in specific:
        return Kind.MALICIOUS
    if name.startswith(_NO_PROBLEM):
        return Kind.INFORMATIONAL
    items = [as_object(item) for item in as_list(record.get("affected"))]
    informational = [as_object(item.get("database_specific")).get("informational") for item in items]
    if informational and all(isinstance(item, str) and item for item in informational):
        return _RUSTSEC.get(str(informational[0]), Kind.INFORMATIONAL)
    categories = [as_object(item.get("database_specific")).get("categories") for item in items]
    if any(isinstance(words, list) and "malicious" in words for words in categories):
        return Kind.MALICIOUS
    return Kind.VULNERABILITY


_RUSTSEC = {"unsound": Kind.VULNERABILITY, "unmaintained": Kind.UNMAINTAINED}
"""RustSec's classes of informational advisories: what is unsound breaks memory safety."""


def _references(items: Sequence[Json]) -> Iterator[Reference]:
    for item in items[:MAX_ITEMS]:
        if isinstance(item, dict) and isinstance(url := item.get("url"), str):
            yield Reference(url, as_text(item.get("type")) or "WEB")


def _severities(items: Sequence[Json], source: str) -> Iterator[Severity]:
    for item in items[:100]:
        if isinstance(item, dict) and isinstance(score := item.get("score"), str):
            judge = as_text(item.get("source")) or source
            if "/" in score:
                yield Severity(judge, vector=score)
            else:
                yield Severity(judge, level=_level(score))


def _level(value: Json | object) -> Level:
    return _LEVELS.get(value.lower(), Level.UNKNOWN) if isinstance(value, str) else Level.UNKNOWN


def _affected(items: Sequence[Json], source: str) -> Iterator[Affected]:
    for item in items[:MAX_ITEMS]:
        if not isinstance(item, dict):
            continue
        package = as_object(item.get("package"))
        name, ecosystem = package.get("name"), package.get("ecosystem")
        intervals, fixed, commits = _ranges(as_list(item.get("ranges")))
        if isinstance(name, str) and name and isinstance(ecosystem, str):
            yield _named(item, name, ecosystem, intervals, fixed, source)
        tags = () if intervals else _names(item.get("versions"))  # else they are those of the package
        for repository, within in commits:
            repo = git_version.repository(repository)
            yield Affected(git_version.ECOSYSTEM, repo, within, tags, repository=repository)


def _named(
    item: Mapping[str, Json],
    name: str,
    ecosystem: str,
    intervals: tuple[Interval, ...],
    fixed: tuple[str, ...],
    source: str,
) -> Affected:
    specific, own = as_object(item.get("database_specific")), as_object(item.get("ecosystem_specific"))
    system, channel = advisory_ecosystem.split(ecosystem)
    severities = tuple(_severities(as_list(item.get("severity")), source))
    for found in (specific.get("severity"), own.get("severity")):
        if not severities and _level(found) is not Level.UNKNOWN:
            severities = (Severity(source, level=_level(found)),)
    requirements, patched = _requirements(item, specific)
    fixed = fixed or _stated_fix(specific.get("patched_versions"))
    return Affected(
        ecosystem=system,
        name=name,
        intervals=intervals,
        versions=_names(item.get("versions")),
        fixed=fixed,
        state=FixState.FIXED if fixed else FixState.UNKNOWN,
        binary=advisory_ecosystem.names_binaries(system),
        channel=channel,
        severities=severities,
        symbols=_symbols(own),
        requirements=requirements,
        patched=patched,
    )


def _ranges(
    items: Sequence[Json],
) -> tuple[tuple[Interval, ...], tuple[str, ...], list[tuple[str, tuple[Interval, ...]]]]:
    """Intervals of versions, the versions with a fix, and intervals of commits by repository."""
    intervals: list[Interval] = []
    fixed: list[str] = []
    commits = []
    for item in items[:MAX_ITEMS]:
        if not isinstance(item, dict):
            continue
        is_git = item.get("type") == "GIT"
        found = osv_events.intervals(as_list(item.get("events")), branches=is_git)
        if is_git:
            commits.append((as_text(item.get("repo")), tuple(interval for interval, _ in found)))
        else:
            intervals += [interval for interval, _ in found]
            fixed += [interval.high for interval, is_fix in found if is_fix]
    return tuple(intervals), tuple(dict.fromkeys(fixed)), commits


def _requirements(
    item: Mapping[str, Json], specific: Mapping[str, Json]
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Requirement strings of affected versions, and of those that are not (None: nothing is said)."""
    strings = tuple(text for text in as_list(item.get("ranges")) if isinstance(text, str))
    vulnerable = specific.get("vulnerable_versions")
    if isinstance(vulnerable, str) and vulnerable:
        return (*strings, vulnerable), None
    if strings or item.get("ranges") or item.get("versions"):
        return strings, None
    patched, unaffected = specific.get("patched_versions"), specific.get("unaffected_versions")
    if isinstance(patched, list):
        return (), (*_names(patched), *_names(unaffected))
    return (), None


def _stated_fix(patched: Json) -> tuple[str, ...]:
    """The versions that ``>=1.5.2 <2 || >=2.0.1`` begins with."""
    return tuple(re.findall(r">=\s*([^\s,|<]+)", patched)) if isinstance(patched, str) else ()


def _symbols(own: Mapping[str, Json]) -> tuple[str, ...]:
    """Import paths with their symbols (Go), or functions (Rust)."""
    result = []
    for item in as_list(own.get("imports")):
        if isinstance(item, dict):
            path = as_text(item.get("path"))
            symbols = _names(item.get("symbols"))
            result += [f"{path}#{symbol}" for symbol in symbols] or [path]
    functions = as_object(own.get("affects")).get("functions")
    result += _names(functions) if isinstance(functions, list) else list(as_object(functions))
    return tuple(filter(None, result))
