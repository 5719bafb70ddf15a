"""Gentoo packages: Portage's database of what is installed."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_FIELDS = ("LICENSE", "SLOT", "DESCRIPTION", "HOMEPAGE", "RDEPEND", "PDEPEND", "repository", "CHOST")

ECOSYSTEM = Ecosystem(
    name="portage",
    title="Gentoo (Portage)",
    purl_types=("ebuild",),
    parsers=(
        Parser("portage-contents", "assay.ecosystems.portage.installed:parse", ("**/var/db/pkg/*/*/CONTENTS",)),
        Parser(
            "portage-field",
            "assay.ecosystems.portage.installed:parse_field",
            tuple(f"**/var/db/pkg/*/*/{name}" for name in _FIELDS),
            max_size=1 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="Portage 3.0.83 (ebuild merge, the vartree of its API)",
    assemble="assay.ecosystems.portage.installed:assemble",
    osv=("Gentoo",),
)
