"""rebar.lock (Rebar3, "Dependencies"; `rebar_config:consult_lock_file/1`).

A bare list in version 1; since then a tuple of version and list, and a second term with digests (``pkg_hash_ext`` of
the package as it is downloaded). The last number is the level: 0 are direct dependencies::

    {"1.2.0",
    [{<<"cowlib">>,{pkg,<<"cowlib">>,<<"2.11.0">>},1},
     {<<"tools">>,{git,"https://git.example/tools.git",{ref,"027dbe2e..."}},0}]}.
    [{pkg_hash_ext,[{<<"cowlib">>, <<"2B3E9DA0B21C4565751A6D4901C20D1B4CC25CBB7FD50D91D2AB6DD287BC86A9">>}]}].
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import digest, purl
from assay.formats.erlang_term import Term, load_erlang
from assay.model.component import Component, ExternalReference, Presence
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The packages of a lock file; it holds no edges."""
    terms = load_erlang(file.text)
    packages = _packages(terms)
    digests = _digests(terms)
    found = [_component(item, digests) if isinstance(item, tuple) and len(item) > 1 else None for item in packages]
    components = tuple(component for component in found if component is not None)
    unknown = len(found) - len(components)
    skipped = (Skipped(file.path, f"{unknown} packages without version or repository"),) if unknown else ()
    return Found(components, skipped=skipped)


def _packages(terms: list[Term]) -> list[Term]:
    first = terms[0] if terms else []
    listed = first[1] if isinstance(first, tuple) and len(first) > 1 else first
    if not isinstance(listed, list):
        raise Malformed("rebar.lock without a list of packages")
    return listed


def _digests(terms: list[Term]) -> dict[str, str]:
    """The digests of packages as they are downloaded, by name."""
    sections = terms[1] if len(terms) > 1 and isinstance(terms[1], list) else []
    for section in sections:
        if isinstance(section, tuple) and len(section) > 1 and section[0] == "pkg_hash_ext":
            pairs = section[1] if isinstance(section[1], list) else []
            return {_text(pair, 0): _text(pair, 1) for pair in pairs}
    return {}


def _text(term: Term, index: int) -> str:
    part = term[index] if isinstance(term, tuple) and len(term) > index else ""
    return str(part) if isinstance(part, str) else ""


def _component(item: tuple[Term, ...], digests: dict[str, str]) -> Component | None:
    name, source = _text(item, 0), item[1]
    kind = _text(source, 0) if name else ""
    if kind in ("git", "hg", "git_subdir") and isinstance(source, tuple):
        return _from_repository(name, kind.partition("_")[0], source)
    package, version = _text(source, 1) or name, _text(source, 2)
    if kind != "pkg" or not version:
        return None
    known = digest.find(f"sha256:{digests[name]}") if digests.get(name) else None
    return Component(
        package,
        version,
        purl=purl.attempt("hex", package, version),
        presence=Presence.DECLARED,
        digests=(known,) if known else (),
    )


def _from_repository(name: str, system: str, source: tuple[Term, ...]) -> Component:
    url, revision = _text(source, 1), _text(source[2], 1) if len(source) > 2 else ""
    location = f"{system}+{url}@{revision}" if url and revision else ""
    return Component(
        name,
        purl=purl.attempt("hex", name, qualifiers={"vcs_url": location}),
        presence=Presence.DECLARED,
        references=(ExternalReference("vcs", url, revision),) if "://" in url else (),
    )
