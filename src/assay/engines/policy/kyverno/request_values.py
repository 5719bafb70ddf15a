"""The variables that every rule has: ``request``, ``images``, ``serviceAccountName`` and so on."""

from __future__ import annotations

from typing import Any

from assay.engines.policy.cel.requests import request_value
from assay.engines.policy.kyverno import subjects
from assay.engines.policy.kyverno.images import extracted
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest

_ACCOUNT = "system:serviceaccount:"


def scope_of(request: AdmissionRequest, world: World, roles: bool = True) -> Scope:
    """The outermost scope of a request; with the `roles` of who asks, for which every binding has to be listed."""
    value: dict[str, Any] = {**request_value(request), "roles": [], "clusterRoles": []}
    if request.raw.get("roles") or request.raw.get("clusterRoles") or (roles and world.cluster is not None):
        value |= subjects.roles(request, world) if not subjects.is_nobody(request) else {}
    if request.object is not None:
        value["object"] = request.object
    if request.old_object is not None:
        value["oldObject"] = request.old_object
    account = request.user.username.removeprefix(_ACCOUNT) if request.user.username.startswith(_ACCOUNT) else ""
    namespace, _, name = account.partition(":")
    values = {"request": value, "serviceAccountName": name, "serviceAccountNamespace": namespace}
    found = Scope(world, values, str(request.operation))
    found.defer("images", lambda scope: extracted(scope.query("request.object || request.oldObject")))
    return found
