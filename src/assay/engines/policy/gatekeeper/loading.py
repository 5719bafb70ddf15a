"""Gatekeeper's objects out of manifests: templates first, then what needs them; each that cannot be loaded is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts
from assay.engines.policy.gatekeeper import constraints, expansion, mutators, providers, templates
from assay.engines.policy.gatekeeper.constraints import Constraint
from assay.engines.policy.gatekeeper.engine import ConstraintPolicy, MutationPolicy, Surroundings
from assay.engines.policy.gatekeeper.expansion import Expander, Expansion
from assay.engines.policy.gatekeeper.mutation import Mutators
from assay.engines.policy.gatekeeper.mutators import Mutator
from assay.engines.policy.gatekeeper.providers import Provider
from assay.engines.policy.gatekeeper.templates import Template
from assay.engines.policy.rego import compiling
from assay.engines.policy.rego.source import Compiler
from assay.engines.policy.world import Policy
from assay.errors import AssayError, Malformed
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

_CONFIG, _SYNC = "config.gatekeeper.sh", "syncset.gatekeeper.sh"
_REST = (
    *((templates.GROUP, "ConstraintTemplate"), (expansion.GROUP, "ExpansionTemplate"), (providers.GROUP, "Provider")),
    *((_CONFIG, "Config"), (_SYNC, "SyncSet")),
)


def takes(kind: GroupVersionKind) -> bool:
    """Whether objects of `kind` are Gatekeeper's."""
    if kind.group == constraints.GROUP:
        return True
    return (kind.group, kind.kind) in _REST or (kind.group == mutators.GROUP and kind.kind in mutators.KINDS)


@dataclass(slots=True)
class Loaded:
    """What was read."""

    templates: dict[str, Template] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    mutators: list[Mutator] = field(default_factory=list)
    expansions: list[Expansion] = field(default_factory=list)
    providers: dict[str, Provider] = field(default_factory=dict)
    synced: list[GroupVersionKind] = field(default_factory=list)
    excluded: list[tuple[frozenset[str], tuple[str, ...]]] = field(default_factory=list)
    problems: list[AssayError] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def policies(self) -> list[Policy]:
        """As policies: each constraint, and the mutators as one."""
        changing = Mutators.of(self.mutators, self.providers)
        expander = Expander(tuple(self.expansions), changing)
        around = Surroundings(expander, self.providers, tuple(self.synced), tuple(self.excluded))
        found: list[Policy] = [MutationPolicy(changing, around)] if self.mutators else []
        return [*found, *(ConstraintPolicy(constraint, around) for constraint in self.constraints)]


def load(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]:
    """The policies in `found`, and what could not be loaded."""
    loaded = read(found)
    return loaded.policies(), loaded.problems


def read(found: Sequence[Manifest], compiler: Compiler = compiling.compile) -> Loaded:
    """Everything of Gatekeeper's in `found`."""
    loaded = Loaded()
    for group in (_configure, _template(compiler), _constraint):
        for item in found:
            _tried(loaded, item, group)
    _consistent(loaded)
    return loaded


_Step = Callable[[Loaded, Manifest, GroupVersionKind, str], None]


def _tried(loaded: Loaded, item: Manifest, step: _Step) -> None:
    kind = GroupVersionKind.of(item.object)
    metadata: Any = item.object.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    try:
        step(loaded, item, kind, f"{item.place}: {kind.kind} {name}")
    except AssayError as error:
        told = error.what if item.place in error.what else f"{item.place}: {kind.kind} {name}: {error.what}"
        loaded.problems.append(Malformed(told, error.remedy))


def _template(compiler: Compiler) -> _Step:
    def step(loaded: Loaded, item: Manifest, kind: GroupVersionKind, place: str) -> None:
        if (kind.group, kind.kind) == (templates.GROUP, "ConstraintTemplate"):
            template = templates.load(item.object, place, compiler)
            if template.kind in loaded.templates:
                raise Malformed(f"{place}: there is a second template for {template.kind}", "keep one")
            loaded.templates[template.kind] = template

    return step


def _constraint(loaded: Loaded, item: Manifest, kind: GroupVersionKind, place: str) -> None:
    if kind.group != constraints.GROUP:
        return
    template = loaded.templates.get(kind.kind)
    if template is None:
        raise Malformed(f"{place}: there is no template for {kind.kind} that could be loaded", "load its template too")
    constraint = constraints.load(item.object, template, place)
    loaded.constraints.append(constraint)
    loaded.remarks += [f"{place}: {field}: this field is not known" for field in constraints.remarks(constraint)]


def _configure(loaded: Loaded, item: Manifest, kind: GroupVersionKind, place: str) -> None:
    match kind.group, kind.kind:
        case mutators.GROUP, name if name in mutators.KINDS:
            loaded.mutators.append(mutators.load(item.object, place))
        case expansion.GROUP, "ExpansionTemplate":
            loaded.expansions.append(expansion.load(item.object, place))
        case providers.GROUP, "Provider":
            provider = providers.load(item.object, place)
            loaded.providers[provider.name] = provider
        case "config.gatekeeper.sh", "Config":
            _config(loaded, mapping(item.object, "spec", place), f"{place}: spec")
        case "syncset.gatekeeper.sh", "SyncSet":
            spec = mapping(item.object, "spec", place)
            only(spec, ("gvks",), f"{place}: spec")
            loaded.synced += [_kind(entry, where) for entry, where in objects(spec, "gvks", f"{place}: spec")]


def _config(loaded: Loaded, spec: Object, place: str) -> None:
    only(spec, ("sync", "match", "validation", "readiness"), place)
    sync = mapping(spec, "sync", place)
    only(sync, ("syncOnly",), f"{place}.sync")
    loaded.synced += [_kind(entry, where) for entry, where in objects(sync, "syncOnly", f"{place}.sync")]
    for entry, where in objects(spec, "match", place):
        only(entry, ("processes", "excludedNamespaces"), where)
        processes, names = texts(entry, "processes", where), texts(entry, "excludedNamespaces", where)
        loaded.excluded.append((frozenset(processes), names))


def _kind(item: Object, place: str) -> GroupVersionKind:
    only(item, ("group", "version", "kind"), place)
    return GroupVersionKind(*(text(item, name, place) for name in ("group", "version", "kind")))


def _consistent(loaded: Loaded) -> None:
    """Takes out what contradicts each other."""
    wrongs = mutators.conflicts(loaded.mutators)
    for title, other in wrongs.items():
        loaded.problems.append(Malformed(f"{title}: takes a part of its location for another thing than {other}"))
    loaded.mutators = [item for item in loaded.mutators if item.title not in wrongs]
    circle = expansion.cycle(loaded.expansions)
    for name in circle:
        loaded.problems.append(Malformed(f"ExpansionTemplate/{name}: expands in a circle"))
    loaded.expansions = [item for item in loaded.expansions if item.name not in circle]


def remarks(found: Sequence[Manifest]) -> list[str]:
    """What can be evaluated and is yet not as its author will want it, each with its place."""
    loaded = read(found)
    return [*loaded.remarks, *_unsynced(loaded)]


def _unsynced(loaded: Loaded) -> list[str]:
    """Templates that look into the cluster, where nothing says at what."""
    return [
        f"template {template.kind.lower()}: reads data.inventory, which no annotation, SyncSet or Config fills"
        for template in loaded.templates.values()
        if template.reads_inventory and not template.needs and not loaded.synced
    ]
