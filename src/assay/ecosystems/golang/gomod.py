"""go.mod and go.work (The Go Modules Reference, "go.mod files", "Workspaces").

::

    module sample.example/tool
    go 1.21
    toolchain go1.22.3
    require (
        golang.org/x/text v0.3.8 // indirect
    )
    replace golang.org/x/text v0.3.8 => example.org/text v0.3.9
    exclude golang.org/x/net v1.2.3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.ecosystems.golang import module
from assay.errors import Malformed
from assay.model.component import Component, ComponentType, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_VERBS = frozenset(
    {
        "module",
        "go",
        "toolchain",
        "godebug",
        "require",
        "replace",
        "exclude",
        "retract",
        "tool",
        "ignore",
        "use",
    }
)


@dataclass(slots=True)
class _ModFile:
    module: str = ""
    go: str = ""
    toolchain: str = ""
    required: list[tuple[str, str, bool]] = field(default_factory=list)
    replacements: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    broken: int = 0


def parse(file: File) -> Found:
    """The required modules as they are replaced, the module itself, and the standard library of its Go
    version.
    """
    content = _read(file.text)
    modules = {item.id: item for item in (_required(content, *row) for row in content.required)}
    direct = [_required(content, *row).id for row in content.required if not row[2]]
    library = _standard_library(content)
    components = [*modules.values(), library] if library is not None else [*modules.values()]
    edges: list[tuple[str, str]] = []
    if content.module:
        kind = ComponentType.APPLICATION
        project = module.component(content.module, "", Presence.DECLARED, kind)
        edges = [(project.id, item) for item in dict.fromkeys(direct) if item != project.id]
        edges += [(project.id, library.id)] if library is not None else []
        components.insert(0, project)
    reason = f"{content.broken} lines of the module file could not be understood"
    skipped = (Skipped(file.path, reason),) if content.broken else ()
    facts = {"go": content.go, "module": content.module}
    return Found(tuple(components), tuple(edges), skipped=skipped, facts=facts)


def parse_workspace(file: File) -> Found:
    """The standard library that a workspace asks for; its modules have their own files."""
    library = _standard_library(_read(file.text))
    return Found((library,) if library is not None else ())


def _standard_library(content: _ModFile) -> Component | None:
    chosen = module.standard_library(content.toolchain, Presence.DECLARED)
    return chosen or module.standard_library(content.go, Presence.DECLARED, minimum=True)


def _required(content: _ModFile, path: str, version: str, indirect: bool) -> Component:
    target = content.replacements.get((path, version)) or content.replacements.get((path, ""))
    properties = [Property("assay:golang:indirect", "true")] if indirect else []
    if target is not None:
        properties.append(module.replaced(path, version))
        path, version = target
    elif (path, version) in content.excluded:
        properties.append(Property("assay:golang:excluded", "true"))
    return module.component(path, version, Presence.DECLARED, properties=tuple(properties))


def _read(text: str) -> _ModFile:
    content = _ModFile()
    understood = 0
    for verb, words, indirect in _statements(text):
        try:
            _apply(content, verb, words, indirect)
            understood += 1
        except Malformed:
            content.broken += 1
    if content.broken and not understood:
        raise Malformed("not a Go module file: no known directive")
    return content


def _statements(text: str) -> Iterator[tuple[str, list[str], bool]]:
    """The directives one by one, with the verb of their block; the flag says ``// indirect``."""
    block = ""
    for line in text.split("\n"):
        body, _, comment = line.partition("//")
        words = [word.strip('"`') for word in body.split()]
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif not block and words[-1] == "(" and len(words) == 2:
            block = words[0]
        elif not block and words[-1] == "()":
            continue
        else:
            indirect = comment.strip() == "indirect" or comment.strip().startswith("indirect;")
            yield (block, words, indirect) if block else (words[0], words[1:], indirect)


def _apply(content: _ModFile, verb: str, words: list[str], indirect: bool) -> None:
    if verb not in _VERBS or not words:
        raise Malformed(f"unknown directive {verb[:40]!r}")
    if verb in ("module", "go", "toolchain"):
        setattr(content, verb, words[0])
    elif verb == "require":
        path, version = _pair(words)
        content.required.append((path, version, indirect))
    elif verb == "exclude":
        content.excluded.add(_pair(words))
    elif verb == "replace":
        _replace(content, words)


def _pair(words: list[str]) -> tuple[str, str]:
    if len(words) != 2:
        raise Malformed("a module needs a path and a version")
    return words[0], words[1]


def _replace(content: _ModFile, words: list[str]) -> None:
    if "=>" not in words or not 1 <= words.index("=>") <= 2:
        raise Malformed("a replacement without =>")
    arrow = words.index("=>")
    old, new = [*words[:arrow], ""][:2], [*words[arrow + 1 :], "", ""][:2]
    if not new[0]:
        raise Malformed("a replacement without a target")
    content.replacements[old[0], old[1]] = (new[0], new[1])
