"""Kyverno's CEL policies read from manifests (policies.kyverno.io v1, v1beta1, v1alpha1).

Example::

    apiVersion: policies.kyverno.io/v1
    kind: ValidatingPolicy
    metadata: {name: labels}
    spec:
      matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
      validations: [{expression: "'app' in object.metadata.?labels.orValue({})", message: app is missing}]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, wrong
from assay.engines.policy.cel.validations import Validations, compiled, conditions, variables
from assay.engines.policy.kyverno_cel import autogen, exceptions, templates
from assay.engines.policy.kyverno_cel.generating import DeletingPolicy, GeneratingPolicy
from assay.engines.policy.kyverno_cel.image_loading import image_validating
from assay.engines.policy.kyverno_cel.image_validating import ImageValidatingPolicy
from assay.engines.policy.kyverno_cel.mutating import MutatingForm, MutatingPolicy, Targets
from assay.engines.policy.kyverno_cel.source import Source, environment_for, scope_of
from assay.engines.policy.kyverno_cel.templates import Template
from assay.engines.policy.kyverno_cel.validating import ValidatingForm, ValidatingPolicy
from assay.engines.policy.match_resources import MatchResources
from assay.engines.policy.mutations import load as load_mutations
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

GROUP = "policies.kyverno.io"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
NAMESPACED = "Namespaced"
_SHARED = ("matchConstraints", "variables", "webhookConfiguration", "evaluation")
_CHECKING = ("matchConditions", "failurePolicy", "validations", "auditAnnotations", "validationActions", "autogen")
_FIELDS: dict[str, tuple[str, ...]] = {
    "ValidatingPolicy": (*_SHARED, *_CHECKING),
    "ImageValidatingPolicy": (
        *_SHARED,
        *_CHECKING,
        *("validationConfigurations", "matchImageReferences", "credentials", "images", "attestors", "attestations"),
    ),
    "MutatingPolicy": (
        *_SHARED,
        *("matchConditions", "failurePolicy", "autogen", "mutations", "reinvocationPolicy", "auditAnnotations"),
        *("targetMatchConstraints", "targetMatchConditions", "useServerSideApply"),
    ),
    "GeneratingPolicy": (*_SHARED, "matchConditions", "generate"),
    "DeletingPolicy": (*_SHARED, "conditions", "schedule", "deletionPropagationPolicy"),
}
KINDS = (*_FIELDS, *(f"{NAMESPACED}{kind}" for kind in _FIELDS))
Policy = ValidatingPolicy | ImageValidatingPolicy | MutatingPolicy | GeneratingPolicy | DeletingPolicy


def is_policy(item: Object) -> bool:
    """Whether `load` reads it."""
    kind = GroupVersionKind.of(item)
    return kind.group == GROUP and kind.kind in KINDS


is_exception = exceptions.is_exception


def load(policy: Manifest, others: Iterable[Manifest] = (), *, everywhere: bool = False) -> Policy:
    """The policy, with the exceptions to it that are among `others`.

    `everywhere` asks it although ``evaluation.admission`` is off, as tests do. Raises `Malformed` with file, line
    and field for what is unknown, does not compile or cannot be evaluated.
    """
    item, place = policy.object, policy.place
    kind = GroupVersionKind.of(item)
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    if kind.version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{kind.version!r:.40} is none of {', '.join(VERSIONS)}")
    spec, where = mapping(item, "spec", place), f"{place}: spec"
    bare = kind.kind.removeprefix(NAMESPACED)
    only(spec, _FIELDS[bare], where)
    scope = scope_of(item, spec, where, kind.kind.startswith(NAMESPACED), everywhere)
    return _LOADERS[bare](Source(item, spec, where, scope, tuple(others)))


def _validating(source: Source) -> ValidatingPolicy:
    environment = environment_for(source.scope.mode if source.scope.mode in ("HTTP", "Envoy") else "")
    forms = [
        ValidatingForm(source.form(spec, rule, environment), Validations.load(spec, environment, source.place))
        for rule, spec in source.forms(autogen.expressions)
    ]
    if not forms[0].checks.validations and not forms[0].checks.annotations:
        wrong(f"{source.place}.validations", "a validating policy needs at least one validation")
    return ValidatingPolicy(source.scope, tuple(forms))


def _mutating(source: Source) -> MutatingPolicy:
    spec, place = source.spec, source.place
    environment = environment_for("mutating")
    reinvoked = text(spec, "reinvocationPolicy", place, ("Never", "IfNeeded"), "Never") == "IfNeeded"
    guarded = not flag(spec, "useServerSideApply", place, False)
    forms = [
        MutatingForm(
            source.form(form, rule, environment),
            Validations.load(form, environment, place),
            load_mutations(form, environment, place, guarded),
        )
        for rule, form in source.forms(autogen.mutation)
    ]
    if not forms[0].mutations:
        wrong(f"{place}.mutations", "a mutating policy needs at least one mutation")
    return MutatingPolicy(source.scope, tuple(forms), _targets(spec, environment, place), reinvoked)


def _targets(spec: Object, environment: Environment, place: str) -> Targets | None:
    """The objects that exist, where the policy asks for them."""
    existing = mapping(mapping(spec, "evaluation", place), "mutateExisting", f"{place}.evaluation")
    if existing.get("enabled") is not True or not spec.get("targetMatchConstraints"):
        return None
    target = dict(mapping(spec, "targetMatchConstraints", place))
    where = f"{place}.targetMatchConstraints"
    program = compiled(environment, target, "expression", where) if target.get("expression") else None
    target.pop("expression", None)
    match = MatchResources.load(target, where, versions=False)
    return Targets(match, conditions(spec, environment, place, "targetMatchConditions"), program)


def _generating(source: Source) -> GeneratingPolicy:
    spec, place = source.spec, source.place
    environment = environment_for("generating")
    programs: list[Program | Template] = []
    for item, where in objects(spec, "generate", place):
        only(item, ("expression", "template"), where)
        if (item.get("expression") is None) == (item.get("template") is None):
            wrong(where, "exactly one of expression and template is needed")
        if item.get("template") is not None:
            programs.append(templates.load(mapping(item, "template", where), environment, f"{where}.template"))
            continue
        programs.append(compiled(environment, item, "expression", where))
    if not programs:
        wrong(f"{place}.generate", "a generating policy needs at least one expression")
    form = source.form(spec, "", environment)
    return GeneratingPolicy(source.scope, form, Validations.load(spec, environment, place), tuple(programs))


def _deleting(source: Source) -> DeletingPolicy:
    spec, place = source.spec, source.place
    environment = environment_for("")
    schedule = text(spec, "schedule", place)
    if len(schedule.split()) not in (5, 6, 7) and not schedule.startswith("@"):
        wrong(f"{place}.schedule", f"{schedule!r:.60} is no cron schedule")
    text(spec, "deletionPropagationPolicy", place, ("Orphan", "Background", "Foreground"))
    checks = Validations(variables(spec, environment, place))
    wanted = conditions(spec, environment, place, "conditions")
    return DeletingPolicy(source.scope, source.form(spec, "", environment), checks, wanted, schedule)


_LOADERS: dict[str, Callable[[Source], Policy]] = {
    "ValidatingPolicy": _validating,
    "ImageValidatingPolicy": image_validating,
    "MutatingPolicy": _mutating,
    "GeneratingPolicy": _generating,
    "DeletingPolicy": _deleting,
}
