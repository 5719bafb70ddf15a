"""Snaps: what is installed below snap/ and snapcraft's records, with the Debian packages that went into them."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="snap",
    title="Snap",
    purl_types=("snap", "deb"),
    parsers=(
        Parser("snap-meta", "assay.ecosystems.snap.metadata:parse", ("**/meta/snap.yaml",)),
        Parser("snap-snapcraft", "assay.ecosystems.snap.metadata:parse_project", ("**/snap/snapcraft.yaml",)),
        Parser("snap-manifest", "assay.ecosystems.snap.packages:parse", ("**/snap/manifest.yaml",)),
        Parser("snap-base", "assay.ecosystems.snap.packages:parse", ("**/usr/share/snappy/dpkg.yaml",)),
    ),
    proof=Proof.NATIVE,
    origin="snapcraft 4.8 and snapd 2.57 (snap pack, snap info) on a sample of ours; base snaps are ours",
    assemble="assay.ecosystems.snap.assembly:assemble",
)
