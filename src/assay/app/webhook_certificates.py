"""The webhooks' authority and certificate in a Secret that all replicas share, and how they are exchanged.

    ca.crt                     every authority to trust (what goes into ``caBundle``)
    current.crt, current.key   the authority that issues
    tls.crt, tls.key           what is served
    next.crt, next.key         an authority that is announced and issues nothing yet
    old.crt                    one that issues no more, whose certificates may still be served

An authority is exchanged in three steps, so that no call fails: the next one is announced in ``caBundle``; when that
has been in force for the overlap, it issues what is served; when that in turn has been there for the overlap, the old
one is no longer trusted. Waiting is counted by the clock of the process, which nobody sets.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from assay.adapters.kubernetes.client import Conflict
from assay.app import admission_tls, webhook_pairs
from assay.app.webhook_pairs import Pair
from assay.errors import ExternalError
from assay.formats.json import as_object, as_text
from assay.model.policy import GroupVersionKind, Object

SECRET = GroupVersionKind("", "v1", "Secret")
ROTATE = "assay.dev/rotate"
"""An annotation of the Secret: another value asks for another authority."""
_ROTATED = "assay.dev/rotated"
OVERLAP = 120.0
_CA_LEFT = timedelta(days=365 * 2)
_LEAF_LEFT = timedelta(days=webhook_pairs.DAYS / 3)
_REREAD = 3.0
_FIELDS = ("current.crt", "current.key", "tls.crt", "tls.key", "next.crt", "next.key", "old.crt")


class Secrets(Protocol):
    """What is needed of a cluster."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        ...

    def create(self, item: Object) -> Object:
        """Make an object."""
        ...

    def replace(self, item: Object) -> Object:
        """Put an object in the place of another."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What the Secret holds."""

    current: Pair
    served: Pair
    following: Pair | None = None
    old: str = ""

    @property
    def bundle(self) -> bytes:
        """The authorities to trust."""
        announced = self.following.certificate if self.following is not None else ""
        return f"{self.current.certificate}{announced}{self.old}".encode()

    @classmethod
    def of(cls, secret: Object) -> Kept | None:
        """None where it is empty or damaged: then everything is made anew."""
        data = as_object(secret.get("data"))
        found = {name: _decoded(as_text(data.get(name))) for name in _FIELDS}
        following = Pair(found["next.crt"], found["next.key"]) if found["next.crt"] and found["next.key"] else None
        kept = cls(
            Pair(found["current.crt"], found["current.key"]),
            Pair(found["tls.crt"], found["tls.key"]),
            following,
            found["old.crt"],
        )
        return kept if kept.current.certificate and kept.served.certificate else None

    def data(self) -> Object:
        """The fields of the Secret."""
        following = self.following or Pair("", "")
        texts = {
            "current.crt": self.current.certificate,
            "current.key": self.current.key,
            "tls.crt": self.served.certificate,
            "tls.key": self.served.key,
            "next.crt": following.certificate,
            "next.key": following.key,
            "old.crt": self.old,
            "ca.crt": self.bundle.decode(),
        }
        return {name: base64.b64encode(text.encode()).decode() for name, text in texts.items() if text}


def fresh(names: Sequence[str], now: datetime) -> Kept:
    """A new authority and a certificate of it."""
    current = webhook_pairs.authority(now)
    return Kept(current, webhook_pairs.issue(current, names, now))


def step(kept: Kept, names: Sequence[str], now: datetime, waited: bool, asked: bool = False) -> Kept:
    """The next step that is due; the same where none is. `waited` says that what is there was in force long enough.

    `asked` asks for another authority, though the present one holds still.
    """
    if kept.following is not None and waited:
        served = webhook_pairs.issue(kept.following, names, now)
        return Kept(kept.following, served, old=kept.current.certificate)
    if kept.old and waited:
        return replace(kept, old="")
    if not kept.old and kept.following is None and (asked or not webhook_pairs.holds(kept.current, now, _CA_LEFT)):
        return replace(kept, following=webhook_pairs.authority(now))
    if not webhook_pairs.holds(kept.served, now, _LEAF_LEFT, names):
        return replace(kept, served=webhook_pairs.issue(kept.current, names, now))
    return kept


class Certificates:
    """Keeps the Secret and the files of this replica; every replica reads, the one that leads exchanges."""

    def __init__(
        self,
        cluster: Secrets,
        place: tuple[str, str],
        names: Sequence[str],
        folder: Path,
        overlap: float = OVERLAP,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster, self._place, self._names = cluster, place, names
        self.files, self._overlap = admission_tls.places(folder), overlap
        self._clock, self._now = clock, now
        self._next = float("-inf")
        self._kept: Kept | None = None
        self._since = clock()

    @property
    def bundle(self) -> bytes:
        """The authorities to trust, as the Secret had them last."""
        return self._kept.bundle if self._kept is not None else b""

    def begin(self, seconds: float = 30) -> None:
        """Read the Secret, fill it where it is empty, and write the files; raises `ExternalError`."""
        end = self._clock() + seconds
        while self._kept is None:
            try:
                self._take(self._read())
            except Conflict as error:  # another replica filled it at the same time
                if self._clock() > end:
                    raise ExternalError(f"the Secret {'/'.join(self._place)} is changed by many", "look who") from error

    def round(self, leads: bool, in_force: Callable[[bytes], float] | None = None) -> None:
        """Take over what another replica wrote, and, leading, take the step that is due; raises `ExternalError`."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + min(_REREAD, self._overlap / 2)
        try:
            secret = self._read()
            self._take(secret)
            if leads and self._kept is not None:
                self._advance(secret, self._kept, in_force)
        except Conflict:
            return  # the next round sees what is there

    def _advance(self, secret: Object, kept: Kept, in_force: Callable[[bytes], float] | None) -> None:
        waiting = in_force(kept.bundle) if in_force is not None else self._clock() - self._since
        waited = min(waiting, self._clock() - self._since) >= self._overlap
        notes = as_object(as_object(secret.get("metadata")).get("annotations"))
        asked = as_text(notes.get(ROTATE)) != as_text(notes.get(_ROTATED))
        after = step(kept, self._names, self._now(), waited, asked)
        if after != kept:
            done = {_ROTATED: as_text(notes.get(ROTATE))} if asked and after.following is not None else {}
            self._take(self._write(secret, after, done))

    def _read(self) -> Object:
        """The Secret, filled: with what was there before where somebody emptied it."""
        found = self._cluster.get(SECRET, *self._place)
        if found is not None and Kept.of(found) is not None:
            return found
        return self._write(found, self._kept or fresh(self._names, self._now()), {})

    def _write(self, secret: Object | None, kept: Kept, notes: Mapping[str, str]) -> Object:
        namespace, name = self._place
        if secret is None:
            metadata: Object = {"name": name, "namespace": namespace}
            bare: Object = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata}
            return self._cluster.create({**bare, "data": kept.data()})
        metadata = as_object(secret.get("metadata"))
        annotations = {**as_object(metadata.get("annotations")), **notes}
        return self._cluster.replace(
            {**secret, "metadata": {**metadata, "annotations": annotations}, "data": kept.data()}
        )

    def _take(self, secret: Object) -> None:
        """Write the files where something changed."""
        kept = Kept.of(secret)
        if kept is None or kept == self._kept:
            return
        try:
            admission_tls.write(self.files, kept.served, kept.bundle.decode())
        except OSError as error:
            what = f"{self.files.certificate.parent} cannot be written: {error.strerror}"
            raise ExternalError(what, "name another place: --data-dir") from error
        self._kept, self._since = kept, self._clock()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
