"""Maven: archives, poms, Gradle and sbt files; the first byte picks the reader."""

from __future__ import annotations

import io
import zipfile

from assay.ecosystems.maven import archive, gradle, project, sbt
from assay.errors import AssayError
from assay.model.ecosystem import File, Located

_READERS = (gradle.parse_lock, gradle.parse_catalog, gradle.parse_verification, sbt.parse)


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, data in members.items():
            target.writestr(name, data)
    return buffer.getvalue()


_DESCRIPTOR = {"META-INF/maven/g/a/pom.properties": b"groupId=g\nartifactId=a\nversion=1\n"}
_BOM = b'{"bomFormat": "CycloneDX", "components": [{"name": "b", "version": "1", "purl": "pkg:maven/g/b@1?type=jar"}]}'
_POM = (
    b"<project><groupId>g</groupId><artifactId>a</artifactId><version>${v}</version><properties><v>1</v></properties>"
)
_POM += (
    b"<dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId></dependency></dependencies></project>"
)

SEEDS: list[bytes] = [
    b"\x00a.b:c:1.0=compileClasspath\nempty=\n",
    b'\x01[versions]\nx = "1"\n[libraries]\ny = { module = "a:b", version.ref = "x" }\n',
    b'\x02<verification-metadata><components><component group="a" name="b" version="1"/></components>'
    b"</verification-metadata>",
    b'\x03{"dependencies": [{"org": "a", "name": "b", "version": "1"}]}',
    b"\x04" + _POM,
    b"\x05" + _zip(_DESCRIPTOR | {"META-INF/sbom/a.cdx.json": _BOM, "lib/b-1.jar": _zip({})}),
    b"\x05"
    + _zip(_DESCRIPTOR | {"lib/x-1.jar": _zip(_DESCRIPTOR), "META-INF/MANIFEST.MF": b"Bundle-Version: 1\n x\n"}),
]


def run(data: bytes) -> None:
    if not data:
        return
    kind, rest = data[0] % 6, data[1:]
    try:
        if kind == 5:
            archive.parse(File("a-1.jar", rest))
        elif kind == 4:
            found = project.parse(File("a/pom.xml", rest))
            project.assemble(
                [Located("a/pom.xml", -1, found, "maven-pom"), Located("b.pom", -1, found, "maven-pom")], None
            )
        else:
            _READERS[kind](File("gradle.lockfile", rest))
    except AssayError:
        pass
