"""The file `release` at the root of a Java runtime (JEP 223, JEP 322).

::

    IMPLEMENTOR="Eclipse Adoptium"
    IMPLEMENTOR_VERSION="Temurin-17.0.15+6"
    JAVA_RUNTIME_VERSION="17.0.15+6"
    JAVA_VERSION="17.0.15"
    OS_ARCH="x86_64"
"""

from __future__ import annotations

import re

from assay.formats import purl
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import File, Found

_LINE = re.compile(r'^([A-Z_]{1,40})="?([^"\n]{0,400}?)"?\s*$', re.MULTILINE)
_OLD = re.compile(r"1\.(\d+)\.0(?:_(\d+))?(.*)")
_VENDORS = (
    ("graalvm", "graalvm"),
    ("temurin", "temurin"),
    ("adoptopenjdk", "adoptopenjdk"),
    ("eclipse adoptium", "temurin"),
    ("amazon", "corretto"),
    ("corretto", "corretto"),
    ("azul", "zulu"),
    ("bellsoft", "liberica"),
    ("sap se", "sapmachine"),
    ("ibm", "semeru"),
    ("openj9", "openj9"),
    ("microsoft", "microsoft-openjdk"),
    ("alibaba", "dragonwell"),
    ("tencent", "kona"),
    ("jetbrains", "jetbrains-runtime"),
    ("oracle", "jdk"),
)
_FACTS = ("OS_ARCH", "OS_NAME", "IMPLEMENTOR_VERSION", "JVM_VARIANT", "IMAGE_TYPE", "SOURCE")


def parse(file: File) -> Found:
    """The runtime; nothing for other files of that name."""
    values = dict(_LINE.findall(file.text))
    if not values.get("JAVA_VERSION"):
        return Found()
    name, version = _name(values), _version(values)
    facts = [Property(f"assay:jvm:{key.lower()}", values[key]) for key in _FACTS if values.get(key)]
    component = Component(
        name,
        version,
        ComponentType.PLATFORM,
        purl=purl.build("generic", name, version),
        supplier=values.get("IMPLEMENTOR", ""),
        cpes=_cpes(name, version, values.get("GRAALVM_VERSION", "")),
        properties=tuple(facts),
    )
    return Found((component,))


def _name(values: dict[str, str]) -> str:
    """The name under which the maker ships its build; Oracle's is the JDK only where it is the commercial one."""
    told = " ".join(values.get(key, "") for key in ("IMPLEMENTOR", "IMPLEMENTOR_VERSION", "GRAALVM_VERSION")).lower()
    if values.get("GRAALVM_VERSION"):
        return "graalvm"
    name = next((name for word, name in _VENDORS if word in told), "openjdk")
    return "openjdk" if name == "jdk" and values.get("BUILD_TYPE", "") != "commercial" else name


def _version(values: dict[str, str]) -> str:
    """``17.0.15+6``; the elder ``1.8.0_402`` becomes ``8.0.402``, which is how advisories count."""
    version = values.get("JAVA_RUNTIME_VERSION") or values.get("JAVA_VERSION", "")
    old = _OLD.fullmatch(values.get("JAVA_VERSION", ""))
    if old is not None:
        return f"{old[1]}.0.{old[2]}" if old[2] else f"{old[1]}.0"
    full = re.match(r"\d+(?:\.\d+)*(?:\+\d+)?", version)
    return full[0] if full else values.get("JAVA_VERSION", "")


def _cpes(name: str, version: str, graal: str) -> tuple[str, ...]:
    """GraalVM counts as its Java does since 23; before, with versions of its own, it is taken for its OpenJDK."""
    plain = version.partition("+")[0]
    major = re.match(r"\d{1,6}", graal, re.ASCII)
    has_version_of_java = name == "graalvm" and major is not None and int(major[0]) >= _GRAAL_FOR_JDK
    product = "jdk" if name == "jdk" else "graalvm_for_jdk" if has_version_of_java else "openjdk"
    return (f"cpe:2.3:a:oracle:{product}:{plain}:*:*:*:*:*:*:*",) if re.fullmatch(r"[\d.]+", plain) else ()


_GRAAL_FOR_JDK = 23
