"""``verifyImages`` as ImageValidatingPolicies, one for each entry."""

from __future__ import annotations

from dataclasses import replace

from assay.engines.policy import wildcards
from assay.engines.policy.converting import conditions, rules
from assay.engines.policy.converting.cel_text import Cel, every, pattern, quoted, some
from assay.engines.policy.converting.image_attestors import Attestors
from assay.engines.policy.converting.losses import Effect, unsayable
from assay.engines.policy.converting.queries import Queries, has_variables
from assay.engines.policy.converting.rules import RuleSource
from assay.engines.policy.kyverno.verifying import modern
from assay.model.policy import Object

_LISTS = ("containers", "initContainers", "ephemeralContainers")
_IMAGES = f"[{', '.join(f'images.?{name}.orValue([])' for name in _LISTS)}].flatten()"
_FULL = "image.registry() + '/' + image.repository() + (image.tag() == '' ? '' : ':' + image.tag())"


def convert(source: RuleSource) -> list[Object]:
    """The policies; raises `Unsayable`."""
    if source.rule.get("imageExtractors"):
        unsayable("imageExtractors: write spec.images by hand")
    entries = [modern(entry, "verifyImages") for entry in source.rule["verifyImages"]]
    found: list[Object] = []
    for number, entry in enumerate(entries, 1):
        found += _policies(source, entry, f"-{number}" if len(entries) > 1 else "")
    return found


def _policies(source: RuleSource, entry: Object, suffix: str) -> list[Object]:
    if entry.get("validate"):
        unsayable("verifyImages.validate across attestations")
    if entry.get("type") == "SigstoreBundle":
        source.notes.lose("verifyImages.type", "signatures of the old form are taken besides bundles")
    for part in ("useCache", "cosignOCI11"):
        if entry.get(part) is not None:
            source.notes.lose(f"verifyImages.{part}", "there is no such field", Effect.SAME)
    around = rules.frame(source, ("CREATE", "UPDATE"), guarded=False)
    spec = {**around.spec, "matchImageReferences": _references(entry), **_checked(source, around.queries, entry)}
    switches = {part: entry[part] for part in ("mutateDigest", "verifyDigest", "required") if part in entry}
    spec |= {"validationConfigurations": switches} if switches else {}
    held = entry.get("imageRegistryCredentials") or {}
    spec |= {"credentials": held} if held else {}
    spec = rules.grown(source, spec)
    variants = rules.variants(source, {"failureAction": entry["failureAction"]} if entry.get("failureAction") else {})
    return [_made(source, spec, variant, suffix) for variant in variants]


def _made(source: RuleSource, spec: Object, variant: rules.Variant, suffix: str) -> Object:
    found = {**spec, "validationActions": rules.actions(source, variant.enforce)}
    if variant.condition != "true":
        entry = {"name": "action", "expression": variant.condition}
        found["matchConditions"] = [*found.get("matchConditions", []), entry]
    return rules.made(source, "ImageValidatingPolicy", found, f"{suffix}{variant.suffix}")


def _references(entry: Object) -> list[Object]:
    """Globs; an expression where images are left out of them."""
    wanted, skipped = entry.get("imageReferences") or [], entry.get("skipImageReferences") or []
    if has_variables([*wanted, *skipped]):
        unsayable("variables in imageReferences")
    if not skipped:
        return [{"glob": text} for text in wanted]
    taken, out = (some(_matched(str(text)) for text in texts) for texts in (wanted, skipped))
    forms = f"[ref, {_FULL}]"
    return [{"expression": f"{forms}.exists(r, {taken}) && !{forms}.exists(r, {out})"}]


def _matched(text: str) -> str:
    if text == "*":
        return "true"
    return f"r.matches({quoted(pattern(text))})" if wildcards.contains(text) else f"r == {quoted(text)}"


def _checked(source: RuleSource, queries: Queries, entry: Object) -> Object:
    """Attestors, attestations and the conditions over them."""
    attestors = Attestors(source.notes, str(entry.get("repository") or ""), entry.get("annotations") or {})
    sets = list(entry.get("attestors") or [])
    validations: list[Object] = []
    signed = attestors.condition(sets, "verifyImageSignatures(image, %s)") if sets else "true"
    if signed != "true":
        validations.append(
            {
                "expression": f"{_IMAGES}.all(image, {signed})",
                "message": f"{source.name}: an image is not signed as it must be",
            }
        )
    statements: list[Object] = []
    for number, one in enumerate(entry.get("attestations") or [], 1):
        name, kind = f"attestation{number}", str(one.get("type") or one.get("predicateType") or "")
        statements.append({"name": name, "intoto": {"type": kind}})
        condition = _attested(attestors, queries, one, name, sets)
        validations.append(
            {
                "expression": f"{_IMAGES}.all(image, {condition})",
                "message": f"{source.name}: no {kind} attestation of an image is as it must be",
            }
        )
        if one.get("conditions"):
            source.notes.lose(
                "verifyImages.attestations",
                "of several statements of a type only one is held to the conditions",
                Effect.STRICTER,
            )
    if not validations:
        validations.append({"expression": "true", "message": "only the digest is asked"})
    found: Object = {"attestors": attestors.found, "attestations": statements, "validations": validations}
    return {key: value for key, value in found.items() if value}


def _attested(attestors: Attestors, queries: Queries, one: Object, name: str, outer: list[Object]) -> str:
    signed = attestors.condition(
        list(one.get("attestors") or outer), f"verifyAttestationSignatures(image, attestations.{name}, %s)"
    )
    predicate = Cel(f"extractPayload(image, attestations.{name}).predicate")
    names = {str(one.get("name")): predicate} if one.get("name") else {}
    inner = replace(queries.within(names), base=predicate)
    return every((signed, conditions.clauses(inner, one.get("conditions"))))
