"""Swift packages: the pins of the Swift Package Manager."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="swift",
    title="Swift (SwiftPM)",
    purl_types=("swift",),
    parsers=(
        Parser(
            "swift-resolved", "assay.ecosystems.swift.resolved:parse", ("**/Package.resolved", "**/.package.resolved")
        ),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
    osv=("SwiftURL",),
)
