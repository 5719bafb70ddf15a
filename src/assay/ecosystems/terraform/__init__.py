"""Terraform and OpenTofu: the providers that a configuration locks."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="terraform",
    title="Terraform, OpenTofu",
    purl_types=("terraform",),
    parsers=(Parser("terraform-lock", "assay.ecosystems.terraform.lock:parse", ("**/.terraform.lock.hcl",)),),
    proof=Proof.SYNTHETIC,
    origin="written by hand after the Terraform documentation",
)
