"""Findings of a layer kept between runs: keyed by its digest and by the version of all parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import LayerFindings, Readers, read_layer
from assay.ports import LayerSource

if TYPE_CHECKING:
    from assay.engines.catalog import Options


def cached(
    source: LayerSource, dispatch: Dispatch, readers: Readers, options: Options, *, paths: bool, part: str = ""
) -> LayerFindings:
    """The findings of a layer, from the cache where they are there in the wanted depth.

    `part` names what `dispatch` wants where that is not all that the ecosystems want.
    """
    digest = source.layer.digest
    if options.cache is None or not digest or not options.analyser:
        return read_layer(source, dispatch, readers, paths=paths)
    key = f"{options.analyser}:{digest}:{part}"
    stored = options.cache.get(key)
    if stored is not None:
        findings = decode(stored)
        if findings is not None and (findings.paths or not paths):
            return findings
    findings = read_layer(source, dispatch, readers, paths=paths)
    options.cache.put(key, encode(findings))
    return findings


def encode(findings: LayerFindings) -> bytes:
    """MessagePack by the fields of the dataclasses."""
    import msgspec

    return msgspec.msgpack.encode(findings)


def decode(data: bytes | memoryview) -> LayerFindings | None:
    """What `encode` wrote; None for anything else: a cache may be deleted, cut off or from elsewhere."""
    import msgspec

    from assay.formats import typed

    try:
        return typed.msgpack_decoder(LayerFindings).decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
