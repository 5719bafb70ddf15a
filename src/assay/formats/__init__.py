"""Bytes to nouns and back, pure; one wire specification per file."""
