"""opam, the packages of OCaml: package definitions, their locked form, and the state of a switch."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="opam",
    title="OCaml (opam)",
    purl_types=("opam",),
    parsers=(
        Parser(
            "opam-file",
            "assay.ecosystems.opam.package:parse",
            ("**/opam", "**/*.opam"),
        ),
        Parser("opam-locked", "assay.ecosystems.opam.package:parse_locked", ("**/*.opam.locked", "**/opam.locked")),
        Parser("opam-switch-state", "assay.ecosystems.opam.switch:parse_state", ("**/.opam-switch/switch-state",)),
        Parser(
            "opam-install-list",
            "assay.ecosystems.opam.switch:parse_list",
            ("**/*.install", "**/.opam-switch/install"),
            max_size=4 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="opam 2.1",
    osv=("opam",),
)
