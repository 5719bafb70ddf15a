"""``containerd:NAME[:TAG]``: an image that containerd has, exported by its client ``ctr`` or ``nerdctl``.

``CONTAINERD_NAMESPACE`` names the namespace; why a client is asked is in docs/adr/0008-containerd-by-its-client.md.
"""

from __future__ import annotations

from assay.adapters.image import Image
from assay.adapters.sources import Request
from assay.model.sbom import Sbom


def open_source(reference: str, request: Request) -> Image | Sbom:
    """The image; raises `assay.errors.UsageError` while offline, `assay.errors.ExternalError` without a client."""
    from assay.adapters import engine_image, sniff
    from assay.adapters.sources import docker_archive, oci_archive

    file = engine_image.exported(reference, request)
    if sniff.kind(file) == "docker-archive":
        return docker_archive.of_file(file, "", request)
    return oci_archive.of_file(file, "", request)
