"""Entries of ``context``: variables, config maps, calls of the API and of services, images, global entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.kyverno import api_calls
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template, query
from assay.engines.policy.queries.faults import BadQuery, NotFound
from assay.engines.policy.queries.search import compiled
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind, Object

Load = Callable[[Scope], Any]


class Entry(NamedTuple):
    """A name, and what computes its value; `outside` where that is looked up in the world."""

    name: str
    load: Load
    outside: bool


_KINDS = ("configMap", "apiCall", "imageRegistry", "variable", "globalReference")


def load(holder: Object, place: str) -> tuple[Entry, ...]:
    """The entries in ``context`` of `holder`; raises `Malformed` with the field's place."""
    return tuple(_entry(item, where) for item, where in objects(holder, "context", place))


def enter(scope: Scope, entries: Iterable[Entry]) -> None:
    """Make the entries known in `scope`; they are computed when they are asked for.

    What a test gives takes the place of what would be looked up.
    """
    for entry in entries:
        if not (entry.outside and scope.is_given(entry.name)):
            scope.defer(entry.name, entry.load)


def _entry(item: Object, place: str) -> Entry:
    only(item, ("name", *_KINDS), place)
    name = text(item, "name", place)
    found = [kind for kind in _KINDS if item.get(kind) is not None]
    if not name or len(found) != 1:
        wrong(place, f"needs a name and one of {', '.join(_KINDS)}")
    where = f"{place}.{found[0]}"
    load = _MAKERS[found[0]](mapping(item, found[0], place), where)
    return Entry(name, load, found[0] != "variable")


def _variable(item: Object, place: str) -> Load:
    only(item, ("value", "jmesPath", "default"), place)
    given, default = Template(item.get("value")), Template(item.get("default"))
    path = query(text(item, "jmesPath", place))

    def load(scope: Scope) -> Any:
        fallback = default.fill(scope)
        try:
            found = _computed(scope, given.fill(scope), str(path.fill(scope)))
        except BadQuery:
            if fallback is None:
                raise
            return fallback
        found = fallback if found is None else found
        if found is None:
            raise NotFound("the variable evaluates to null, and has no default")
        return found

    return load


def _computed(scope: Scope, given: Any, path: str) -> Any:
    if not path:
        return given
    return compiled(path).search(given, scope) if given is not None else scope.query(path)


def _config_map(item: Object, place: str) -> Load:
    only(item, ("name", "namespace"), place)
    name, namespace = Template(text(item, "name", place)), Template(text(item, "namespace", place))

    def load(scope: Scope) -> Any:
        if scope.world.cluster is None:
            raise BadQuery("a config map is asked for, and there is no cluster to look it up")
        where, what = str(namespace.fill(scope)) or "default", str(name.fill(scope))
        found = scope.world.cluster.get(GroupVersionKind("", "v1", "ConfigMap"), where, what)
        if found is None:
            raise BadQuery(f"there is no config map {where}/{what:.100}")
        return {**found, "data": {**(found.get("data") or {}), **(found.get("binaryData") or {})}}

    return load


def _chosen(item: Object, place: str, answer: Load) -> Load:
    """`answer` through ``jmesPath``, with ``default`` where there is none."""
    path, default = query(text(item, "jmesPath", place)), Template(item.get("default"))

    def load(scope: Scope) -> Any:
        fallback = default.fill(scope)
        try:
            found = answer(scope)
            chosen = str(path.fill(scope))
            found = compiled(chosen).search(found, scope) if chosen else found
        except AssayError:
            if fallback is None:
                raise
            return fallback
        return fallback if found is None else found

    return load


def _api_call(item: Object, place: str) -> Load:
    return _chosen(item, place, api_calls.load(item, place))


def _image_registry(item: Object, place: str) -> Load:
    only(item, ("reference", "jmesPath", "imageRegistryCredentials"), place)
    reference = Template(text(item, "reference", place))
    return _chosen(item, place, lambda scope: image_data(scope, str(reference.fill(scope))))


def image_data(scope: Scope, reference: str) -> Object:
    """What a registry says of an image, as Kyverno shows it."""
    from assay.formats.image_reference import parse

    if scope.world.images is None:
        raise BadQuery(f"the registry is asked about {reference:.100}, and there is none to ask")
    found = scope.world.images.data(reference)
    parsed = parse(reference)
    return {
        "image": reference,
        "resolvedImage": f"{parsed.name}@{found.digest}",
        "registry": parsed.host,
        "repository": parsed.repository,
        "identifier": parsed.digest or parsed.tag,
        "manifest": found.manifest,
        "configData": found.config,
        **({"manifestList": found.index} if found.index is not None else {}),
    }


def _global_reference(item: Object, place: str) -> Load:
    only(item, ("name", "jmesPath"), place)
    name, _, projection = text(item, "name", place).partition(".")

    def answer(scope: Scope) -> Any:
        if scope.world.global_context is None:
            raise BadQuery(f"the global context entry {name!r:.80} is not there")
        return scope.world.global_context(name, projection)

    return _chosen(item, place, answer)


_MAKERS: Mapping[str, Callable[[Object, str], Load]] = {
    "variable": _variable,
    "configMap": _config_map,
    "apiCall": _api_call,
    "imageRegistry": _image_registry,
    "globalReference": _global_reference,
}
