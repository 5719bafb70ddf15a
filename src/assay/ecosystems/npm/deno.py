"""deno.lock, versions 2 to 5, and deno.json (Deno, "deno.json and package.json").

::

    {"version": "5",
     "specifiers": {"npm:chalk@5": "5.4.1", "jsr:@std/path@1": "1.0.8"},
     "jsr": {"@std/path@1.0.8": {"integrity": "5bfeb1ca...", "dependencies": ["jsr:@std/internal"]}},
     "npm": {"chalk@5.4.1": {"integrity": "sha512-zgVZuo2W..."}},
     "remote": {"https://deno.example/x/oak@v12.6.1/mod.ts": "0ce1d3c2..."}}

Version 2 has only ``npm`` with ``specifiers`` and ``packages`` inside, version 3 has all of it below ``packages``.
A remote module is a file, not a package; those whose address holds ``NAME@VERSION/`` are one component each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.ecosystems.npm import package
from assay.formats import digest, json, purl
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found

_REMOTE = re.compile(r"(https?://[^?#]*?/([\w.-]+)@v?([^/@]+))/")
_PEERS = re.compile(r"_.*", re.DOTALL)
_EXACT = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


def parse_lock(file: File) -> Found:
    """The locked packages of npm and JSR with their edges, and versioned remote modules."""
    if package.is_packaged(file.path):
        return Found()
    document = json.load_object(file.data)
    inner = as_object(document.get("packages"))
    npm = as_object(document.get("npm") or inner.get("npm"))
    specifiers = as_object(document.get("specifiers") or inner.get("specifiers") or npm.get("specifiers"))
    npm = as_object(npm.get("packages")) if "packages" in npm else npm
    jsr = as_object(document.get("jsr") or inner.get("jsr"))
    known = {f"npm:{key}": _npm(key, as_object(entry)) for key, entry in npm.items()}
    known |= {f"jsr:{key}": _jsr(key, as_object(entry)) for key, entry in jsr.items()}
    names = _latest(known)
    edges = {
        (known[f"{kind}:{key}"].id, target.id): None
        for kind, table in (("npm", npm), ("jsr", jsr))
        for key, entry in table.items()
        for wanted in _wanted(kind, as_object(entry))
        if (target := _find(wanted, known, specifiers, names)) is not None
    }
    provides = []
    for specifier, answer in specifiers.items():
        target = _find(specifier, known, specifiers, names)
        if target is not None and as_text(answer):
            provides.append((f"{file.folder}/lock:{specifier.replace(':/', ':')}", target.id))
            provides.append((package.of_deno(file.folder, package.name_and_rest(specifier[4:])[0]), target.id))
    found = [*known.values(), *_remote(as_object(document.get("remote")))]
    return Found(tuple({one.id: one for one in found}.values()), tuple(edges), provides=tuple(provides))


def parse_manifest(file: File) -> Found:
    """What the import map asks for; a range where deno.lock does not know better."""
    document = json.load_relaxed(file.data)
    components, provides, ranges = [], [], {}
    for value in as_object(document.get("imports")).values():
        specifier = as_text(value).replace(":/", ":")
        component = _asked(specifier)
        if component is not None:
            own = f"{file.folder}/range:{specifier}"
            components.append(component)
            provides.append((own, component.id))
            ranges[own] = [f"{file.folder}/lock:{specifier}"]
    return Found(tuple(components), provides=tuple(provides), facts={"ranges": ranges})


def _asked(specifier: str) -> Component | None:
    kind, _, rest = specifier.partition(":")
    name, wanted = package.name_and_rest(rest)
    wanted = wanted.partition("/")[0]
    if kind not in ("npm", "jsr") or not name.strip("/"):
        return None
    if "@" not in rest[1:]:
        name = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
    exact = wanted if _EXACT.fullmatch(wanted) else ""
    if kind == "jsr":
        return _of_jsr(name, exact, wanted)
    return package.locked(name, exact, version_range=wanted)


def _npm(key: str, entry: Object) -> Component:
    """``chalk@5.4.1``, with ``_PEER@VERSION`` behind it where peers tell instances apart."""
    name, version = package.name_and_rest(key)
    return package.locked(name, _PEERS.sub("", version), digests=package.integrity(entry.get("integrity")))


def _jsr(key: str, entry: Object) -> Component:
    name, version = package.name_and_rest(key)
    return _of_jsr(name, version, "", as_text(entry.get("integrity")))


def _of_jsr(name: str, version: str, version_range: str, checksum: str = "") -> Component:
    namespace, base = package.split(name)
    known = digest.find(checksum) if checksum else None
    return Component(
        base,
        version,
        namespace=namespace,
        purl=purl.attempt("jsr", base, version, namespace),
        presence=Presence.DECLARED,
        version_range="" if version else version_range,
        digests=(known,) if known else (),
    )


def _latest(known: dict[str, Component]) -> dict[str, Component]:
    """Packages under ``npm:NAME`` for dependencies that say no version, which they do where there is but one."""
    return {f"{key[:4]}{package.name_and_rest(key[4:])[0]}": component for key, component in known.items()}


def _wanted(kind: str, entry: Object) -> Iterator[str]:
    """The dependencies as ``npm:NAME@VERSION``: a table up to version 3, a list since."""
    for field in ("dependencies", "optionalDependencies"):
        listed: Json = entry.get(field)
        values = list(listed.values()) if isinstance(listed, dict) else as_list(listed)
        for value in map(as_text, values):
            yield value if value.startswith(("npm:", "jsr:")) else f"{kind}:{value}"


def _find(
    wanted: str, known: dict[str, Component], specifiers: Object, names: dict[str, Component]
) -> Component | None:
    answer = as_text(specifiers.get(wanted))
    name = package.name_and_rest(wanted[4:])[0]
    for key in (answer, f"{wanted[:4]}{answer}", f"{wanted[:4]}{name}@{answer}", wanted, f"{wanted[:4]}{name}"):
        if key in known:
            return known[key]
    return names.get(wanted)


def _remote(remote: Object) -> Iterator[Component]:
    for url in remote:
        match = _REMOTE.match(url)
        if match:
            yield Component(
                match[2],
                match[3],
                purl=purl.attempt("generic", match[2], match[3], qualifiers={"download_url": match[1]}),
                presence=Presence.DECLARED,
                references=(ExternalReference("distribution", match[1]),),
            )
