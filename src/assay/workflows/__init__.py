"""The sentences: what composes engines."""
