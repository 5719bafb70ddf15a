"""What hangs on images: manifests, lists that are changed, statements inside of bundles; the first byte picks."""

from __future__ import annotations

import contextlib

from assay.errors import AssayError, Malformed
from assay.formats import attachment, cosign_image, oci
from assay.formats.digest import sha256
from assay.model.image import Descriptor, Manifest

_ITEM = b'{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:%064d", "size": 3}' % 1
_NEW = Descriptor(oci.MANIFEST, sha256(b"new"), 3)
SEEDS: list[bytes] = [
    b'\x00{"manifests": [%b, %b], "annotations": {"a": 1}, "extra": []}' % (_ITEM, _ITEM),
    b'\x01{"config": %b, "layers": [%b], "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",'
    b' "annotations": {"dev.sigstore.bundle.content": "dsse-envelope"}, "subject": %b}' % (_ITEM, _ITEM, _ITEM),
    b'\x02{"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": "eyJwcmVkaWNhdGVUeXBlIjoieCJ9"}}',
    b'\x02{"messageSignature": {}}',
]


def run(data: bytes) -> None:
    if not data:
        return
    rest = data[1:]
    with contextlib.suppress(AssayError):
        match data[0] % 3:
            case 0:
                _change(rest)
            case 1:
                manifest = oci.parse(rest)
                if isinstance(manifest, Manifest):
                    found = attachment.documents(manifest)
                    attachment.overall(found)
                    assert [document.item for document in found] == list(manifest.layers)
                    cosign_image.merged(rest, (_NEW,), replace=False)
            case 2:
                attachment.predicate_type(rest)


def _change(rest: bytes) -> None:
    """What is added is there, beside what was; what is taken away is gone, and nothing else."""
    before = [item.digest for item in oci.entries(rest)]
    added = oci.with_entries(rest, [_NEW])
    if added is None:
        assert _NEW.digest in before
        return
    assert [item.digest for item in oci.entries(added)] == [*before, _NEW.digest]
    try:
        removed = oci.without_entries(added, {_NEW.digest})
    except Malformed as error:
        raise AssertionError(error.what) from error
    assert removed is not None
    assert [item.digest for item in oci.entries(removed)] == before
