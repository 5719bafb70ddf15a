"""The rule of a version order that decides where one might read two versions otherwise, in a sentence.

``1.35-1 < 1:1.34-2``: *the epoch is compared first: none is 0*. Each sentence names its specification's rule: Debian
policy 5.6.12, rpm-version(7), apk-package(5), Maven's ComparableVersion, semver 2.0.0 section 11, Go's pseudo-versions,
PEP 440.
"""

from __future__ import annotations

import re

_PSEUDO = re.compile(r"v?(\d+\.\d+\.\d+)-(?:[\w.]+\.)?(\d{14})-[0-9a-f]{12}")
_PEP_440 = re.compile(
    r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?",
    re.IGNORECASE,
)
_QUALIFIER = re.compile(r"[A-Za-z]+")
_APK_SUFFIX = re.compile(r"_(alpha|beta|pre|rc|cvs|svn|git|hg|p)")
_RENAMED = re.compile(r"1\.[2-8]|\d+(?:u|[-:]update)")
MAX_LENGTH = 200


def rule(scheme: str, one: str, other: str) -> str:
    """What decides between two versions; empty where plain numbers do, or the scheme has no surprises."""
    pair = (one[:MAX_LENGTH], other[:MAX_LENGTH])
    if scheme in ("debian", "rpm", "alpm"):
        return _packaged(scheme, *pair)
    found = _RULES.get(scheme)
    return found(*pair) if found is not None else ""


def _packaged(scheme: str, one: str, other: str) -> str:
    """Tildes mean nothing to pacman, and carets something to rpm alone."""
    epochs = [(text.partition(":")[0] if ":" in text else "0").lstrip("0") for text in (one, other)]
    if epochs[0] != epochs[1]:
        return "the epoch before the colon is compared first, and none is 0"
    if scheme != "alpm" and one.count("~") != other.count("~"):
        return "a tilde is before everything, even the end"
    if scheme == "rpm" and ("^" in one) != ("^" in other):
        return "a caret is after the end, and before any other sign"
    return ""


def _semver(one: str, other: str) -> str:
    pseudo = [_PSEUDO.fullmatch(text) for text in (one, other)]
    if any(pseudo):
        return _pseudo(*pseudo)
    if one.partition("+")[0].lstrip("v") == other.partition("+")[0].lstrip("v"):
        return "what follows a plus is not compared" if one.lstrip("v") != other.lstrip("v") else ""
    return "a pre-release is before its release" if any("-" in text.partition("+")[0] for text in (one, other)) else ""


def _built(one: str, other: str) -> str:
    """Julia and Dart compare builds."""
    if one.partition("+")[0].lstrip("v") == other.partition("+")[0].lstrip("v") and one.lstrip("v") != other.lstrip(
        "v"
    ):
        return "a build (after the plus) is after the version without one, and before the next version"
    return _semver(one, other)


def _pseudo(one: re.Match[str] | None, other: re.Match[str] | None) -> str:
    if one is None or other is None:
        return "a pseudo-version is a pre-release of the version that it begins with"
    if one[1] != other[1]:
        return "of pseudo-versions the version that they begin with is compared first"
    return f"of these pseudo-versions the time of the commit decides: {_moment(one[2])} and {_moment(other[2])} UTC"


def _moment(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"


def _maven(one: str, other: str) -> str:
    words = [_QUALIFIER.findall(text) for text in (one, other)]
    if words[0] == words[1]:
        return ""
    return (
        "qualifiers: alpha, beta, milestone, rc, snapshot, then none (ga, final, release), sp, then others by letters"
    )


def _alpine(one: str, other: str) -> str:
    if _APK_SUFFIX.findall(one) or _APK_SUFFIX.findall(other):
        return "suffixes: _alpha, _beta, _pre, _rc, then none, _cvs, _svn, _git, _hg, _p; -r comes last"
    return ""


def _pypi(one: str, other: str) -> str:
    legacy = [text for text in (one, other) if not _PEP_440.fullmatch(text.strip())]
    if len(legacy) == 1:
        return f"{legacy[0]} is not of PEP 440, and such versions are before all that are"
    if legacy:
        return "neither is of PEP 440: they are compared as setuptools once did"
    if ("+" in one) != ("+" in other):
        return "a local version (after the plus) is after the public one, before the next"
    if _QUALIFIER.search(one.lstrip("v")) or _QUALIFIER.search(other.lstrip("v")):
        return "dev, then a, b, rc are before the release, post after it"
    return ""


def _jvm(one: str, other: str) -> str:
    if any(_RENAMED.match(text) for text in (one, other)):
        return "1.8.0_402, 8u402 and 8.0.402 are one version: updates of Java 8 and before have several names"
    return "what follows a plus is not compared" if "+" in one or "+" in other else ""


_RULES = {"maven": _maven, "alpine": _alpine, "pypi": _pypi, "jvm": _jvm} | dict.fromkeys(
    ("semver", "hex", "nuget", "swift"), _semver
)
_RULES |= dict.fromkeys(("julia", "pub"), _built)
