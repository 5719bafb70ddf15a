"""Trusted roots: whom verification trusts for certificates, logs and times."""
