"""ClusterImagePolicy and ``verifyImages`` as AssayPolicies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from assay.engines.policy import resources
from assay.engines.policy.converting import conditions, matching, native_signers
from assay.engines.policy.converting.cel_text import Cel
from assay.engines.policy.converting.losses import Converted, Effect, Loss, Notes, unsayable
from assay.engines.policy.converting.queries import Queries
from assay.engines.policy.kyverno import autogen, loading
from assay.engines.policy.kyverno.verifying import modern
from assay.engines.policy.native.description import API_VERSION
from assay.engines.policy.policy_controller import loading as policy_controller
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import Object

FROM, LOST = "assay.dev/converted-from", "assay.dev/lost"
MAX_NAME = 63
_WIDE = {"*": "docker.io/library/*", "*/*": "docker.io/*/*"}
"""What policy-controller takes these for."""
_RUNNERS = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")


def of_cluster_image_policy(item: Manifest) -> Converted:
    """One AssayPolicy; raises `Malformed` for a policy that does not load."""
    policy_controller.policy(item)
    policy: Object = item.object
    name, notes = _name(policy), Notes()
    try:
        spec = _of_authorities(notes, policy["spec"])
    except AssayError as error:
        return Converted(name, refused=(Loss("spec", error.what),))
    made = _made(policy, name, spec, notes)
    return Converted(name, (made,), tuple(notes.found), rules=(("", name),))


def _of_authorities(notes: Notes, spec: Object) -> Object:
    authorities = spec["authorities"]
    if spec.get("policy"):
        unsayable("spec.policy over what all authorities found")
    attested = [one for one in authorities if one.get("attestations")]
    if attested and len(authorities) > 1:
        unsayable("an authority with attestations as the alternative of another")
    signer = str(authorities[0].get("name") or "signer") if len(authorities) == 1 else "signers"
    found: Object = {**_images(notes, [one["glob"] for one in spec["images"]]), **_workloads(spec.get("match") or [])}
    found["signers"] = {signer: native_signers.of_authorities(notes, authorities)}
    if attested:
        found["attestations"] = [_statement(one, signer) for one in attested[0]["attestations"]]
    else:
        found["signedBy"] = [signer]
    notes.lose(
        "metadata", "the policy holds in every namespace, not only in those that opted in by a label", Effect.STRICTER
    )
    return {
        **found,
        "digests": {"pin": True, "require": False},
        "action": "warn" if spec.get("mode") == "warn" else "enforce",
    }


def _statement(one: Object, signer: str) -> Object:
    found: Object = {"name": one["name"], "type": one["predicateType"], "by": [signer]}
    judge = one.get("policy") or {}
    if judge and judge.get("type") != "cel":
        unsayable(f"a policy over an attestation in {judge.get('type')}: write it in CEL")
    return {**found, "conditions": [{"expression": str(judge.get("data") or "")}]} if judge else found


def _images(notes: Notes, globs: list[str]) -> Object:
    if "**" in globs:
        return {}
    globs = [_WIDE.get(glob, glob) for glob in globs]
    if any(":" not in glob.rpartition("/")[2] and not glob.endswith("*") for glob in globs):
        notes.lose("spec.images", "a pattern without a tag takes every tag", Effect.STRICTER)
    return {"images": {"include": [_glob(glob.replace("index.docker.io/", "docker.io/")) for glob in globs]}}


def _glob(text: str) -> str:
    """A pattern of images with the host of Docker's registry where none is named."""
    first, slash, _ = text.partition("/")
    if not slash and not text.startswith("*"):
        return f"docker.io/library/{text}"
    return text if "." in first or ":" in first or "*" in first or first == "localhost" else f"docker.io/{text}"


def _workloads(match: list[Object]) -> Object:
    if not match:
        return {}
    selectors = [one.get("selector") for one in match]
    if any(one != selectors[0] for one in selectors):
        unsayable("resources with different selectors")
    kinds = [resources.kind_of(str(one.get("group") or ""), str(one.get("resource") or "")) for one in match]
    return {"workloads": {"kinds": kinds, **({"selector": selectors[0]} if selectors[0] else {})}}


def of_verify_images(policy: Manifest) -> Converted:
    """An AssayPolicy for each entry of ``verifyImages``; the other rules are refused."""
    loading.load(policy)
    item: Object = policy.object
    name = _name(item)
    objects: list[Object] = []
    losses: list[Loss] = []
    refused: list[Loss] = []
    became: list[tuple[str, str]] = []
    entries = [(rule, entry) for rule in item["spec"]["rules"] for entry in rule.get("verifyImages") or [None]]
    for number, (rule, entry) in enumerate(entries, 1):
        place, notes = f"spec.rules[{rule.get('name')}]", Notes()
        try:
            if entry is None:
                unsayable("only rules about images have a form in AssayPolicy; see --to kyverno-cel")
            spec = _of_entry(notes, item, rule, modern(entry, place))
        except AssayError as error:
            refused.append(Loss(place, error.what))
            continue
        own = name if len(entries) == 1 else f"{name}-{number}"
        objects.append(_made(item, own, spec, notes))
        became.append((str(rule.get("name")), objects[-1]["metadata"]["name"]))
        losses += [Loss(f"{place}.{one.field}", one.what, one.effect) for one in notes.found]
    return Converted(name, tuple(objects), tuple(losses), tuple(refused), tuple(became))


def _of_entry(notes: Notes, policy: Object, rule: Object, entry: Object) -> Object:
    if entry.get("validate"):
        unsayable("verifyImages.validate across attestations")
    if rule.get("imageExtractors"):
        unsayable("imageExtractors: other kinds than workloads")
    signers = Signers(notes, entry)
    spec: Object = {**_references(entry), **_reach(notes, policy, rule)}
    by = signers.named(entry.get("attestors") or [])
    attestations = [_attested(notes, signers, one, by) for one in entry.get("attestations") or []]
    spec["signers"] = signers.found
    spec |= {"signedBy": by} if by else {}
    spec |= {"attestations": attestations} if attestations else {}
    pin, require = entry.get("mutateDigest", True), entry.get("verifyDigest", True)
    spec["digests"] = {"pin": bool(pin), "require": bool(require)}
    spec["action"] = _action(notes, policy["spec"], entry)
    webhook = policy["spec"].get("webhookConfiguration") or {}
    if (webhook.get("failurePolicy") or policy["spec"].get("failurePolicy")) == "Ignore":
        spec["onError"] = "audit"
    return spec


class Signers:
    """The sets of attestors of an entry by name, each once."""

    def __init__(self, notes: Notes, entry: Object) -> None:
        self.found: Object = {}
        self._notes, self._form = notes, {"form": "bundle"} if entry.get("type") == "SigstoreBundle" else {}
        self._repository = str(entry.get("repository") or "")
        self._annotations: Object = entry.get("annotations") or {}

    def named(self, sets: list[Object]) -> list[str]:
        """The names of signers that are these sets."""
        return [
            self._name(
                {**native_signers.of_entries(self._notes, one, self._repository, self._annotations), **self._form}
            )
            for one in sets
        ]

    def _name(self, signer: Object) -> str:
        known = next((name for name, other in self.found.items() if other == signer), "")
        if not known:
            known = f"signer{len(self.found) + 1}"
            self.found[known] = signer
        return known


def _attested(notes: Notes, signers: Signers, one: Object, outer: list[str]) -> Object:
    by = signers.named(one["attestors"]) if one.get("attestors") else outer
    found: Object = {"type": str(one.get("type") or one.get("predicateType")), "by": by}
    if one.get("conditions"):
        predicate = Cel("predicate")
        names = {str(one["name"]): predicate} if one.get("name") else {}
        queries = replace(Queries(notes, names=names), base=predicate)
        found["conditions"] = [{"expression": conditions.clauses(queries, one["conditions"])}]
    return found


def _references(entry: Object) -> Object:
    parts = {"include": entry.get("imageReferences") or [], "exclude": entry.get("skipImageReferences") or []}
    for text in (*parts["include"], *parts["exclude"]):
        if "?" in text or "{{" in text:
            unsayable(f"the image reference {text!r:.80}")
    found: Object = {
        key: [_glob(re.sub(r"\*+", "**", text)) for text in texts] for key, texts in parts.items() if texts
    }
    if "*" in parts["include"]:
        del found["include"]
    return {"images": found} if found else {}


def _reach(notes: Notes, policy: Object, rule: Object) -> Object:
    """``workloads``; what cannot be said of the reach makes the new policy ask of more."""
    taken, left = matching.blocks(rule.get("match") or {}), matching.blocks(rule.get("exclude") or {})
    if len(taken) > 1:
        notes.lose("match", "the blocks are one: their kinds and namespaces", Effect.STRICTER)
    found: Object = {}
    kinds = {kind.rpartition("/")[2] for block in taken for kind in (block.get("resources") or {}).get("kinds") or []}
    if kinds - {"*"} and not (kinds <= set(_RUNNERS) and _grows(policy, rule)):
        found["kinds"] = sorted(kinds)
    held = [block.get("resources") or {} for block in taken]
    if held and all(one.get("namespaces") for one in held):
        found["namespaces"] = sorted({name for one in held for name in one["namespaces"]})
    if len(held) == 1:
        found |= {part: held[0][part] for part in ("selector", "namespaceSelector") if held[0].get(part)}
    _lost(notes, "match", taken, ("names", "name", "annotations", "roles", "clusterRoles", "subjects"))
    found |= _left_out(notes, left)
    for part in ("preconditions", "celPreconditions", "context"):
        if rule.get(part):
            notes.lose(part, "there are none: the policy is asked always", Effect.STRICTER)
    return {"workloads": found} if found else {}


def _grows(policy: Object, rule: Object) -> bool:
    return any(str(one.get("name", "")).startswith("autogen-") for one in autogen.rules(policy)) or "Pod" not in str(
        rule.get("match")
    )


def _left_out(notes: Notes, blocks: list[Object]) -> Object:
    names: list[str] = []
    for block in blocks:
        held = block.get("resources") or {}
        others = [part for part in held if part not in ("namespaces", "kinds") and held[part]]
        if held.get("namespaces") and not others and len(block) == 1:
            names += held["namespaces"]
        else:
            notes.lose("exclude", "only namespaces can be left out: the rest is asked too", Effect.STRICTER)
    return {"excludedNamespaces": names} if names else {}


def _lost(notes: Notes, place: str, blocks: list[Object], parts: Iterable[str]) -> None:
    for part in parts:
        if any(part in block or part in (block.get("resources") or {}) for block in blocks):
            notes.lose(f"{place}.{part}", "there is no such field: more is asked", Effect.STRICTER)


def _action(notes: Notes, spec: Object, entry: Object) -> str:
    overrides = spec.get("validationFailureActionOverrides") or []
    chosen = {str(one.get("action", "")).lower() for one in overrides}
    own = str(entry.get("failureAction") or spec.get("validationFailureAction") or "Audit").lower()
    if overrides and chosen != {own}:
        notes.lose(
            "validationFailureActionOverrides", "one action holds everywhere: enforce where any is", Effect.STRICTER
        )
        own = "enforce" if "enforce" in {own, *chosen} else own
    return "enforce" if own == "enforce" else "warn" if spec.get("emitWarning") else "audit"


def _name(item: Object) -> str:
    return str((item.get("metadata") or {}).get("name") or "")


def _made(item: Object, name: str, spec: Object, notes: Notes) -> Object:
    plain = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    if len(plain) > MAX_NAME:
        plain = f"{plain[: MAX_NAME - 9]}-{sha256(plain.encode()).hexdigest()[:8]}"
    annotations = {FROM: f"{item.get('kind')}/{_name(item)}"}
    if notes.found:
        annotations[LOST] = "; ".join(map(str, notes.found))
    metadata: Object = {"name": plain, "annotations": annotations}
    return {"apiVersion": API_VERSION, "kind": "AssayPolicy", "metadata": metadata, "spec": spec}
