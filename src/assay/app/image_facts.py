"""What policies ask about images beyond signatures (`assay.engines.policy.world.ImageFacts`), put together."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assay.adapters.access import Access
from assay.engines import provenance
from assay.engines.match import Options
from assay.engines.policy.native.checks import read_sbom
from assay.engines.provenance import Expected
from assay.errors import AssayError, ExternalError, Refused
from assay.formats import digest as digests
from assay.formats import intoto, json_bytes
from assay.formats.image_reference import parse
from assay.model.assay_policy import WantedProvenance
from assay.model.component import Component
from assay.model.identity import Identity
from assay.model.image_flaws import Assessment
from assay.model.image_policy import ImageAttestation
from assay.model.policy import Object
from assay.model.sbom import Sbom
from assay.workflows import image_flaws

if TYPE_CHECKING:
    from assay.adapters.advisories import AdvisoryStore
    from assay.app.image_evidence import RegistryImages

MAX_KEPT = 2000


class _Shared:
    """What all requests share."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.store: AdvisoryStore | None = None
        self.stamp = -1
        self.sboms: OrderedDict[str, Sbom] = OrderedDict()


class Facts:
    """`assay.engines.policy.world.ImageFacts`; SBOMs of images that were read are kept."""

    def __init__(
        self,
        data_dir: Path,
        cache_dir: Path,
        access: Access,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._data_dir, self._cache_dir, self._access, self._now = data_dir, cache_dir, access, now
        self._images: RegistryImages | None = None
        self._shared = _Shared()

    def of(self, images: RegistryImages) -> Facts:
        """The same for one request, which waits for an image no longer than for its signatures."""
        found = copy.copy(self)
        found._images = images
        return found

    def scanned(self, attestation: ImageAttestation, vex: Sequence[Object]) -> Assessment:
        """What an attested scan says."""
        said = image_flaws.documents(vex)
        return image_flaws.scanned(attestation.statement, said, _image(attestation))

    def matched(self, attestation: ImageAttestation, vex: Sequence[Object]) -> Assessment:
        """What is known now of an attested SBOM."""
        store = self._advisories()
        said = image_flaws.documents(vex)
        sbom = read_sbom(attestation.statement)
        return image_flaws.matched(sbom, said, _image(attestation), store, self._options(store))

    def inspected(self, reference: str, vex: Sequence[Object]) -> Assessment:
        """What is known now of an image, which is read once."""
        store = self._advisories()
        said = image_flaws.documents(vex)
        named = parse(reference)
        image = image_flaws.image_component(named.name, digests.parse(named.digest))
        sbom = self._shared.sboms.get(reference)
        if sbom is None and self._images is not None:
            sbom = self._images.ask(("sbom", reference), lambda: self._sbom(reference), named.host)
        return image_flaws.matched(sbom or self._sbom(reference), said, image, store, self._options(store))

    def built(self, attestation: ImageAttestation, wanted: WantedProvenance) -> str:
        """The builder, as the certificate of the provenance bears it out."""
        signature = attestation.signature
        if signature.identity.startswith("key sha256:"):
            what = "provenance is what a builder's certificate bears out, and this was signed with a key"
            raise Refused(what, "name an identity in place of a key")
        identity = Identity(tuple(signature.identity.split(", ")), signature.issuer, signature.claims)
        expected = Expected(wanted.source, wanted.builder, wanted.branch, wanted.tag, wanted.versioned_tag)
        return provenance.check(intoto.read(json_bytes.encode(attestation.statement)), identity, expected)

    def _sbom(self, reference: str) -> Sbom:
        from assay.app.cataloguing import SbomRequest, sbom

        request = SbomRequest(
            f"registry:{reference}",
            offline=self._access.offline,
            plain_http=self._access.plain_http,
            insecure=self._access.insecure,
            cache_dir=self._cache_dir,
        )
        try:
            found = sbom(request)
        except AssayError as error:
            raise ExternalError(f"{reference} cannot be read: {error.what}", error.remedy) from error
        with self._shared.lock:
            self._shared.sboms[reference] = found
            while len(self._shared.sboms) > MAX_KEPT:
                self._shared.sboms.popitem(last=False)
        return found

    def _advisories(self) -> AdvisoryStore:
        """The advisory data, opened again when an update brought other data."""
        from assay.app.scanning import advisories

        folder, shared = self._data_dir / "advisories", self._shared
        stamp = folder.stat().st_mtime_ns if folder.is_dir() else 0
        with shared.lock:
            if shared.store is None or stamp != shared.stamp:
                shared.store, shared.stamp = advisories(self._data_dir, self._cache_dir), stamp
            if not shared.store.shards:
                raise ExternalError("there is no advisory data here", "assay db update")
            return shared.store

    def _options(self, store: AdvisoryStore) -> Options:
        now = self._now()
        return Options(
            today=now.date(),
            releases=store.releases(),
            timestamp=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            manifest=store.digest,
        )


def _image(attestation: ImageAttestation) -> Component:
    """The image that a statement is about, by the name of its subject."""
    named = ""
    for subject in attestation.statement.get("subject", ()):
        if isinstance(subject, dict) and isinstance(subject.get("name"), str):
            named = named or subject["name"].partition("@")[0]
    try:
        name = parse(named).name if named else "image"
    except AssayError:
        name = "image"
    return image_flaws.image_component(name, attestation.signature.image)
