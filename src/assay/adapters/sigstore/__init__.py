"""Clients of Sigstore's services: certificate authority, transparency log, timestamp authority.

Answers are bounded, of the shape that is expected, and nothing in them is believed: the bundle that is made of them is
verified before it is written.
"""
