"""ConstraintTemplate (templates.gatekeeper.sh v1, v1beta1, v1alpha1): a kind of constraint, and the code that judges.

Code is Rego, in the field ``rego`` or under ``code``, or CEL (K8sNativeValidation); where both are there, CEL is used,
and never the other instead of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from assay.engines.policy.cel.fields import mapping, objects, only, text, texts, wrong
from assay.engines.policy.gatekeeper.native import NativeCode
from assay.engines.policy.gatekeeper.reviews import Review
from assay.engines.policy.rego import compiling
from assay.engines.policy.rego.faults import RegoError
from assay.engines.policy.rego.source import Calls, Compiler, Json, Module, Program, Source
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind, Object

GROUP = "templates.gatekeeper.sh"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
TARGET = "admission.k8s.gatekeeper.sh"
REGO, CEL = "Rego", "K8sNativeValidation"
SYNC = "metadata.gatekeeper.sh/requires-sync-data"
_NAMES = ("kind", "shortNames", "listKind", "plural", "singular", "categories")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_READS_INVENTORY = re.compile(r"\bdata\s*\.\s*inventory\b|\bdata\s*\[\s*\"inventory\"")


class Violation(NamedTuple):
    """What code says against an object."""

    message: str
    details: Json
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What code is asked: a review, the constraint's parameters, and what it may look at."""

    review: Review
    parameters: Object
    inventory: Mapping[str, Json]
    calls: Calls
    world: World


class Code(Protocol):
    """Compiled code; used by many threads."""

    def violations(self, asked: Asked) -> list[Violation]:
        """What it says; an evaluation without an answer is a violation of its own."""
        ...


@dataclass(frozen=True, slots=True)
class RegoCode:
    """Code in Rego."""

    program: Program
    reads_inventory: bool = True

    def violations(self, asked: Asked) -> list[Violation]:
        """The elements of ``violation`` that have a message, each once."""
        review = {**asked.review.document, "namespaceObject": asked.review.namespace}
        try:
            given = {"review": review, "parameters": asked.parameters}
            data = {"inventory": asked.inventory} if self.reads_inventory else None
            found = self.program.evaluate(given, asked.calls, data)
        except RegoError as error:
            return [Violation(error.what, {}, is_error=True)]
        said: list[Violation] = []
        for item in found if isinstance(found, list) else ():
            violation = _violation(item)
            if violation is not None and violation not in said:
                said.append(violation)
        return said


def _violation(item: Any) -> Violation | None:
    if not isinstance(item, dict) or "msg" not in item:
        return None
    message = item["msg"]
    if not isinstance(message, str):
        return Violation(f"the policy's msg is no text but {type(message).__name__}", {}, is_error=True)
    return Violation(message, item.get("details", {}))


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of constraint."""

    kind: str
    schema: Object
    codes: Mapping[str, Code] = field(repr=False)
    needs: tuple[GroupVersionKind, ...] = ()
    """What it wants to be in the inventory, as its annotation says."""
    reads_inventory: bool = False

    def code(self, engine: str = "") -> Code:
        """The code of `engine`, by default the one that Gatekeeper would use."""
        return self.codes[engine] if engine else next(self.codes[name] for name in (CEL, REGO) if name in self.codes)


def load(item: Object, place: str, compiler: Compiler = compiling.compile) -> Template:
    """Raises `Malformed` for a template that Gatekeeper would refuse, or that cannot be evaluated here."""
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    version = GroupVersionKind.of(item).version
    if version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{version or 'no version'} is none of {', '.join(VERSIONS)}")
    spec, place = mapping(item, "spec", place), f"{place}: spec"
    only(spec, ("crd", "targets"), place)
    kind, schema = _crd(spec, place)
    metadata = mapping(item, "metadata", place)
    if metadata.get("name") != kind.lower():
        wrong(f"{place}.crd.spec.names.kind", f"the template must be named {kind.lower()!r}, as its kind in lower case")
    targets = [*objects(spec, "targets", place)]
    if len(targets) != 1:
        wrong(f"{place}.targets", f"{len(targets)} targets, not one")
    codes, reads = _codes(*targets[0], compiler)
    return Template(kind, schema, codes, _needs(metadata, place), reads)


def _crd(spec: Object, place: str) -> tuple[str, Object]:
    crd = mapping(spec, "crd", place)
    only(crd, ("spec",), f"{place}.crd")
    inner, place = mapping(crd, "spec", f"{place}.crd"), f"{place}.crd.spec"
    only(inner, ("names", "validation"), place)
    names, validation = mapping(inner, "names", place), mapping(inner, "validation", place)
    only(names, _NAMES, f"{place}.names")
    only(validation, ("openAPIV3Schema", "legacySchema"), f"{place}.validation")
    kind = text(names, "kind", f"{place}.names")
    if not _KIND.fullmatch(kind) or len(kind) > 63:
        wrong(f"{place}.names.kind", f"{kind!r:.80} is no kind")
    return kind, mapping(validation, "openAPIV3Schema", f"{place}.validation")


def _codes(target: Object, place: str, compiler: Compiler) -> tuple[dict[str, Code], bool]:
    only(target, ("target", "rego", "libs", "code", "operations"), place)
    text(target, "target", place, (TARGET,))
    found: dict[str, Code] = {}
    reads = False
    for code, where in objects(target, "code", place):
        only(code, ("engine", "source"), where)
        engine, source = text(code, "engine", where, (REGO, CEL)), mapping(code, "source", where)
        if engine in found:
            wrong(where, f"a second source for {engine}")
        if engine == REGO:
            found[REGO], reads = _rego(source, f"{where}.source", compiler)
        else:
            found[CEL] = NativeCode.load(source, f"{where}.source")
    if target.get("rego") is not None and REGO not in found:
        own: Object = {key: target[key] for key in ("rego", "libs") if key in target}
        found[REGO], reads = _rego(own, place, compiler)
    if not found:
        wrong(place, "neither rego nor code")
    return found, reads


def _rego(source: Object, place: str, compiler: Compiler) -> tuple[RegoCode, bool]:
    only(source, ("rego", "libs", "version"), place)
    libraries = texts(source, "libs", place)
    version = text(source, "version", place, ("", "v0", "v1")) or "v0"
    named = [f"{place}.libs[{number}]" for number in range(len(libraries))]
    modules = [Module(f"{place}.rego", text(source, "rego", place))]
    modules += [Module(name, library) for name, library in zip(named, libraries, strict=True)]
    reads = any(_READS_INVENTORY.search(module.text) for module in modules)
    made = Source(tuple(modules), "violation", version, frozenset(("inventory",)))
    return RegoCode(compiler(made), reads), reads


def _needs(metadata: Object, place: str) -> tuple[GroupVersionKind, ...]:
    """The kinds in the annotation: lists of alternatives, each of groups, versions and kinds."""
    annotations = mapping(metadata, "annotations", f"{place}: metadata")
    written = annotations.get(SYNC)
    if not isinstance(written, str):
        return ()
    from assay.formats.json import load as load_json

    try:
        found: Any = load_json(written.strip().strip('"').strip() or "[]")
    except AssayError:
        return ()  # an annotation says nothing about what the template means: lint remarks that nothing is synced
    entries = [item for group in found if isinstance(group, list) for item in group if isinstance(item, dict)]
    return tuple(kind for entry in entries for kind in kinds(entry))


def kinds(entry: Object) -> list[GroupVersionKind]:
    """Every combination of ``groups``, ``versions`` and ``kinds``."""
    parts = [[str(value) for value in entry.get(name) or ()] for name in ("groups", "versions", "kinds")]
    return [GroupVersionKind(group, version, kind) for group in parts[0] for version in parts[1] for kind in parts[2]]
