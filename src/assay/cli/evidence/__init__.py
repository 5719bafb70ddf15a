"""Lists, shows and exports the evidence that commands recorded.

What `--record` kept, by the digest of its subject, in the evidence store of the data directory (--data-dir,
ASSAY_DATA_DIR).
"""
