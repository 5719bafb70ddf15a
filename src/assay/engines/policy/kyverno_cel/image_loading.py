"""ImageValidatingPolicy read from a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, wrong
from assay.engines.policy.cel.validations import Validations, compiled
from assay.engines.policy.kyverno_cel import attestors, autogen
from assay.engines.policy.kyverno_cel.image_validating import ImageForm, ImageMatch, ImageValidatingPolicy
from assay.engines.policy.kyverno_cel.source import Source, environment_for
from assay.model.policy import Object


def image_validating(source: Source) -> ImageValidatingPolicy:
    """An ImageValidatingPolicy; raises `Malformed` with the place of what is wrong, or cannot be verified."""
    spec, place = source.spec, source.place
    environment = environment_for("images")
    switches, where = mapping(spec, "validationConfigurations", place), f"{place}.validationConfigurations"
    only(switches, ("mutateDigest", "verifyDigest", "required"), where)
    only(mapping(spec, "credentials", place), ("allowInsecureRegistry", "providers", "secrets"), f"{place}.credentials")
    forms = [
        ImageForm(
            source.form(form, rule, environment),
            Validations.load(form, environment, place),
            attestors.load(form, environment, place),
            dict(_extractors(form, environment, place)),
        )
        for rule, form in source.forms(autogen.expressions)
    ]
    return ImageValidatingPolicy(
        source.scope,
        tuple(forms),
        tuple(_image_matches(spec, place)),
        dict(_attestations(spec, place)),
        *(flag(switches, name, where, True) for name in ("mutateDigest", "verifyDigest", "required")),
    )


def _extractors(spec: Object, environment: Environment, place: str) -> Iterator[tuple[str, Program]]:
    for item, where in objects(spec, "images", place):
        only(item, ("name", "expression"), where)
        yield text(item, "name", where), compiled(environment, item, "expression", where)


def _image_matches(spec: Object, place: str) -> Iterator[ImageMatch]:
    for item, where in objects(spec, "matchImageReferences", place):
        only(item, ("glob", "expression"), where)
        if bool(item.get("glob")) == bool(item.get("expression")):
            wrong(where, "exactly one of glob and expression is needed")
        program = compiled(environment_for("reference"), item, "expression", where) if item.get("expression") else None
        yield ImageMatch(text(item, "glob", where), program)


def _attestations(spec: Object, place: str) -> Iterator[tuple[str, str]]:
    for item, where in objects(spec, "attestations", place):
        only(item, ("name", "intoto", "referrer"), where)
        form = "intoto" if item.get("intoto") else "referrer"
        inner = mapping(item, form, where)
        only(inner, ("type",), f"{where}.{form}")
        if form == "referrer":
            wrong(f"{where}.referrer", "attestations that are plain referrers carry no signed statement; use intoto")
        yield text(item, "name", where), text(inner, "type", f"{where}.{form}")
