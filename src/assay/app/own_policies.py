"""Policies about images out of files: assay's own, policy-controller's, and whatever `assay.app.policies` reads.

A policy that cannot be loaded is a problem with file, line and reason; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters import small_file
from assay.engines.policy.native import loading
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.native.leniency import Leniency
from assay.engines.policy.policy_controller import loading as cip
from assay.engines.policy.policy_controller.engine import CipPolicy, NoMatch
from assay.errors import AssayError, InputError, Malformed
from assay.formats import json_bytes, manifest, trusted_root
from assay.formats.manifest import Manifest
from assay.model.assay_policy import AssayException, BreakGlass
from assay.model.image_policy import Authority
from assay.model.policy import Action, Object
from assay.workflows import image_evidence

if TYPE_CHECKING:
    from assay.app.break_glass import Glasses
    from assay.engines.policy.world import Policy
    from assay.model.trusted_root import TrustedRoot

ENDINGS = (".yaml", ".yml", ".json")
MAX_FILES = 10_000
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """Policies in the order of their files, the trust roots that came along, and what could not be loaded."""

    policies: tuple[Policy, ...] = ()
    roots: Mapping[str, TrustedRoot] = field(default_factory=dict)
    problems: tuple[AssayError, ...] = ()
    leniency: Leniency = field(default_factory=Leniency)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of policies below paths, by name; raises `InputError` for a path that is not there."""
    for path in paths:
        if path.is_dir():
            found = sorted(item for item in path.rglob("*") if item.suffix in ENDINGS and item.is_file())
            if len(found) > MAX_FILES:
                raise InputError(f"{path} holds {len(found)} files (at most {MAX_FILES})", "name a smaller folder")
            yield from (item for item in found if not _hidden(item.relative_to(path)))
        elif path.is_file():
            yield path
        else:
            raise InputError(f"there is no {path}", "check the path; a file or a folder is wanted")


def _hidden(path: Path) -> bool:
    """Whether a part of it begins with a dot, as the folders behind a mounted ConfigMap do."""
    return any(part.startswith(".") for part in path.parts)


def manifests(paths: Iterable[Path]) -> tuple[list[Manifest], list[AssayError]]:
    """All objects in all files, and the files that are none."""
    found, problems = list[Manifest](), list[AssayError]()
    for path in files(paths):
        try:
            found += manifest.read(small_file.read(path, MAX_BYTES, "split it"), str(path))
        except AssayError as error:
            told = error.what if str(path) in error.what else f"{path}: {error.what}"
            problems.append(Malformed(told, error.remedy))
    return found, problems


def load(paths: Sequence[Path], glasses: Glasses | None = None) -> Loaded:
    """The policies of files and folders."""
    found, problems = manifests(paths)
    return of_manifests(found, problems, glasses)


def of_manifests(
    found: Sequence[Manifest], problems: Iterable[AssayError] = (), glasses: Glasses | None = None
) -> Loaded:
    """The policies among objects; other objects are left alone, unless they are of a group of policies."""
    reading = _Reading(list(problems), glasses)
    rest = [item for item in found if not reading.take(item)]
    foreign, more = _foreign(rest)
    reading.problems += more
    leniency = Leniency(tuple(reading.exceptions), tuple(reading.glasses))
    for policy in reading.natives:
        policy.leniency = leniency
    return Loaded(
        (*reading.natives, *reading.cips, *reading.no_match(), *foreign),
        reading.roots,
        tuple(reading.problems),
        leniency,
    )


class _Reading:
    """What was read so far."""

    def __init__(self, problems: list[AssayError], glasses: Glasses | None) -> None:
        self.problems = problems
        self._verify = glasses
        self.natives: list[NativePolicy] = []
        self.cips: list[CipPolicy] = []
        self._no_match: Manifest | None = None
        self.exceptions: list[AssayException] = []
        self.glasses: list[BreakGlass] = []
        self.roots: dict[str, TrustedRoot] = {}

    def take(self, item: Manifest) -> bool:
        """Whether an object is ours; a problem of it is noted."""
        if _is_no_match(item.object):
            self._no_match = item
            return True
        if str(item.object.get("mediaType", "")).startswith(_TRUSTED_ROOT):
            self._trusted_root(item)
            return True
        if not loading.is_native(item.object) and not cip.is_ours(item.object):
            return False
        try:
            if loading.is_native(item.object):
                self._native(item)
            else:
                self._policy_controller(item)
        except AssayError as error:
            self.problems.append(error)
        return True

    def _trusted_root(self, item: Manifest) -> None:
        """A ``trusted_root.json`` among the policies: a trust root by the name of its file."""
        try:
            self.roots[Path(item.file).stem] = trusted_root.read(json_bytes.encode(item.object))
        except AssayError as error:
            self.problems.append(Malformed(f"{item.place}: {error.what}", error.remedy))

    def _policy_controller(self, item: Manifest) -> None:
        if item.object.get("kind") == "TrustRoot":
            name, root = cip.trust_root(item)
            self.roots[name] = root
            return
        policy = cip.policy(item)
        for authority in policy.authorities:
            for way in authority.ways:
                _checked(way, item, policy.name)
        self.cips.append(CipPolicy(policy))

    def no_match(self) -> list[Policy]:
        """What policy-controller's own ConfigMap says about images without a policy."""
        if self._no_match is None:
            return []
        data = self._no_match.object.get("data")
        action = _NO_MATCH.get(str(data.get("no-match-policy", "deny")) if isinstance(data, dict) else "deny")
        if action is None:
            self.problems.append(Malformed(f"{self._no_match.place}: no-match-policy is none", "deny, warn or allow"))
            action = Action.DENY
        return [NoMatch(self.cips, action)] if action is not Action.AUDIT else []

    def _native(self, item: Manifest) -> None:
        kind = item.object.get("kind")
        if kind == "AssayException":
            self.exceptions.append(loading.exception(item))
        elif kind == "BreakGlass":
            glass = loading.break_glass(item)
            if self._verify is None:
                what = f"{item.place}: BreakGlass {glass.name}: nobody is named who may break glass"
                raise Malformed(what, "--break-glass-policy FILE names them")
            self.glasses.append(self._verify.verified(glass, item.place))
        else:
            self.natives.append(native(item))


_TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot"
_NO_MATCH = {"deny": Action.DENY, "warn": Action.WARN, "allow": Action.AUDIT}


def _is_no_match(item: Object) -> bool:
    metadata = item.get("metadata")
    named = isinstance(metadata, dict) and metadata.get("name") == "config-policy-controller"
    return named and item.get("kind") == "ConfigMap"


def _checked(authority: Authority, item: Manifest, name: str) -> None:
    """Raise `Malformed` for keys and certificates that are none."""
    try:
        image_evidence.check(authority)
    except AssayError as error:
        raise Malformed(f"{item.place}: {item.object.get('kind')} {name}: {error.what}", error.remedy) from error


def native(item: Manifest) -> NativePolicy:
    """An AssayPolicy, whole: its conditions compiled, its keys and certificates read. Raises `Malformed`."""
    policy = loading.policy(item)
    for signer in policy.signers.values():
        for authority in signer.authorities:
            _checked(authority, item, policy.name)
    try:
        return NativePolicy(policy)
    except AssayError as error:
        raise Malformed(f"{item.place}: AssayPolicy {policy.name}: {error.what}", error.remedy) from error


_GROUPS = (
    "kyverno.io",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "mutations.gatekeeper.sh",
    "expansion.gatekeeper.sh",
)
_KUBERNETES = frozenset(
    f"{action}AdmissionPolicy{ending}" for action in ("Validating", "Mutating") for ending in ("", "Binding")
)


def _foreign(found: Sequence[Manifest]) -> tuple[list[Policy], list[AssayError]]:
    """Policies of other engines are never left out in silence: each is a problem here."""
    problems: list[AssayError] = []
    for item in found:
        group, kind = str(item.object.get("apiVersion", "")).partition("/")[0], str(item.object.get("kind", ""))
        if group in _GROUPS or kind in _KUBERNETES:
            what = f"{item.place}: {kind} of {group} is not evaluated here"
            problems.append(Malformed(what, "take it out of the folder, or leave it to its own engine"))
    return [], problems
