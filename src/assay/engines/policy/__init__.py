"""Policies: may it run? One engine, five languages, a folder each; what they share stands beside them."""
