"""What a monitor looks for in the entries of a log, and how it says that it found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.engines.log.describing import Described
from assay.engines.verify.identities import How, Match
from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Object

MOST = 10_000
"""Things in one list."""
_WORDS = ("identity", "issuer", "key", "subject")
_HOW = {"": How.EXACT, "glob:": How.GLOB, "regexp:": How.REGEXP}


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing: an `identity` or `issuer` in certificates, a `key` or a `subject` (artifact) by its SHA-256."""

    what: str
    wanted: Match

    def found(self, about: Described) -> bool:
        """Whether an entry is about it."""
        if self.what == "identity":
            return any(map(self.wanted.holds, about.subjects))
        if self.what == "issuer":
            return any(map(self.wanted.holds, about.issuers))
        if self.what == "key":
            return self.wanted.text.lower().removeprefix("sha256:") in (*about.keys, *about.certificates)
        text = self.wanted.text.lower()
        return any(text in (digest, digest.partition(":")[2]) for digest in about.digests)

    def __str__(self) -> str:
        return f"{self.what} {self.wanted}"


def watched(what: str, text: str) -> Watched:
    """One of ``identity``, ``issuer``, ``key``, ``subject``; the first two take ``glob:`` and ``regexp:`` in front."""
    if what not in _WORDS or not text:
        raise Malformed(f"{what[:40]!r} is nothing to watch for", f"there are: {', '.join(_WORDS)}")
    if what in ("identity", "issuer"):
        for prefix in ("glob:", "regexp:"):
            if text.startswith(prefix):
                return Watched(what, Match(text.removeprefix(prefix), _HOW[prefix]))
    return Watched(what, Match(text))


def parsed(text: str) -> list[Watched]:
    """A list in a file, a line each: ``identity you@example.org``; ``#`` begins a comment."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip().partition(" ")
        if not words[0] or words[0].startswith("#"):
            continue
        try:
            found.append(watched(words[0], words[2].strip()))
        except Malformed as error:
            raise Malformed(f"line {number}: {error.what}", error.remedy) from error
        if len(found) > MOST:
            raise LimitExceeded(f"more than {MOST} things to watch for")
    return found


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that was watched for is in the log, or (`kind` ``fork``) the log is not what it was."""

    kind: str
    origin: str
    text: str
    index: int = -1
    matched: Sequence[str] = ()
    about: Described | None = None

    def json(self) -> Object:
        """One line for machines."""
        found: Object = {"alert": self.kind, "origin": self.origin, "text": self.text}
        if self.about is not None:
            found |= {"logIndex": self.index, "matched": list(self.matched), "kind": self.about.kind}
            for name in ("digests", "subjects", "issuers", "keys", "certificates"):
                found[name] = list(getattr(self.about, name))
        return found


def look(index: int, origin: str, about: Described, wanted: Sequence[Watched]) -> Alert | None:
    """An alert where an entry is about one of these."""
    matched = [str(item) for item in wanted if item.found(about)]
    if not matched:
        return None
    who = ", ".join(about.subjects) or "a key"
    return Alert("entry", origin, f"entry {index} by {who}: {', '.join(matched)}", index, matched, about)
