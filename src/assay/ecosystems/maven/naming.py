"""What a Java archive is called where no pom.properties tells it: manifest and file name.

A manifest (Java Archive File Specification, "JAR Manifest") is lines ``Name: value``; a line that begins with a space
continues the one before, an empty line ends the main section. File names follow ``artifact-version.jar``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SCALA = r"_(?:2\.(?:9|1[0-3])(?:\.\d+)?|3)"
_FILE = re.compile(rf"(?P<name>[A-Za-z][\w.+-]*?(?:{_SCALA}(?=-))?)[-_]v?(?P<version>\d[\w.+~-]*)")
_SCALA_END = re.compile(_SCALA + "$")
_CLASSIFIER = re.compile(
    r"-(?:sources|javadoc|tests|test-sources|jar-with-dependencies|all|shaded|uber|exec|boot|native)$"
)
_VERSION_KEYS = ("Implementation-Version", "Plugin-Version", "Bundle-Version", "Specification-Version")
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_VERSION = re.compile(r"v?\d[\w.+~-]{0,80}")
_GROUP = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*){1,8}")
_ANY_GROUP = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,12}")
_REPOSITORIES = frozenset({"repository", "maven-repo", "maven2", "m2repo"})
_MAX_LINES = 20_000


def manifest(data: bytes) -> dict[str, str]:
    """The main section of a manifest."""
    end = _EMPTY.search(data)
    return (_section(data[: end.end()]) if end else None) or _section(data)


_EMPTY = re.compile(rb"\n\r?\n")


def _section(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    name, parts = "", list[str]()
    text = data.decode("utf-8", "replace").replace("\r\n ", "").replace("\n ", "")  # most lines go on
    for line in text.splitlines()[:_MAX_LINES]:
        if line.startswith(" ") and name:
            parts.append(line[1:])
            continue
        if name:
            found[name] = "".join(parts).strip()
        if not line.strip():
            if found:
                return found
            continue
        name, _, value = line.partition(":")
        parts = [value]
    if name:
        found[name] = "".join(parts).strip()
    return found


def properties(data: bytes) -> dict[str, str]:
    """The keys of a pom.properties file (java.util.Properties, as far as Maven writes it)."""
    lines = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines()[:100] if line[:1] != "#")
    return {name.strip(): value.strip() for name, _, value in lines}


def from_file_name(name: str) -> tuple[str, str]:
    """(artifact, version) of ``artifact-version.jar``; the version is empty where there is none.

    sbt adds the version of Scala to the name of the artifact: ``scala-xml_2.12-1.2.0.jar``.
    """
    stem = name.rpartition(".")[0][:300]
    stem = _CLASSIFIER.sub("", stem)
    match = _FILE.fullmatch(stem)
    return (match["name"], match["version"]) if match else (stem, "")


def version(told: Mapping[str, str]) -> str:
    """The version that a manifest states, without the build's own details."""
    for key in _VERSION_KEYS:
        words = told.get(key, "").split()
        if words and _VERSION.fullmatch(words[0]):
            return words[0]
    return ""


def same_release(version: str, stated: str) -> bool:
    """Whether a manifest's version is that of an artifact, as far as the numbers go (OSGi: 1.0.0.beta).

    True where either says nothing: then nothing speaks against it.
    """
    one, other = (_NUMBERS.match(text) for text in (version, stated))
    if one is None or other is None:
        return True
    digits, more = one[0].split("."), other[0].split(".")
    return all(a == b for a, b in zip(digits, more, strict=False))


def group_from_path(path: str, artifact: str, version: str) -> str:
    """The group of an archive that lies in a repository: ``repository/GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION.jar``."""
    *parts, name, folder, _ = ["", "", *path.split("/")]
    roots = [number for number, part in enumerate(parts) if part in _REPOSITORIES]
    if (name, folder) != (artifact, version) or not roots:
        return ""
    found = ".".join(parts[roots[-1] + 1 :])
    return found if _ANY_GROUP.fullmatch(found) else ""


def group(told: Mapping[str, str], artifact: str) -> str:
    """The group, only where the manifest leaves little doubt.

    Jenkins plug-ins name it; a bundle's symbolic name is group and artifact; Maven's archiver writes the group as
    vendor, which some parents overwrite with a short name that is no group (``org.apache``).
    """
    if _GROUP.fullmatch(told.get("Group-Id", "")):
        return told["Group-Id"]
    bundle = told.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    prefix = bundle.removesuffix(f".{_SCALA_END.sub('', artifact)}")
    if prefix != bundle and "-" in artifact and _GROUP.fullmatch(prefix):
        return prefix
    vendor = told.get("Implementation-Vendor-Id", "")
    return vendor if vendor.count(".") >= 2 and _GROUP.fullmatch(vendor) else ""
