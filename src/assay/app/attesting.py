"""Attestations: predicates out of files, or made on the spot by assay's own engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.trust_roots import read_file
from assay.app import signing_targets
from assay.app.producing import timestamp
from assay.app.signing import Session, write
from assay.app.signing_targets import Done, Wanted
from assay.app.verifying import MAX_ATTESTATIONS, attestation_files
from assay.engines.verify import Artifact
from assay.errors import AssayError, UsageError
from assay.formats import intoto, intoto_writer, json, sigstore_bundle
from assay.formats.json import Json
from assay.model.bundle import Envelope

if TYPE_CHECKING:
    from assay.model.digest import Digest
    from assay.model.sbom import Sbom

MAX_PREDICATE = 64 << 20
CYCLONEDX = "https://cyclonedx.org/bom"
VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
OPENVEX = "https://openvex.dev/ns/v0.2.0"


@dataclass(frozen=True, slots=True)
class Claims:
    """What is attested: a `predicate` of a `type`, a whole `statement`, or what assay's engines find."""

    predicate: Path | None
    type: str
    statement: Path | None
    sbom: bool
    scan: bool
    vex: Path | None
    version: str
    data_dir: Path
    cache_dir: Path

    def check(self, *, one_place: bool) -> None:
        """Raise `UsageError` where nothing is attested, or too much for `one_place`, or beside a statement."""
        others = [item for item in (self.predicate, self.vex, self.sbom, self.scan) if item]
        if self.statement is not None and others:
            raise UsageError("a statement holds its own predicate", "give --statement alone")
        if self.statement is None and not others:
            raise UsageError("nothing is attested", "--predicate, --sbom, --scan, --vex or --statement")
        if one_place and len(others) > 1:
            raise UsageError("one file cannot take several attestations", "leave --bundle away, or make one by one")


def attest(target: str, session: Session, wanted: Wanted, claims: Claims) -> Iterator[Done]:
    """Attest a target; several claims give several attestations."""
    found = signing_targets.local(target, wanted.bundle)
    if found is not None:
        for kind, payload in _statements(target, found.path.name, found.digest, claims):
            signed = session.statement(payload, Artifact(found.data))
            path = wanted.bundle or _beside(found.path, kind)
            write(path, signed.data)
            yield Done(target, str(path), found.digest, signed.data)
        return
    place, nodes = signing_targets.images(target, wanted)
    for node in nodes:
        name, digest = place.name.partition("@")[0], node.item.digest
        for kind, payload in _statements(target, name, digest, claims):
            signed = session.statement(payload, Artifact(digests=[(digest.algorithm.value, digest.value)]))
            if wanted.elder:
                where = signing_targets.hang_elder(place, node, signed, session)
            else:
                where = signing_targets.hang(place, node, signed, kind)
            yield Done(f"{name}@{digest}", where, digest, signed.data)


def _beside(path: Path, kind: str) -> Path:
    """``app.tar.gz.att.sigstore.json``; further ones are numbered, and a new one takes the place of one of its type."""
    for place in attestation_files(path.resolve()):
        if not place.exists() or _type_of(place) == kind:
            return place
    raise UsageError(f"{path} has {MAX_ATTESTATIONS} attestations already", "name a place for this one: --bundle FILE")


def _type_of(place: Path) -> str:
    try:
        content = sigstore_bundle.read(read_file(place)).content
        return intoto.read(content.payload).predicate_type if isinstance(content, Envelope) else ""
    except AssayError:
        return ""


def _statements(target: str, name: str, digest: Digest, claims: Claims) -> Iterator[tuple[str, bytes]]:
    """Predicate type and statement of each claim."""
    if claims.statement is not None:
        payload = read_file(claims.statement)
        yield intoto.read(payload).predicate_type, payload
        return
    version = intoto_writer.V1 if claims.version == "1" else intoto_writer.V0_1
    for kind, predicate in _predicates(target, claims):
        yield kind, intoto_writer.write([(name, digest.algorithm.value, digest.value)], kind, predicate, version)


def _predicates(target: str, claims: Claims) -> Iterator[tuple[str, Json]]:
    if claims.predicate is not None:
        kind = intoto.wanted(claims.type)[-1]
        yield kind, intoto_writer.predicate(read_file(claims.predicate), kind, timestamp())
    if claims.vex is not None:
        yield OPENVEX, json.load(read_file(claims.vex))
    if claims.sbom or claims.scan:
        found = _sbom(target, claims)
        if claims.sbom:
            yield CYCLONEDX, json.load(_cyclonedx(found))
        if claims.scan:
            yield VULN, json.load(_scanned(found, target, claims))


def _sbom(target: str, claims: Claims) -> Sbom:
    from assay.app.cataloguing import SbomRequest, sbom

    return sbom(SbomRequest(target, cache_dir=claims.cache_dir))


def _cyclonedx(found: Sbom) -> bytes:
    from assay.report import formats

    return formats.write(found, "cyclonedx-json")


def _scanned(found: Sbom, target: str, claims: Claims) -> bytes:
    """What a scan says of it; rules in a folder that is attested hide nothing, also where assay runs inside of it."""
    from assay.app.scanning import ScanRequest, scan
    from assay.report.findings import formats

    folder = Path(target.removeprefix("dir:"))
    folders = [folder] if folder.is_dir() else []
    result = scan(ScanRequest(found, claims.data_dir, claims.cache_dir, folders=folders, source_rules=False))
    return formats.write(result, "cosign-vuln", formats.Options())
