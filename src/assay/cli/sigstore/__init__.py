"""A whole Sigstore of your own, in one process."""
