"""CocoaPods: the lock file of pods."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="cocoapods",
    title="CocoaPods",
    purl_types=("cocoapods",),
    parsers=(Parser("cocoapods-lock", "assay.ecosystems.cocoapods.lock:parse", ("**/Podfile.lock",)),),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
)
