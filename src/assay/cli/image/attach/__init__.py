"""Attaches what was made elsewhere to an image: SBOMs, attestations, signatures."""
