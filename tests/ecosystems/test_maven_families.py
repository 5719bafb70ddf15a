"""Archives without pom.properties: the group from a well-known name, the classes inside and the manifest."""

from __future__ import annotations

import io
import zipfile

import pytest

from assay.ecosystems.maven import archive, families, naming
from assay.model.ecosystem import File


def _ids(name: str, manifest: str, *entries: str) -> list[str]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\n{manifest}")
        for entry in entries:
            jar.writestr(entry, b"\xca\xfe\xba\xbe")
    found = archive.parse(File(f"app/BOOT-INF/lib/{name}", buffer.getvalue()))
    return [str(one.purl) for one in found.components]


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        (
            "spring-core-5.3.18.jar",
            "org/springframework/core/Ordered.class",
            "maven/org.springframework/spring-core@5.3.18",
        ),
        ("okhttp-2.7.5.jar", "com/squareup/okhttp/Call.class", "maven/com.squareup.okhttp/okhttp@2.7.5"),
        ("okhttp-3.14.9.jar", "okhttp3/Call.class", "maven/com.squareup.okhttp3/okhttp@3.14.9"),
        ("asm-3.3.1.jar", "org/objectweb/asm/Type.class", "maven/asm/asm@3.3.1"),
        ("asm-8.0.1.jar", "org/objectweb/asm/Type.class", "maven/org.ow2.asm/asm@8.0.1"),
        ("hibernate-core-5.6.0.Final.jar", "org/hibernate/Hql.class", "maven/org.hibernate/hibernate-core@5.6.0.Final"),
        (
            "hibernate-core-6.1.0.Final.jar",
            "org/hibernate/Hql.class",
            "maven/org.hibernate.orm/hibernate-core@6.1.0.Final",
        ),
        (
            "tomcat-embed-core-9.0.31.jar",
            "org/apache/coyote/Request.class",
            "maven/org.apache.tomcat.embed/tomcat-embed-core@9.0.31",
        ),
        (
            "log4j-core-2.20.0.jar",
            "org/apache/logging/log4j/core/Core.class",
            "maven/org.apache.logging.log4j/log4j-core@2.20.0",
        ),
        ("kafka_2.13-3.0.0.jar", "kafka/Kafka.class", "maven/org.apache.kafka/kafka_2.13@3.0.0"),
    ],
)
def test_a_well_known_name_with_its_classes_has_its_group(name: str, entry: str, expected: str) -> None:
    assert _ids(name, "", entry) == [f"pkg:{expected}"]


@pytest.mark.parametrize(
    "entry", ["com/acme/core/A.class", "lib/org/springframework/core/A.class", "org/springframework"]
)
def test_a_well_known_name_without_its_classes_proves_nothing(entry: str) -> None:
    assert _ids("spring-core-5.3.18.jar", "", entry) == ["pkg:generic/spring-core@5.3.18"]


@pytest.mark.parametrize(
    ("manifest", "entry", "group"),
    [
        ("Implementation-Vendor-Id: org.sample\n", "org/sample/A.class", "org.sample"),
        ("Implementation-Vendor-Id: org.sample\n", "com/acme/A.class", ""),
        ("Implementation-Vendor-Id: org.apache\n", "org/apache/sample/A.class", ""),
        ("Automatic-Module-Name: org.apache.sample.deep\n", "org/apache/sample/A.class", "org.apache.sample"),
        ("Bundle-SymbolicName: org.apache.commons.sample\n", "org/apache/commons/sample/A.class", ""),
        ("Automatic-Module-Name: org.apache.logging.sample\n", "org/apache/logging/sample/A.class", ""),
        ("Implementation-Vendor-Id: org.sample\nImplementation-Version: 9.9\n", "org/sample/A.class", ""),
    ],
)
def test_what_the_manifest_states_is_held_against_the_classes(manifest: str, entry: str, group: str) -> None:
    """A manifest of another version came with what was shaded into the archive."""
    kind = f"maven/{group}" if group else "generic"
    assert _ids("a-1.0.jar", manifest, entry) == [f"pkg:{kind}/a@1.0"]


def test_the_version_of_scala_belongs_to_the_name() -> None:
    assert naming.from_file_name("scala-xml_2.12-1.2.0.jar") == ("scala-xml_2.12", "1.2.0")
    assert naming.from_file_name("cats-core_3-2.9.0.jar") == ("cats-core_3", "2.9.0")
    assert naming.from_file_name("org.sample.core_3.2.0-v1.jar") == ("org.sample.core", "3.2.0-v1")
    symbolic = "Bundle-SymbolicName: org.sample.text-kit\n"
    assert _ids("text-kit_2.13-1.2.0.jar", symbolic) == ["pkg:maven/org.sample/text-kit_2.13@1.2.0"]


def test_every_family_is_a_name_a_group_and_a_folder() -> None:
    rows = families._families()
    assert len(rows) > 200
    for literal, rest, group, start in rows:
        assert (literal + rest).count("@") == 1 and rest[:1] in "*?["
        assert group == group.strip(".") and start.endswith(b"/")
    assert len({(literal + rest, start) for literal, rest, _, start in rows}) == len(rows)
