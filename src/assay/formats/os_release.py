"""os-release (os-release(5) of systemd): assignments as a shell would read them.

::

    PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
    ID=debian
    ID_LIKE='rhel fedora'
    VERSION_ID="12"
    CPE_NAME="cpe:/o:rocky:rocky:9::baseos"

Package databases lie in the same root folder as the os-release that tells whose packages they are: every ecosystem of
system packages reads it through `parse`, asks `systems` which system a root folder is, and has its package URLs
completed by `complete`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from assay.errors import Malformed
from assay.model.component import Component
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

PER_FOLDER = 100

_LINE = re.compile(r"^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ID = re.compile(r"[^a-z0-9._-]+")


def parse(file: File) -> Found:
    """The distribution of a root folder; the lower ``facts["priority"]``, the rather it names the whole system."""
    at_etc = file.path.endswith("etc/os-release")
    root = file.path.removesuffix("etc/os-release" if at_etc else "usr/lib/os-release").rstrip("/")
    facts = {"priority": priority(root, 10 if at_etc else 11)}
    return Found(root=root, distribution=read(file.text), facts=facts)


def priority(root: str, rank: int) -> int:
    """A root folder further down counts after all files of one further up."""
    return PER_FOLDER * (len(root.split("/")) if root else 0) + rank


def read(text: str) -> Distribution:
    """The distribution; without ``ID`` it is ``linux``, as the manual says. Raises `Malformed` where none is named."""
    values = assignments(text)
    if not values.keys() & {"ID", "NAME", "PRETTY_NAME", "VERSION_ID"}:
        raise Malformed("an os-release file that names no system")
    return Distribution(
        id=identifier(values.get("ID", "")) or "linux",
        version_id=values.get("VERSION_ID", ""),
        name=values.get("NAME", ""),
        pretty_name=values.get("PRETTY_NAME", ""),
        version_codename=values.get("VERSION_CODENAME", ""),
        id_like=tuple(values.get("ID_LIKE", "").split()),
        variant_id=values.get("VARIANT_ID", ""),
        cpe_name=values.get("CPE_NAME", ""),
        home_url=values.get("HOME_URL", ""),
    )


def assignments(text: str) -> dict[str, str]:
    """The variables of a file of shell assignments; nothing is expanded."""
    return {name: _unquote(value.strip()) for name, value in _LINE.findall(text)}


def identifier(text: str) -> str:
    """A valid ``ID``: lower-case letters, digits, full stops, underscores and dashes."""
    return _ID.sub("-", text.strip().lower()).strip("-")


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPE.sub(r"\1", value[1:-1])
    return value


def systems(files: Iterable[Located], whole: Distribution | None) -> Callable[[str], Distribution | None]:
    """Which distribution a root folder is: its own os-release, else that of the whole artifact.

    A busybox alone has no packages; a package found beside it is of another distribution, which nobody tells.
    """
    known: dict[str, tuple[int, Distribution]] = {}
    for located in files:
        found = located.found
        rank = found.facts.get("priority")
        if found.distribution is not None and isinstance(rank, int):
            best = known.get(found.root)
            if best is None or rank < best[0]:
                known[found.root] = rank, found.distribution

    def system(root: str) -> Distribution | None:
        found = known[root][1] if root in known else whole
        return None if found is not None and found.id == "busybox" else found

    return system


def complete(item: Component, namespace: str, system: Distribution) -> Component:
    """A component whose purl has its namespace and ``distro=ID-VERSION_ID``."""
    if item.purl is None:
        return item
    distro = f"{system.id}-{system.version_id}".rstrip("-")
    qualifiers = tuple(sorted((*item.purl.qualifiers, ("distro", distro))))
    return item.changed(namespace=namespace, purl=replace(item.purl, namespace=namespace, qualifiers=qualifiers))
