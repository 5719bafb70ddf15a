"""What the server of writers loads before it forks: what takes time, and no connection."""

from __future__ import annotations

import psycopg

from assay.adapters import object_store
from simulators import log_writer

LOADED = (psycopg, log_writer, object_store._client("http://127.0.0.1:9", None))
