"""requirements.txt and constraints.txt (pip, "Requirements file format").

::

    -r base.txt
    --index-url https://index.example/simple
    requests[socks] ==2.32.4 ; python_version >= "3.9" \\
        --hash=sha256:27d0316682c8a29834d3264820024b62a36942083d52caf2f14c0591336d3422
    ./wheels/numpy-1.9.2-cp34-none-win32.whl
    -e git+https://code.example/click.git@8.2.1#egg=click

Only an exact pin is a version. Lines that need an environment variable are skipped with that reason; includes are
facts for `assembly`, which also pins what a constraints file pins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assay.ecosystems.pypi import package, requirement
from assay.errors import Malformed
from assay.model.component import Component, ComponentType, Occurrence, Scope
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_OPTION = re.compile(r"\s(?:--hash|--global-option|--config-settings?|--install-option|-C)(?:[=\s]|$)")
_HASH = re.compile(r"--hash[=\s]\s*(\S+)")
_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)[=\s]*(\S.*)")
_EDITABLE = re.compile(r"(?:-e|--editable)[=\s]\s*")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_WHEEL = re.compile(r"(?:^|[/\\])([A-Za-z0-9._]+)-([0-9][^-/\\]*)(?:-[^-/\\]+){3,4}\.whl$")
_NAMED = re.compile(r"^[\w.-]+\s*(?:\[[^\[\]]*\]\s*)?@\s*(?=[\w+]+:)")
_SDIST = re.compile(r"(?:^|[/\\])([A-Za-z0-9._-]+)-([0-9][^-/\\]*)\.(?:tar\.gz|tgz|zip|tar\.bz2)$")
_FOLDER = re.compile(
    r"(?:(?:-e|--editable)[=\s]\s*)?(?:\.|[./]\S*)(?:\[[^\]]*\])?(?:\s|$)"
)  # its own manifest names it
_DEVELOPMENT = frozenset({"dev", "develop", "development", "test", "tests", "testing", "doc", "docs", "lint"})
_MAX_LINE = 1 << 20


def parse(file: File) -> Found:
    """The requirements of a file, and the files that it includes."""
    if package.is_packaged(file.path):
        return Found()
    scope = _scope(file.path)
    components: list[Component] = []
    skipped: list[Skipped] = []
    includes: list[tuple[str, bool]] = []
    for number, line in _lines(file.text):
        where = _INCLUDE.match(line)
        if where:
            includes.append((_join(file.folder, where[2].strip("'\" ")), "c" in where[1][:3]))
        elif line.startswith("-") and not _EDITABLE.match(line):
            continue
        elif _VARIABLE.search(line):
            skipped.append(Skipped(file.path, f"line {number} needs an environment variable: {line[:80]}"))
        else:
            found = _component(line, scope)
            if found is None and _FOLDER.match(line[:1000]):
                continue
            if found is None:
                skipped.append(Skipped(file.path, f"line {number} is no requirement: {line[:80]}"))
            else:
                components.append(replace(found, occurrences=(Occurrence(file.path, line=number),)))
    if skipped and not components and not includes:
        raise Malformed(f"no requirement in it: {skipped[0].reason}")
    return Found(
        tuple(components),
        provides=package.provided(components),
        scope=f"pypi:file:{file.path}",
        skipped=tuple(skipped),
        facts={"includes": tuple(includes)} if includes else {},
    )


def _scope(path: str) -> Scope:
    """By convention the name of the file or of its folder says that it is for development."""
    words = re.split(r"[-_./]", "/".join(path.lower().split("/")[-2:]))
    return Scope.REQUIRED if _DEVELOPMENT.isdisjoint(words) else Scope.EXCLUDED


def included(file: File) -> Found:
    """A file of a name that requirements files include; `assembly` drops it where none does.

    What it could not read is told only where it is included: most files of these names are something else.
    """
    if file.folder.endswith("requirements"):
        return Found()  # a requirements file by its folder already
    try:
        found = parse(file)
    except Malformed:
        return Found()
    unread = [item.reason for item in found.skipped]
    return replace(found, skipped=(), facts={**found.facts, "included": file.path, "unread": unread})


def constraints(file: File) -> Found:
    """The exact pins of a constraints file: facts only, for a constraint asks for nothing."""
    found = (requirement.parse(_split(line)[0]) for _, line in _lines(file.text))
    pins = {requirement.normalise(one.name): one.version for one in found if one and one.version}
    return Found(facts={"pins": pins})


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first physical one: comments out, continuations joined."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw[:_MAX_LINE])
        start = start or number
        if line.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        joined = "".join([*parts, line]).strip()
        if joined:
            yield start, joined
        parts, start = [], 0
    if joined := "".join(parts).strip():
        yield start, joined


def _split(line: str) -> tuple[str, list[str]]:
    """The requirement and its hashes; other options of one requirement say nothing about it."""
    options = _OPTION.search(line)
    if options is None:
        return line, []
    return line[: options.start()].strip(), _HASH.findall(line[options.start() :])


def _component(line: str, scope: Scope) -> Component | None:
    text, hashes = _split(line)
    editable = _EDITABLE.match(text)
    text = text[editable.end() :] if editable else text
    named = None if editable else requirement.parse(text)
    if named is None or "/" in text.partition(";")[0].partition("@")[0] or text.endswith(".whl"):
        return _reference(text, scope)
    if named.specifier in ("==", "===", ">=", "<=", "~=", "!=", "<", ">"):
        return None
    digests, properties = package.accepted(hashes)
    component = package.from_requirement(named, scope)
    return replace(component, digests=digests, properties=component.properties + properties)


def _reference(text: str, scope: Scope) -> Component | None:
    """A URL, a repository or a path: its name is in ``#egg=``, in ``NAME @`` or in the name of the archive."""
    url = _NAMED.sub("", text.partition(" ;")[0].strip("'\" "))
    egg = _EGG.search(url)
    bare = url.partition("#")[0].partition("?")[0]
    archive = _WHEEL.search(bare) or _SDIST.search(bare)
    if egg is None and archive is None:
        return None
    name = egg[1] if egg else archive[1].replace("_", "-") if archive else ""
    qualifiers, properties = package.direct(url)
    return package.declared(
        name,
        archive[2] if archive else "",
        kind=ComponentType.LIBRARY,
        scope=scope,
        qualifiers=qualifiers,
        properties=properties,
    )


def _join(folder: str, path: str) -> str:
    """`path` as seen from `folder`, without ``.`` and ``..``; URLs stay as they are."""
    if "://" in path:
        return path
    parts: list[str] = []
    for part in [*folder.split("/"), *path.replace("\\", "/").split("/")]:
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
