"""Policies in plain language, and why one passes or fails an object, step by step."""
