"""Reads out what is attached to an image: SBOMs, attestations, signatures, bundles."""
