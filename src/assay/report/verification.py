"""Verdicts on signatures: the numbered steps with what each found, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.identity import CLAIMS, Identity
from assay.model.verification import Judgement, Outcome
from assay.report.console import Style, printable


def text(judged: Judgement, style: Style, *, steps: bool = True) -> str:
    """A paragraph about a target: who signed, and each step."""
    return "".join(f"{line}\n" for line in _lines(judged, style, steps))


def _lines(judged: Judgement, style: Style, steps: bool) -> Iterator[str]:
    verdict = f"{style.green}verified{style.reset}" if judged.verified else f"{style.red}not verified{style.reset}"
    digest = f" ({judged.digest})" if judged.digest else ""
    yield f"{style.bold}{printable(judged.target)}{style.reset}{digest}: {verdict}"
    shown = [item for item in judged.outcomes if item.verified] or list(judged.outcomes)
    for item in shown:
        yield from _outcome(item, style, steps)
    for child in judged.below:
        for line in _lines(child, style, steps):
            yield f"  {line}"


def _outcome(item: Outcome, style: Style, steps: bool) -> Iterator[str]:
    yield f"  {style.dim}{printable(item.place)} ({item.form or 'unreadable'}){style.reset}"
    if not steps and item.verified:
        return
    for step in item.verification.steps if item.verification else ():
        yield f"    {style.green}{step.number}{style.reset} {step.name:<16} {printable(step.found)}"
    if item.reason is not None:
        yield f"    {style.red}x{style.reset} {printable(item.reason.what)}"
        if item.reason.remedy:
            yield f"      {style.dim}{printable(item.reason.remedy)}{style.reset}"


def as_json(judged: Sequence[Judgement], root: str, policy: str) -> bytes:
    """All of it: ``{"trustedRoot", "policy", "targets": [{"target", "verified", "signatures": [...]}]}``."""
    targets: list[Json] = [_target(item) for item in judged]
    return json_bytes.encode({"trustedRoot": root, "policy": policy, "targets": targets}) + b"\n"


def _target(judged: Judgement) -> Json:
    signatures: list[Json] = [_signature(item) for item in judged.outcomes]
    value: dict[str, Json] = {"target": judged.target, "verified": judged.verified, "signatures": signatures}
    if judged.digest:
        value["digest"] = judged.digest
    if judged.below:
        value["images"] = [_target(item) for item in judged.below]
    return value


def _signature(item: Outcome) -> Json:
    steps: list[Json] = [
        {"number": step.number, "name": step.name, "found": step.found}
        for step in (item.verification.steps if item.verification else ())
    ]
    value: dict[str, Json] = {"place": item.place, "form": item.form, "verified": item.verified, "steps": steps}
    if item.reason is not None:
        value["failure"] = {"step": item.failed, "what": item.reason.what, "remedy": item.reason.remedy}
    found = item.verification
    if found is not None and found.identity is not None:
        value["identity"] = _identity(found.identity)
    if found is not None and item.verified:
        value |= {"times": list(found.times), "predicateType": found.predicate_type}
        if found.log_index >= 0:
            value["logIndex"] = found.log_index
    return value


def _identity(found: Identity) -> Json:
    claims: dict[str, Json] = {CLAIMS[number]: text for number, text in found.claims if number in CLAIMS}
    return {"names": list(found.names), "issuer": found.issuer, "claims": claims}
