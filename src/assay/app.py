"""The composition root: the one place where adapters meet engines."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assay import __version__
from assay.errors import InputError, UsageError
from assay.model.component import Component, ComponentType, Property
from assay.model.digest import Algorithm, Digest
from assay.model.ecosystem import Ecosystem
from assay.model.sbom import Completeness, Lifecycle, Sbom, Tool
from assay.ports import FindingsCache, Ledger, Progress

if TYPE_CHECKING:
    from assay.adapters.advisories import AdvisoryStore
    from assay.adapters.advisories.update import UpdateRequest
    from assay.model.advisory import Advisory
    from assay.model.advisory_store import Claim
    from assay.model.explanation import Explanation
    from assay.model.finding import Scan
    from assay.model.image import Platform
    from assay.model.sbom_merge import Merged
    from assay.model.sbom_score import Score

TOOL = Tool("assay", __version__)


class SbomRequest(NamedTuple):
    """What `sbom` is asked for; the fields are the flags of ``assay sbom`` (docs/reference/commands.md)."""

    source: str
    platform: str = ""
    all_layers: bool = False
    exclude: Sequence[str] = ()
    ecosystems: Sequence[str] = ()
    name: str = ""
    version: str = ""
    supplier: str = ""
    verify_diff_ids: bool = False
    from_attached: bool = False
    offline: bool = False
    plain_http: Sequence[str] = ()
    insecure: bool = False
    cache_dir: Path | None = None
    progress: Progress | None = None
    note: Callable[[str], None] = lambda text: None


def sbom(request: SbomRequest) -> Sbom:
    """The SBOM of a source, with time, tool and the names that the user gives to the root."""
    from assay.adapters import sources
    from assay.adapters.image_options import ImageOptions

    image = ImageOptions(_platform(request.platform), request.verify_diff_ids, request.progress)
    cache = request.cache_dir / "downloads" if request.cache_dir else None
    opened = sources.open_source(
        request.source,
        sources.Request(
            image,
            request.exclude,
            request.offline,
            request.plain_http,
            request.insecure,
            cache,
            request.from_attached,
            request.note,
        ),
    )
    if isinstance(opened, Sbom):
        return rename(opened, request)
    found = _narrowed(_catalog(opened, request), request)
    return rename(replace(found, tools=(TOOL,), timestamp=timestamp()), request)


def _narrowed(found: Sbom, request: SbomRequest) -> Sbom:
    """What the user left out is said in the document, which then does not claim to be complete."""
    left_out = [Property("assay:exclude", glob) for glob in request.exclude]
    left_out += [Property("assay:ecosystem", word) for word in request.ecosystems]
    if not left_out:
        return found
    return replace(found, properties=(*found.properties, *left_out), completeness=Completeness.INCOMPLETE)


def _platform(text: str) -> Platform | None:
    if not text:
        return None
    from assay.formats import oci

    return oci.parse_platform(text)


def _catalog(source: object, request: SbomRequest) -> Sbom:
    from assay.adapters.directory import Directory, excluder
    from assay.engines.catalog import Options, catalog

    in_folder = isinstance(source, Directory)
    threads = min(os.cpu_count() or 1, 8)
    chosen = ecosystems(request.ecosystems)
    options = Options(
        all_layers=request.all_layers,
        threads=threads,
        analyser="" if in_folder else analyser(chosen),
        cache=None if in_folder else findings_cache(request.cache_dir),
        lifecycle=Lifecycle.PRE_BUILD if in_folder else Lifecycle.POST_BUILD,
        ignore=excluder(() if in_folder else request.exclude),
    )
    return catalog(source, chosen, options)  # type: ignore[arg-type]  # `sources` opens nothing else


def ecosystems(words: Sequence[str]) -> tuple[Ecosystem, ...]:
    """The ecosystems chosen by ``NAME`` (only those), ``+NAME`` and ``-NAME``; all of them by default.

    Raises `UsageError` for a name that is none.
    """
    from assay.ecosystems import discover

    known = {ecosystem.name: ecosystem for ecosystem in discover()}
    words = [word.strip() for text in words for word in text.split(",") if word.strip()]
    for word in words:
        if word.lstrip("+-") not in known:
            raise UsageError(
                f"there is no ecosystem {word.lstrip('+-')!r}", "`assay sbom --list-ecosystems` lists them"
            )
    only = {word for word in words if word[0] not in "+-"}
    chosen = only or set(known)
    chosen |= {word[1:] for word in words if word[0] == "+"}
    chosen -= {word[1:] for word in words if word[0] == "-"}
    return tuple(ecosystem for name, ecosystem in known.items() if name in chosen)


def analyser(chosen: Sequence[Ecosystem]) -> str:
    """A name for the exact state of all parsers: findings cached under another one are not used."""
    import hashlib

    root = Path(__file__).parent
    state = hashlib.sha256(f"{__version__} {[item.name for item in chosen]}".encode())
    for folder in ("ecosystems", "formats", "engines/catalog", "model"):
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(item for item in folders if item not in ("__pycache__", "fixtures"))
            for name in sorted(names):
                status = (Path(base) / name).stat()
                state.update(f"{base}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return state.hexdigest()[:32]


def findings_cache(cache_dir: Path | None) -> FindingsCache | None:
    """The cache of layer findings; None where there is no place for one."""
    if cache_dir is None:
        return None
    from assay.adapters.findings_cache import FindingsCache as Store

    return Store(cache_dir / "layers")


def rename(found: Sbom, request: SbomRequest) -> Sbom:
    """Give the root the name, version and supplier that the user wants."""
    if not (request.name or request.version or request.supplier):
        return found
    old = found.subject
    subject: Component = replace(
        old,
        name=request.name or old.name,
        version=request.version or old.version,
        supplier=request.supplier or old.supplier,
    )
    dependencies = {(subject.id if key == old.id else key): value for key, value in found.dependencies.items()}
    supplier = request.supplier or found.supplier
    return replace(found, subject=subject, dependencies=dependencies, supplier=supplier)


def converted(found: Sbom) -> Sbom:
    """An SBOM that was read, with assay named among the tools that had a part in it."""
    return found if TOOL in found.tools else replace(found, tools=(*found.tools, TOOL))


def merged(sboms: Sequence[Sbom], name: str, version: str, *, flat: bool) -> Merged:
    """Several SBOMs as one about a new root."""
    from assay.engines.sbom_merge import merge

    subject = Component(name, version, ComponentType.APPLICATION)
    result = merge(sboms, subject, flat, timestamp())
    return replace(result, sbom=converted(result.sbom))


def scored(found: Sbom) -> Score:
    """The verdict on an SBOM."""
    from assay.engines.sbom_score import score

    return score(found)


def timestamp() -> str:
    """Now, or ``SOURCE_DATE_EPOCH`` (reproducible-builds.org), as RFC 3339 in UTC.

    Raises `UsageError` for an epoch that is no number.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        moment = datetime.now(UTC)
    else:
        try:
            moment = datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UsageError(f"SOURCE_DATE_EPOCH is {epoch!r}, no time", "set it to seconds since 1970") from error
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def record(ledger: Ledger, kind: str, found: Sbom, document: bytes, media_type: str) -> None:
    """Keep a document in the evidence store, by the digest of the subject.

    A directory has no digest of its own: what was found in it stands for it, whatever the time.
    """
    subject = found.subject.digests[0] if found.subject.digests else content_digest(found)
    producer = f"{TOOL.name} {TOOL.version}"
    ledger.record(kind, subject, document, producer=producer, name=found.subject.name, media_type=media_type)


def content_digest(found: Sbom) -> Digest:
    """A digest over the ids of all components and their digests."""
    import hashlib

    state = hashlib.sha256()
    for component in found.components:
        state.update(f"{component.id} {' '.join(map(str, component.digests))}\n".encode("utf-8", "surrogateescape"))
    return Digest(Algorithm.SHA256, state.hexdigest())


class ScanRequest(NamedTuple):
    """What `scan` is asked for; the fields are the flags of ``assay scan`` (docs/reference/commands.md).

    `folders` are local sources that may hold ignore rules.
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
    ignore_files: Sequence[Path] = ()
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
    from assay.formats import vex_document
    from assay.workflows import scan as workflow

    time = timestamp()
    rules, problems, files = ignore_files.collect(request.folders, request.ignore_files)
    documents = [vex_document.read(_bytes(path), str(path)) for path in request.vex]
    words = workflow.Words(documents, rules, problems, files)
    options = Options(
        today=datetime.fromisoformat(time.replace("Z", "+00:00")).date(),
        by_cve=request.by_cve,
        declared=request.declared,
        max_age=request.max_age,
        releases=store.releases(),
        timestamp=time,
        manifest=store.digest,
    )
    return workflow.scan(request.sbom, store, options, words)


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


def sbom_of_purl(text: str) -> Sbom:
    """An SBOM of one package URL."""
    from assay.formats import sbom_document

    return sbom_document.read(text.encode())


def together(sboms: Sequence[Sbom]) -> Sbom:
    """Several SBOMs as one; a single one as it is."""
    return sboms[0] if len(sboms) == 1 else merged(sboms, "scan", "", flat=True).sbom


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
