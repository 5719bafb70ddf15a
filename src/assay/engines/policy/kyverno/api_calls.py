"""``apiCall``: what the cluster's API answers at a path, or a service at a URL.

A path is answered by the cluster port: ``/api/v1/namespaces/team/configmaps/settings`` (an object) or
``/apis/apps/v1/deployments?labelSelector=app=x`` (a list). A cluster that answers calls itself (`Answering`), as
test files do, is asked first.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template
from assay.engines.policy.queries.faults import BadQuery
from assay.engines.policy.resources import kind_of
from assay.model.policy import GroupVersionKind, Object

MAX_DATA = 100
METHODS = ("GET", "POST")


@runtime_checkable
class Answering(Protocol):
    """Answers calls by method and path or URL."""

    def answer(self, method: str, url: str) -> tuple[object, ...]:
        """The answer alone, or nothing where it has none."""
        ...


class ApiPath(NamedTuple):
    """What a path of the API names."""

    kind: GroupVersionKind
    namespace: str
    name: str
    labels: dict[str, str]


def load(item: Object, place: str) -> Callable[[Scope], Any]:
    """Reads ``apiCall``; raises `Malformed` with the field's place."""
    only(item, ("urlPath", "method", "data", "service", "jmesPath", "default"), place)
    method = text(item, "method", place, METHODS, "GET")
    service, where = mapping(item, "service", place), f"{place}.service"
    only(service, ("url", "caBundle", "headers"), where)
    headers = list(_pairs(service, "headers", where))
    if bool(item.get("urlPath")) == bool(service.get("url")):
        wrong(place, "exactly one of urlPath and service.url is needed")
    data = list(_pairs(item, "data", place))
    if item.get("urlPath"):
        path = Template(text(item, "urlPath", place))
        return lambda scope: _from_cluster(scope, method, str(path.fill(scope)))
    url, ca = Template(text(service, "url", where)), text(service, "caBundle", where)
    return lambda scope: _from_service(scope, method, str(url.fill(scope)), data, headers, ca)


Pairs = list[tuple[str, Template]]


def _pairs(item: Object, field: str, place: str) -> Any:
    for count, (pair, where) in enumerate(objects(item, field, place)):
        if count >= MAX_DATA:
            wrong(f"{place}.{field}", f"over {MAX_DATA} entries")
        only(pair, ("key", "value"), where)
        yield text(pair, "key", where), Template(pair.get("value"))


def _from_service(scope: Scope, method: str, url: str, data: Pairs, headers: Pairs, ca: str) -> Any:
    if isinstance(scope.world.cluster, Answering) and (found := scope.world.cluster.answer(method, url)):
        return found[0]
    if scope.world.http is None:
        raise BadQuery(f"{url:.200} is called, and calls to services are not allowed here")
    body = json.dumps({key: value.fill(scope) for key, value in data}).encode() if method == "POST" else None
    sent = {key: str(value.fill(scope)) for key, value in headers}
    return scope.world.http.call(method, url, body, sent, ca)


def _from_cluster(scope: Scope, method: str, path: str) -> Any:
    cluster = scope.world.cluster
    if isinstance(cluster, Answering) and (found := cluster.answer(method, path)):
        return found[0]
    if cluster is None:
        raise BadQuery(f"{path:.200} is asked for, and there is no cluster to ask")
    if method != "GET":
        raise BadQuery(f"{method} {path:.200} cannot be answered: only objects are looked up here")
    wanted = parse(path)
    if wanted.name:
        item = cluster.get(wanted.kind, wanted.namespace, wanted.name)
        if item is None:
            raise BadQuery(f"the cluster has nothing at {path:.200}")
        return item
    items = [item for item in cluster.list(wanted.kind, wanted.namespace) if _labelled(item, wanted.labels)]
    return {"apiVersion": wanted.kind.api_version, "kind": f"{wanted.kind.kind}List", "metadata": {}, "items": items}


def parse(path: str) -> ApiPath:
    """Raises `BadQuery` for what is no path of the API."""
    parsed = urllib.parse.urlsplit(path)
    parts = [urllib.parse.unquote(part) for part in parsed.path.split("/") if part]
    match parts:
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            rest = []
    namespace = ""
    if len(rest) >= 3 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    if not 1 <= len(rest) <= 2:
        raise BadQuery(f"{path!r:.200} is no path of objects in the API")
    kind = GroupVersionKind(group, version, kind_of(group, rest[0]))
    return ApiPath(kind, namespace, rest[1] if len(rest) > 1 else "", _labels(parsed.query))


def _labels(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in urllib.parse.parse_qs(query).get("labelSelector", []):
        for term in value.split(","):
            key, equals, wanted = term.replace("==", "=").partition("=")
            if not equals or key.endswith("!"):
                raise BadQuery(f"the label selector {term!r:.80} is not of the form KEY=VALUE")
            found[key.strip()] = wanted.strip()
    return found


def _labelled(item: Object, wanted: dict[str, str]) -> bool:
    labels = (item.get("metadata") or {}).get("labels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())
