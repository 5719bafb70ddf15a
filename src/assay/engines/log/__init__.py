"""The transparency log: an append-only tree in tiles, its checkpoints and proofs (RFC 6962, C2SP tlog-tiles)."""
