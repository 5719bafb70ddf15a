"""Provenance of Google Cloud Build, as ``gcloud artifacts docker images describe --show-provenance`` prints it.

::

    {"image_summary": {"digest": "sha256:…", "fully_qualified_digest": "us-west2-docker.pkg.dev/…@sha256:…"},
     "provenance_summary": {"provenance": [
        {"kind": "BUILD", "resourceUri": "https://…@sha256:…", "build": {"intotoStatement": {…}},
         "envelope": {"payloadType": "application/vnd.in-toto+json", "payload": "…",
            "signatures": [{"keyid": "projects/verified-builder/locations/us-west2/…", "sig": "…"}]}}]}}

Payload and signatures are in the alphabet of base64 for addresses. ``build`` repeats the statement for people: under
``intotoStatement`` (SLSA 0.1, with ``slsaProvenance`` for ``predicate``), or ``inTotoSlsaProvenanceV1``.
"""

from __future__ import annotations

from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.json import Json, Object, as_object
from assay.formats.strict_json import Reader
from assay.model.bundle import Envelope, EnvelopeSignature

MAX_PROVENANCES = 256
MAX_SIGNATURES = 32
V01, V1 = "https://slsa.dev/provenance/v0.1", "https://slsa.dev/provenance/v1"


class Build(NamedTuple):
    """One provenance: its `kind`, what it is said to be about, the envelope, and the statement's `text` for people."""

    kind: str
    resource: str
    envelope: Envelope
    text: Object


class Summary(NamedTuple):
    """What Google says about an image: its digest, alone and behind its name, and how it was built."""

    digest: str
    qualified: str
    builds: tuple[Build, ...]


def is_summary(value: Json) -> bool:
    """Whether JSON is one of these."""
    return isinstance(value, dict) and "provenance_summary" in value and "image_summary" in value


def read(data: bytes) -> Summary:
    """The summary; raises `Malformed` for what is none, or has no provenance."""
    whole = Reader(strict_json.load(data, "the provenance"), "the provenance")
    image, builds = whole.object("image_summary"), whole.object("provenance_summary").objects("provenance")
    if not 0 < len(builds) <= MAX_PROVENANCES:
        raise Malformed(f"the summary has {len(builds)} provenances")
    return Summary(image.text("digest"), image.text("fully_qualified_digest"), tuple(map(_build, builds)))


def _build(item: Reader) -> Build:
    envelope = item.object("envelope")
    signatures = envelope.objects("signatures")
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed(f"a provenance has {len(signatures)} signatures")
    return Build(
        item.text("kind"),
        item.text("resourceUri"),
        Envelope(
            envelope.text("payloadType"),
            _decoded(envelope, "payload"),
            tuple(EnvelopeSignature(_decoded(one, "sig"), one.text("keyid", "")) for one in signatures),
        ),
        _text(as_object(item.value.get("build"))),
    )


def _text(build: Object) -> Object:
    """The statement for people, with its predicate under the right name."""
    found = as_object(build.get("inTotoSlsaProvenanceV1")) or as_object(build.get("intotoStatement"))
    if "slsaProvenance" not in found:
        return found
    return {name: value for name, value in found.items() if name != "slsaProvenance"} | {
        "predicate": found["slsaProvenance"]
    }


def _decoded(item: Reader, name: str) -> bytes:
    text = item.text(name).translate(str.maketrans("-_", "+/"))
    return strict_json.decode(text + "=" * (-len(text) % 4), f"{item.where}.{name}")
