"""SBOMs of sources: adapters open them, `assay.engines.catalog` reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay import __version__
from assay.app.producing import TOOL, timestamp
from assay.errors import UsageError
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import Consult, Ecosystem
from assay.model.sbom import Completeness, Lifecycle, Sbom
from assay.ports import FindingsCache, Progress

if TYPE_CHECKING:
    from assay.model.image import Platform
    from assay.model.sbom_merge import Merged
    from assay.model.sbom_score import Score


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
    maven_repository: str = ""
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
    _tell_unused(opened, request)
    if isinstance(opened, Sbom):
        return rename(opened, request)
    found = _narrowed(_catalog(opened, request), request)
    return rename(replace(found, tools=(TOOL,), timestamp=timestamp()), request)


def _tell_unused(opened: object, request: SbomRequest) -> None:
    """Flags that mean nothing for this source are not passed over in silence."""
    if isinstance(opened, Sbom):
        if request.exclude or request.ecosystems or request.maven_repository:
            request.note("--exclude, --ecosystem and --maven-repository are about what is read; an SBOM is taken whole")
    elif request.all_layers:
        from assay.adapters.image import Image

        if not isinstance(opened, Image):
            request.note(f"--scope all-layers is about images, and {request.source} is none")


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
    from assay.adapters import allocation
    from assay.adapters.directory import Directory, excluder
    from assay.engines.catalog import Options, catalog

    in_folder = isinstance(source, Directory)
    if not in_folder:
        allocation.give_back()
    threads = min(_processors(), 8)
    chosen = ecosystems(request.ecosystems)
    options = Options(
        all_layers=request.all_layers,
        threads=threads,
        analyser="" if in_folder else analyser(chosen),
        cache=None if in_folder else findings_cache(request.cache_dir),
        lifecycle=Lifecycle.PRE_BUILD if in_folder else Lifecycle.POST_BUILD,
        ignore=excluder(() if in_folder else request.exclude),
        beside=_beside(request),
    )
    return catalog(source, chosen, options)  # type: ignore[arg-type]  # `sources` opens nothing else


def _beside(request: SbomRequest) -> Mapping[str, Consult]:
    """What the user has put beside the source; raises `InputError` where it is not there."""
    if not request.maven_repository:
        return {}
    from assay.adapters import folder_library

    remedy = "name a local repository of Maven, which mostly is ~/.m2/repository"
    return {"maven-repository": folder_library.consult(Path(request.maven_repository).expanduser(), remedy)}


def _processors() -> int:
    """Those that this process may run on, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

    root = Path(__file__).parent.parent
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


def sbom_of_purl(text: str) -> Sbom:
    """An SBOM of one package URL."""
    from assay.formats import sbom_document

    return sbom_document.read(text.encode())


def together(sboms: Sequence[Sbom]) -> Sbom:
    """Several SBOMs as one; a single one as it is."""
    return sboms[0] if len(sboms) == 1 else merged(sboms, "scan", "", flat=True).sbom
