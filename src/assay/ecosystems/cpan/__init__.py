"""CPAN, the distributions of Perl: their metadata, and the records of what was installed."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="cpan",
    title="Perl (CPAN)",
    purl_types=("cpan",),
    parsers=(
        Parser(
            "cpan-meta",
            "assay.ecosystems.cpan.meta:parse",
            ("**/META.json", "**/META.yml", "**/MYMETA.json"),
            max_size=8 << 20,
        ),
        Parser("cpan-install", "assay.ecosystems.cpan.installed:parse_record", ("**/.meta/*/install.json",)),
        Parser("cpan-perllocal", "assay.ecosystems.cpan.installed:parse_perllocal", ("**/perllocal.pod",)),
    ),
    proof=Proof.NATIVE,
    origin="perl 5.36",
)
