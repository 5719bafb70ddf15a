"""vendor/modules.txt, what ``go mod vendor`` copied (The Go Modules Reference, "Vendoring").

::

    # golang.org/x/text v0.3.8
    ## explicit; go 1.17
    golang.org/x/text/language
    # golang.org/x/net v1.2.3 => example.org/net v1.2.4
"""

from __future__ import annotations

from assay.ecosystems.golang import module
from assay.errors import Malformed
from assay.model.component import Component, Presence
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The vendored modules; replacements at the end of the file, which name no version, are not modules."""
    modules: dict[str, Component] = {}
    broken = []
    for number, line in enumerate(file.text.split("\n"), 1):
        if line.startswith("# "):
            words = line[2:].split()
            try:
                component = _module(words)
            except Malformed:
                broken.append(number)
                continue
            if component is not None:
                modules.setdefault(component.id, component)
    if broken and not modules:
        raise Malformed(f"not a list of vendored modules: line {broken[0]}")
    reason = f"line {broken[0]} names no module (and {len(broken) - 1} others)" if broken else ""
    return Found(tuple(modules.values()), skipped=(Skipped(file.path, reason),) if broken else ())


def _module(words: list[str]) -> Component | None:
    if len(words) == 2 and words[1].startswith("v"):
        return module.component(words[0], words[1], Presence.DECLARED)
    if "=>" not in words[1:] or not words[words.index("=>") + 1 :]:
        raise Malformed("neither a version nor a replacement")
    arrow = words.index("=>")
    if arrow != 2:
        return None
    path, version = [*words[arrow + 1 :], ""][:2]
    replaced = (module.replaced(words[0], words[1]),)
    return module.component(path, version, Presence.DECLARED, properties=replaced)
