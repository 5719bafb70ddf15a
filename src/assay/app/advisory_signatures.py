"""Who must have signed a built advisory store (`assay db export`) before anything is taken from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.errors import AssayError, Refused
from assay.formats import digest as digests

if TYPE_CHECKING:
    from assay.adapters.access import Access
    from assay.adapters.image_reference import ImageReference
    from assay.adapters.trust_roots import Root
    from assay.app.verifying import VerifyRequest
    from assay.model.digest import Digest


class StoreCheck(NamedTuple):
    """The key (a file), or the identity and its issuer, that vouch for a store: an `adapters.advisories.remote.Check`.

    A key may have signed without a log, as across an air gap; an identity's signature must be in the log.
    """

    access: Access
    root: Root
    key: str = ""
    identity: str = ""
    issuer: str = ""

    def manifest(self, data: bytes, bundle: bytes | None, origin: str) -> None:
        """Raises `Refused` where the bundle is missing, or is not a signature of that one over `data`."""
        from assay.app.verifying import options
        from assay.engines.verify import Artifact, verify
        from assay.formats import sigstore_bundle

        if bundle is None:
            raise Refused(
                f"the store at {origin} is not signed", "sign its manifest.json, or unset db.key, db.identity"
            )
        try:
            verify(sigstore_bundle.read(bundle), Artifact(data), options(self._request()))
        except AssayError as error:
            raise self._refused(origin, error) from error

    def artifact(self, reference: ImageReference) -> Digest:
        """The digest that is signed; raises `Refused` where none is by that one."""
        from assay.app.verifying import judge, options

        request = self._request()
        judged = judge(str(reference), request, options(request))
        if not judged.verified:
            raise self._refused(str(reference), judged.reason())
        return digests.parse(judged.digest)

    def _request(self) -> VerifyRequest:
        from assay.app.verifying import VerifyRequest
        from assay.engines.verify.identities import Match, Policy, Wanted

        policy = None if self.key else Policy((Wanted(Match(self.identity), Match(self.issuer)),), "db.identity")
        return VerifyRequest(self.access, self.root, policy, self.key, ignore_log=bool(self.key))

    def _refused(self, origin: str, error: AssayError) -> Refused:
        return Refused(f"the store at {origin} is not signed as db.key or db.identity want: {error.what}", error.remedy)
