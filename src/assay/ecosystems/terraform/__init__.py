"""Terraform and OpenTofu: the providers that a configuration locks."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="terraform",
    title="Terraform, OpenTofu",
    purl_types=("terraform",),
    parsers=(Parser("terraform-lock", "assay.ecosystems.terraform.lock:parse", ("**/.terraform.lock.hcl",)),),
    proof=Proof.NATIVE,
    origin="terraform 1.11 (terraform init, terraform providers lock, terraform version -json)",
)
