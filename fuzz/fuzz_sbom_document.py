"""SBOM documents of unknown format: detected, taken out of envelopes, read.

Those that have no harness of their own (all but CycloneDX and SPDX) are also validated, and written again.
"""

from __future__ import annotations

from assay.ecosystems.sbom import document
from assay.engines.validate import validate
from assay.errors import AssayError
from assay.formats import sbom_document, unreadable
from assay.formats.detect import detect, unwrap
from assay.model.ecosystem import File
from assay.report import formats

SEEDS: list[bytes] = [
    b"""{"artifacts": [{"id": "1", "name": "@a/b", "version": "1", "type": "npm", "foundBy": "x", "locations":
    [{"path": "/p", "layerID": "sha256:0"}], "licenses": [{"value": "MIT", "spdxExpression": "MIT", "type": "declared",
    "urls": ["u"]}, "BSD"], "cpes": [{"cpe": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"}, "x"], "purl": "pkg:npm/%40a/b@1"},
    {"id": "2", "name": "c", "purl": "pkg:deb/debian/c@1?upstream=d%401"}], "artifactRelationships": [{"parent": "1",
    "child": "2", "type": "dependency-of"}], "source": {"id": "s", "name": "n", "type": "image", "metadata": {"layers":
    [{"digest": "sha256:0"}]}}, "distro": {"id": "debian", "versionID": "12", "idLike": ["x"]}, "descriptor": {"name":
    "syft"}, "schema": {"version": "16.0.0"}}""",
    b"# list\npkg:npm/a@1\npkg:deb/debian/b@2?arch=all#x\n",
    b"""{"_type": "https://in-toto.io/Statement/v1", "predicate": {"bomFormat": "CycloneDX", "specVersion": "1.5"}}""",
    b"""{"payloadType": "application/vnd.in-toto+json", "payload": "eyJfdHlwZSI6MSwicHJlZGljYXRlIjp7fX0="}""",
    b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>""",
    b"SPDXVersion: SPDX-2.3\n",
    b"""{"version": 0, "job": {"id": "1", "correlator": "a_b"}, "sha": "0", "ref": "refs/heads/a", "detector": {"name":
    "trivy", "version": "1", "url": "u"}, "metadata": {"syft:distro": "pkg:generic/debian@12?like=a%2Cb"}, "scanned":
    "2026-01-01T00:00:00+02:00", "manifests": {"p.lock": {"name": "npm", "file": {"source_location": "/p.lock"},
    "metadata": {"a": 1}, "resolved": {"a": {"package_url": "pkg:npm/a@1", "relationship": "direct", "scope":
    "development", "dependencies": ["b@1", "g:b:1", "pkg:npm/b@1?x=y"], "metadata": {"k": null}}, "b": {"package_url":
    "pkg:npm/b@1?x=z"}}}, "system": {"name": "deb", "resolved": {"c": {"relationship": "indirect"}}}}}""",
    b"id,type,ecosystem,namespace,name,version,version_range,presence,scope,purl,cpes,licenses,supplier,digests,paths,"
    b'layers,owned_by\r\nx,library,npm,,a,,>=1,declared,excluded,pkg:npm/a,cpe:2.3:a:b,"MIT; ""a; b""",\'=S,md5:0,'
    b'"""a b"" c",0 \'-1,x\r\n',
    b'\xef\xbb\xbfType;Group;Name;Version;LicenseNames;Cpe;Purl;SHA-256;Odd\nFramework;g;"a\nb";1;L;c;pkg:npm/a@1;0;x;\n',
    b"app 1.0 (application): 3 components\n\nNAME  VERSION  ECOSYSTEM  LICENCE  PRESENCE\n",
    b"<!doctype html>\n<html lang=en>",
]

_AGAIN = ("syft-json", "github", "csv", "purls")


def run(data: bytes) -> None:
    """Reads whatever it is, as a document and as one inside of something; some are written again, and validated."""
    kind = detect(data)
    detect(data[:100])
    unwrap(data)
    unreadable.refusal(data)
    try:
        if kind is not None and kind.format in _AGAIN:
            validate(data, strict=True)
        document.parse(File("bom.json", data))
        sbom = sbom_document.read(data)
    except AssayError:
        return
    form = sbom.source_format.partition("@")[0]
    if form in _AGAIN and sbom.components:
        once = formats.write(sbom, form)
        again = sbom_document.read(once) if once else sbom
        if form in ("github", "csv"):
            assert formats.write(sbom_document.read(formats.write(again, form)), form) == formats.write(again, form)
