"""Images of the container engines on this machine as sources: fetched as an archive, then read like one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from assay.adapters import engine_socket, image_reference, spool
from assay.adapters.image import Image
from assay.adapters.sources import Request
from assay.adapters.spool import OpenFile
from assay.adapters.waiting import readable
from assay.errors import ExternalError, InputError, UsageError
from assay.model.sbom import Sbom

_PIECE_SECONDS = 60
_MAX_COMPLAINT = 4 << 10


def online(engine: str, reference: str, request: Request) -> None:
    """Raise `UsageError` while offline: that forbids the sockets of engines too."""
    if request.offline:
        raise UsageError(
            f"{reference} is to be had from {engine}, and --offline forbids to ask it",
            f"save it first: {engine} save -o image.tar {reference}",
        )


def open_image(engine: str, reference: str, request: Request) -> Image | Sbom:
    """An image of Docker or Podman."""
    from assay.adapters.sources import docker_archive

    online(engine, reference, request)
    file = engine_socket.saved(engine, reference)
    return docker_archive.of_file(file, "", request)


def exported(reference: str, request: Request) -> OpenFile:
    """An image of containerd as an OCI archive, by the first of its clients that is there."""
    online("containerd", reference, request)
    wanted = str(image_reference.parse(reference))
    namespace = os.environ.get("CONTAINERD_NAMESPACE") or "default"
    commands = {
        "ctr": ["ctr", "-n", namespace, "images", "export", *_platform(request), "-", wanted],
        "nerdctl": ["nerdctl", "-n", namespace, "save", *_platform(request), wanted],
    }
    found = next((command for command in commands.values() if shutil.which(command[0])), None)
    if found is None:
        raise ExternalError(
            "containerd is asked by its client, and neither ctr nor nerdctl is here",
            f"install one, or export the image where one is, and use oci-archive:; or use registry:{reference}",
        )
    return spool.spooled(_output(found, reference), reference)


def _platform(request: Request) -> list[str]:
    return ["--platform", str(request.image.platform)] if request.image.platform else []


def _output(command: list[str], reference: str) -> Iterator[bytes]:
    """What a program writes, piece by piece; it is ended when it falls silent, fails when it does."""
    import subprocess
    import tempfile

    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints) as program,
    ):
        assert program.stdout is not None
        descriptor = program.stdout.fileno()
        try:
            while True:
                if not readable(descriptor, _PIECE_SECONDS):
                    raise ExternalError(f"{command[0]} fell silent while exporting {reference}", "look into its log")
                piece = os.read(descriptor, spool.PIECE)
                if not piece:
                    break
                yield piece
        except BaseException:
            program.kill()
            raise
        if program.wait(_PIECE_SECONDS):
            complaints.seek(0)
            raise _refusal(command[0], reference, complaints.read(_MAX_COMPLAINT))


def _refusal(program: str, reference: str, complaint: bytes) -> ExternalError | InputError:
    lines = complaint.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    said = "".join(letter if letter.isprintable() else " " for letter in lines[-1][:200])
    if "not found" in said:
        return InputError(f"containerd has no image {reference}: {said}", "pull it, or set CONTAINERD_NAMESPACE")
    return ExternalError(f"{program} cannot export {reference}: {said}", "try it by hand")
