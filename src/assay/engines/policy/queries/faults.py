"""What goes wrong with a query."""

from __future__ import annotations

from assay.errors import Malformed


class BadQuery(Malformed):
    """A query that cannot be read, or that has no answer: the message is the one for people."""


class NotFound(BadQuery):
    """A query for something that is not there."""
