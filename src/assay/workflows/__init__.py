"""Sentences: what composes engines. Workflows import engines, never adapters."""
