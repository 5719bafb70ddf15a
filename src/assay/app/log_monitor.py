"""A monitor of a log: it remembers the last checkpoint, proves that the log only grew, and looks at what is new.

Its state is one file for each place under ``ASSAY_DATA_DIR/log-monitor``: the checkpoint of every tree that it knows.
The state moves on only after the alerts were handed over, so that each is given at least once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.adapters.log_source import rekor_v1
from assay.adapters.log_source.rekor_v1 import RekorV1
from assay.adapters.sigstore_instance.material import replace
from assay.app.log_entries import Tiled, of_v1
from assay.app.log_places import LogPlace
from assay.engines.log import describing
from assay.engines.log.describing import Described
from assay.errors import InputError, Malformed, Refused
from assay.formats import strict_json, tlog_note
from assay.model.bundle import Checkpoint
from assay.trust import merkle
from assay.workflows import log_watch
from assay.workflows.log_watch import Alert, Watched

Hand = Callable[[Alert], None]
"""Takes an alert further; what it raises ends the run, and the alert comes again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look brought: how many entries were looked at, and how many alerts were handed over."""

    entries: int = 0
    alerts: int = 0
    forked: bool = False

    def and_(self, other: Seen) -> Seen:
        """Both together."""
        return Seen(self.entries + other.entries, self.alerts + other.alerts, self.forked or other.forked)


class Memory:
    """The state of one place."""

    def __init__(self, folder: Path, place: str) -> None:
        self._path = folder / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
        self._place = place
        self.notes = self._read()

    def _read(self) -> dict[str, str]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise InputError(f"{self._path} cannot be read: {error.strerror}", "check its permissions") from error
        try:
            known = strict_json.load(data, "the monitor's state").get("checkpoints")
            found = {str(name): str(text) for name, text in known.items()} if isinstance(known, dict) else {}
            for text in found.values():
                tlog_note.checkpoint(text)
        except Malformed as error:
            remedy = "put back a copy; without it the monitor begins anew, and cannot see what was rewritten"
            raise InputError(f"{self._path} is damaged: {error.what}", remedy) from error
        return found

    def get(self, name: str) -> Checkpoint | None:
        """The last checkpoint of a tree."""
        return tlog_note.checkpoint(self.notes[name]) if name in self.notes else None

    def put(self, name: str, text: str) -> None:
        """Keep one, durably."""
        self.notes[name] = text
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace(self._path, json.dumps({"place": self._place, "checkpoints": self.notes}, indent=1).encode())


class Monitor:
    """Looks at one place; `start` is the first entry of a log never seen that is looked at (None: those that come)."""

    def __init__(self, place: LogPlace, memory: Memory, wanted: Sequence[Watched], start: int | None = None) -> None:
        self._place, self._memory, self._wanted, self._start = place, memory, wanted, start
        self._fresh = True

    def look(self, hand: Hand) -> Seen:
        """Once; a log that was rewritten is an alert of the kind ``fork``, and its state is not moved on."""
        self._fresh = not self._memory.notes
        return self._tiles(hand) if self._place.has_tiles() else self._v1(hand)

    def _tiles(self, hand: Hand) -> Seen:
        try:
            now = Tiled(self._place)
        except Refused as error:
            if self._fresh:
                raise
            return _fork(hand, self._place.place, error)
        origin = now.shown.checkpoint.origin
        seen = Seen()
        for name in [name for name in self._memory.notes if name != origin]:
            try:
                elder = Tiled(self._place, name)
            except (Refused, InputError) as error:
                seen = seen.and_(_fork(hand, name, error))
                continue
            seen = seen.and_(self._grown(elder, hand))
        return seen.and_(self._grown(now, hand))

    def _grown(self, tree: Tiled, hand: Hand) -> Seen:
        shown, name = tree.shown.checkpoint, tree.shown.checkpoint.origin
        old = self._memory.get(name)
        try:
            _not_back(old, shown)
            if old is not None:
                tree.log.grew_out_of(old)
            first = self._first(old, shown.size)
            bodies = ((index, describing.described(body)) for index, body in tree.log.entries(first, shown.size))
            return self._new(name, bodies, tree.shown.text, hand)
        except Refused as error:
            return _fork(hand, name, error)

    def _first(self, old: Checkpoint | None, size: int) -> int:
        if old is not None:
            return old.size
        if not self._fresh:  # a shard that began after the last look: all of it is new
            return 0
        return size if self._start is None else min(self._start, size)

    def _new(self, name: str, entries: Iterator[tuple[int, Described]], text: str, hand: Hand) -> Seen:
        count = alerts = 0
        for index, about in entries:
            count += 1
            alert = log_watch.look(index, name, about, self._wanted)
            if alert is not None:
                alerts += 1
                hand(alert)
        self._memory.put(name, text)
        return Seen(count, alerts)

    def _v1(self, hand: Hand) -> Seen:
        server, seen = self._place.v1(), Seen()
        for tree in server.trees():
            old = self._memory.get(tree.checkpoint.origin)
            try:
                self._place.believed(tree.text.encode(), server.name)
                _not_back(old, tree.checkpoint)
                if old is not None:
                    _grew(server, tree, old, tree.checkpoint)
                first = self._first(old, tree.checkpoint.size)
                entries = self._v1_entries(server, tree, first)
                seen = seen.and_(self._new(tree.checkpoint.origin, entries, tree.text, hand))
            except Refused as error:
                seen = seen.and_(_fork(hand, tree.checkpoint.origin, error))
        return seen

    def _v1_entries(self, server: RekorV1, tree: rekor_v1.Shown, first: int) -> Iterator[tuple[int, Described]]:
        """The entries of a tree, each proved to be where it is, in a tree that grew out of this one."""
        known = {(tree.checkpoint.size, tree.checkpoint.root)}
        for start in range(first, tree.checkpoint.size, rekor_v1.AT_ONCE):
            end = min(start + rekor_v1.AT_ONCE, tree.checkpoint.size)
            for index, (uuid, entry) in enumerate(server.some([tree.offset + one for one in range(start, end)]), start):
                found = of_v1(self._place, server, uuid, entry)
                shown = found.shown.checkpoint
                if found.proof_index != index:
                    raise Refused(f"{server.name} proves the entry {found.proof_index} in place of {index}")
                if (shown.size, shown.root) not in known:
                    _grew(server, tree, tree.checkpoint, shown)
                    known.add((shown.size, shown.root))
                yield found.index, found.about


def _grew(server: RekorV1, tree: rekor_v1.Shown, old: Checkpoint, new: Checkpoint) -> None:
    proof = server.consistency(tree.tree_id, old.size, new.size) if 0 < old.size < new.size else []
    merkle.check_consistency(old.size, new.size, old.root, new.root, proof)


def _not_back(old: Checkpoint | None, new: Checkpoint) -> None:
    if old is not None and new.size < old.size:
        raise Refused(f"the log shows {new.size} entries after it showed {old.size}: it took entries back")


def _fork(hand: Hand, origin: str, error: Refused | InputError) -> Seen:
    hand(Alert("fork", origin, error.what))
    return Seen(alerts=1, forked=True)
