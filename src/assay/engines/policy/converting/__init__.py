"""Policies written anew: Kyverno's classic ones in its CEL kinds, and those about images as assay's own."""
