"""Java archives, Maven projects, Gradle and sbt lock files."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.maven"
_ARCHIVES = ("jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "kar", "lpkg")

ECOSYSTEM = Ecosystem(
    name="maven",
    title="Java (Maven, Gradle, sbt)",
    purl_types=("maven",),
    parsers=(
        Parser(
            "maven-archive",
            f"{_HERE}.archive:parse",
            tuple(f"**/*.{suffix}" for suffix in _ARCHIVES),
            max_size=4 << 30,
        ),
        Parser("maven-pom", f"{_HERE}.project:parse", ("**/pom.xml", "**/*.pom")),
        Parser(
            "maven-gradle-lock",
            f"{_HERE}.gradle:parse_lock",
            ("**/*gradle.lockfile", "**/dependency-locks/*.lockfile"),
        ),
        Parser("maven-gradle-catalog", f"{_HERE}.gradle:parse_catalog", ("**/*.versions.toml",)),
        Parser(
            "maven-gradle-verification", f"{_HERE}.gradle:parse_verification", ("**/gradle/verification-metadata.xml",)
        ),
        Parser("maven-sbt-lock", f"{_HERE}.sbt:parse", ("**/build.sbt.lock",)),
    ),
    proof=Proof.NATIVE,
    origin="javac and jar 17, Maven 3.8 (mvn dependency:list); suite lockfiles",
    assemble=f"{_HERE}.project:assemble",
    osv=("Maven",),
    osv_join=":",
    consults="maven-repository",
)
