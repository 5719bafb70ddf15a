"""What is in this: a source becomes an SBOM.

Layers are read once each, in parallel, and their findings cached by digest (`layer`); what higher layers hide is
dropped (`squash`); databases are read with their logs (`logs`); each ecosystem puts together what takes several files
(`assemble`), needs become edges (`resolve`), sightings become components (`merge`), packages of the operating system
claim their files (`ownership`), and the graph is made whole (`graph`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from assay.engines.catalog import findings, graph, merge, ownership
from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import LayerFindings, Readers, load
from assay.engines.catalog.links import follow
from assay.engines.catalog.logs import read_with_logs
from assay.engines.catalog.resolve import resolve
from assay.engines.catalog.squash import squash
from assay.model.component import Component
from assay.model.ecosystem import Consult, Ecosystem, Located
from assay.model.sbom import Completeness, Distribution, Lifecycle, Sbom, Skipped
from assay.ports import FindingsCache, LayerSource, Source

__all__ = ["Options", "catalog"]

Assemble = Callable[..., Sequence[Located]]


class Options(NamedTuple):
    """How to catalog.

    `all_layers` keeps what higher layers hide. `threads` is how many layers are read at once. `analyser` names the
    version of all parsers together, a part of the key of cached findings. `beside` is what ecosystems may consult
    beside the source (`assay.model.ecosystem.Ecosystem.consults`); it has no part in what is cached.
    """

    all_layers: bool = False
    threads: int = 1
    analyser: str = ""
    cache: FindingsCache | None = None
    lifecycle: Lifecycle = Lifecycle.POST_BUILD
    ignore: Callable[[str], bool] = lambda path: False
    beside: Mapping[str, Consult] = MappingProxyType({})


def catalog(source: Source, ecosystems: Iterable[Ecosystem], options: Options | None = None) -> Sbom:
    """The SBOM of a source, without time and tools, which the caller knows.

    Raises `assay.errors.DigestMismatch` for content that is not what it was promised to be and
    `assay.errors.ExternalError` where a source is out of reach; everything else that cannot be read is listed in
    `Sbom.skipped`.
    """
    options = options or Options()
    dispatch = Dispatch(ecosystems)
    readers = Readers()
    layers = source.layers
    read = _read_all(layers, dispatch, readers, options)
    positions = [item.layer.position for item in layers]
    squashed = squash(list(zip(positions, read, strict=True)), all_layers=options.all_layers)
    squashed = read_with_logs(squashed, layers, dispatch, readers, options)
    followed, lost = follow(squashed, layers, read, dispatch, readers, options)
    files = sorted((*squashed.files, *followed), key=lambda item: (item.path, -item.layer, item.parser))
    files = [item for item in files if not options.ignore(item.path)]
    skipped = [item for item in (*squashed.skipped, *lost) if not (item.path and options.ignore(item.path))]
    return _assemble(source, files, skipped, dispatch, options)


def _read_all(
    layers: Sequence[LayerSource], dispatch: Dispatch, readers: Readers, options: Options
) -> list[LayerFindings]:
    def one(index: int) -> LayerFindings:
        return findings.cached(layers[index], dispatch, readers, options, paths=index > 0)

    if len(layers) < 2 or options.threads < 2:
        return [one(index) for index in range(len(layers))]
    from concurrent.futures import ThreadPoolExecutor

    order = sorted(range(len(layers)), key=lambda index: -layers[index].layer.size)
    pool = ThreadPoolExecutor(options.threads)
    waits = True
    try:
        futures = {index: pool.submit(one, index) for index in order}
        return [futures[index].result() for index in range(len(layers))]
    except KeyboardInterrupt:
        waits = False  # for layers that nobody wants any more
        raise
    finally:
        pool.shutdown(wait=waits, cancel_futures=True)


def _assemble(
    source: Source, files: Sequence[Located], skipped: Iterable[Skipped], dispatch: Dispatch, options: Options
) -> Sbom:
    distribution = _distribution(files)
    told = set(skipped)
    by_ecosystem: dict[str, list[Located]] = {}
    for item in ownership.of_package_file(files, source.subject, dispatch.ecosystem_of):
        by_ecosystem.setdefault(dispatch.ecosystem_of[item.parser].name, []).append(item)
    components: list[Component] = []
    edges: set[tuple[str, str]] = set()
    owners: list[tuple[str, str, bytes]] = []
    for ecosystem in dispatch.ecosystems:
        if ecosystem.name not in by_ecosystem:
            continue
        own: Sequence[Located] = by_ecosystem[ecosystem.name]
        if ecosystem.assemble:
            assemble: Assemble = load(ecosystem.assemble)  # type: ignore[assignment]  # what the contract says
            consulted = [options.beside[ecosystem.consults]] if ecosystem.consults in options.beside else []
            own = assemble(own, distribution, *consulted)
            told.update(replace(skip, layer=item.layer) for item in own for skip in item.found.skipped)
        resolved = resolve(ecosystem, own)
        components.extend(resolved.components)
        edges |= resolved.edges
        owners.extend(resolved.owners)
    merged, renamed = merge.merge(components)
    ownership.mark(merged, owners, dispatch.yielding)
    subject = source.subject
    merged.pop(subject.id, None)
    edges = {(renamed.get(a, a), renamed.get(b, b)) for a, b in edges}
    return Sbom(
        subject=subject,
        components=tuple(merged[identity] for identity in sorted(merged)),
        dependencies=graph.connect(subject.id, merged, edges),
        distribution=distribution,
        layers=tuple(item.layer for item in source.layers if item.layer.position >= 0),
        skipped=tuple(sorted(told)),
        attached=tuple(source.attached),
        lifecycles=(options.lifecycle,),
        completeness=Completeness.INCOMPLETE if told else Completeness.COMPLETE,
    )


def _distribution(files: Sequence[Located]) -> Distribution | None:
    """The distribution of the root, not of a root inside: the lowest `priority` fact wins, then the shortest path."""

    def rank(item: Located) -> tuple[int, int, str, int]:
        priority = item.found.facts.get("priority")
        return (priority if isinstance(priority, int) else 100, item.path.count("/"), item.path, -item.layer)

    named = [item for item in files if item.found.distribution is not None and not item.found.root]
    return min(named, key=rank).found.distribution if named else None
