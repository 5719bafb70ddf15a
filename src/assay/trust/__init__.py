"""The mathematics of proof: keys, certificates, Merkle trees, notes, certificate timestamps and RFC 3161 tokens.

Everything here is pure, takes bytes and nouns, and says no by raising `assay.errors.Refused` with what was found and
what was wanted. ``cryptography`` does the primitives; none of its exceptions comes out.
"""
