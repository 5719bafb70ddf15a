"""What is wrong with an image, out of attested scans, or of an SBOM that is matched now; VEX is applied to all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.engines import vex
from assay.engines.match import Options
from assay.errors import AssayError, Refused
from assay.formats import attested_scan, openvex, purl
from assay.formats.attested_scan import Reported
from assay.formats.json import as_object
from assay.model.advisory import Exploited, Kind
from assay.model.component import Component, ComponentType
from assay.model.digest import Digest
from assay.model.finding import Finding, Scan, Vulnerability
from assay.model.image_flaws import Assessment, Flaw
from assay.model.policy import Object
from assay.model.purl import Purl
from assay.model.sbom import Sbom
from assay.model.vex import VexDocument
from assay.ports import Advisories
from assay.workflows import scan as scanning


def documents(items: Sequence[Object]) -> list[VexDocument]:
    """Attested OpenVEX; raises `Refused` for what is none: a document that is not understood excuses nothing."""
    try:
        return [openvex.of(item, "attested VEX") for item in items]
    except AssayError as error:
        raise Refused(f"attested VEX: {error.what}", "attest an OpenVEX document") from error


def scanned(statement: Object, said: Sequence[VexDocument], image: Component) -> Assessment:
    """What an attested scan found; raises `Refused` for a report that cannot be read."""
    try:
        found = attested_scan.read(as_object(statement.get("predicate")))
    except AssayError as error:
        raise Refused(f"the attested scan cannot be read: {error.what}", error.remedy) from error
    pairs = [(_finding(item), item) for item in found.findings]
    stay, _ = vex.apply([finding for finding, _ in pairs], said, image)
    staying = {id(item.vulnerability) for item in stay}
    flaws = tuple(_flaw(finding, item, id(finding.vulnerability) in staying) for finding, item in pairs)
    return Assessment(flaws, found.scanner, found.ended, found.data_day, found.gaps)


def _finding(item: Reported) -> Finding:
    exploited = Exploited() if item.exploited else None
    kind = Kind.MALICIOUS if item.malicious else Kind.VULNERABILITY
    problem = Vulnerability(item.ids[0], item.ids, kind, level=item.level, exploited=exploited)
    return Finding(problem, Component(item.name, item.version, purl=_purl(item.purl)), (), fixed=item.fixed)


def _flaw(finding: Finding, item: Reported, stays: bool) -> Flaw:
    component = f"{item.name}@{item.version}" if item.name else item.purl
    excused = item.dropped or ("" if stays else "VEX says that it is not affected")
    return Flaw(item.ids, component, item.level, item.exploited, item.fixed, item.malicious, excused)


def _purl(text: str) -> Purl | None:
    try:
        return purl.parse(text) if text else None
    except AssayError:
        return None


def matched(
    sbom: Sbom, said: Sequence[VexDocument], image: Component, store: Advisories, options: Options
) -> Assessment:
    """What is known now of the components of an SBOM; `image` is what VEX calls the product."""
    about = replace(sbom, subject=image)
    found = scanning.scan(about, store, options, scanning.Words(list(said)))
    flaws = (*(_known(item) for item in found.findings), *(_known(item) for item in found.suppressed))
    newest = max((item.day for item in found.sources), default="")
    return Assessment(flaws, "assay's own advisories", None, newest, tuple(_gaps(found)))


def _known(item: Finding) -> Flaw:
    problem, part, said = item.vulnerability, item.component, item.suppression
    name = f"{part.name}@{part.version}" if part.version else part.name
    excused = f"{said.cause}: {said.status or said.reason}" if said is not None else ""
    malicious = problem.kind is Kind.MALICIOUS
    exploited = problem.exploited is not None
    return Flaw(problem.ids or (problem.id,), name, problem.level, exploited, item.fixed, malicious, excused)


def _gaps(found: Scan) -> list[str]:
    return [item.message for item in found.coverage if item.message]


def image_component(name: str, digest: Digest) -> Component:
    """An image as VEX names it: by its purl (``pkg:oci/app@sha256:…``), its digest or its name."""
    last = name.rpartition("/")[2]
    where = purl.parse(f"pkg:oci/{last}@{str(digest).replace(':', '%3A')}?repository_url={name}")
    return Component(name, str(digest), ComponentType.CONTAINER, purl=where, digests=(digest,))
