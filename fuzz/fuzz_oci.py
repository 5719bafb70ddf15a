"""The documents of images (index, manifest, configuration, `docker save`) and the texts around them: image references,
platforms, WWW-Authenticate; the first byte picks the reader.
"""

from __future__ import annotations

import contextlib

from assay.adapters import image_reference
from assay.errors import AssayError
from assay.formats import auth_challenge, docker_archive, oci

_DESCRIPTOR = b'{"mediaType": "x", "digest": "sha256:%064d", "size": 3, "annotations": {"a": "b"}}' % 0
SEEDS: list[bytes] = [
    b'\x00{"schemaVersion": 2, "config": %b, "layers": [%b], "subject": %b}' % (_DESCRIPTOR, _DESCRIPTOR, _DESCRIPTOR),
    b'\x00{"manifests": [%b], "annotations": {}}' % _DESCRIPTOR,
    b'\x01{"os": "linux", "architecture": "arm", "variant": "v7", "rootfs": {"diff_ids": ["sha256:0"]},'
    b' "history": [{"created_by": "x", "empty_layer": true}], "config": {"Labels": {"a": "b"}}}',
    b'\x02[{"Config": "blobs/sha256/0", "RepoTags": ["a:1"], "Layers": ["../x", "0/layer.tar"]}]',
    b"\x03registry.example:5000/team/app:1.2@sha256:%064d" % 1,
    b"\x03[::1]:1/a__b/c-d.e",
    b"\x04linux/arm64/v8",
    b'\x05Bearer realm="https://auth.example/token",service="x",scope="a:b:c", Basic realm="y", NTLM TlRM==',
]


def run(data: bytes) -> None:
    if not data:
        return
    rest = data[1:]
    text = rest.decode("utf-8", "replace")
    with contextlib.suppress(AssayError):
        match data[0] % 6:
            case 0:
                document = oci.parse(rest)
                manifests = getattr(document, "manifests", ())
                oci.parse(oci.write_index(manifests))
            case 1:
                oci.parse_config(rest)
            case 2:
                saved = docker_archive.parse(rest)
                docker_archive.select(saved, "a:1")
            case 3:
                _reference(text)
            case 4:
                oci.parse_platform(text)
            case 5:
                auth_challenge.parse(text)


def _reference(text: str) -> None:
    found = image_reference.parse(text)
    assert image_reference.parse(str(found)) == found
    assert not set(found.name) & set("?#% \\@")
