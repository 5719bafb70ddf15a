"""WordPress: itself, and its plug-ins and themes."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="wordpress",
    title="WordPress",
    purl_types=("wordpress-plugin", "wordpress-theme", "generic"),
    parsers=(
        Parser(
            "wordpress-plugin",
            "assay.ecosystems.wordpress.header:parse_plugin",
            ("**/wp-content/plugins/*.php", "**/wp-content/plugins/*/*.php", "**/wp-content/mu-plugins/*.php"),
        ),
        Parser(
            "wordpress-theme",
            "assay.ecosystems.wordpress.header:parse_theme",
            ("**/wp-content/themes/*/style.css",),
        ),
        Parser("wordpress-core", "assay.ecosystems.wordpress.header:parse_core", ("**/wp-includes/version.php",)),
    ),
    proof=Proof.SYNTHETIC,
    origin="written by hand after the WordPress Developer Resources",
)
