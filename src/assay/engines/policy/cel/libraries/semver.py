"""Semantic versions (k8s.io/apiserver/pkg/cel/library/semverlib.go); ``semver(text, true)`` repairs common faults."""

from __future__ import annotations

import re

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library
from assay.engines.policy.cel.values import Opaque

_SEMVER = "kubernetes.Semver"
_NUMBER = r"(0|[1-9][0-9]{0,18})"
_LABEL = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_LABEL}))?(?:\+({_LABEL}))?")
_MAX_LENGTH = 400
_PARTS = 3


class Semver(Opaque):
    """A version; build metadata is no part of its order."""

    cel_type = _SEMVER
    __slots__ = ("key", "numbers", "source")

    def __init__(self, source: str, numbers: tuple[int, ...], pre: str) -> None:
        self.source, self.numbers = source, numbers
        self.key = (numbers, not pre, tuple(map(_label, pre.split("."))) if pre else ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Semver) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def text(self) -> str:
        """As it was written."""
        return self.source

    plain = text


def _label(part: str) -> tuple[bool, int, str]:
    return (False, int(part), "") if part.isdigit() else (True, 0, part)


def _parsed(text: str, normalize: bool = False) -> Semver | None:
    source = _normalized(text[:_MAX_LENGTH]) if normalize else text
    found = _VERSION.fullmatch(source) if len(source) <= _MAX_LENGTH else None
    if found is None or any(part.isdigit() and part != str(int(part)) for part in (found[4] or "").split(".")):
        return None
    return Semver(source, (int(found[1]), int(found[2]), int(found[3])), found[4] or "")


def _normalized(text: str) -> str:
    """Without a leading ``v`` and zeros in front of numbers, with the numbers that are missing."""
    bare = text.removeprefix("v")
    cut = next((at for at, letter in enumerate(bare) if letter in "-+"), len(bare))
    numbers = [part.lstrip("0") or ("0" if part else "") for part in bare[:cut].split(".")]
    return ".".join([*numbers, *["0"] * (_PARTS - len(numbers))]) + bare[cut:]


def _semver(text: str, normalize: bool = False) -> Semver:
    found = _parsed(text, normalize)
    if found is None:
        raise Untold(f"{text!r:.80} is no semantic version")
    return found


def _compare(one: Semver, other: Semver) -> int:
    return (one.key > other.key) - (one.key < other.key)


SEMVER = Library(
    "semver",
    {
        f"semver(string): {_SEMVER}": _semver,
        f"semver(string, bool): {_SEMVER}": _semver,
        "isSemver(string): bool": lambda text: _parsed(text) is not None,
        "isSemver(string, bool): bool": lambda text, normalize: _parsed(text, normalize) is not None,
        f"{_SEMVER} -> major(): int": lambda value: value.numbers[0],
        f"{_SEMVER} -> minor(): int": lambda value: value.numbers[1],
        f"{_SEMVER} -> patch(): int": lambda value: value.numbers[2],
        f"{_SEMVER} -> isGreaterThan({_SEMVER}): bool": lambda one, other: one.key > other.key,
        f"{_SEMVER} -> isLessThan({_SEMVER}): bool": lambda one, other: one.key < other.key,
        f"{_SEMVER} -> compareTo({_SEMVER}): int": _compare,
    },
)
