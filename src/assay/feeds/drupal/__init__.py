"""Drupal Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="drupal",
    title="Drupal Advisory Database",
    licence="MIT",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(
        Download("https://codeload.github.com/DrupalSecurityTeam/drupal-advisory-database/tar.gz/refs/heads/main"),
    ),
    files=("packagist-drupal.osv.jsonl*",),
    ids=("DRUPAL-",),
    ecosystems=("Packagist",),
    least=200,
)
