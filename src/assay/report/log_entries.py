"""Entries of logs for people: one to a line, or one with all that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from assay.formats.json import Json, Object

_SHOWN = ("digests", "subjects", "issuers", "keys", "certificates")


def line(entry: Object) -> str:
    """``12  hashedrekord 0.0.2  you@example.org  sha256:9f86d0…``."""
    who = _texts(entry["subjects"]) or [f"key {text[:16]}" for text in _texts(entry["keys"])] or ["-"]
    kind = f"{entry['kind']} {entry['version']}" if entry["kind"] else "unknown"
    about = (_texts(entry["digests"]) or [f"leaf {entry['leafHash']}"])[0]
    return f"{entry['logIndex']:>9}  {kind:<18}  {_clean(', '.join(who))}  {_clean(about)}\n"


def whole(entry: Object) -> str:
    """All of an entry, and its proof."""
    proof = entry["inclusionProof"]
    assert isinstance(proof, dict)
    rows = [("entry", f"{entry['logIndex']} of {entry['origin']}"), ("uuid", entry["uuid"])]
    rows += [("kind", f"{entry['kind']} {entry['version']}" if entry["kind"] else "not one of Rekor's")]
    rows += [(name.removesuffix("s"), text) for name in _SHOWN for text in _texts(entry[name])]
    rows += [("time", _time(entry["integratedTime"])), ("leaf hash", entry["leafHash"])]
    hashes = proof["hashes"]
    count = len(hashes) if isinstance(hashes, list) else 0
    rows += [("included", f"in the tree of {proof['treeSize']}, root {proof['rootHash']}, by {count} hashes: checked")]
    rows += [("witnessed", ", ".join(_texts(entry["witnesses"])))]
    return "".join(f"{name:<12} {_clean(str(value))}\n" for name, value in rows if value)


def _time(value: Json) -> str:
    seconds = value if isinstance(value, int) else 0
    return datetime.fromtimestamp(seconds, UTC).isoformat() if 0 < seconds < 1 << 36 else ""


def _texts(value: Json) -> Sequence[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _clean(text: str) -> str:
    """Whoever signs writes their own name: it may not move the cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
