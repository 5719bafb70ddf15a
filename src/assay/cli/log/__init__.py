"""Reads transparency logs: entries, proofs, news and copies; nothing is believed unproved."""
