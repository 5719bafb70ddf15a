"""The nouns of assay: frozen, slotted dataclasses on the standard library, without I/O and without parsing."""
