"""An instance of Sigstore on disk: its keys, its TUF repository, and the keys of the issuers that it trusts."""
