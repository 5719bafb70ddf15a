"""PHP's Composer: lock files, what is installed under ``vendor``, and manifests."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="composer",
    title="PHP (Composer)",
    purl_types=("composer",),
    parsers=(
        Parser("composer-lock", "assay.ecosystems.composer.packages:parse_lock", ("**/composer.lock",)),
        Parser(
            "composer-installed",
            "assay.ecosystems.composer.packages:parse_installed",
            ("**/vendor/composer/installed.json", "**/composer/installed.json"),
        ),
        Parser(
            "composer-manifest",
            "assay.ecosystems.composer.manifest:parse",
            ("**/composer.json",),
            max_size=4 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="composer 2.5",
    assemble="assay.ecosystems.composer.manifest:assemble",
    osv=("Packagist",),
    osv_fold="lower",
)
