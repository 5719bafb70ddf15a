"""Findings of SBOMs: the advisory store, its update, VEX and ignore rules around `assay.engines.match`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.app.producing import timestamp
from assay.errors import InputError
from assay.model.sbom import Sbom

if TYPE_CHECKING:
    from assay.adapters.advisories import AdvisoryStore
    from assay.adapters.advisories.update import UpdateRequest
    from assay.model.advisory import Advisory
    from assay.model.advisory_store import Claim
    from assay.model.explanation import Explanation
    from assay.model.finding import Scan
    from assay.model.vex import VexDocument


class ScanRequest(NamedTuple):
    """What `scan` is asked for; the fields are the flags of ``assay scan`` (docs/reference/commands.md).

    `folders` are local sources that may hold ignore rules; without `source_rules` these are refused.
    """

    sbom: Sbom
    data_dir: Path
    cache_dir: Path
    folders: Sequence[Path] = ()
    starter: bool = True
    by_cve: bool = False
    declared: bool | None = None
    max_age: int = 14
    vex: Sequence[Path] = ()
    attested: Sequence[VexDocument] = ()
    ignore_files: Sequence[Path] = ()
    source_rules: bool = True
    update: UpdateRequest | None = None
    warn: Callable[[str], None] = lambda text: None


def scan(request: ScanRequest) -> Scan:
    """The findings of an SBOM, with VEX and ignore rules applied."""
    with _current(request) as store:
        return _scan(request, store)


def _current(request: ScanRequest) -> AdvisoryStore:
    """The advisory data, brought up to date where that is wanted and quickly done."""
    if request.update is not None:
        from assay.adapters.advisories.quick import quick
        from assay.engines.match.questions import ask

        def ecosystems() -> set[str]:
            return {item.question.ecosystem for item in ask(request.sbom, declared=True)[0]}

        if warning := quick(request.data_dir / "advisories", request.update, ecosystems):
            request.warn(warning)
    return advisories(request.data_dir, request.cache_dir, starter=request.starter)


def explain(request: ScanRequest, name: str, package: str) -> tuple[list[Explanation], list[str]]:
    """Why a vulnerability is reported or not, by component; and which packages its records name, where none is."""
    from assay.engines.match.explain import explain as reasons

    with _current(request) as store:
        answers = reasons(name, _scan(request, store), store, package)
        return answers, [] if answers else [
            f"{feed}: {ecosystem} {item} {claim.interval}"
            for feed, number in store.named(name)
            for ecosystem, item, claim in store.reader(feed).packages(number)
        ]


def _scan(request: ScanRequest, store: AdvisoryStore) -> Scan:
    from assay.adapters import ignore_files
    from assay.engines.match import Options
    from assay.workflows import scan as workflow

    time = timestamp()
    rules, problems, files = ignore_files.collect(
        request.folders, request.ignore_files, refused=not request.source_rules
    )
    words = workflow.Words([*_vex(request.vex), *request.attested], rules, problems, files)
    options = Options(
        today=datetime.now(UTC).date(),
        by_cve=request.by_cve,
        declared=request.declared,
        max_age=request.max_age,
        releases=store.releases(),
        timestamp=time,
        manifest=store.digest,
    )
    return workflow.scan(request.sbom, store, options, words)


def _vex(paths: Sequence[Path]) -> list[VexDocument]:
    if not paths:
        return []
    from assay.formats import vex_document

    return [vex_document.read(_bytes(path), str(path)) for path in paths]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from error


def advisories(data_dir: Path, cache_dir: Path, *, starter: bool = True) -> AdvisoryStore:
    """The advisory data: the store, and for what it lacks the starter data of the package. A context manager."""
    from assay.adapters.advisories import AdvisoryStore
    from assay.adapters.advisories import starter as packed

    own = data_dir / "advisories"
    first = packed.unpacked(cache_dir, own) if starter else None
    return AdvisoryStore.open(own, *([first] if first is not None else []))


def search(store: AdvisoryStore, word: str, ecosystem: str = "") -> list[dict[str, Any]]:
    """Advisories that bear an id, or that name a package, as plain values."""
    from assay.ecosystems import order, osv_name
    from assay.model.advisory_store import Question

    found = [(feed, number, store.reader(feed).packages(number)) for feed, number in store.named(word)]
    if not found:
        names = sorted({name for shard in store.shards for name in shard.ecosystems})
        wanted = [name for name in names if not ecosystem or name == ecosystem]
        questions = [Question(name, osv_name(name)(word), "", order(name).key(""), True) for name in wanted]
        by_record: dict[tuple[str, int], list[tuple[str, str, Claim]]] = {}
        for claim in store.claims(questions):
            place = questions[claim.question]
            by_record.setdefault((claim.feed, claim.advisory), []).append((place.ecosystem, place.name, claim))
        found = [(feed, number, claims) for (feed, number), claims in by_record.items()]
    records = store.advisories((feed, number) for feed, number, _ in found)
    return [_searched(feed, records[feed, number], claims, ecosystem) for feed, number, claims in sorted(found)]


def _searched(feed: str, record: Advisory, claims: Sequence[tuple[str, str, Claim]], ecosystem: str) -> dict[str, Any]:
    affected = [
        {
            "ecosystem": place,
            "package": name,
            "range": f"version {claim.interval.low}" if claim.listed else str(claim.interval),
            "state": claim.state,
            "fixed": list(claim.fixed),
        }
        for place, name, claim in claims
        if not ecosystem or place == ecosystem
    ]
    return {
        "feed": feed,
        "id": record.id,
        "aliases": [*record.aliases, *record.upstream],
        "summary": record.summary,
        "published": record.published,
        "modified": record.modified,
        "withdrawn": record.withdrawn,
        "affected": affected,
    }
