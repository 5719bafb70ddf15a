"""Images with what is attached to them: signatures, attestations, SBOMs."""
