"""Go: the build information in binaries, module files, checksum files and vendored modules."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.golang"

ECOSYSTEM = Ecosystem(
    name="golang",
    title="Go modules",
    purl_types=("golang",),
    parsers=(
        Parser(
            "golang-binary",
            f"{_HERE}.binary:parse",
            sections=(".go.buildinfo", "__go_buildinfo"),
            executables=("pe",),
            max_size=1 << 30,
        ),
        Parser("golang-mod", f"{_HERE}.gomod:parse", ("**/go.mod",)),
        Parser("golang-work", f"{_HERE}.gomod:parse_workspace", ("**/go.work",)),
        Parser("golang-sum", f"{_HERE}.gosum:parse", ("**/go.sum", "**/go.work.sum")),
        Parser("golang-vendor", f"{_HERE}.vendored:parse", ("**/vendor/modules.txt",)),
    ),
    proof=Proof.NATIVE,
    origin="go 1.26 (go build, go version -m, go list -m)",
    assemble=f"{_HERE}.gosum:assemble",
    osv=("Go",),
)
