"""Policies out of registries (``oci://HOST/NAME:TAG[@DIGEST]``): pulled, verified, kept on disk, looked at again.

Layers may be YAML (`kyverno oci push`, ORAS: one file each) or archives of such files (Gatekeeper's and Flux' bundles).
What was in force stays in force where the registry is away, or gives what cannot be accepted; also over a restart.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters import image_reference
from assay.app.companion_thread import CompanionThread
from assay.app.companions import Figure
from assay.errors import AssayError, ExternalError, InputError, LimitExceeded, Malformed, Refused
from assay.formats import oci
from assay.model.image import Manifest
from assay.model.image_policy import Authority
from assay.workflows import image_tree

if TYPE_CHECKING:
    from assay.adapters.registry.client import Pull
    from assay.app.image_evidence import Registries
    from assay.model.image import Descriptor

SCHEME = "oci://"
KYVERNO = "application/vnd.cncf.kyverno.policy.layer.v1+yaml"
_YAML = (KYVERNO, "application/vnd.assay.policy.layer.v1+yaml", "application/yaml", "application/x-yaml", "text/yaml")
_ENDINGS = (".yaml", ".yml", ".json")
MAX_LAYER, MAX_ALL, MAX_FILES = 8 << 20, 32 << 20, 2000


class PolicyBundle:
    """One bundle; `place` is the folder in which its policies are, whatever is the newest of them."""

    def __init__(self, text: str, folder: Path, registries: Registries, signer: Authority | None = None) -> None:
        """Raises `InputError` for what is no reference."""
        self.reference = image_reference.parse(text.removeprefix(SCHEME))
        self._folder = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        self.place = self._folder / "current"
        self._registries, self._signer = registries, signer

    @property
    def digest(self) -> str:
        """Of what is in force; empty where nothing is."""
        return self.place.readlink().name.replace("-", ":", 1) if self.place.is_symlink() else ""

    def update(self) -> bool:
        """Take over what the registry has; whether that is something else. Raises `AssayError`."""
        pull = self._registries.client(self.reference).pull
        digest = self.reference.digest or self._resolved(pull)
        if digest == self.digest:
            return False
        if self._signer is not None:
            whole = f"{self.reference.name}@{digest}"
            if not self._registries.images().signatures(whole, self._signer):
                raise Refused(f"the policies in {whole} are not signed as is wanted", f"assay sign {whole}")
        _, data = pull.manifest(digest)
        document = oci.parse(data)
        if not isinstance(document, Manifest):
            raise InputError(f"{self.reference} is an index, and no bundle of policies", "name one of its manifests")
        self._keep(digest, list(_files(pull, document.layers)))
        return True

    def _resolved(self, pull: Pull) -> str:
        found = pull.digest(self.reference.tag)
        return str(found if found is not None else pull.manifest(self.reference.tag)[0].digest)

    def _keep(self, digest: str, files: Sequence[tuple[str, bytes]]) -> None:
        """Write the files into a folder of their own, and point to it when all are there."""
        if not files:
            raise InputError(f"{self.reference} holds no policies", "push YAML, or archives of YAML")
        target = self._folder / digest.replace(":", "-")
        made, link = target.with_suffix(".new"), self._folder / "next"
        try:
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(mode=0o700, parents=True)
            for number, (ending, data) in enumerate(files):
                (made / f"{number:04}{ending}").write_bytes(data)
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)
            link.unlink(missing_ok=True)
            link.symlink_to(target.name)
            link.replace(self.place)
        except OSError as error:
            raise ExternalError(f"{self._folder} cannot be written: {error.strerror}", "look at --data-dir") from error
        for other in self._folder.glob("sha*"):
            if other.name != target.name:
                with suppress(OSError):
                    shutil.rmtree(other)


def _files(pull: Pull, layers: Sequence[Descriptor]) -> Iterator[tuple[str, bytes]]:
    """The policies in the layers, with the ending of each; other layers hold none."""
    total = 0
    for layer in layers:
        kind = layer.media_type
        packed = "tar" in kind
        if not packed and kind not in _YAML and not kind.endswith(("+yaml", "+json")):
            continue
        data = image_tree.content(pull, layer, MAX_LAYER)
        found = list(_members(data)) if packed else [(".yaml", data)]
        total += sum(len(item) for _, item in found)
        if total > MAX_ALL:
            raise LimitExceeded(f"the policies are larger than {MAX_ALL >> 20} MB", "split the bundle")
        yield from found


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The YAML and JSON files of a tar archive, gzipped or not; links and everything else are left out."""
    try:
        if data[:2] == b"\x1f\x8b":
            unpacker = zlib.decompressobj(31)
            data = unpacker.decompress(data, MAX_ALL)
            if unpacker.unconsumed_tail:
                raise LimitExceeded(f"the archive holds more than {MAX_ALL >> 20} MB", "split the bundle")
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_FILES:
                    raise LimitExceeded(f"the archive holds more than {MAX_FILES} files", "split the bundle")
                ending = Path(member.name).suffix
                if member.isreg() and ending in _ENDINGS and (file := archive.extractfile(member)) is not None:
                    yield ending, file.read(MAX_LAYER)
    except (tarfile.TarError, zlib.error, ValueError, OSError, EOFError, OverflowError) as error:
        raise Malformed("a layer is no archive of policies", "push the bundle again") from error


class PolicyBundles(CompanionThread):
    """An `assay.app.companions.Companion` that looks after bundles every `pause` seconds."""

    def __init__(self, bundles: Sequence[PolicyBundle], pause: float) -> None:
        super().__init__("policy bundles", 2)
        self._bundles, self._pause = bundles, pause
        self._told: dict[str, str] = {}

    @property
    def figures(self) -> Sequence[Figure]:
        """Bundles that could not be looked at."""
        about = "Bundles of policies that could not be brought up to date."
        return (Figure("assay_admission_bundle_problems", about, lambda: len(self._told)),)

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why."""
        return dict(self._told)

    def first(self) -> None:
        """Look at all once; raises `AssayError` where one has nothing on disk either."""
        self.round()
        for item in self._bundles:
            if not item.digest:
                raise ExternalError(self._told.get(str(item.reference), f"{item.reference} is not there"))

    def round(self) -> None:
        """Look at all."""
        for item in self._bundles:
            try:
                item.update()
                self._told.pop(str(item.reference), None)
            except AssayError as error:
                self._told[str(item.reference)] = f"{error.what}; what was in force stays so"

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            self.round()
