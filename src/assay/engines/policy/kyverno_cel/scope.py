"""What all of Kyverno's CEL policies have: which requests they take, when, and what a fault of theirs does."""

from __future__ import annotations

from dataclasses import dataclass

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.requests import bindings as bound
from assay.engines.policy.cel.values import Value
from assay.engines.policy.kyverno.answers import explained
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.kyverno_cel.exceptions import Exceptions, Exempted, matching
from assay.engines.policy.match_resources import MatchResources
from assay.engines.policy.world import World
from assay.model.policy import Action, AdmissionRequest, Object, Outcome, RuleResult

VARIABLES = ("object", "oldObject", "request", "namespaceObject", "variables", "exceptions")
"""The names that expressions know besides those of the libraries."""
_STRENGTH = (Action.DENY, Action.WARN, Action.AUDIT)


@dataclass(frozen=True, slots=True)
class Scope:
    """Name and reach of a policy; `namespace` is that of a namespaced kind."""

    name: str
    namespace: str = ""
    admission: bool = True
    mode: str = "Kubernetes"
    actions: tuple[Action, ...] = (Action.DENY,)
    fails_closed: bool = True
    kind: str = ""
    """As the policy's object has it."""

    @property
    def action(self) -> Action:
        """The strongest of its actions."""
        return next(action for action in _STRENGTH if action in self.actions)

    def takes(self, request: AdmissionRequest) -> bool:
        """Whether a request of its namespace comes at a time when it is asked."""
        return (
            self.admission
            and self.mode == "Kubernetes"
            and (not self.namespace or self.namespace == request.namespace)
            and (request.object is not None or request.old_object is not None)
        )

    def context(self, world: World) -> Context:
        """For one evaluation."""
        return Context(world, self.namespace)

    def result(self, outcome: Outcome, message: str = "", rule: str = "", details: Object | None = None) -> RuleResult:
        """A result; faults do what the policy's failure policy says."""
        action = self.action
        if outcome is Outcome.ERROR and not self.fails_closed:
            action = Action.AUDIT
        if outcome in (Outcome.FAIL, Outcome.ERROR):
            details = {"kind": self.kind, "mend": explained(self.name), **(details or {})}
        return RuleResult(self.name, rule, outcome, message, action, details or {})


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a policy, as written or for pod controllers: what it matches, with what it is excepted from."""

    rule: str
    match: MatchResources
    exceptions: tuple[Exempted, ...] = ()

    def excepted(self, bindings: dict[str, Value], context: Context) -> Exceptions:
        """The exceptions that take the object, which are then known to expressions as ``exceptions``."""
        found = matching(self.exceptions, bindings, context)
        bindings["exceptions"] = found.value()
        return found


def bind(request: AdmissionRequest, world: World) -> dict[str, Value]:
    """What expressions see of a request."""
    found = bound(request, world)
    found.pop("params"), found.pop("authorizer")
    return {**found, "exceptions": Exceptions().value()}


def skipped(scope: Scope, rule: str, found: Exempted) -> RuleResult:
    """The result for an object that an exception takes out."""
    outcome = Outcome.PASS if found.passes else Outcome.SKIP
    return scope.result(outcome, f"excepted by {found.name}", rule, {"exception": found.name})


def payload(value: object, mode: str = "JSON") -> dict[str, Value]:
    """What expressions see of a document that is no Kubernetes request (modes JSON, HTTP, Envoy)."""
    if not isinstance(value, dict | list):
        raise Untold("a payload is an object or a list")
    if isinstance(value, dict) and mode in _MESSAGES:
        value = _message(value, _MESSAGES[mode])
    nothing = {"oldObject": None, "request": None, "namespaceObject": None}
    return {"object": value, **nothing, "exceptions": Exceptions().value()}


_HTTP_REQUEST: Object = {
    **dict.fromkeys(("id", "method", "path", "host", "scheme", "query", "fragment", "protocol", "body"), ""),
    "headers": {},
    "size": 0,
}
_MESSAGES: dict[str, Object] = {
    "HTTP": {
        "attributes": {
            **dict.fromkeys(("method", "host", "protocol", "scheme", "path", "fragment"), ""),
            "header": {},
            "query": {},
            "contentLength": 0,
            "body": b"",
        }
    },
    "Envoy": {
        "attributes": {
            "source": {},
            "destination": {},
            "request": {"http": _HTTP_REQUEST},
            "context_extensions": {},
            "metadata_context": {},
        }
    },
}
"""The messages that policies are asked about: their fields are there, empty, where the document leaves them out."""
_NAMES = {"contextExtensions": "context_extensions", "metadataContext": "metadata_context", "rawBody": "raw_body"}


def _message(value: Object, default: Object) -> Object:
    """`value` with the fields of the message that it lacks, by their names in the message."""
    found = {_NAMES.get(key, key): item for key, item in value.items()}
    for key, item in default.items():
        own = found.get(key)
        found[key] = _message(own or {}, item) if isinstance(item, dict) and isinstance(own, dict | None) else own
        if own is None and not isinstance(item, dict):
            found[key] = item
    return found
