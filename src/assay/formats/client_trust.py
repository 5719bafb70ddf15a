"""Documents of an instance's clients, alone or within a client trust configuration (``sigstore_trustroot.proto``)."""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.strict_json import Reader

_WHOLE = "application/vnd.dev.sigstore.clienttrustconfig"


def part(data: bytes, name: str, media_type: str, what: str) -> Reader:
    """The document of that media type, or the part `name` of a configuration; raises `Malformed` for another one."""
    found = Reader(strict_json.load(data, what), what)
    said = found.text("mediaType", "")
    if said.startswith(_WHOLE):
        return found.object(name)
    if not said.startswith(media_type):
        raise Malformed(f"this is not {what}: its media type is {said[:100]!r}")
    return found
