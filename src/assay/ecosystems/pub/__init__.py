"""Pub, the packages of Dart and Flutter: lock files and manifests."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="pub",
    title="Dart, Flutter (pub)",
    purl_types=("pub",),
    parsers=(
        Parser("pub-lock", "assay.ecosystems.pub.lock:parse", ("**/pubspec.lock",)),
        Parser("pub-manifest", "assay.ecosystems.pub.manifest:parse", ("**/pubspec.yaml",), max_size=4 << 20),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
    assemble="assay.ecosystems.pub.manifest:assemble",
    osv=("Pub",),
)
