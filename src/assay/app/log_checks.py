"""Whether a log is what it says: signed, witnessed, grown out of what it showed before, and holding an entry."""

from __future__ import annotations

from pathlib import Path

from assay.adapters import trust_roots
from assay.adapters.log_source.rekor_v1 import Shown as Tree
from assay.app import log_entries
from assay.app.log_entries import Tiled
from assay.app.log_places import LogPlace, Shown
from assay.engines.log.reading import TiledLog
from assay.engines.log.tree import EMPTY_ROOT
from assay.errors import Refused, UsageError
from assay.model.bundle import Checkpoint, LogEntry
from assay.trust import merkle

Step = tuple[str, str]


def verify(place: LogPlace, old: bytes | None, new: bytes | None, entry: str) -> list[Step]:
    """All steps, in words; raises `Refused` at the first that does not hold."""
    shown = _newest(place, new)
    steps = [("checkpoint", f"{shown.checkpoint.size} entries of {shown.checkpoint.origin}, signed by its key")]
    if place.witnesses:
        steps.append(("witnesses", ", ".join(shown.witnesses) or "none"))
    if old is not None:
        before = place.believed(old, "the elder checkpoint")
        _consistent(place, before.checkpoint, shown.checkpoint)
        steps.append(("consistency", f"it grew out of the tree of {before.checkpoint.size} entries"))
    if entry:
        steps.append(("inclusion", _included(place, shown, entry)))
    return steps


def _newest(place: LogPlace, new: bytes | None) -> Shown:
    if new is not None:
        return place.believed(new, "the newer checkpoint")
    if place.has_tiles():
        return Tiled(place).shown
    tree = place.v1().trees()[-1]
    return place.believed(tree.text.encode(), place.place)


def _consistent(place: LogPlace, old: Checkpoint, new: Checkpoint) -> None:
    if old.origin != new.origin:
        raise Refused(f"the checkpoints are of two logs: {old.origin!r} and {new.origin!r}", "compare those of one log")
    if old.size > new.size:
        raise Refused(
            f"the newer checkpoint has {new.size} entries, the elder one {old.size}: the log took entries back",
            "keep both: they prove it; and tell the log's operator",
        )
    if old.size in (0, new.size):
        if old.size == 0 and old.root != EMPTY_ROOT:
            raise Refused("a checkpoint of an empty log has the root of another tree")
        merkle.check_consistency(old.size, new.size, old.root, new.root, [])
    elif " - " not in new.origin and place.has_tiles():
        TiledLog(new, place.tiles(_shard(place, new.origin))).grew_out_of(old)
    else:
        server, tree = place.v1(), _tree(place, new.origin)
        proof = server.consistency(tree.tree_id, old.size, new.size)
        merkle.check_consistency(old.size, new.size, old.root, new.root, proof)


def _shard(place: LogPlace, origin: str) -> str:
    """The origin of a shard, where it is not the one that the place shows now."""
    shown = place.checkpoint(place.tiles())
    return "" if shown.checkpoint.origin == origin else origin


def _tree(place: LogPlace, origin: str) -> Tree:
    for tree in place.v1().trees():
        if tree.checkpoint.origin == origin:
            return tree
    raise Refused(f"{place.place} has no tree {origin!r}")


def _included(place: LogPlace, shown: Shown, wanted: str) -> str:
    if Path(wanted).is_file():
        entries = log_entries.of_bundle(trust_roots.read_file(Path(wanted)))
        return "; ".join(_bundled(place, shown, entry) for entry in entries)
    if place.has_tiles() and wanted.isdecimal():
        tree = TiledLog(shown.checkpoint, place.tiles(_shard(place, shown.checkpoint.origin)))
        tree.entry(int(wanted))
        return f"entry {wanted} is in the tree of {tree.size}"
    found = log_entries.get(place, wanted)
    _consistent(place, *sorted((shown.checkpoint, found.shown.checkpoint), key=lambda one: one.size))
    return f"entry {found.index} is in the tree of {found.shown.checkpoint.size}"


def _bundled(place: LogPlace, shown: Shown, entry: LogEntry) -> str:
    """That the log which is there now still holds the entry of a bundle, where the bundle says."""
    log_entries.check(entry, place.logs)
    if entry.proof is None or not entry.proof.checkpoint:
        raise UsageError("the bundle has only the log's promise", "look for its entry: assay log get UUID")
    before = place.believed(entry.proof.checkpoint.encode(), "the bundle").checkpoint
    there = _now(place, shown, before.origin)
    if before.size > there.size:
        raise Refused(f"the bundle was made when the log had {before.size} entries, it now shows {there.size}")
    _consistent(place, before, there)
    return f"entry {entry.log_index} of the bundle is in the tree of {there.size} of {there.origin}"


def _now(place: LogPlace, shown: Shown, origin: str) -> Checkpoint:
    """The newest state of the log with that origin: another shard, or the face as Rekor v1 (``HOST - TREE``)."""
    if shown.checkpoint.origin == origin:
        return shown.checkpoint
    if " - " in origin and place.is_remote:
        return place.believed(_tree(place, origin).text.encode(), place.place).checkpoint
    return place.checkpoint(place.tiles(origin)).checkpoint
