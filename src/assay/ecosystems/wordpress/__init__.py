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
            ("**/wp-content/plugins/*.php", "**/wp-content/plugins/*/*.php"),
        ),
        Parser(
            "wordpress-must-use",
            "assay.ecosystems.wordpress.header:parse_must_use",
            ("**/wp-content/mu-plugins/*.php",),
        ),
        Parser(
            "wordpress-theme",
            "assay.ecosystems.wordpress.header:parse_theme",
            ("**/wp-content/themes/*/style.css", "**/wp-content/themes/*/*/style.css"),
        ),
        Parser("wordpress-core", "assay.ecosystems.wordpress.header:parse_core", ("**/wp-includes/version.php",)),
    ),
    proof=Proof.NATIVE,
    origin="WordPress 6.1: what its get_plugins, get_mu_plugins and get_file_data say of a sample of ours",
    assemble="assay.ecosystems.wordpress.header:assemble",
)
