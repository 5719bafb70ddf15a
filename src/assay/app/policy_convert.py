"""Policies converted: everything in the files that has a form in the other language, and what it loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.app import own_policies
from assay.engines.policy.converting import classic, native
from assay.engines.policy.converting.losses import Converted
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind

CEL, ASSAY = "kyverno-cel", "assay"
TARGETS = (CEL, ASSAY)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of one policy; `problem` where it cannot be read at all."""

    manifest: Manifest
    converted: Converted | None = None
    problem: AssayError | None = None

    @property
    def place(self) -> str:
        """File, line and name."""
        kind, metadata = GroupVersionKind.of(self.manifest.object).kind, self.manifest.object.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        return f"{self.manifest.place}: {kind} {name}"

    @property
    def whole(self) -> bool:
        """Whether nothing is lost."""
        return self.converted is not None and not self.converted.losses and not self.converted.refused


def convert(paths: Sequence[Path], target: str) -> tuple[list[Conversion], list[AssayError]]:
    """Every policy that has a form in `target`, and the files that cannot be read."""
    found, problems = own_policies.manifests(paths)
    return list(_each(found, target)), problems


def _each(found: Sequence[Manifest], target: str) -> Iterator[Conversion]:
    for item in found:
        kind = GroupVersionKind.of(item.object)
        classic_one = kind.group == "kyverno.io" and kind.kind in ("ClusterPolicy", "Policy")
        controlled = kind.group == "policy.sigstore.dev" and kind.kind == "ClusterImagePolicy"
        if not classic_one and not (controlled and target == ASSAY):
            continue
        make = (
            native.of_cluster_image_policy
            if controlled
            else classic.convert
            if target == CEL
            else native.of_verify_images
        )
        try:
            yield Conversion(item, make(item))
        except AssayError as error:
            yield Conversion(item, problem=error)
