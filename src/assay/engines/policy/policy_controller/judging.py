"""What must hold for attestations and for the whole: Rego (``package sigstore``, ``isCompliant``) or CEL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from assay.engines.policy.native.conditions import Compiled
from assay.engines.policy.rego.source import Program
from assay.errors import AssayError, ExternalError, Refused
from assay.model.policy import Object


class Judge(Protocol):
    """A compiled policy."""

    def check(self, given: Object, now: datetime) -> None:
        """Raise `Refused` where it does not hold."""
        ...


class _NoCalls:
    """Policies of policy-controller call nobody."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The time."""
        return self._moment

    def http_send(self, request: Mapping[str, Any]) -> Any:
        """Not allowed."""
        raise ExternalError("http.send is not allowed here", "leave it out of the policy")

    def external_data(self, request: Mapping[str, Any]) -> Any:
        """Not allowed."""
        raise ExternalError("external_data is not allowed here", "leave it out of the policy")


class RegoJudge:
    """``isCompliant`` must be true, or a list with an object whose ``result`` is; its warning alone refuses, too."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def check(self, given: Object, now: datetime) -> None:
        """See `Judge`."""
        try:
            found = self._program.evaluate(given, _NoCalls(now))
        except AssayError as error:
            raise Refused(f"the policy cannot be told: {error.what}", error.remedy) from error
        if found is True:
            return
        told = "isCompliant is not true"
        for item in found if isinstance(found, list) else []:
            if not isinstance(item, dict):
                break
            if item.get("result") is True and not item.get("warning"):
                return
            told = str(item.get("error") or item.get("warning") or told)
        raise Refused(f"the policy is not met: {told[:500]}", "attest what meets it")


class CelJudge:
    """A condition in CEL over the statement (predicate, statement), or over what the authorities found."""

    def __init__(self, condition: Compiled, variables: tuple[str, ...]) -> None:
        self._condition, self._variables = condition, variables

    def check(self, given: Object, now: datetime) -> None:
        """See `Judge`."""
        known: Object = {"predicate": given.get("predicate"), "statement": given, "image": {}, "signed": []}
        data = {name: given.get(name, known.get(name)) for name in self._variables}
        self._condition.check(data, now)
