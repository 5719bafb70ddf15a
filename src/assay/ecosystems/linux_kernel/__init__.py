"""Linux kernels and their modules, as files say what they are: what no package owns matters most."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="linux_kernel",
    title="Linux kernels and modules",
    purl_types=("generic",),
    parsers=(
        Parser(
            "linux-kernel-image",
            "assay.ecosystems.linux_kernel.image:parse",
            ("**/vmlinuz*", "**/bzImage*", "**/lib/modules/*/vmlinuz"),
            max_size=256 << 20,
        ),
        Parser(
            "linux-kernel-module",
            "assay.ecosystems.linux_kernel.module:parse",
            ("**/*.ko.gz", "**/*.ko.xz", "**/*.ko.zst"),
            sections=(".modinfo",),
        ),
    ),
    proof=Proof.NATIVE,
    origin="Kbuild of Linux 6.1 and modinfo of kmod 30; the header of kernel images is ours",
    yields_to_owner=True,
)
